"""A simulated run's world in its folder (`RUN/world`): kept while it flies, taken up again later.

See `world_journal`. `about.json` beside the snapshots names the host that flew it.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from lupex_rover.core.config_file import read_json
from lupex_rover.core.errors import UserError
from lupex_rover.core.files import write_whole
from lupex_rover.core.time import to_iso
from lupex_rover.mission.plan import MissionPlan
from lupex_rover.scenarios import run_files
from lupex_rover.simulator.world_journal import Restored, WorldJournal, generations, restore

if TYPE_CHECKING:
    from lupex_rover.simulator.engine import Engine

WORLD, ABOUT = "world", "about.json"
TELL_S = 5.0  # between two lines of progress


def begin(folder: Path, host: str) -> None:
    """Forget the world of an earlier run, and keep the host of this one."""
    shutil.rmtree(folder / WORLD, ignore_errors=True)
    (folder / WORLD).mkdir(parents=True, exist_ok=True)
    write_whole(folder / WORLD / ABOUT, json.dumps({"host": host}) + "\n")


def host_of(folder: Path) -> str:
    """The host of the run in `folder`, which can be resumed.

    Raises
    ------
    UserError
        It keeps no world: it is no run, one of an older version, or one on Gazebo.
    """
    world = folder / WORLD
    if not generations(world) or not (folder / run_files.FLOWN).is_file():
        raise UserError(
            f"--resume {folder}: keeps no simulated world to go on with; give the folder of a run"
            " that flew in the stand-in and was ended before its time"
        )
    return str(read_json(world / ABOUT).get("host", "harness"))


def same_plan(plan: MissionPlan, folder: Path) -> None:
    """See that the run's plan is the one that is made of its scenario today.

    Raises
    ------
    UserError
        It is another: the world would be another, too.
    """
    path = folder / "plan.json"
    if read_json(path) != json.loads(json.dumps(asdict(plan))):
        raise UserError(
            f"{path}: is not the plan that this version makes of {folder / run_files.FLOWN};"
            " resume it with the version that flew it, or fly it anew"
        )


def take_up(engine: Engine, folder: Path, tell: Callable[[str], None]) -> Restored:
    """Take the world to where it was ended; `tell` hears progress and what was damaged."""
    told = time.monotonic()

    def on_tick(ticks: int, t_ns: int) -> None:
        nonlocal told
        if time.monotonic() - told > TELL_S:
            told = time.monotonic()
            tell(f"re-executing the journal: {to_iso(t_ns)[:19]}")

    restored = restore(engine, folder / WORLD, on_tick)
    engine.faults.take_for_host()  # done before the kill
    for line in restored.bad:
        tell(line)
    tell(f"the world goes on at {to_iso(engine.t_ns)[:19]}, tick {restored.ticks}")
    return restored


def keep(engine: Engine, folder: Path, ticks: int, tell: Callable[[str], None]) -> None:
    """From now on the world of `engine`, which has had `ticks`, is kept in `folder`."""
    engine.journal = WorldJournal(folder / WORLD, ticks, tell=tell)
