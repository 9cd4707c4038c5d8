"""`lupex bench inputs`: 2,000 spoilt bags, maps, pictures, yaml and json files, read in process.

Each is read (in part, perhaps) or refused in one line. What breaks, hangs, crashes the process,
takes over 5 s or 2 GB, or over twice the time of the whole file (a spoilt one that is longer has as
much more) is counted and named by its seed.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections import Counter
from typing import Any

from benchmarks.inputs.samples import MAKERS, ROOT

COUNT = 2000
MOST_S, MOST_TIMES, MOST_MB = 5.0, 2.0, 2000.0
CLOCK_S = 0.05  # what other work on the machine adds; times below it are no ratio
NAMED = 20


def measure(count: int = COUNT) -> dict[str, Any]:
    """Figures of every kind; `count` inputs in all."""
    each = max(1, count // len(MAKERS))
    return {
        "kinds": [summary(kind, attempts(kind, each)) for kind in MAKERS],
        "note": "processor time; memory above that of the libraries; times of the whole file are"
        f" those for as many bytes, and {CLOCK_S} s at least",
    }


def attempts(kind: str, count: int) -> list[dict[str, Any]]:
    """A row for each spoilt input, also for one that ended its process."""
    rows: list[dict[str, Any]] = []
    first = 0
    while first < count:
        with tempfile.TemporaryDirectory() as folder:
            words = [sys.executable, "-m", "benchmarks.inputs.attempt", kind, str(first),
                     str(count), folder]  # fmt: skip
            done = subprocess.run(words, cwd=ROOT, capture_output=True)
        lines = [json.loads(line) for line in done.stdout.decode().splitlines()]
        begun = [line["begun"] for line in lines if "begun" in line]
        rows += [line for line in lines if "seed" in line]
        if not begun:
            raise RuntimeError(f"{kind}: {done.stderr.decode()[-2000:]}")
        first = begun[-1] + 1
        if not rows or rows[-1]["seed"] != begun[-1]:
            hung = b"Timeout" in done.stderr
            rows.append({"seed": begun[-1], "sample": kind, "plain_s": 0.0, "s": 0.0, "mb": 0.0,
                         "grown": 1.0,
                         "outcome": "hung" if hung else "crashed",
                         "why": f"exit {done.returncode}"})  # fmt: skip
        print(f"{kind}: {first} of {count}", file=sys.stderr, flush=True)
    return rows


def summary(kind: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Counts by outcome, the slowest and the largest, and what must be mended."""
    bad = [r for r in rows if (r["outcome"] not in ("read", "refused")) or _wasteful(r)]
    slowest = max(rows, key=lambda r: r["s"])
    times = max(rows, key=times_of)
    return {
        "kind": kind,
        "inputs": len(rows),
        "outcomes": dict(Counter(r["outcome"] for r in rows)),
        "slowest_s": round(slowest["s"], 3),
        "most_times_the_whole": round(times_of(times), 2),
        "largest_mb": max(r["mb"] for r in rows),
        "to_mend": len(bad),
        "named": [
            {k: r[k] for k in ("seed", "sample", "outcome", "why", "s", "mb")} for r in bad[:NAMED]
        ],
    }


def times_of(row: dict[str, Any]) -> float:
    """Time over that of the whole file, for as many bytes as the spoilt one has."""
    return float(row["s"] / max(row["plain_s"], CLOCK_S) / row["grown"])


def _wasteful(row: dict[str, Any]) -> bool:
    return bool(row["s"] > MOST_S or row["mb"] > MOST_MB or times_of(row) > MOST_TIMES)
