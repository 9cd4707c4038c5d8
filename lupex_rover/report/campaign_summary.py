"""What many landings say together: the summary of a campaign's rows."""

from __future__ import annotations

from typing import Any

import numpy as np

SLOPE_DEG, ROCK_M = 10.0, 0.3  # a touchdown on more is unsafe if a safe place lay near
Row = dict[str, Any]


def complaint(row: Row) -> str | None:
    """Why this run counts as a failure; None when it does not."""
    if row["outcome"] != "success":
        return f"{row['outcome']}: {row['why']}"
    if row["hard"]:
        return "hard touchdown"
    return unsafe(row)


def unsafe(row: Row) -> str | None:
    """What is wrong with the ground it stands on although a safe place lay near; else None."""
    if row["slope_deg"] is None or row["safe_within_m"] is None:
        return None
    wrong = []
    if row["slope_deg"] > SLOPE_DEG:
        wrong.append(f"slope {row['slope_deg']:.1f} deg")
    if row["rock_m"] > ROCK_M:
        wrong.append(f"rock {row['rock_m']:.2f} m")
    if not wrong:
        return None
    return f"stands on {' and '.join(wrong)}; a safe place was {row['safe_within_m']:.0f} m away"


def summary(rows: list[Row]) -> dict[str, Any]:
    """Figures of the whole campaign; `None` where no run gives them.

    `error_p99_m` is the smallest error that at least 99 % of the landings do not exceed; with
    fewer than 100 landings that is the largest.
    """
    errors = column(rows, "error_m")
    nees = column(rows, "touchdown_nees")
    return {
        "runs": len(rows),
        "landed": len(errors),
        "failures": sum(complaint(row) is not None for row in rows),
        "unsafe": sum(unsafe(row) is not None for row in rows),
        "error_median_m": _percentile(errors, 50),
        "error_p99_m": _percentile(errors, 99),
        "error_max_m": _percentile(errors, 100),
        "slope_max_deg": _percentile(column(rows, "slope_deg"), 100),
        "rock_max_m": _percentile(column(rows, "rock_m"), 100),
        "touchdown_nees_mean": round(float(nees.mean()), 2) if len(nees) else None,
        "touchdown_nees_median": _percentile(nees, 50),
        "cpu_median_s": _percentile(column(rows, "cpu_s"), 50),
    }


def column(rows: list[Row], name: str) -> np.ndarray:
    """(n,) the values of the rows that have one."""
    return np.array([row[name] for row in rows if row.get(name) is not None], float)


def _percentile(values: np.ndarray, part: float) -> float | None:
    if not len(values):
        return None
    return round(float(np.percentile(values, part, method="inverted_cdf")), 3)
