"""Where Sun and Earth stand, and what the ground hides of them: time and error.

Directions are compared with JPL DE421 in `test/unit/ephemeris/test_place.py`; here they are timed.
The share of the disc is compared with a march along each ray of the place itself, which the tests
of `terrain.skyline` hold against separate code, on made-up ground in cells of 5 m.
"""

from __future__ import annotations

import functools
import time
from typing import Any

import numpy as np

from lupex_rover.core.constants import SUN_RADIUS_M
from lupex_rover.core.time import from_iso
from lupex_rover.ephemeris.bodies import bodies_many
from lupex_rover.ephemeris.place import place_sky
from lupex_rover.ephemeris.sky import sky
from lupex_rover.terrain.dem import Dem
from lupex_rover.terrain.disc import disc_share
from lupex_rover.terrain.horizon_masks import horizon_masks
from lupex_rover.terrain.lit_map import seen_map
from lupex_rover.terrain.relief import Relief
from lupex_rover.terrain.skyline import skyline

HOUR_NS = 3600 * 10**9
CELLS = 500
TIMES, PLACES_A_TIME = 50, 4
MARGIN = 2  # cells at the border of the map, where a march has no ground
STRIPS = 41  # of the disc in the exact share


def measure() -> dict[str, Any]:
    """Directions, horizon masks of a map of `CELLS` squared, lit maps, share of the disc."""
    flat = Dem(np.zeros((40, 40)), -32e3, -32e3, 1600.0)
    ground = Relief(flat, 2).window(0, 0, CELLS * 5.0, CELLS * 5.0, 5.0)
    eyes = Dem(ground.heights + 2.0, ground.x0, ground.y0, ground.resolution_m)
    corner = Dem(ground.heights[:20, :20].copy(), ground.x0, ground.y0, ground.resolution_m)
    horizon_masks(corner, corner)  # compiled before it is timed
    start = time.process_time()
    masks = horizon_masks(ground, eyes)
    masks_s = time.process_time() - start
    rng = np.random.default_rng(8)
    out = np.empty(eyes.heights.shape, np.float32)
    lit_ms, errors, partly = [], [], 0
    x, y = eyes.grid()
    for t in (from_iso("2029-01-01") + HOUR_NS * rng.integers(0, 8760, TIMES)).tolist():
        sun = bodies_many(np.array([t]))[0, :3].copy()
        start = time.process_time()
        seen_map(masks, x, y, sun, SUN_RADIUS_M, out)
        lit_ms.append(1e3 * (time.process_time() - start))
        for r, c in rng.integers(MARGIN, CELLS - MARGIN, (PLACES_A_TIME, 2)):
            exact = _exact(ground, float(x[c]), float(y[r]), float(eyes.heights[r, c]), t)
            errors.append(abs(exact - float(out[r, c])))
            partly += 0.001 < exact < 0.999
    return {
        "direction_us": _direction_us(),
        "masks_500_x_500_process_s": round(masks_s, 1),
        "lit_map_ms_median": round(float(np.median(lit_ms[1:])), 1),
        "share_of_disc": {
            "compared": len(errors), "partly_hidden": int(partly),
            "worst_error": round(float(np.max(errors)), 4),
        },
    }  # fmt: skip


def _exact(ground: Dem, x: float, y: float, z_m: float, t_ns: int) -> float:
    s = sky(x, y, t_ns)
    own = functools.partial(skyline, [ground], x, y, z_m)
    share = disc_share(s.sun_azimuth_rad, s.sun_elevation_rad, s.sun_radius_rad, own, STRIPS)
    return float(share[0])


def _direction_us() -> dict[str, float]:
    """Microseconds for Sun and Earth from one place: random times, and a dense series."""
    rng = np.random.default_rng(1)
    first, last = from_iso("2026-01-01"), from_iso("2041-01-01")
    told = {}
    for name, times in (
        ("random_times", rng.integers(first, last, 100_000)),
        ("every_minute", first + 60 * 10**9 * np.arange(100_000)),
    ):
        place_sky(-1.5, 0.3, 0.0, times[:10])
        spent = []
        for _ in range(5):
            start = time.process_time()
            place_sky(-1.5, 0.3, 0.0, times)
            spent.append(time.process_time() - start)
        told[name] = round(1e6 * float(np.median(spent)) / len(times), 2)
    return told
