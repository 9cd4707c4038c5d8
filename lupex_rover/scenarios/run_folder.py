"""`run.json` of a run's folder: what the simulator and the flight processes are to do.

The simulator finds its own ports; until it has told them, `ports` is empty and flight waits.
"""

from __future__ import annotations

import dataclasses
import json
import math
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from lupex_rover.core.errors import UserError
from lupex_rover.core.files import make_folder, write_whole
from lupex_rover.scenarios import rover_config
from lupex_rover.scenarios import scenario as scenarios
from lupex_rover.scenarios.scenario import Scenario

PORTS_WAIT_S = 120.0  # the simulator makes its world first
POLL_S = 0.1
SLOWEST, FASTEST = 1e-3, 1e6  # times real time


def read(folder: Path) -> dict[str, Any]:
    """What stands in `run.json`.

    Raises
    ------
    UserError
        Missing or not JSON.
    """
    path = folder / "run.json"
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UserError(f"{path}: cannot be read ({error})") from None
    return found


def extra_nodes(folder: Path) -> list[str]:
    """Names of the nodes from outside, where a run is laid out."""
    run = read(folder) if (folder / "run.json").is_file() else {}
    return [*run.get("extra_nodes", {}), *run.get("instruments", {})]


def has_cameras(folder: Path) -> bool:
    """Whether a run is laid out there that names cameras."""
    return (folder / "run.json").is_file() and bool(read(folder).get("cameras"))


def write(folder: Path, run: Mapping[str, Any]) -> None:
    """Replace `run.json` in one go: who reads it sees the old one or the new one."""
    make_folder(folder)
    write_whole(folder / "run.json", json.dumps(run, indent=1))


PHYSICS = ("stand-in", "gazebo")


def check_physics(physics: str, what: str = "--physics") -> None:
    """Raises UserError for a physics that does not exist."""
    if physics not in PHYSICS:
        raise UserError(f"{what}: {physics!r} is unknown; choose {' or '.join(PHYSICS)}")


def check_seed(seed: int | None, what: str = "--seed") -> None:
    """Raises UserError for a seed that a scenario does not take; None is the scenario's own."""
    if seed is not None and not 0 <= seed < 2**31:
        raise UserError(f"{what}: {seed} is outside 0 .. {2**31 - 1}")


def check_speed(speed: float, what: str = "--speed") -> None:
    """Raises UserError for a number that is none, below 0, or that no clock keeps to."""
    if not math.isfinite(speed):
        raise UserError(f"{what}: {speed} is no number; give 0 for no limit")
    if speed < 0:
        raise UserError(f"{what}: {speed} is negative; give 0 for no limit")
    if speed and not SLOWEST <= speed <= FASTEST:
        raise UserError(
            f"{what}: {speed} is outside {SLOWEST:g} .. {FASTEST:g}; give 0 for no limit"
        )


def for_simulation(
    folder: Path, scenario: Scenario, speed: float, expect: Sequence[str],
    physics: str = "stand-in",
) -> None:  # fmt: skip
    """Lay out a run in the stand-in; `expect` names the processes it keeps step with."""
    run = {
        "scenario": scenario.source or scenario.name, "seed": scenario.seed,
        "phases": list(scenario.phases), "nodes": scenario.nodes, "speed": speed,
        "expect": list(expect), "simulated": True, "ports": {}, "physics": physics,
        "extra_nodes": scenario.extra_nodes,
        "instruments": {n: dataclasses.asdict(c) for n, c in scenario.instruments.items()},
    }  # fmt: skip
    write(folder, run)


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
    write(folder, {**read(folder), "ports": dict(ports)})


def read_with_ports(folder: Path, stopped: Callable[[], bool]) -> dict[str, Any]:
    """`run.json` once its ports are told.

    Raises
    ------
    UserError
        Not told in time.
    """
    end = time.monotonic() + PORTS_WAIT_S
    run = read(folder)
    while not run.get("ports"):
        if stopped() or time.monotonic() > end:
            raise UserError(f"{folder / 'run.json'}: no ports within {PORTS_WAIT_S:.0f} s;"
                            " is the simulator running?")  # fmt: skip
        time.sleep(POLL_S)
        run = read(folder)
    return run
