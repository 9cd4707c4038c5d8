"""Horizons of every place of a map, computed once, and the light of the whole map at an instant.

A ray is marched from each eye over the ground, bilinear between cells. It ends where even the
highest ground could no longer rise above what was seen; blocks of ground whose highest cell lies
below the line of sight are skipped in one step (the idea of maximum mipmaps, Tevs, Ihrke and
Seidel 2008, with one level). Angles are kept as int16.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numba import njit
from scipy import ndimage

from lupex_rover.core.constants import MOON_RADIUS_M
from lupex_rover.terrain.dem import Dem, bilinear_at

Array = np.ndarray
N_AZ = 360
SCALE = 20_000.0  # counts per rad: 0.003 degrees each
BLOCK = 8  # cells
FIRST_STEP, GROWTH = 0.5, 0.003  # of a cell; of the distance
VERSION = b"horizon-masks-1"


@njit(cache=True)
def _ray(
    heights: Array, tops: Array, highest: float, cell: float, u0: float, v0: float, z: float,
    du: float, dv: float,
) -> float:  # fmt: skip
    """Tangent of the horizon from `u0`, `v0` (fractional cells) at height `z` along du, dv."""
    rows, cols = heights.shape
    best = -1e6
    d = FIRST_STEP  # in cells
    bend = cell * cell / (2.0 * MOON_RADIUS_M)
    while True:
        u, v = u0 + d * du, v0 + d * dv
        if u < 0.0 or v < 0.0 or u > cols - 1.0 or v > rows - 1.0:
            return best
        if highest - z - bend * d * d < best * d * cell and best > 0.0:
            return best
        top = tops[int(v) // BLOCK, int(u) // BLOCK] - z - bend * d * d
        if top < best * d * cell and (best > 0.0 or top < best * (d + BLOCK) * cell):
            d += BLOCK
            continue
        rise = bilinear_at(heights, u, v) - z - bend * d * d
        best = max(best, rise / (d * cell))
        d += max(FIRST_STEP, GROWTH * d)


@njit(cache=True)
def _all_eyes(
    heights: Array, tops: Array, cell: float, us: Array, vs: Array, eyes: Array, azimuth: float,
    out: Array,
) -> None:  # fmt: skip
    du, dv = math.sin(azimuth), math.cos(azimuth)
    highest = tops.max()
    for r in range(vs.size):
        for c in range(us.size):
            t = _ray(heights, tops, highest, cell, us[c], vs[r], eyes[r, c], du, dv)
            out[r, c] = round(SCALE * math.atan(t))


def horizon_masks(
    ground: Dem,
    eyes: Dem,
    n_az: int = N_AZ,
    tell: Callable[[float], None] = lambda share: None,
) -> Array:
    """Horizon seen from each point of `eyes` over `ground`.

    Parameters
    ----------
    eyes : its heights are those of the eyes, m above the sphere; its grid lies on the ground's.
    n_az : azimuths 2 pi k / n_az clockwise from grid north.
    tell : called with the share that is done.

    Returns
    -------
    (n_az, rows, cols) int16, SCALE counts per rad; the least value where the map ends at once.
    """
    rows, cols = ground.heights.shape
    around = ndimage.maximum_filter(ground.heights, 2 * BLOCK + 5, mode="nearest")
    middle = BLOCK // 2
    at_r = np.minimum(np.arange(-(-rows // BLOCK)) * BLOCK + middle, rows - 1)
    at_c = np.minimum(np.arange(-(-cols // BLOCK)) * BLOCK + middle, cols - 1)
    tops = np.ascontiguousarray(around[np.ix_(at_r, at_c)].astype(np.float64))
    x, y = eyes.grid()
    us, vs = (x - ground.x0) / ground.resolution_m, (y - ground.y0) / ground.resolution_m
    masks = np.empty((n_az, *eyes.heights.shape), np.int16)
    for k in range(n_az):
        _all_eyes(
            ground.heights, tops, ground.resolution_m, us, vs, eyes.heights.astype(np.float64),
            2.0 * math.pi * k / n_az, masks[k],
        )  # fmt: skip
        tell((k + 1) / n_az)
    return masks


def key_of(ground: Dem, eyes: Dem, n_az: int = N_AZ) -> str:
    """A name that changes with anything the masks depend on."""
    h = hashlib.sha256(VERSION)
    for dem in (ground, eyes):
        h.update(np.array([dem.x0, dem.y0, dem.resolution_m, *dem.heights.shape, n_az]).tobytes())
        h.update(dem.heights.tobytes())
    return h.hexdigest()[:24]


def cached_masks(
    folder: Path, ground: Dem, eyes: Dem, tell: Callable[[float], None] = lambda share: None
) -> Array:
    """`horizon_masks`, kept in `folder` under `key_of`; a damaged file is made anew."""
    path = folder / f"{key_of(ground, eyes)}.npy"
    shape = (N_AZ, *eyes.heights.shape)
    try:
        masks = np.load(path)
        if masks.shape == shape and masks.dtype == np.int16:
            tell(1.0)
            return masks
    except (OSError, ValueError, EOFError):
        pass
    masks = horizon_masks(ground, eyes, tell=tell)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part.npy")
        np.save(part, masks)
        part.replace(path)
    except OSError:
        pass  # a cache that cannot be written only costs time
    return masks


@njit(cache=True, fastmath=True)
def seen_map(
    masks: Array, x: Array, y: Array, body: Array, body_radius_m: float, out: Array
) -> None:
    """Share of a body's disc above each place's horizon.

    Parameters
    ----------
    masks : of `horizon_masks`.
    x, y : (cols,), (rows,) of the places in `map`, m.
    body : (3,) from the Moon's centre, m, Moon-fixed axes.
    out : (rows, cols) float32, 0..1, is filled.
    """
    n_az = masks.shape[0]
    turn = n_az / (2.0 * math.pi)
    radius_m = 2.0 * MOON_RADIUS_M
    for r in range(y.size):
        for c in range(x.size):
            # Stereographic inverse: with q = rho / 2R, up = (2q cos, 2q sin, q^2-1) / (1+q^2)
            a, b = x[c] / radius_m, y[r] / radius_m
            s = 1.0 / (1.0 + a * a + b * b)
            ux, uy, uz = 2.0 * b * s, 2.0 * a * s, 1.0 - 2.0 * s
            bx = body[0] - MOON_RADIUS_M * ux
            by = body[1] - MOON_RADIUS_M * uy
            bz = body[2] - MOON_RADIUS_M * uz
            up = bx * ux + by * uy + bz * uz
            # grid axes: derivatives of `up` by y (grid north) and x (grid east), each of length 1
            north = bx * (1.0 - 2.0 * b * b * s) - by * 2.0 * a * b * s + bz * 2.0 * b * s
            east = by * (1.0 - 2.0 * a * a * s) - bx * 2.0 * a * b * s + bz * 2.0 * a * s
            far = math.sqrt(bx * bx + by * by + bz * bz)
            place = math.atan2(east, north) * turn
            if place < 0.0:
                place += n_az
            k = int(place)
            f = place - k
            k %= n_az
            low, high = masks[k, r, c], masks[(k + 1) % n_az, r, c]
            horizon = (low + f * (float(high) - low)) / SCALE
            size = body_radius_m / far
            q = (horizon - math.asin(up / far)) / size
            if q >= 1.0:
                out[r, c] = 0.0
            elif q <= -1.0:
                out[r, c] = 1.0
            else:
                out[r, c] = (math.acos(q) - q * math.sqrt(1.0 - q * q)) / math.pi
