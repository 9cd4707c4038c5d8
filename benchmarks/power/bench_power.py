"""`lupex bench power`: sky, light, battery, shedding, nights; figures as in docs/power.md.

LUPEX_BENCH_NIGHTS (200) and LUPEX_BENCH_DAYS (30) shorten it, `--quick` does both and leaves out
what takes more than two minutes.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from typing import Any

from lupex_rover.core.errors import UserError

Part = Callable[[], dict[str, Any]]


def measure(quick: bool = False) -> dict[str, Any]:
    """Every part in turn, each with the process time it took."""
    told: dict[str, Any] = {}
    for name, part in parts(quick).items():
        print(f"{name} ...", file=sys.stderr, flush=True)
        start = time.process_time()
        told[name] = part()
        told[name]["measured_in_process_s"] = round(time.process_time() - start, 1)
    return told


def parts(quick: bool) -> dict[str, Part]:
    """Name -> what measures it, the quick ones first."""
    from benchmarks.power import campaign, cell, eclipses, idle, light, month, shed, sky

    nights = _number("LUPEX_BENCH_NIGHTS", 5 if quick else 200)
    days = float(_number("LUPEX_BENCH_DAYS", 2 if quick else 30))
    seeds = (1,) if quick else (1, 2, 3)
    return {
        "directions": sky.measure,
        "eclipses": eclipses.measure,
        "light": light.measure,
        "shedding": shed.measure,
        "cell_against_pybamm": cell.measure,
        "month_in_the_harness": lambda: idle.measure(days),
        "month_of_random_use": lambda: month.measure(seeds, days),
        "nights": lambda: campaign.campaign(nights),
    }


def _number(name: str, default: int) -> int:
    text = os.environ.get(name, str(default))
    if not text.isdigit() or int(text) < 1:
        raise UserError(f"{name}: {text!r} is no whole number above zero")
    return int(text)
