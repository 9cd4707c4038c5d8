"""When a place is lit and when it is dark, as far as the map can tell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lupex_rover.core.constants import MOON_RADIUS_M, NS
from lupex_rover.ephemeris import Sky
from lupex_rover.planning.site_params import SiteParams
from lupex_rover.terrain.dem import Dem
from lupex_rover.terrain.horizon import disc_fraction, horizon_band, mask_at

Array = np.ndarray
HOUR_NS = 3600 * NS
DARK = 0.005  # share of the disc that gives no usable power
SURELY_LIT = 0.5  # share of the disc by the high horizon that counts as surely lit
LIT = 0.3
MASK_BINS = 360
UNSURE_H = 25.0  # dusk may come so much earlier, and dawn so much later, than predicted


@dataclass(frozen=True)
class Night:
    """A night that fits: hours of the time grid."""

    start_h: int  # landing
    dusk_h: int
    dawn_h: int
    sure_h: int  # hours dark whatever the map's error
    unsure_h: int  # hours before and after it that may be dark or lit


@dataclass(frozen=True)
class Light:
    """Share of the Sun's disc hour by hour.

    Attributes
    ----------
    low, nominal, high : ndarray
        Over the ground if it stood surely too high, as mapped, surely too low.
    uncovered : ndarray
        What Earth leaves of the Sun: an eclipse is no night, but nothing works in it.
    """

    low: Array
    nominal: Array
    high: Array
    uncovered: Array


def light(
    maps: Sequence[Dem], x: float, y: float, sky: Sky, centre: tuple[float, float], site: SiteParams
) -> Light:
    """The light at the array over x, y at the times of `sky` (Sun as seen from `centre`)."""
    eye = float(maps[0].height(float(x), float(y))) + site.array_height_m
    azimuth = sky.sun_azimuth_rad
    toward = (x - centre[0]) * np.sin(azimuth) + (y - centre[1]) * np.cos(azimuth)
    elevation = sky.sun_elevation_rad + toward / MOON_RADIUS_M
    seen = []
    around = 2.0 * np.pi / MASK_BINS * np.arange(MASK_BINS)
    doubts = (site.doubt_m, site.bias_m, -site.doubt_m)
    for mask in horizon_band(maps, x, y, eye, around, doubts, near_m=4.0).T:
        seen.append(disc_fraction(elevation, mask_at(mask, azimuth), sky.sun_radius_rad))
    low, nominal, high = seen
    return Light(low, nominal, high, sky.sun_uncovered)


def runs(flags: Array) -> list[tuple[int, int]]:
    """First and past-the-last index of each run of True."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]]).astype(np.int8)))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist()))


def nights(seen: Light, site: SiteParams) -> list[Night]:
    """The nights of the right length with sure light, and no eclipse, before and after."""
    found = []
    surely = np.minimum(seen.low, seen.uncovered)
    for dusk, dawn in runs(seen.nominal <= DARK):
        if not site.night_min_h <= dawn - dusk <= site.night_max_h:
            continue
        sure = max((b - a for a, b in runs(seen.high[dusk:dawn] <= DARK)), default=0)
        if sure < site.night_sure_h:
            continue
        last_lit = _last(seen.low[: dusk + 1] >= SURELY_LIT)
        start = last_lit - int(site.lit_before_h)
        if start < 0 or dusk - last_lit > UNSURE_H:
            continue
        if not (surely[start : last_lit + 1] >= SURELY_LIT).all():
            continue
        first_lit = _first(seen.low[dawn:] >= LIT) + dawn
        end = first_lit + int(site.lit_after_h)
        if first_lit - dawn > UNSURE_H or end > seen.low.size:
            continue
        if (surely[first_lit:end] >= LIT).all():
            unsure = first_lit - last_lit - (dawn - dusk)
            found.append(Night(start, dusk, dawn, sure, unsure))
    return found


def _last(flags: Array) -> int:
    where = np.flatnonzero(flags)
    return int(where[-1]) if where.size else -1


def _first(flags: Array) -> int:
    where = np.flatnonzero(flags)
    return int(where[0]) if where.size else 10**9
