"""`lupex bench power`: battery, budget and nights; figures as in docs/power.md.

LUPEX_BENCH_NIGHTS (200) and LUPEX_BENCH_DAYS (30) shorten it.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from typing import Any

from lupex_rover.core.errors import UserError


def measure() -> dict[str, Any]:
    """Every part in turn, each with the process time it took."""
    from lupex_rover.cli import energy_campaign, energy_cell, energy_idle, energy_month, energy_shed

    nights, days = _number("LUPEX_BENCH_NIGHTS", 200), _number("LUPEX_BENCH_DAYS", 30)
    parts: dict[str, Callable[[], dict[str, Any]]] = {
        "shedding": energy_shed.measure,
        "month_of_random_use": lambda: energy_month.measure(days=float(days)),
        "cell_against_pybamm": energy_cell.measure,
        "month_in_the_harness": lambda: energy_idle.measure(float(days)),
        "nights": lambda: energy_campaign.campaign(nights),
    }
    told: dict[str, Any] = {}
    for name, part in parts.items():
        print(f"{name} ...", file=sys.stderr, flush=True)
        start = time.process_time()
        told[name] = part()
        told[name]["measured_in_process_s"] = round(time.process_time() - start, 1)
    return told


def _number(name: str, default: int) -> int:
    text = os.environ.get(name, str(default))
    if not text.isdigit() or int(text) < 1:
        raise UserError(f"{name}: {text!r} is no whole number above zero")
    return int(text)
