"""`lupex up`: the graph's nodes, on the rover's boards or on simulated ones, until Ctrl-C."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Annotated

import typer

from lupex_rover.core.errors import UserError

CHECK_S = 1.0


def up(
    what: Annotated[str, typer.Argument(help="rover or simulation")] = "simulation",
    scenario: Annotated[str, typer.Option(help="In simulation: which.")] = "reference",
    seed: Annotated[int | None, typer.Option(help="In simulation: of everything random.")] = None,
    speed: Annotated[
        float, typer.Option(help="In simulation: at most this times real time.")
    ] = 1.0,
    config: Annotated[
        Path | None, typer.Option(help="On the rover: ports and plan; default config/rover.yaml.")
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder for state and logs.")] = Path("runs/up"),
    separate: Annotated[
        bool, typer.Option("--separate", help="Each node in a process of its own.")
    ] = False,
    physics: Annotated[
        str, typer.Option(help="In simulation, behind the boards: stand-in or gazebo.")
    ] = "stand-in",
) -> None:
    """Bring the nodes up: configured, activated, watched; made safe and ended by Ctrl-C."""
    if what not in ("rover", "simulation"):
        raise UserError(f"up {what!r} is unknown; choose rover or simulation")
    out.mkdir(parents=True, exist_ok=True)
    if what == "rover":
        _rover(config, out, not separate)
    else:
        from lupex_rover.cli.fly_ros import simulate
        from lupex_rover.mission.run_folder import check_physics
        from lupex_rover.simulator.gazebo.start import require_gazebo

        check_physics(physics)
        if physics == "gazebo":
            require_gazebo()
        simulate(scenario, seed, speed, out, True, not separate, physics)


def _rover(config: Path | None, out: Path, composed: bool) -> None:
    from lupex_rover.cli.children import Children
    from lupex_rover.cli.fly_ros import start_flight
    from lupex_rover.mission.rover import read, write_run

    write_run(read(config), out)
    with Children(out) as children:
        start_flight(children, out, composed)
        print(json.dumps({"up": "rover", "folder": str(out)}), flush=True)
        while True:
            time.sleep(CHECK_S)
            children.check()
