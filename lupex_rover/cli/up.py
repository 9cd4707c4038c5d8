"""`lupex up`: the graph's nodes, on the rover's boards or on simulated ones, until Ctrl-C."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from lupex_rover.cli.common.missing import require_ros, why_no_ros
from lupex_rover.core.errors import UserError

BROKEN, BAD_INPUT = 1, 2


def up(
    what: Annotated[
        str, typer.Argument(help="Run on this: rover, simulation or replay.")
    ] = "simulation",
    scenario: Annotated[str, typer.Option(help="Simulate this scenario.")] = "reference",
    seed: Annotated[
        int | None, typer.Option(help="Draw everything random of the simulation from this.")
    ] = None,
    speed: Annotated[
        float,
        typer.Option(help="Simulate at most, or play a bag, this times as fast as real time."),
    ] = 1.0,
    bag: Annotated[
        Path | None, typer.Option(help="Replay this: mission.mcap in the folder of its run.")
    ] = None,
    config: Annotated[
        Path | None,
        typer.Option(help="Read ports and plan of the rover here; default config/rover.yaml."),
    ] = None,
    out: Annotated[Path, typer.Option(help="Write state and logs into this folder.")] = Path(
        "runs/up"
    ),
    separate: Annotated[
        bool, typer.Option("--separate", help="Give each node a process of its own.")
    ] = False,
    physics: Annotated[
        str, typer.Option(help="Put stand-in or gazebo behind the simulated boards.")
    ] = "stand-in",
    check: Annotated[
        bool,
        typer.Option("--check", help="Read the rover's files, try its ports and cameras, and end."),
    ] = False,
) -> None:
    """Configure, activate and watch the nodes; Ctrl-C makes them safe and ends them.

    --check starts nothing and writes nothing. It exits with 0 where all is well, 1 where a board,
    a camera or ROS 2 is missing, 2 where a file is wrong.
    """
    from lupex_rover.scenarios.run_file import check_physics, check_seed, check_speed

    if what not in ("rover", "simulation", "replay"):
        raise UserError(f"up {what!r} is unknown; choose rover, simulation or replay")
    if (bag is None) == (what == "replay"):
        raise UserError("--bag goes with `up replay`, and `up replay` needs --bag")
    if check and what != "rover":
        raise UserError(f"--check goes with `up rover`, not with `up {what}`")
    if check:
        _check(config)
    check_seed(seed)
    check_speed(speed)
    require_ros(f"up {what}")
    if what == "rover":
        _rover(config, out, not separate)
    elif bag is not None:
        _replay(bag, out, not separate, speed)
    else:
        from lupex_rover.runs.fly_ros import simulate
        from lupex_rover.simulator.gazebo.start import require_gazebo

        check_physics(physics)
        if physics == "gazebo":
            require_gazebo()
        simulate(scenario, seed, speed, out, True, not separate, physics)


def _check(config: Path | None) -> NoReturn:
    """A line for each thing, and the exit code of the worst."""
    from lupex_rover.runs.rover_check import DEGRADED, NOTE, OK, WRONG, Finding
    from lupex_rover.runs.rover_check import check as findings

    def told() -> Iterator[Finding]:
        why = why_no_ros()
        yield Finding("ROS 2", DEGRADED if why else OK, why or "is here")
        yield from findings(config)

    states = set()
    for one in told():
        print(f"{one.state:<10}{one.what:<28}{one.found}", flush=True)
        states.add(one.state)
    if WRONG in states:
        print(f"mend what is {WRONG}")
    elif DEGRADED in states:
        print(f"what is {DEGRADED} would be missing; `up rover` starts without it and looks for it")
    else:
        print(f"all is well{', see each note' if NOTE in states else ''}")
    raise typer.Exit(BAD_INPUT if WRONG in states else BROKEN if DEGRADED in states else 0)


def _rover(config: Path | None, out: Path, composed: bool) -> None:
    from lupex_rover.runs.fly_rover import fly
    from lupex_rover.scenarios.rover_config import read

    fly(read(config), out, composed)


def _replay(bag: Path, out: Path, composed: bool, rate: float) -> None:
    """The nodes on a bag's sensors, to the bag's end; what the player says is said again."""
    if rate == 0.0:
        raise UserError("--speed: 0 times real time never ends; give more")
    from lupex_rover.runs.child_processes import own_domain
    from lupex_rover.runs.fly_ros import start_processes
    from lupex_rover.runs.out_folder import claim
    from lupex_rover.runs.supervisor import supervised
    from lupex_rover.scenarios import bag_driven_run

    own_domain()
    with claim(out), supervised(out) as (children, supervisor):
        bag_driven_run.lay_out(bag, out)
        start_processes(supervisor, out, bag_driven_run.processes(composed))
        player = children.start(
            "play", "lupex_rover.cli", *bag_driven_run.play_command(str(bag), str(rate))
        )
        domain = int(os.environ.get("ROS_DOMAIN_ID", "0"))
        print(json.dumps({"up": "replay", "folder": str(out), "ros_domain_id": domain}), flush=True)
        try:
            while player.poll() != 0:
                supervisor.rest()
                supervisor.look(may_end=player)
        finally:
            if player.poll() is not None and player.stdout is not None:
                print(player.stdout.read().strip(), flush=True)
