"""`lupex bench faults`: missions on the harness with three random faults each.

Of each must hold what `verdict` says. What has been flown stays in `runs/bench-faults` and is not
flown again: the command goes on where it was ended. Remove that folder to begin anew.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.faults import random_faults, verdict
from benchmarks.record import ROOT
from lupex_rover.core.config_file import read_json
from lupex_rover.core.errors import UserError
from lupex_rover.core.files import write_whole
from lupex_rover.scenarios import run_files
from lupex_rover.scenarios import scenario as scenarios

COUNT, QUICK = 50, 4
SEEDS = (1, 2, 3)
AT_ONCE = 2
LONGEST_S = 3600.0
PLACE = ROOT / "runs" / "bench-faults"
QUICK_SCENARIO = Path(__file__).parent / "quick.yaml"


def measure(count: int = COUNT, quick: bool = False) -> dict[str, Any]:
    """Fly `count` files; `quick`: a few, from the ground to the science."""
    scenario = str(QUICK_SCENARIO) if quick else "reference"
    place = PLACE / ("quick" if quick else "whole")
    place.mkdir(parents=True, exist_ok=True)
    numbers = range(min(count, QUICK) if quick else count)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        rows = list(pool.map(partial(_row, scenario, place), numbers))
    wrong = [row for row in rows if row["wrong"]]
    injected = sum(row["injected"] for row in rows)
    return {
        "random": {
            "missions": len(rows),
            "hold": len(rows) - len(wrong),
            "outcomes": {
                name: sum(row["outcome"] == name for row in rows)
                for name in sorted({row["outcome"] for row in rows})
            },
            "faults_injected": injected,
            "faults_noticed": sum(row["noticed"] for row in rows),
            "to_mend": wrong,
        },
        "note": "three faults each; hold: the rover stands, nothing ends in silence, no event is"
        " lost, the record agrees with the truth",
    }


def _row(scenario: str, place: Path, number: int) -> dict[str, Any]:
    """Of file `number`, flown now or before."""
    path = place / f"{number}.json"
    if path.is_file():
        return read_json(path)
    faults, folder = place / f"{number}.yaml", place / str(number)
    phases = scenarios.read(scenario).phases
    write_whole(faults, random_faults.text(number, phases))
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    began = time.monotonic()
    words = [sys.executable, "-m", "benchmarks.faults.attempt", scenario,
             str(SEEDS[number % len(SEEDS)]), str(faults), str(folder)]  # fmt: skip
    try:
        done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=LONGEST_S)
        broke = "" if done.returncode == 0 else done.stderr.strip()[-600:]
    except subprocess.TimeoutExpired:
        broke = f"not over after {LONGEST_S:.0f} s"
    row = {
        "number": number,
        "faults": [_words(fault) for fault in random_faults.drawn(number, phases)],
        **_told(folder, broke),
        "wall_s": round(time.monotonic() - began, 1),
    }
    if not row["wrong"]:
        shutil.rmtree(folder)
    write_whole(path, json.dumps(row, indent=1) + "\n")
    print(f"{number}: {row['outcome']} {'; '.join(row['wrong'])}", file=sys.stderr, flush=True)
    return row


def _told(folder: Path, broke: str) -> dict[str, Any]:
    if broke or not (folder / run_files.RESULT).is_file():
        wrong = [f"broke: {broke or 'no result'}"]
        return {"outcome": "broke", "injected": 0, "noticed": 0, "wrong": wrong}
    result = read_json(folder / run_files.RESULT)
    try:
        wrong = verdict.of_run(folder)
    except UserError as error:
        wrong = [f"cannot be read: {error}"]
    return {
        "outcome": result["outcome"],
        "injected": sum(one["injected_utc"] is not None for one in result["faults"]),
        "noticed": sum(one["noticed"] is not None for one in result["faults"]),
        "wrong": wrong,
    }


def _words(fault: dict[str, Any]) -> str:
    ((name, value),) = fault["at"].items()
    return (
        f"{name} {value}: {fault['kind']} {fault['target']} for {fault['for_s']} s,"
        f" severity {fault['severity']}"
    )
