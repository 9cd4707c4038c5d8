"""`lupex sim`: the stand-in simulator, or only its boards."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lupex_rover.cli.common.missing import require_ros
from lupex_rover.scenarios.run_file import check_physics, check_seed, check_speed


def sim(
    boards: Annotated[
        bool, typer.Option("--boards", help="Run only the boards, on flat ground in the Sun.")
    ] = False,
    scenario: Annotated[
        str, typer.Option(help="Simulate this: a name in config/scenarios, or a yaml file.")
    ] = "reference",
    seed: Annotated[int | None, typer.Option(help="Draw everything random from this.")] = None,
    speed: Annotated[
        float, typer.Option(help="Go at most this times as fast as real time; 0 sets no limit.")
    ] = 1.0,
    out: Annotated[Path, typer.Option(help="Write plan, map and logs into this folder.")] = Path(
        "runs/sim"
    ),
    physics: Annotated[
        str, typer.Option(help="Put stand-in or gazebo behind the boards.")
    ] = "stand-in",
) -> None:
    """Run the simulator alone: boards on pseudo-terminals, cameras and /clock on the graph."""
    check_physics(physics)
    check_seed(seed)
    check_speed(speed)
    if physics == "gazebo":
        from lupex_rover.simulator.gazebo.start import require_gazebo

        require_gazebo()
    if boards:
        from lupex_rover.scenarios import scenario as scenarios
        from lupex_rover.simulator.bench_boards import run

        seed = 1 if seed is None else seed
        vehicle = scenarios.read(scenario).vehicle.vehicle()
        if physics != "gazebo":  # writes nothing
            run(vehicle, seed)
            return
        from lupex_rover.runs.out_folder import claim

        with claim(out):
            run(vehicle, seed, out)
        return
    from lupex_rover.runs.fly_ros import simulate

    require_ros("sim without --boards")
    simulate(scenario, seed, speed, out, physics=physics)
