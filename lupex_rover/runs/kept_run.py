"""A simulated run that goes on after its processes were killed.

Beside its bag a run keeps, in its folder, the simulated world (`simulator.kept_world`) and what
components persist (`state/`). `lupex mission --resume RUN` takes the world to the instant
of the kill, starts the flight software anew on its state, as after a reboot, and begins a new bag
with what can be read of the old one, which stays in `killed/`.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Any

from lupex_rover.bags.bag_reader import AnyBag
from lupex_rover.bags.own_bag import BagWriter, relative
from lupex_rover.codec.conversion import decode_recorded
from lupex_rover.core.errors import UserError
from lupex_rover.graph import TOPICS
from lupex_rover.report.log import TOPICS as HEARD
from lupex_rover.report.log import MissionLog
from lupex_rover.scenarios import run_files
from lupex_rover.simulator import kept_world

STATE, KILLED = "state", "killed"


def begin(folder: Path, host: str) -> None:
    """Forget what an earlier run kept here: a new mission remembers no old one."""
    for name in (STATE, KILLED):
        shutil.rmtree(folder / name, ignore_errors=True)
    kept_world.begin(folder, host)


def warn(text: str) -> None:
    """A line on stderr."""
    print(f"lupex: {text}", file=sys.stderr, flush=True)


def set_aside(folder: Path) -> Path | None:
    """The bag of the run so far, moved to `killed/`; None: there is none.

    What was told of its end goes: it is not over.
    """
    for name in (run_files.RESULT, run_files.REPORT, run_files.METADATA):
        (folder / name).unlink(missing_ok=True)
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
