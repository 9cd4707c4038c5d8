"""The horizon round an eye, and how much of a disc stands above it.

Azimuth is clockwise from grid north, elevation above the plane normal to the radius at the eye.
Ground at distance d lies d^2 / 2R lower for the curvature of the Moon.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numba import njit

from lupex_rover.core.constants import MOON_RADIUS_M
from lupex_rover.terrain.dem import Dem, bilinear_at

Array = np.ndarray
FIRST_STEP = 0.5  # of a cell
GROWTH = 0.006  # of the distance: no wider than a third of the Sun at any distance


@njit(cache=True)
def _march(
    heights: Array, x0: float, y0: float, cell: float, x: float, y: float, z_eye: float,
    azimuths: Array, start: Array, mask: Array, end_m: float, doubts: Array,
) -> None:  # fmt: skip
    """Raise `mask` by this map from distance `start` on; `start` becomes where the map ended."""
    rows, cols = heights.shape
    best = np.empty(doubts.size)
    for k in range(azimuths.size):
        sx, sy = math.sin(azimuths[k]) / cell, math.cos(azimuths[k]) / cell
        u0, v0 = (x - x0) / cell, (y - y0) / cell
        d = start[k]
        for m in range(doubts.size):
            best[m] = math.tan(mask[k, m])
        while d < end_m:
            u, v = u0 + d * sx, v0 + d * sy
            if u < 0.0 or v < 0.0 or u > cols - 1.0 or v > rows - 1.0:
                break
            rise = bilinear_at(heights, u, v) - z_eye - d * d / (2.0 * MOON_RADIUS_M)
            for m in range(doubts.size):
                best[m] = max(best[m], (rise + doubts[m]) / d)
            d += max(FIRST_STEP * cell, GROWTH * d)
        start[k] = d
        for m in range(doubts.size):
            mask[k, m] = math.atan(best[m])


def horizon_band(
    dems: Sequence[Dem],
    x: float,
    y: float,
    z_eye_m: float,
    azimuths_rad: Array,
    doubts_m: Sequence[float],
    near_m: float = 0.5,
    end_m: float = 300_000.0,
) -> Array:
    """Elevation of the horizon if all ground but the eye's stood higher by each doubt.

    Parameters
    ----------
    dems : Sequence[Dem]
        Maps, finest first; each goes on where the one before it ended.
    x, y, z_eye_m : float
        The eye in `map`, m; z above the reference sphere as the maps' heights.
    azimuths_rad : ndarray, shape (N,)
        Clockwise from grid north.
    doubts_m : Sequence[float]
        (M,) added to the heights of all but the last of several maps (the widest is taken as it
        is), m: a positive doubt gives a horizon that is surely high enough.
    near_m, end_m : float
        Ground nearer or farther than this is left out, m.

    Returns
    -------
    ndarray, shape (N, M)
        float64, rad; -pi/2 where there is no ground at all.
    """
    azimuths = np.ascontiguousarray(azimuths_rad, dtype=np.float64)
    doubts = np.asarray(doubts_m, dtype=np.float64)
    mask = np.full((azimuths.size, doubts.size), -math.pi / 2 + 1e-6)
    start = np.full(azimuths.size, float(near_m))
    for i, dem in enumerate(dems):
        sure = i == len(dems) - 1 and i > 0
        _march(
            dem.heights, dem.x0, dem.y0, dem.resolution_m, float(x), float(y), float(z_eye_m),
            azimuths, start, mask, float(end_m), 0.0 * doubts if sure else doubts,
        )  # fmt: skip
    return mask


def horizon_at(
    dems: Sequence[Dem], x: float, y: float, z_eye_m: float, azimuths_rad: Array, **how: float
) -> Array:
    """(N,) horizon of the maps as they are, rad; arguments as of `horizon_band`."""
    return horizon_band(dems, x, y, z_eye_m, azimuths_rad, (0.0,), **how)[:, 0]


def horizon_mask(
    dems: Sequence[Dem], x: float, y: float, z_eye_m: float, n_az: int = 360, **how: float
) -> Array:
    """(n_az,) horizon at azimuths 2 pi k / n_az, rad; `how` as in `horizon_band`."""
    azimuths = 2.0 * math.pi / n_az * np.arange(n_az)
    return horizon_at(dems, x, y, z_eye_m, azimuths, **how)


def mask_at(mask_rad: Array, azimuth_rad: Any) -> Any:
    """The horizon at any azimuth, linear between those of the mask; rad."""
    n = mask_rad.size
    u = (np.asarray(azimuth_rad) % (2 * np.pi)) * (n / (2 * np.pi))
    i = u.astype(np.int64)
    f = u - i
    return (1.0 - f) * mask_rad[i % n] + f * mask_rad[(i + 1) % n]


def disc_fraction(elevation_rad: Any, horizon_rad: Any, angular_radius_rad: Any) -> Any:
    """Share of a disc's area above a level horizon, 0..1 (area of a circular segment).

    Parameters
    ----------
    elevation_rad : Any
        Of the disc's centre.
    horizon_rad : Any
        Of the horizon at the disc's azimuth.
    angular_radius_rad : Any
        Of the disc.
    """
    q = (np.asarray(horizon_rad) - elevation_rad) / angular_radius_rad
    q = np.clip(q, -1.0, 1.0)
    return (np.arccos(q) - q * np.sqrt(1.0 - q * q)) / np.pi
