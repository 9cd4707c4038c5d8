"""A mission whose whole process tree is killed at random instants and resumed, on either host."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.faults.crew import Crew
from benchmarks.faults.processes import with_words
from lupex_rover.simulator.kept_world import WORLD
from lupex_rover.simulator.world_journal import generations

EARLIEST_S, LATEST_S = 1.0, 120.0  # wall clock, from the instant that the world is kept
BEGUN_S, LONGEST_S = 600.0, 3600.0


def flown(host: str, seed: int, kills: int, place: Path, crew: Crew) -> dict[str, Any]:
    """Fly the reference mission with so many kills, the last life to its end.

    Parameters
    ----------
    host : str
        "harness" or "ros".
    seed : int
        Of the mission and of the instants.
    kills : int
        At most: a mission may end before.
    place : Path
        The run's folder.
    crew : Crew
        What runs the programs.

    Returns
    -------
    dict
        Exit code, kills, what the last life said to its errors, and the wall time.
    """
    rng = random.Random(seed)
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    words, again = (_on_ros if host == "ros" else _on_harness)(seed, place)
    began, killed = time.monotonic(), 0
    while True:
        with crew.member(words) as child:
            if killed < kills and _kill(child, place, rng.uniform(EARLIEST_S, LATEST_S)):
                killed += 1
                words = again
                continue
            said = child.communicate(timeout=LONGEST_S)[1]
        return {
            "exit_code": child.returncode, "kills": killed, "said": said.strip()[-400:],
            "wall_s": round(time.monotonic() - began, 1),
        }  # fmt: skip


def _on_harness(seed: int, place: Path) -> tuple[list[str], list[str]]:
    """Words of the first life and of the others; they keep the truth of the cups."""
    faults = place.with_suffix(".none.yaml")
    faults.write_text("faults: []\n", encoding="utf-8")
    program = [sys.executable, "-m", "benchmarks.faults.attempt"]
    first = [*program, "reference", str(seed), str(faults), str(place)]
    return first, [*program, "--resume", str(place)]


def _on_ros(seed: int, place: Path) -> tuple[list[str], list[str]]:
    mission = [sys.executable, "-m", "lupex_rover.cli", "mission"]
    first = [*mission, "--host", "ros", "--seed", str(seed), "--force", "--out", str(place)]
    return first, [*mission, "--resume", str(place)]


def _kill(child: subprocess.Popen[str], place: Path, after_s: float) -> bool:
    """Kill the tree so long after its world is kept; False: it had ended before."""
    end = time.monotonic() + BEGUN_S
    before = _newest(place)
    while child.poll() is None and _newest(place) == before and time.monotonic() < end:
        time.sleep(0.1)
    end = time.monotonic() + after_s
    while child.poll() is None and time.monotonic() < end:
        time.sleep(0.05)
    if child.poll() is not None:
        return False
    for pid in with_words(str(place)):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    child.communicate()
    return True


def _newest(place: Path) -> tuple[int, float]:
    """Of the snapshots: ticks and time; changes once a life keeps its world."""
    found = generations(place / WORLD)
    if not found:
        return -1, 0.0
    path = place / WORLD / f"snapshot-{found[-1]}.json"
    return found[-1], path.stat().st_mtime
