"""Earth before the Sun, against skyfield's eclipses and the geometry of JPL DE421.

The truth of a share: directions from DE421's positions and librations, radii of skyfield (Earth
6378.1366 km, Sun 696340 km), and points spread on the Sun's disc counted one by one.
"""

from __future__ import annotations

import math
import time
from typing import Any

import numpy as np

from benchmarks.power.sky import TT_LESS_UTC_S, moon_axes_de421
from lupex_rover.core.time import from_iso
from lupex_rover.ephemeris.eclipses import Eclipse, eclipses
from lupex_rover.ephemeris.place import local_axes, place_sky
from lupex_rover.terrain.sun_share import share_past

Array = np.ndarray
COUNT = 1000
POINTS = 4000  # on the Sun's disc: the truth is good to 0.001
FIRST, LAST = "2026-01-01", "2041-01-01"
EARTH_M, SUN_M, MOON_M = 6_378_136.6, 696_340_000.0, 1_737_400.0
NEAR_S = 11_500.0  # before and after the greatest


def measure(count: int = COUNT) -> dict[str, Any]:
    """Greatest instants, s, and shares at random places of the Moon during random eclipses."""
    start = time.process_time()
    ours = eclipses(from_iso(FIRST), from_iso(LAST))
    told: dict[str, Any] = {
        "eclipses": len(ours), "all_found_in_s": round(time.process_time() - start, 3),
        "limit_s": 60.0, "limit_share": 0.01,
    }  # fmt: skip
    try:
        return told | _instants(ours) | _shares(ours, count)
    except ImportError as error:
        missing = f"{error.name} is not installed: pip install skyfield-data de421"
        return told | {"not_measured": missing}


def _instants(ours: tuple[Eclipse, ...]) -> dict[str, Any]:
    from skyfield import eclipselib

    kernel, scale = _skyfield()
    first, last = (scale.tt_jd(_days(np.array(from_iso(day)))) for day in (FIRST, LAST))
    when, kind, _ = eclipselib.lunar_eclipses(first, last, kernel)
    truth_s = (when.tt - 2_440_587.5) * 86_400.0 - TT_LESS_UTC_S
    if len(ours) != len(truth_s):
        return {"worst_s": math.inf, "of_another_kind": abs(len(ours) - len(truth_s))}
    off_s = np.array([e.greatest_ns / 1e9 for e in ours]) - truth_s
    other = sum(e.kind != eclipselib.LUNAR_ECLIPSES[k].lower() for e, k in zip(ours, kind))
    return {"worst_s": round(float(np.abs(off_s).max()), 1), "of_another_kind": other}


def _shares(ours: tuple[Eclipse, ...], count: int) -> dict[str, Any]:
    rng = np.random.default_rng(22)
    greatest = rng.choice([e.greatest_ns for e in ours], count)
    times = greatest + (1e9 * rng.uniform(-NEAR_S, NEAR_S, count)).astype(np.int64)
    latitude = np.arcsin(rng.uniform(-1.0, 1.0, count))
    latitude[::4] = np.radians(rng.uniform(-90.0, -80.0, latitude[::4].size))
    longitude = np.radians(rng.uniform(-92.0, 92.0, count))  # Earth stands over 0
    kernel, scale = _skyfield()
    moon = kernel["moon"].at(scale.tt_jd(_days(times)))
    sun, earth = (moon.observe(kernel[b]).apparent().position.m.T for b in ("sun", "earth"))
    truth, found = np.empty((2, count, 2))
    for k, day in enumerate(_days(times).tolist()):
        moon_R_j2000 = moon_axes_de421(day)
        up = local_axes(latitude[k], longitude[k])[:, 2]
        sun_m, earth_m = (moon_R_j2000 @ body[k] - MOON_M * up for body in (sun, earth))
        truth[k] = _by_points(sun_m, earth_m, up)
        sky = place_sky(latitude[k], longitude[k], 0.0, times[k : k + 1])
        level = share_past(sky.sun, sky.earth, np.zeros_like)
        found[k] = sky.sun_uncovered[0], level[0]
    off = np.abs(found - truth)
    past, both = truth.T
    return {
        "times_and_places": count,
        "partly_covered": int(((past > 0.0) & (past < 1.0)).sum()),
        "wholly_covered": int((past == 0.0).sum()),
        "cut_by_the_horizon_too": int(((both < past) & (both > 0.0) & (past < 1.0)).sum()),
        "worst_share_past_earth": round(float(off[:, 0].max()), 4),
        "worst_share_over_the_horizon_too": round(float(off[:, 1].max()), 4),
        "rms_share": round(float(np.sqrt((off**2).mean())), 4),
    }


def _by_points(sun_m: Array, earth_m: Array, up: Array) -> tuple[float, float]:
    """Share of the Sun past Earth, and of that over the level plane.

    Parameters
    ----------
    sun_m, earth_m, up : ndarray, shape (3,)
        From the eye, m, and its vertical; the same axes.
    """
    far, near = np.linalg.norm(sun_m), np.linalg.norm(earth_m)
    ahead = sun_m / far
    side = np.cross(ahead, [0.3, 0.5, 0.8])
    side /= np.linalg.norm(side)
    k = np.arange(POINTS) + 0.5
    reach = math.asin(SUN_M / far) * np.sqrt(k / POINTS)
    turn = k * math.pi * (3.0 - math.sqrt(5.0))
    across = np.cos(turn)[:, None] * side + np.sin(turn)[:, None] * np.cross(ahead, side)
    rays = np.cos(reach)[:, None] * ahead + np.sin(reach)[:, None] * across
    free = rays @ (earth_m / near) < math.cos(math.asin(EARTH_M / near))
    return float(free.mean()), float((free & (rays @ up > 0.0)).mean())


def _days(times: Array) -> Array:
    """Julian days, terrestrial time, of UTC ns since 2017."""
    return 2_440_587.5 + times / 86_400e9 + TT_LESS_UTC_S / 86_400.0


def _skyfield() -> Any:
    import skyfield_data
    from skyfield import api

    kernel = api.Loader(skyfield_data.get_skyfield_data_path(), verbose=False)("de421.bsp")
    return kernel, api.load.timescale(builtin=True)
