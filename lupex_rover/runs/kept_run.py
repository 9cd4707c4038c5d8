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

from lupex_rover.bags.own_bag import BagWriter
from lupex_rover.events.stored_events import with_stored
from lupex_rover.report.log import TOPICS as HEARD
from lupex_rover.report.log import MissionLog
from lupex_rover.runs.partial_run import WhatIsThere
from lupex_rover.scenarios import run_files

STATE, KILLED = "state", "killed"
COPYING = "copying"  # a file in KILLED while the run's new bag has not yet all of the old one


def begin(folder: Path) -> None:
    """Forget what an earlier run's flight kept here; who makes the world begins that anew."""
    for name in (STATE, KILLED):
        shutil.rmtree(folder / name, ignore_errors=True)


def warn(text: str) -> None:
    """A line on stderr."""
    print(f"lupex: {text}", file=sys.stderr, flush=True)


def set_aside(folder: Path) -> Path | None:
    """The bag of the run so far, moved to `killed/`; None: there is none.

    What was told of its end goes: it is not over.
    """
    for name in (run_files.RESULT, run_files.REPORT, run_files.METADATA, run_files.TRUTH):
        (folder / name).unlink(missing_ok=True)
    bag = folder / run_files.BAG
    place = folder / KILLED
    number = len(list(place.glob("*.mcap")))
    if (place / COPYING).exists() and number:
        if bag.is_file() and _moving(place, number):  # killed before the bag was moved
            return bag.replace(place / f"until-{number + 1}.mcap")
        bag.unlink(missing_ok=True)  # killed while it was resumed: the old bag has more
        return place / f"until-{number}.mcap"
    if not bag.is_file():
        return None
    place.mkdir(exist_ok=True)
    # the mark is made before the bag is moved: a kill at any instant leaves the old bag in use
    (place / COPYING).write_text(f"{number + 1}\n", encoding="ascii")
    return bag.replace(place / f"until-{number + 1}.mcap")


def _moving(place: Path, number: int) -> bool:
    """Whether the mark is of a bag that had not been moved: one more than lie here."""
    said = (place / COPYING).read_text(encoding="ascii").strip()
    return said == str(number + 1)


def copy_bag(old: Path, bag: BagWriter, log: MissionLog, until_ns: int) -> int:
    """Write what can be read of `old` into `bag`, and let `log` hear it; the last time, UTC ns.

    The run's store of events has those that the bag lacks.
    """
    there, last_ns = WhatIsThere(old), 0
    for topic, data, t_ns in there.records():
        if t_ns > until_ns:
            continue
        bag.write(topic, data, t_ns)
        last_ns = max(last_ns, t_ns)
        if topic in HEARD and (message := there.message(topic, data, t_ns)) is not None:
            log.take(topic, message)
    bag.flush()
    (old.parent / COPYING).unlink(missing_ok=True)
    log.events[:], damaged = with_stored(log.events, old.parent.parent)
    for line in [*there.problems, *damaged]:
        warn(line)
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
