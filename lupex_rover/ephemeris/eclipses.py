"""Lunar eclipses: Earth before the Sun, as almanacs name them and as a place on the Moon sees them.

An eclipse is greatest when the Moon's centre is nearest the axis of Earth's shadow. Which full
moons can be eclipsed: Meeus, Astronomical Algorithms, 2nd ed. 1998, ch. 49 and 54. Its kind is the
almanac's, by Danjon's rule, which enlarges Earth by 1 % for its air (Espenak and Meeus, Five
Millennium Catalog of Lunar Eclipses, NASA/TP-2009-214172). What a place sees counts the solid Earth
alone (`core.discs`); a penumbral eclipse may then leave a place, or all of them, untouched.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from lupex_rover.core.constants import EARTH_RADIUS_M, MOON_RADIUS_M, NS, SUN_RADIUS_M
from lupex_rover.core.discs import uncovered
from lupex_rover.core.time import to_iso
from lupex_rover.ephemeris.bodies import FIRST_NS, LAST_NS, bodies_many
from lupex_rover.ephemeris.moon_axes import J2000_NS
from lupex_rover.ephemeris.sky import Sky

Array = np.ndarray
DAY_NS = 86400 * NS
FULL_MOON_D, MONTH_D = 5.09766, 29.530588861  # mean new moon of 2000-01-06 after J2000; Meeus 49.1
NODE_DEG, NODE_PER_MONTH_DEG = 160.7108, 390.67050284  # Meeus 49.6
NO_ECLIPSE = 0.36  # sine of the distance from a node beyond which there is none; Meeus ch. 54
ROUNDS = ((1.0, 49), (0.05, 49), (0.0025, 49))  # days to either side, and instants looked at
AIR = 1.01  # Danjon's enlargement of Earth for its shadow
REACH_NS = 4 * 3600 * NS  # no place sees more than 3.5 h before or after the greatest
STEP_NS = 120 * NS
LOWEST_RAD = math.radians(-7.0)  # the horizon seen from 13 km up lies so low; below it none sees


@dataclass(frozen=True)
class Eclipse:
    """A lunar eclipse as an almanac lists it."""

    kind: str  # penumbral, partial or total
    greatest_ns: int  # UTC

    @property
    def name(self) -> str:
        return f"{self.kind} lunar eclipse of {to_iso(self.greatest_ns)[:10]}"


@dataclass(frozen=True)
class Passage:
    """What a place sees of an eclipse, the horizon left out of account; times UTC ns.

    Attributes
    ----------
    begin_ns, end_ns : int
        Earth's and Sun's discs overlap from, until.
    darkest_ns, least : int and float
        Most of the Sun is covered then, and so much of its disc is left.
    mean : float
        Share of the disc that is left, from begin to end.
    """

    eclipse: Eclipse
    begin_ns: int
    darkest_ns: int
    end_ns: int
    least: float
    mean: float


def eclipses(first_ns: int, last_ns: int) -> tuple[Eclipse, ...]:
    """Every eclipse greatest between two times, in order; only within the ephemeris."""
    first, last = max(first_ns, FIRST_NS + 2 * DAY_NS), min(last_ns, LAST_NS - 2 * DAY_NS)
    low, high = (
        math.floor(((t - J2000_NS) / DAY_NS - FULL_MOON_D) / MONTH_D) for t in (first, last)
    )
    found = (_of_month(k) for k in range(low - 1, high + 2))
    return tuple(e for e in found if e is not None and first <= e.greatest_ns <= last)


@lru_cache(maxsize=4096)
def _of_month(month: int) -> Eclipse | None:
    """The eclipse of the full moon half a month after mean new moon number `month` of Meeus."""
    k = month + 0.5
    if abs(math.sin(math.radians(NODE_DEG + NODE_PER_MONTH_DEG * k))) > NO_ECLIPSE:
        return None
    t = J2000_NS + round((FULL_MOON_D + MONTH_D * k) * DAY_NS)
    if not FIRST_NS + DAY_NS <= t < LAST_NS - DAY_NS:
        return None
    for half_d, count in ROUNDS:
        half_ns = round(half_d * DAY_NS)
        times = np.linspace(t - half_ns, t + half_ns, count).astype(np.int64)
        off = _off_axis(bodies_many(times))[0]
        t = int(times[int(np.argmin(off))])
    off_axis, umbra, penumbra, moon = (float(v[0]) for v in _off_axis(bodies_many(np.array([t]))))
    if off_axis >= penumbra + moon:
        return None
    partial, total = off_axis < umbra + moon, off_axis < umbra - moon
    return Eclipse("total" if total else "partial" if partial else "penumbral", t)


def _off_axis(bodies: Array) -> tuple[Array, Array, Array, Array]:
    """From Earth's centre, rad: the Moon from the shadow's axis, umbra, penumbra, Moon's radius.

    Parameters
    ----------
    bodies : ndarray, shape (N, 6)
        Sun and Earth from the Moon's centre, m.
    """
    sun, moon = bodies[:, :3] - bodies[:, 3:], -bodies[:, 3:]
    sun_m, moon_m = (np.linalg.norm(v, axis=1) for v in (sun, moon))
    across = np.linalg.norm(np.cross(moon, sun), axis=1)
    off = np.arctan2(across, -(moon * sun).sum(axis=1))
    parallax = AIR * EARTH_RADIUS_M / moon_m + EARTH_RADIUS_M / sun_m
    half_sun = SUN_RADIUS_M / sun_m
    return off, parallax - half_sun, parallax + half_sun, np.arcsin(MOON_RADIUS_M / moon_m)


def passages(
    sky_at: Callable[[Array], Sky], first_ns: int, last_ns: int
) -> tuple[Passage, ...]:  # fmt: skip
    """What a place sees of the eclipses between two times, those that run at either included.

    An eclipse with the Sun more than 7 degrees below the level there is none.

    Parameters
    ----------
    sky_at : Callable[[ndarray], Sky]
        Times (N,) UTC ns -> the sky of the place.
    """
    found = []
    for eclipse in eclipses(first_ns - REACH_NS, last_ns + REACH_NS):
        seen = _seen(sky_at, eclipse)
        if seen is not None and seen.begin_ns <= last_ns and seen.end_ns >= first_ns:
            found.append(seen)
    return tuple(found)


def _seen(sky_at: Callable[[Array], Sky], eclipse: Eclipse) -> Passage | None:
    times = eclipse.greatest_ns + np.arange(-REACH_NS, REACH_NS + 1, STEP_NS, dtype=np.int64)
    times = times[(times >= FIRST_NS) & (times < LAST_NS)]
    sky = sky_at(times)
    apart, reach = _apart(sky)
    gap = apart - reach
    inside = np.flatnonzero(gap < 0.0)
    if not inside.size or sky.sun_elevation_rad[inside].max() < LOWEST_RAD:
        return None
    low, high = max(int(inside[0]), 1), min(int(inside[-1]), times.size - 2)
    begin, end = (_crossing(times, gap, i) for i in (low - 1, high))
    mean = float(sky.sun_uncovered[inside].mean())
    near = times[int(np.argmin(apart))] + np.arange(-STEP_NS, STEP_NS + 1, NS, dtype=np.int64)
    near = near[(near >= FIRST_NS) & (near < LAST_NS)]
    sky = sky_at(near)
    i = int(np.argmin(_apart(sky)[0]))
    least = uncovered(float(_apart(sky)[0][i]), float(sky.sun_radius_rad[i]),
                      float(sky.earth_radius_rad[i]))  # fmt: skip
    return Passage(eclipse, begin, int(near[i]), end, least, mean)


def _crossing(times: Array, gap: Array, i: int) -> int:
    """When the gap is zero between instants `i` and `i` + 1, UTC ns; linear."""
    part = gap[i] / (gap[i] - gap[i + 1])
    return int(times[i]) + round(min(max(part, 0.0), 1.0) * STEP_NS)


def _apart(sky: Sky) -> tuple[Array, Array]:
    """Between the centres of Sun and Earth, and the sum of their radii, rad; (N,) each."""
    rise = sky.earth_elevation_rad - sky.sun_elevation_rad
    turn = sky.earth_azimuth_rad - sky.sun_azimuth_rad
    level = np.cos(sky.earth_elevation_rad) * np.cos(sky.sun_elevation_rad)
    half = np.sqrt(np.sin(rise / 2.0) ** 2 + level * np.sin(turn / 2.0) ** 2)
    return 2.0 * np.arcsin(np.minimum(half, 1.0)), sky.sun_radius_rad + sky.earth_radius_rad
