"""Lays a run out in its folder (`run_file`), and waits for the simulator's ports.

The simulator finds its own ports; until it has told them, `ports` is null and flight waits.
"""

from __future__ import annotations

import dataclasses
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from lupex_rover.core.errors import UserError
from lupex_rover.core.files import make_folder
from lupex_rover.graph import outside_nodes
from lupex_rover.protocol.boards import fitted
from lupex_rover.scenarios import rover_config, run_file
from lupex_rover.scenarios import scenario as scenarios
from lupex_rover.scenarios.injected_fault import check_host
from lupex_rover.scenarios.run_file import RunFile, check_physics, check_seed, check_speed
from lupex_rover.scenarios.run_world import world_of
from lupex_rover.scenarios.scenario import Scenario

PORTS_WAIT_S = 120.0  # the simulator makes its world first
POLL_S = 0.1


def extra_nodes(folder: Path) -> dict[str, str]:
    """Group of each node from outside, by its name, where a run is laid out."""
    if not (folder / run_file.NAME).is_file():
        return {}
    run = run_file.read(folder)
    drivers = (board.node for board in fitted(run.boards, f"{folder / run_file.NAME}.boards"))
    return outside_nodes(drivers, (*run.extra_nodes, *run.instruments))


def has_cameras(folder: Path) -> bool:
    """Whether a run is laid out there that names cameras."""
    return (folder / run_file.NAME).is_file() and bool(run_file.read(folder).cameras)


def has_recorder(folder: Path) -> bool:
    """Whether a run is laid out there that has a recorder of its own."""
    return (folder / run_file.NAME).is_file() and run_file.read(folder).recorder is not None


def for_simulation(
    folder: Path, scenario: Scenario, speed: float, expect: Sequence[str],
    physics: str = "stand-in",
) -> None:  # fmt: skip
    """Lay out a run in the stand-in; `expect` names the processes it keeps step with.

    Raises
    ------
    UserError
        A fault that this host cannot do.
    """
    processes = [name for name in expect if name != "recorder"]
    check_host(scenario.faults, scenario.where, "ros", processes)
    run = RunFile(
        scenario=scenario.source or scenario.name,
        seed=scenario.seed,
        phases=scenario.phases,
        nodes=scenario.nodes,
        vehicle=scenario.vehicle,
        simulated=True,
        speed=speed,
        expect=tuple(expect),
        physics=physics,
        extra_nodes=scenario.extra_nodes,
        instruments=scenario.instruments,
        boards=scenario.boards or (),
        extra_phases=scenario.extra_phases,
        world=world_of(scenario),
        token=secrets.token_hex(8),
        faults=scenario.faults,
    )
    run_file.write(folder, run)


def launch_simulation(
    folder: str, scenario: str, seed: str, speed: str, flight: Sequence[str],
    physics: str = "stand-in",
) -> None:  # fmt: skip
    """`for_simulation` with launch arguments; an empty seed is the scenario's."""
    try:
        number, times = int(seed) if seed else None, float(speed)
    except ValueError as error:
        raise UserError(f"launch arguments seed:={seed} speed:={speed}: {error}") from None
    check_seed(number, "launch argument seed")
    check_speed(times, "launch argument speed")
    chosen = scenarios.read(scenario, seed=number)
    check_physics(physics, "launch argument physics")
    for_simulation(Path(folder), chosen, times, flight, physics)


def launch_rover(folder: str, config: str) -> None:
    """Lay out a run on the rover's boards from `config`, empty: `config/rover.yaml`."""
    make_folder(Path(folder))
    rover_config.write_run(rover_config.read(Path(config) if config else None), Path(folder))


def tell_ports(folder: Path, ports: Mapping[str, str]) -> None:
    """The simulator's boards are there."""
    run_file.write(folder, dataclasses.replace(run_file.read(folder), ports=dict(ports)))


def read_with_ports(folder: Path, stopped: Callable[[], bool]) -> RunFile:
    """`run.json` once its ports are told.

    Raises
    ------
    UserError
        Not told in time.
    """
    end = time.monotonic() + PORTS_WAIT_S
    run = run_file.read(folder)
    while run.ports is None:
        if stopped() or time.monotonic() > end:
            raise UserError(f"{folder / 'run.json'}: no ports within {PORTS_WAIT_S:.0f} s;"
                            " is the simulator running?")  # fmt: skip
        time.sleep(POLL_S)
        run = run_file.read(folder)
    return run
