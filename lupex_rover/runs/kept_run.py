"""A simulated run that goes on after its processes were killed: what is kept of it, and taken up.

Beside its bag a run keeps, in its folder, the simulated world (`world/`, see
`simulator.world_journal`) and what components persist (`state/`). `lupex mission --resume RUN`
takes the world to the instant of the kill, starts the flight software anew on its state, as after
a reboot, and begins a new bag with what can be read of the old one, which stays in `killed/`.
"""

from __future__ import annotations

import json
import shutil
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from lupex_rover.bags.bag_reader import AnyBag
from lupex_rover.bags.own_bag import BagWriter, relative
from lupex_rover.codec.conversion import decode_recorded
from lupex_rover.core.config_file import read_json
from lupex_rover.core.errors import UserError
from lupex_rover.core.files import write_whole
from lupex_rover.core.time import to_iso
from lupex_rover.graph import TOPICS
from lupex_rover.mission.plan import MissionPlan
from lupex_rover.report.log import TOPICS as HEARD
from lupex_rover.report.log import MissionLog
from lupex_rover.scenarios import run_files
from lupex_rover.simulator.engine import Engine
from lupex_rover.simulator.world_journal import Restored, WorldJournal, generations, restore

WORLD, STATE, KILLED, ABOUT = "world", "state", "killed", "about.json"
TELL_S = 5.0  # between two lines of progress


def begin(folder: Path, host: str) -> None:
    """Forget what an earlier run kept here, and keep the host of this one."""
    for name in (WORLD, STATE, KILLED):
        shutil.rmtree(folder / name, ignore_errors=True)
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


def take_up(engine: Engine, folder: Path) -> Restored:
    """Take the world to where it was ended, and tell it; the journal goes on there."""
    told = time.monotonic()

    def on_tick(ticks: int, t_ns: int) -> None:
        nonlocal told
        if time.monotonic() - told > TELL_S:
            told = time.monotonic()
            print(f"re-executing the journal: {to_iso(t_ns)[:19]}", flush=True)

    restored = restore(engine, folder / WORLD, on_tick)
    for line in restored.bad:
        print(f"lupex: {line}", file=sys.stderr)
    print(f"the world goes on at {to_iso(engine.t_ns)[:19]}, tick {restored.ticks}", flush=True)
    return restored


def keep(engine: Engine, folder: Path, ticks: int = 0) -> None:
    """From now on the world of `engine` is kept in `folder`."""
    engine.journal = WorldJournal(
        folder / WORLD, ticks, tell=lambda text: print(f"lupex: {text}", file=sys.stderr)
    )


def set_aside(folder: Path) -> Path | None:
    """The bag of the run so far, moved to `killed/`; None: there is none."""
    bag = folder / run_files.BAG
    if not bag.is_file():
        return None
    place = folder / KILLED
    place.mkdir(exist_ok=True)
    number = 1 + len(list(place.glob("*.mcap")))
    return bag.replace(place / f"until-{number}.mcap")


def copy_bag(old: Path, bag: BagWriter, log: MissionLog, until_ns: int) -> int:
    """Write what can be read of `old` into `bag`, and let `log` hear it; the last time, UTC ns."""
    source, last_ns = AnyBag(old), 0
    try:
        for channel, data, t_ns in source.records():
            topic = relative(channel.topic)
            if topic is None or t_ns > until_ns:
                continue
            bag.write(topic, data, t_ns)
            last_ns = max(last_ns, t_ns)
            if topic in HEARD:
                log.take(topic, decode_recorded(TOPICS[topic], data, t_ns))
    except UserError as error:  # a bag of no bytes, for instance: the run goes on without it
        source.problems.append(str(error))
    for line in source.problems:
        print(f"lupex: {line}", file=sys.stderr)
    return last_ns


class KeptStore(dict[str, dict[str, Any]]):
    """State of components in memory, as it was said, and in files for a later process.

    Parameters
    ----------
    files : dict[str, dict[str, Any]]
        A mapping that writes what it is given (`hosts.ros.store.FileStore`); holds what is there.
    """

    def __init__(self, files: dict[str, dict[str, Any]]) -> None:
        super().__init__(files)
        self._files = files

    def __setitem__(self, name: str, state: dict[str, Any]) -> None:
        super().__setitem__(name, state)
        self._files[name] = state
