"""Directions of Sun and Earth against JPL DE421, positions by skyfield, axes by its librations.

DE421 gives principal axes; the constant rotation to mean-Earth axes is that of Williams, Boggs and
Folkner 2008 (JPL IOM 335-JW,DB,WF-20080314-001): 67.92, 78.56 and 0.30 arc seconds.
"""

from __future__ import annotations

import math
import time
from functools import lru_cache
from typing import Any

import numpy as np

from lupex_rover.core.time import from_iso
from lupex_rover.ephemeris.place import local_axes, place_sky

Array = np.ndarray
COUNT = 1000
MANY = 100_000  # times of the timed call
TO_MEAN_EARTH_ARCSEC = ((0, -0.30), (1, -78.56), (2, -67.92))
TT_LESS_UTC_S = 69.184  # since 2017
RADIUS_M = 1_737_400.0


def measure(count: int = COUNT) -> dict[str, Any]:
    """Greatest angle, degrees, over random times 2026 to 2040 and places south of 80 S."""
    rng = np.random.default_rng(421)
    times = rng.integers(from_iso("2026-01-01"), from_iso("2041-01-01"), count)
    latitude = -np.arcsin(rng.uniform(math.sin(math.radians(80.0)), 1.0, count))
    longitude = rng.uniform(0.0, 2.0 * math.pi, count)
    told: dict[str, Any] = {"times_and_places": count, "limit_deg": 0.01} | _speed(rng)
    try:
        told |= _compare(times, latitude, longitude)
    except ImportError as error:
        told["not_measured"] = f"{error.name} is not installed: pip install skyfield-data de421"
    return told


def _speed(rng: np.random.Generator) -> dict[str, Any]:
    times = rng.integers(from_iso("2026-01-01"), from_iso("2041-01-01"), MANY)
    place_sky(-1.55, 0.3, 0.0, times[:100])
    start = time.process_time()
    place_sky(-1.55, 0.3, 0.0, times)
    each_us = 1e6 * (time.process_time() - start) / MANY
    return {"us_per_time_sun_and_earth": round(each_us, 2), "limit_us": 50.0}


def _compare(times: Array, latitude: Array, longitude: Array) -> dict[str, Any]:
    import skyfield_data
    from skyfield import api

    kernel = api.Loader(skyfield_data.get_skyfield_data_path(), verbose=False)("de421.bsp")
    days = 2_440_587.5 + times / 86_400e9 + TT_LESS_UTC_S / 86_400.0
    when = api.load.timescale(builtin=True).tt_jd(days)
    moon = kernel["moon"].at(when)
    start = time.process_time()
    apparent = {b: moon.observe(kernel[b]).apparent().position.m.T for b in ("sun", "earth")}
    peer_us = 1e6 * (time.process_time() - start) / times.size
    worst = {"sun": 0.0, "earth": 0.0}
    for k, day in enumerate(days):
        moon_R_j2000 = moon_axes_de421(day)
        enu = local_axes(latitude[k], longitude[k])
        seen = place_sky(latitude[k], longitude[k], 0.0, times[k : k + 1])
        for body in worst:
            at = moon_R_j2000 @ apparent[body][k] - RADIUS_M * enu[:, 2]
            azimuth = getattr(seen, f"{body}_azimuth_rad")[0]
            elevation = getattr(seen, f"{body}_elevation_rad")[0]
            ours = [math.sin(azimuth) * math.cos(elevation),
                    math.cos(azimuth) * math.cos(elevation), math.sin(elevation)]  # fmt: skip
            worst[body] = max(worst[body], _angle_deg(at @ enu, np.array(ours)))
    return {
        "worst_deg": {body: round(value, 5) for body, value in worst.items()},
        "skyfield_us_per_time_positions_only": round(peer_us, 1),
    }


@lru_cache(maxsize=1)
def _librations() -> Any:
    import de421
    from jplephem.ephem import Ephemeris

    return Ephemeris(de421)


def moon_axes_de421(day_tt: float) -> Array:
    """(3, 3) J2000 to mean-Earth axes from DE421's libration angles, Julian day of TT."""
    phi, theta, psi = _librations().position("librations", day_tt).ravel()
    axes = _turn(2, psi) @ _turn(0, theta) @ _turn(2, phi)
    for axis, arcsec in reversed(TO_MEAN_EARTH_ARCSEC):
        axes = _turn(axis, math.radians(arcsec / 3600.0)) @ axes
    return axes


def _turn(axis: int, angle: float) -> Array:
    """Turns the axes, not the vector."""
    c, s = math.cos(angle), math.sin(angle)
    i, j = [(1, 2), (2, 0), (0, 1)][axis]
    m = np.eye(3)
    m[i, i] = m[j, j] = c
    m[i, j], m[j, i] = s, -s
    return m


def _angle_deg(a: Array, b: Array) -> float:
    return math.degrees(math.atan2(float(np.linalg.norm(np.cross(a, b))), float(a @ b)))
