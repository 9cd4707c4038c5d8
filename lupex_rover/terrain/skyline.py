"""The skyline of one place, exact on the sphere and on bilinear ground.

A ray is a great circle. It is followed in short chords on the map's stereographic grid, from cell
edge to cell edge; between two edges bilinear ground is a parabola, whose highest point as the eye
sees it is known in closed form. Nothing is stepped over.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numba import njit

from lupex_rover.core.constants import MOON_RADIUS_M
from lupex_rover.terrain.dem import Dem

Array = np.ndarray
R = MOON_RADIUS_M
CHORD_CELLS = 2.0
CHORD_GROWTH = 0.02  # of the distance
NEAR_CELLS = 1e-3  # where a ray begins
NONE = -1e6  # tangent where there is no ground


@njit(cache=True)
def _tangent(h: float, z: float, theta: float) -> float:
    """Tangent of the elevation of ground at height h, theta round the sphere from an eye at z."""
    drop = 2.0 * math.sin(0.5 * theta) ** 2
    return (h - z - (R + h) * drop) / ((R + h) * math.sin(theta))


@njit(cache=True)
def _in_cell(
    corners: tuple[float, float, float, float], fu: float, fv: float, gu: float, gv: float,
    theta: float, size: float, z: float,
) -> float:  # fmt: skip
    """Highest tangent on the way through a cell, from fu, fv to gu, gv within it.

    The way begins `theta` from the eye and is `size` long; angles round the sphere.
    """
    h00, hu, hv, twist = corners
    first = h00 + hu * fu + hv * fv + twist * fu * fv
    last = h00 + hu * gu + hv * gv + twist * gu * gv
    best = max(_tangent(first, z, theta), _tangent(last, z, theta + size))
    bend = twist * (gu - fu) * (gv - fv)  # h = first + (last - first - bend) t + bend t^2
    length = R * size
    if length <= 0.0:
        return best
    a2 = bend / (length * length)
    a1 = (last - first - bend) / length
    s0 = R * theta
    below = first - a1 * s0 + a2 * s0 * s0 - z  # seen from the eye: below / s + .. + hollow s
    hollow = a2 - 1.0 / (2.0 * R)
    if below < 0.0 and hollow < 0.0:
        s = math.sqrt(below / hollow)
        if s0 < s < s0 + length:
            t = (s - s0) / length
            h = first + (last - first - bend) * t + bend * t * t
            best = max(best, _tangent(h, z, s / R))
    return best


@njit(cache=True)
def _chord(
    heights: Array, ua: float, va: float, ub: float, vb: float, theta: float, size: float,
    z: float,
) -> tuple[float, float]:  # fmt: skip
    """Highest tangent along a chord, and how much of it (0..1) lies on the map."""
    rows, cols = heights.shape
    du, dv = ub - ua, vb - va
    best, t = NONE, 0.0
    c = math.floor(ua) if du >= 0.0 else math.ceil(ua) - 1
    r = math.floor(va) if dv >= 0.0 else math.ceil(va) - 1
    while t < 1.0:
        if c < 0 or r < 0 or c > cols - 2 or r > rows - 2:
            return best, t
        t_u = t_v = 2.0
        if du != 0.0:
            t_u = ((c + 1 if du > 0.0 else c) - ua) / du
        if dv != 0.0:
            t_v = ((r + 1 if dv > 0.0 else r) - va) / dv
        end = max(t, min(t_u, t_v, 1.0))
        h00 = float(heights[r, c])
        hu, hv = heights[r, c + 1] - h00, heights[r + 1, c] - h00
        corners = (h00, hu, hv, heights[r + 1, c + 1] - h00 - hu - hv)
        fu, fv = ua + du * t - c, va + dv * t - r
        gu, gv = ua + du * end - c, va + dv * end - r
        seen = _in_cell(corners, fu, fv, gu, gv, theta + t * size, (end - t) * size, z)
        best = max(best, seen)
        if t_u <= end:
            c += 1 if du > 0.0 else -1
        if t_v <= end:
            r += 1 if dv > 0.0 else -1
        t = end
    return best, 1.0


@njit(cache=True)
def _follow(
    heights: Array, x0: float, y0: float, cell: float, axes: Array, z: float, azimuths: Array,
    start: Array, best: Array, highest: float,
) -> None:  # fmt: skip
    """Raise `best` (tangents) by this map from `start` (rad) on, which becomes where it ended."""
    for k in range(azimuths.size):
        way = math.sin(azimuths[k]) * axes[:, 0] + math.cos(azimuths[k]) * axes[:, 1]
        theta = start[k]
        while theta < 1.5:
            s = R * theta
            if best[k] * s > highest - z - s * s / (2.0 * R) and best[k] > 0.0:
                theta = math.pi  # no ground farther on can rise above what is seen
                break
            size = max(CHORD_CELLS * cell, CHORD_GROWTH * s) / R
            ends = np.empty(4)
            for i in range(2):
                p = math.cos(theta + i * size) * axes[:, 2] + math.sin(theta + i * size) * way
                ends[2 * i] = (2.0 * R * p[1] / (1.0 - p[2]) - x0) / cell
                ends[2 * i + 1] = (2.0 * R * p[0] / (1.0 - p[2]) - y0) / cell
            seen, part = _chord(heights, ends[0], ends[1], ends[2], ends[3], theta, size, z)
            best[k] = max(best[k], seen)
            theta += part * size
            if part < 1.0:
                break
        start[k] = theta


def grid_axes(x: float, y: float) -> Array:
    """(3, 3) columns grid east, grid north, up at a place of the grid, in Moon-fixed axes.

    The inverse of the south polar stereographic projection of the sphere and its derivatives
    (Snyder 1987, "Map projections, a working manual", USGS PP 1395, eq. 20-14, 20-15).
    """
    a, b = x / (2.0 * R), y / (2.0 * R)
    s = 1.0 / (1.0 + a * a + b * b)
    up = np.array([2.0 * b * s, 2.0 * a * s, 1.0 - 2.0 * s])
    north = np.array([1.0 - 2.0 * b * b * s, -2.0 * a * b * s, 2.0 * b * s])
    east = np.array([-2.0 * a * b * s, 1.0 - 2.0 * a * a * s, 2.0 * a * s])
    return np.column_stack([east, north, up])


def skyline(
    dems: Sequence[Dem],
    x: float,
    y: float,
    z_eye_m: float,
    azimuths_rad: Array,
    start_m: Array | None = None,
) -> Array:
    """Elevation of the horizon as seen from an eye.

    Parameters
    ----------
    dems : Sequence[Dem]
        Maps, finest first; each goes on where the one before it ended. The eye is on the first.
    x, y, z_eye_m : float
        The eye in `map`, m; z above the sphere.
    azimuths_rad : ndarray, shape (N,)
        Clockwise from grid north.
    start_m : ndarray or None, shape (N,)
        Ground nearer than this is left out, m; None: only the eye's own point.

    Returns
    -------
    ndarray, shape (N,)
        rad above the plane normal to the radius; -pi/2 where there is no ground at all.
    """
    azimuths = np.ascontiguousarray(azimuths_rad, dtype=np.float64)
    best = np.full(azimuths.size, NONE)
    nearest = NEAR_CELLS * dems[0].resolution_m
    start = np.maximum(np.zeros(azimuths.size) if start_m is None else start_m, nearest) / R
    axes = grid_axes(x, y)
    for dem in dems:
        _follow(
            dem.heights, dem.x0, dem.y0, dem.resolution_m, axes, float(z_eye_m), azimuths, start,
            best, float(dem.heights.max()),
        )  # fmt: skip
    return np.where(best <= NONE, -math.pi / 2, np.arctan(best))
