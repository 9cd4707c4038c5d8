"""A run whose sensors come from a bag: which nodes hear it, which topics it gives."""

from __future__ import annotations

from pathlib import Path

from lupex_rover import graph
from lupex_rover.core.errors import UserError
from lupex_rover.core.files import copy_whole, make_folder
from lupex_rover.scenarios import run_file, run_files
from lupex_rover.scenarios.run_file import RunFile

# What goals and boards do not drive: the rest of the graph would wait for both.
NODES = ("power", "health", "landing", "localization", "mapping")
SENSORS = (graph.BOARDS_ACK, graph.BOARDS_HOUSEKEEPING, graph.IMU_DATA, graph.LANDING_ALTIMETER,
           graph.MOBILITY_STATE, graph.POWER_TELEMETRY, graph.STAR_TRACKER_ATTITUDE,
           graph.CAMERA_DESCENT_CAMERA_INFO, graph.CAMERA_DESCENT_IMAGE_RAW,
           graph.STEREO_LEFT_CAMERA_INFO, graph.STEREO_LEFT_IMAGE_RAW,
           graph.STEREO_RIGHT_CAMERA_INFO, graph.STEREO_RIGHT_IMAGE_RAW)  # fmt: skip
DELAY_S = "8"  # the nodes are configured meanwhile


def lay_out(bag: Path, folder: Path) -> None:
    """Make `folder` what a flight process expects, from the run that the bag lies in.

    Raises
    ------
    UserError
        No bag there, or the files of its run are missing.
    """
    if not bag.exists():
        raise UserError(f"{bag}: no such bag")
    source = run_files.run_of(bag)
    for name in ("plan.json", "onboard_map.tif"):
        if not (source / name).is_file():
            raise UserError(f"{source / name}: missing; play a bag from the folder of its run")
    chosen = run_files.scenario_of(source)
    make_folder(folder)
    if folder.resolve() == source.resolve():
        raise UserError(f"{folder}: is the recorded run itself; name another folder")
    for name in ("plan.json", "onboard_map.tif"):
        copy_whole(source / name, folder / name)
    run_files.keep_scenario(chosen, folder)
    run = RunFile(
        scenario=chosen.name,
        seed=chosen.seed,
        phases=chosen.phases,
        nodes=chosen.nodes,
        vehicle=chosen.vehicle,
        simulated=False,
        ports={},
        played=True,
        boards=chosen.boards or (),
        extra_phases=chosen.extra_phases,
        world=run_file.BAG,
    )
    run_file.write(folder, run)


def processes(composed: bool = True) -> dict[str, list[str]]:
    """Nodes by the process that runs them: all in `flight`, or one process each."""
    return {"flight": list(NODES)} if composed else {name: [name] for name in NODES}


def play_command(bag: str, rate: str) -> list[str]:
    """Arguments of `lupex` that play those sensors for the nodes that the bag has."""
    chosen = [word for topic in SENSORS for word in ("--topics", f"/{topic}")]
    return ["bag", "play", bag, "--clock", "--some", "--rate", rate, "--delay", DELAY_S, *chosen]
