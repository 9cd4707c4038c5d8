"""Hours of a run: do its processes come to hold more and more, and does one outlive it?

- `rest`: `lupex up rover` on simulated boards, where nothing happens.
- `drive`: a mission on host ros at the pace of the wall clock, whose flight process is killed each
  minute.
"""

from __future__ import annotations

import os
import signal
import statistics
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.faults.processes import Held, held_by, tree_of, with_words
from benchmarks.faults.rover_on_bench import alive, rover_on_bench
from benchmarks.record import ROOT
from lupex_rover.core.config_file import read_json
from lupex_rover.events.event_store import NAME
from lupex_rover.events.stored_events import read_store
from lupex_rover.scenarios import run_files

EACH_S = 5.0  # between two looks
KILL_S = 60.0
PART = 10  # of the looks, the first and the last such part are compared; the first tenth is warm-up
MORE_MB, MORE_SHARE = 8.0, 0.03  # memory may differ by so much
ENDS_S = 120.0
SCENARIO = Path(__file__).parent / "drive.yaml"
Series = dict[str, list[Held]]


def rest(seconds: float, place: Path) -> dict[str, Any]:
    """The rover at rest for so long; `place` is a folder that is not there yet."""
    with rover_on_bench(place) as rover:
        series = _watched(seconds, [rover.supervisor, rover.boards], lambda: None)
    return _told(seconds, series, place)


def drive(seconds: float, place: Path) -> dict[str, Any]:
    """A mission that drives, killed each minute, for so long or to its end."""
    place.mkdir(parents=True)
    run = place / "run"
    words = [sys.executable, "-m", "lupex_rover.cli", "mission", "--host", "ros", "--scenario",
             str(SCENARIO), "--seed", "1", "--speed", "1", "--out", str(run)]  # fmt: skip
    with (place / "mission.log").open("w") as log:
        mission = subprocess.Popen(words, cwd=ROOT, stdout=log, stderr=log)
    killer = Killer(run)
    series = _watched(seconds, [mission.pid], killer.look, lambda: mission.poll() is None)
    mission.terminate()
    mission.wait(ENDS_S)
    if not (run / run_files.RESULT).is_file():
        raise RuntimeError(f"the mission left no result; see {place / 'mission.log'}")
    codes = [row.event.code for row in read_store(run / NAME).rows]
    travelled = read_json(run / run_files.RESULT)
    told = _told(seconds, series, place)
    told |= {
        "kills": killer.kills,
        "ends_told": codes.count("HST-020"),
        "back_told": codes.count("HST-022"),
        "phases": {phase["name"]: phase["outcome"] for phase in travelled["phases"]},
    }
    told["hold"] = bool(told["hold"] and killer.kills - codes.count("HST-020") in (0, 1))
    return told


class Killer:
    """Kills the flight process of a run when it has run for `KILL_S`."""

    def __init__(self, run: Path) -> None:
        self.kills = 0
        self._run, self._pid, self._since_s = run, 0, 0.0

    def look(self) -> None:
        """Kill it if it is time."""
        pid = alive(self._run, "flight")
        if pid is None:
            return
        if pid != self._pid:
            self._pid, self._since_s = pid, time.monotonic()
        elif time.monotonic() - self._since_s >= KILL_S:
            os.kill(pid, signal.SIGKILL)
            self.kills += 1


def _watched(
    seconds: float, roots: list[int], each: Callable[[], None],
    goes_on: Callable[[], bool] = lambda: True,
) -> Series:  # fmt: skip
    """What each process held, look after look; processes of one name follow each other."""
    series: Series = defaultdict(list)
    end = time.monotonic() + seconds
    while time.monotonic() < end and goes_on():
        time.sleep(EACH_S)
        each()
        for root in roots:
            for pid, name in tree_of(root).items():
                if name != "other" and (held := held_by(pid)):
                    series[name].append(held)
    return series


def _told(seconds: float, series: Series, place: Path) -> dict[str, Any]:
    """Growth of each, and who is still there."""
    time.sleep(EACH_S)
    orphans = with_words(str(place))
    processes = {name: growth(held) for name, held in series.items() if len(held) >= 2 * PART}
    return {
        "hours": round(seconds / 3600.0, 2),
        "processes": processes,
        "orphans": len(orphans),
        "hold": not orphans and not any(grown["grew"] for grown in processes.values()),
    }


def growth(held: list[Held]) -> dict[str, Any]:
    """Medians behind the warm-up and at the end."""
    part = len(held) // PART
    first, last = held[part : 2 * part], held[-part:]
    told: dict[str, Any] = {}
    for field in ("descriptors", "threads", "memory_mb"):
        for when, some in (("begin", first), ("end", last)):
            told[f"{field}_{when}"] = round(statistics.median(getattr(h, field) for h in some), 1)
    room_mb = MORE_MB + MORE_SHARE * told["memory_mb_begin"]
    told["grew"] = [
        field
        for field, room in (("descriptors", 0), ("threads", 0), ("memory_mb", room_mb))
        if told[f"{field}_end"] > told[f"{field}_begin"] + room
    ]
    return told
