"""A mission on the harness whose whole process tree is killed at random instants and resumed."""

from __future__ import annotations

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
from lupex_rover.core.config_file import read_json
from lupex_rover.simulator.kept_world import WORLD
from lupex_rover.simulator.world_journal import generations

EARLIEST_S, LATEST_S = 1.0, 120.0  # wall clock, from the instant that the world is kept
BEGUN_S, LONGEST_S = 600.0, 3600.0


def flown(scenario: str, seed: int, kills: int, place: Path, crew: Crew) -> dict[str, Any]:
    """Fly with so many kills, the last life to its end; `place` is the run's folder.

    Returns exit code, the simulated instants at which it was killed, and the wall time.
    """
    rng = random.Random(seed)
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    faults = place.with_suffix(".none.yaml")
    faults.write_text("faults: []\n", encoding="utf-8")
    words = [sys.executable, "-m", "benchmarks.faults.attempt", scenario, str(seed), str(faults),
             str(place)]  # fmt: skip
    began, killed = time.monotonic(), 0
    while True:
        with crew.member(words) as child:
            if killed < kills and _kill(child, place, rng.uniform(EARLIEST_S, LATEST_S)):
                killed += 1
                words = [*words[:3], "--resume", str(place)]
                continue
            said = child.communicate(timeout=LONGEST_S)[1]
        return {
            "exit_code": child.returncode, "kills": killed, "said": said.strip()[-400:],
            "wall_s": round(time.monotonic() - began, 1),
        }  # fmt: skip


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
    os.killpg(child.pid, signal.SIGKILL)
    child.communicate()
    return True


def _newest(place: Path) -> tuple[int, float]:
    """Of the snapshots: ticks and time; changes once a life keeps its world."""
    found = generations(place / WORLD)
    if not found:
        return -1, 0.0
    path = place / WORLD / f"snapshot-{found[-1]}.json"
    return found[-1], path.stat().st_mtime


def outcome(place: Path) -> str:
    """Of the run."""
    path = place / "result.json"
    return str(read_json(path)["outcome"]) if path.is_file() else "none"
