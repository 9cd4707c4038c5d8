"""What each benchmark's page sets side by side: our figure, a peer's, their ratio."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Figures = Mapping[str, Any]
ENOUGH = 30  # scenes or chips before a share of them means something


@dataclass(frozen=True)
class Row:
    """A figure of ours and the same of a peer.

    Attributes
    ----------
    what : str
        With unit.
    times : bool
        Less is better, so the ratio is theirs over ours; else ours over theirs.
    """

    what: str
    ours: float | None
    peer: str
    theirs: float | None
    times: bool = True

    @property
    def ratio(self) -> str:
        """How many times better ours is, in words; a dash where a figure is missing or zero."""
        over, under = (self.theirs, self.ours) if self.times else (self.ours, self.theirs)
        return "–" if not over or not under else f"{over / under:.3g} times"


def of_bags(figures: Figures) -> list[Row]:
    """Every reader of each bag."""
    return [
        Row(f"read {row['bag']}, ms", row["ms"]["ours"], name.removeprefix("by_"), spent)
        for row in figures["reading"]
        for name, spent in row["ms"].items()
        if name != "ours"
    ]


def of_landing(figures: Figures) -> list[Row]:
    """Every peer of each set; the peers may have had fewer scenes than ours."""
    rows = []
    for name, told in figures.items():
        if not isinstance(told, dict) or "ours" not in told:
            continue
        ours = told["ours"]
        for peer, theirs in told.items():
            if not isinstance(theirs, dict) or peer == "ours":
                continue
            head = f"set {name}"
            rows += [
                Row(f"{head}: right, % of frames", _right(ours), peer, _right(theirs), False),
                Row(f"{head}: false, of all frames", ours["false"], peer, theirs["false"]),
                Row(f"{head}: median error, m", ours["error_m_median"], peer,
                    theirs["error_m_median"]),
                Row(f"{head}: median time, ms", ours["ms_median"], peer, theirs["ms_median"]),
            ]  # fmt: skip
    return rows


def _right(told: Figures) -> float:
    return round(100.0 * float(told["right"]) / float(told["on_map"]), 1)


def of_pictures(figures: Figures) -> list[Row]:
    """Every peer of each size of chip."""
    rows = []
    for name in ("wac_256", "wac_128"):
        told = figures.get(name)
        if not isinstance(told, dict):
            continue
        ours, size = told["ours"], name.removeprefix("wac_")
        for peer, theirs in told.items():
            if not isinstance(theirs, dict) or peer == "ours":
                continue
            head = f"chips of {size} px"
            rows += [
                Row(f"{head}: right", ours["right"], peer, theirs["right"], False),
                Row(f"{head}: wrong", ours["wrong"], peer, theirs["wrong"]),
                Row(f"{head}: median error, px", ours["median_px"], peer, theirs["median_px"]),
                Row(f"{head}: median time, s", ours["median_s"], peer, theirs["median_s"]),
            ]
    return rows


def of_craters(figures: Figures) -> list[Row]:
    """OpenCV's circles, on rendered ground and on the WAC mosaic."""
    rows = []
    for name, keys in (
        ("rendered", ("recall", "precision", "median_s")),
        ("wac_south", ("recall", "catalogued_of_first_100", "process_s")),
    ):
        told = figures[name]
        if not isinstance(told, dict) or "hough_circles" not in told:
            continue
        for key in keys:
            ours, theirs = told["ours"].get(key), told["hough_circles"].get(key)
            what = f"{name}: {key}".replace("_", " ")
            rows.append(Row(what, ours, "OpenCV HoughCircles", theirs, key.endswith("_s")))
    return rows


def of_power(figures: Figures) -> list[Row]:
    """Only where the peer does the same work: Skyfield's directions. PyBaMM is truth, no rival."""
    told = figures.get("directions", {})
    ours, theirs = (
        _find(told, "us_per_time_sun_and_earth"),
        _find(told, "skyfield_us_per_time_positions_only"),
    )
    if ours is None or theirs is None:
        return []
    return [Row("directions of Sun and Earth, us a time", ours, "Skyfield, positions only", theirs)]


def _find(told: Figures, key: str) -> float | None:
    """A figure by its name, wherever it is nested."""
    if key in told:
        return float(told[key])
    for value in told.values():
        if isinstance(value, dict) and (found := _find(value, key)) is not None:
            return found
    return None


def _scenes(figures: Figures) -> str:
    sets = {k: v for k, v in figures.items() if isinstance(v, dict) and "ours" in v}
    counts = [
        f"{name}: {t['ours']['on_map']} on the map and {t['ours']['off_map']} off it for ours,"
        f" {t['sift_pnp']['on_map']} and {t['sift_pnp']['off_map']} for the others"
        for name, t in sets.items()
    ]
    fewest = min((t["sift_pnp"]["on_map"] for t in sets.values()), default=0)
    return "scenes of each set: " + "; ".join(counts) + _warned(fewest)


def _warned(count: int) -> str:
    return "" if count >= ENOUGH else ". A trial run: too few to tell shares that are right"


def _chips(figures: Figures) -> str:
    told = [f"{v['chips']} of {k.removeprefix('wac_')} px" for k, v in figures.items()
            if isinstance(v, dict) and "chips" in v]  # fmt: skip
    counts = [v["chips"] for v in figures.values() if isinstance(v, dict) and "chips" in v]
    return "chips: " + (", ".join(told) or "none") + _warned(min(counts, default=0))


def _bag_rounds(figures: Figures) -> str:
    bags = ", ".join(row["bag"] for row in figures["reading"])
    return f"medians of 7 readings and 3 replays; bags: {bags}"


def _latencies(figures: Figures) -> str:
    up, down = figures["byte_to_topic"]["samples"], figures["command_to_byte"]["samples"]
    return f"medians of {up} packets up and {down} commands down; idle load over 10 s"


def _crater_scenes(figures: Figures) -> str:
    views = figures["identification"]["whole_moon_500_km"]["views"]
    return f"{figures['rendered']['scenes']} rendered scenes; {views} views of each kind"


def _nights(figures: Figures) -> str:
    nights = figures["nights"]["nights"]
    return f"{nights} nights; {figures['month_in_the_harness']['days']:g} days in the harness"


def _spoilt(figures: Figures) -> str:
    return f"{sum(row['inputs'] for row in figures['kinds'])} spoilt files, seeds from 0 on"


def _faulted(figures: Figures) -> str:
    counts = [f"{told['missions']} of {name}" for name, told in figures.items()
              if isinstance(told, dict) and "missions" in told]  # fmt: skip
    hours = [f"{told['hours']:g} h of {name}" for name, told in figures.items()
             if isinstance(told, dict) and "hours" in told]  # fmt: skip
    return f"missions: {', '.join(counts) or 'none'}; {', '.join(hours) or 'no hours'}"


COMPARISONS: dict[str, Callable[[Figures], list[Row]]] = {
    "bags": of_bags,
    "craters": of_craters,
    "faults": lambda _: [],
    "graph": lambda _: [],
    "inputs": lambda _: [],
    "landing": of_landing,
    "pictures": of_pictures,
    "power": of_power,
}
SAMPLES: dict[str, Callable[[Figures], str]] = {
    "bags": _bag_rounds,
    "craters": _crater_scenes,
    "faults": _faulted,
    "graph": _latencies,
    "inputs": _spoilt,
    "landing": _scenes,
    "pictures": _chips,
    "power": _nights,
}
