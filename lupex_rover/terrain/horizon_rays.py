"""One azimuth's horizon for all eyes of a grid at once.

The eyes stand on the cells of the map, so the rays of an azimuth cut the edges of the cells in the
same pattern from each of them. Each cut is an entry: two cells, a weight, a distance. An entry is
applied to a whole row of eyes in one run over memory. Ground is bilinear, and along an edge of a
cell bilinear is linear, so the height at each cut is exact; close to the eye points between the
cuts are taken too.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from lupex_rover.core.compiled import IN_ORDER

Array = np.ndarray
CLOSE_CELLS, BETWEEN = 24.0, 4  # within so many cells, each stretch between cuts in so many parts
FIRST = 0.02  # nearest point, cells
THIN_CELLS = 512  # from here on every second edge, from twice as far every fourth, ...
CHECK = 16  # entries between two looks at whether a row is done
NONE = -1e6


def _kept(most: int) -> Array:
    """Numbers 1 .. most of the edges that are cut, thinned with the distance."""
    lines = np.arange(1, most + 1)
    every = 2 ** np.maximum(np.ceil(np.log2(lines / THIN_CELLS)), 0).astype(int)
    return lines[lines % every == 0]


def entries(azimuth: float, reach: int) -> tuple[Array, Array]:
    """The points of a ray.

    Parameters
    ----------
    azimuth : float
        Clockwise from grid north, rad.
    reach : int
        cells.

    Returns
    -------
    tuple[ndarray, ndarray], shape (N, 2)
        int64 row and column of the cell at or below each point, from the eye; (N, 3) float32 share
        of the way to the next row, to the next column, and distance; cells, nearest first.
    """
    du, dv = math.sin(azimuth), math.cos(azimuth)
    cuts = [_kept(reach) / abs(w) for w in (du, dv) if abs(w) > 1e-9]
    d = np.unique(np.concatenate([*cuts, [CLOSE_CELLS]]))
    d = d[d <= 1.5 * reach]
    near = np.concatenate([[0.0], d[d <= CLOSE_CELLS]])
    parts = np.arange(1, BETWEEN) / BETWEEN
    between = (near[:-1, None] + np.diff(near)[:, None] * parts).ravel()
    d = np.unique(np.concatenate([[FIRST], between, d]))
    u, v = d * du, d * dv
    u, v = np.where(abs(u - np.round(u)) < 1e-7, np.round(u), u), np.where(
        abs(v - np.round(v)) < 1e-7, np.round(v), v
    )  # fmt: skip
    col, row = np.floor(u), np.floor(v)
    whole = np.column_stack([row, col]).astype(np.int64)
    return whole, np.column_stack([v - row, u - col, d]).astype(np.float32)


def split(heights: Array, every: int) -> Array:
    """(every, every, rows, cols): [i, j] holds rows i, i + every, ... and columns j, j + every, ...

    Eyes on every second, third .. cell then see any cell of the map at a fixed place of one part.
    Cells beyond the border are NaN.
    """
    rows, cols = (-(-n // every) for n in heights.shape)
    out = np.full((every, every, rows, cols), np.nan, np.float32)
    for i in range(every):
        for j in range(every):
            part = heights[i::every, j::every]
            out[i, j, : part.shape[0], : part.shape[1]] = part
    return out


@njit(cache=True)
def row_tops(parts: Array) -> Array:
    """(every, every, rows) highest of each row of `split`, NaN left out."""
    tops = np.full(parts.shape[:3], NONE, np.float32)
    for i in range(parts.shape[0]):
        for j in range(parts.shape[1]):
            for r in range(parts.shape[2]):
                for c in range(parts.shape[3]):
                    if parts[i, j, r, c] > tops[i, j, r]:
                        tops[i, j, r] = parts[i, j, r, c]
    return tops


@njit(cache=True, fastmath=IN_ORDER)
def _raise_two(
    best: Array, z: Array, a: Array, b: Array, w: float, near: float, drop: float
) -> None:
    one, two, by, less = np.float32(1.0 - w), np.float32(w), np.float32(near), np.float32(drop)
    for c in range(best.size):
        seen = (one * a[c] + two * b[c] - z[c]) * by - less
        best[c] = seen if seen > best[c] else best[c]


@njit(cache=True, fastmath=IN_ORDER)
def _raise_four(
    best: Array, z: Array, a: Array, b: Array, a2: Array, b2: Array, w: float, w2: float,
    near: float, drop: float,
) -> None:  # fmt: skip
    one, two = np.float32((1.0 - w) * (1.0 - w2)), np.float32(w * (1.0 - w2))
    three, four = np.float32((1.0 - w) * w2), np.float32(w * w2)
    by, less = np.float32(near), np.float32(drop)
    for c in range(best.size):
        seen = (one * a[c] + two * b[c] + three * a2[c] + four * b2[c] - z[c]) * by - less
        best[c] = seen if seen > best[c] else best[c]


@njit(cache=True)
def tangents(
    parts: Array, tops: Array, z: Array, whole: Array, share: Array, cell_m: float, bend: float,
    shape: tuple[int, int], out: Array,
) -> None:  # fmt: skip
    """Tangent of the horizon of each eye.

    Parameters
    ----------
    parts, tops : ndarray
        Of `split` and `row_tops`.
    z : ndarray, shape (rows, cols)
        float32 heights of the eyes, which stand on cells 0, every, .. of the map.
    whole, share : ndarray
        Of `entries`.
    cell_m, bend : float
        Width of a cell along the ground, m; half the curvature of the ground, 1/m.
    shape : tuple[int, int]
        Rows and columns of the map.
    out : ndarray, shape (rows, cols)
        float32, is filled; NONE where there is no ground.
    """
    every = parts.shape[0]
    for r in range(z.shape[0]):
        best = out[r]
        best[:] = np.float32(NONE)
        low, floor = z[r].min(), np.float32(NONE)
        for k in range(whole.shape[0]):
            row, col = whole[k, 0] + every * r, whole[k, 1]
            next_row = row + (1 if share[k, 0] > 0.0 else 0)
            if row < 0 or next_row >= shape[0]:
                break
            next_col = col + (1 if share[k, 1] > 0.0 else 0)
            # eyes c with 0 <= every c + col and every c + next_col < columns of the map
            c0 = max(0, -(col // every))
            c1 = min(z.shape[1], (shape[1] - 1 - next_col) // every + 1)
            if c1 <= c0:
                break
            near = 1.0 / (share[k, 2] * cell_m)
            drop = share[k, 2] * cell_m * bend
            if k % CHECK == 0:
                floor = best[c0:c1].min()
            i, j, at = row % every, col % every, row // every
            i2, j2, at2 = next_row % every, next_col % every, next_row // every
            highest = max(tops[i, j, at], tops[i2, j2, at2], tops[i, j2, at], tops[i2, j, at2])
            if (highest - low) * near - drop < floor:
                continue
            s, s2 = col // every, next_col // every
            a = parts[i, j, at, c0 + s : c1 + s]
            b = parts[i2, j2, at2, c0 + s2 : c1 + s2]
            if share[k, 0] == 0.0 or share[k, 1] == 0.0:
                w = share[k, 0] + share[k, 1]
                _raise_two(best[c0:c1], z[r, c0:c1], a, b, w, near, drop)
            else:
                a2 = parts[i2, j, at2, c0 + s : c1 + s]
                b2 = parts[i, j2, at, c0 + s2 : c1 + s2]
                w, w2 = share[k, 1], share[k, 0]
                _raise_four(
                    best[c0:c1], z[r, c0:c1], a, b2, a2, b, w, w2, near, drop
                )  # fmt: skip
