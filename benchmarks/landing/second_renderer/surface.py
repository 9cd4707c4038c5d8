"""A smooth surface through heights on a grid: where a ray meets it, and what the Sun reaches.

Cubic B-splines (Unser 1999), periodic. Lengths are in cells of the grid, x along columns and y
along rows from the centre of cell [0, 0]; heights too are divided by the cell. A spline lies
nowhere above the largest of the 16 coefficients around it, so that maxima of coefficients over
ever wider blocks tell how far a rising ray is free of the ground. The Moon's curvature is left
out: over 1 km it is 0.3 m.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numba import njit
from scipy.ndimage import maximum_filter, spline_filter

LEVELS = 8  # blocks of 1, 2, 4 .. 128 cells
STEP = 0.4  # of a ray near the ground, cells
CLEAR = 2e-3  # above the ground where a ray to the Sun starts, cells
STEEPEST = 1.2  # slope that a view ray's stride allows for


@dataclass(frozen=True, eq=False)
class Surface:
    """`step_m` of the cells; a power of 2 of them on a side."""

    spline: np.ndarray  # (n, n) float32 coefficients of height
    log_albedo: np.ndarray  # (n, n) float32, natural logarithm
    tops: np.ndarray  # upper bounds of blocks, all levels one after the other
    starts: np.ndarray  # (LEVELS + 1,) where each begins
    step_m: float

    @classmethod
    def of(cls, heights_m: np.ndarray, log_albedo: np.ndarray, step_m: float) -> Surface:
        n = len(heights_m)
        if n & (n - 1) or heights_m.shape != (n, n):
            raise ValueError(f"needs a square of a power of 2, not {heights_m.shape}")
        scaled = np.asarray(heights_m, np.float64) / step_m
        spline = spline_filter(scaled, 3, np.float64, "grid-wrap").astype(np.float32)
        # cell [i, j] is reached by the coefficients from i - 1 to i + 2
        level = maximum_filter(spline, 4, mode="wrap", origin=-1)
        parts = [level.ravel()]
        for _ in range(1, LEVELS):
            level = np.maximum(
                np.maximum(level[::2, ::2], level[1::2, ::2]),
                np.maximum(level[::2, 1::2], level[1::2, 1::2]),
            )
            parts.append(level.ravel())
        starts = np.cumsum([0, *(len(p) for p in parts)])
        albedo = np.asarray(log_albedo, np.float32)
        return cls(spline, albedo, np.concatenate(parts), starts, step_m)

    def height_m(self, x_m: float, y_m: float) -> float:
        return height_at(self.spline, x_m / self.step_m, y_m / self.step_m) * self.step_m


@njit(cache=True, inline="always")
def _weights(t: float) -> tuple[float, float, float, float]:
    s = 1.0 - t
    return (
        s * s * s / 6.0,
        (4.0 - 3.0 * t * t * (2.0 - t)) / 6.0,
        (4.0 - 3.0 * s * s * (2.0 - s)) / 6.0,
        t * t * t / 6.0,
    )


@njit(cache=True)
def height_at(spline: np.ndarray, x: float, y: float) -> float:
    last = len(spline) - 1
    fx, fy = math.floor(x), math.floor(y)
    wx, wy = _weights(x - fx), _weights(y - fy)
    j, i = int(fx) - 1, int(fy) - 1
    j0, j1, j2, j3 = j & last, (j + 1) & last, (j + 2) & last, (j + 3) & last
    z = 0.0
    for k in range(4):
        row = spline[(i + k) & last]
        z += wy[k] * (wx[0] * row[j0] + wx[1] * row[j1] + wx[2] * row[j2] + wx[3] * row[j3])
    return z


@njit(cache=True)
def gradient_at(spline: np.ndarray, x: float, y: float) -> tuple[float, float]:
    """dz/dx, dz/dy."""
    last = len(spline) - 1
    fx, fy = math.floor(x), math.floor(y)
    tx, ty = x - fx, y - fy
    wx, wy = _weights(tx), _weights(ty)
    dx, dy = _slopes(tx), _slopes(ty)
    j, i = int(fx) - 1, int(fy) - 1
    east, north = 0.0, 0.0
    for k in range(4):
        row = spline[(i + k) & last]
        for m in range(4):
            c = row[(j + m) & last]
            east += wy[k] * dx[m] * c
            north += dy[k] * wx[m] * c
    return east, north


@njit(cache=True, inline="always")
def _slopes(t: float) -> tuple[float, float, float, float]:
    s = 1.0 - t
    return (-0.5 * s * s, t * (1.5 * t - 2.0), s * (2.0 - 1.5 * s), 0.5 * t * t)


@njit(cache=True)
def meet(
    spline: np.ndarray, top: float, x: float, y: float, z: float, dx: float, dy: float, dz: float
) -> float:
    """Distance from a point above all ground along a falling unit ray to the ground, or nan.

    The stride is what ground of slope STEEPEST would allow; the last one is halved to 1e-4.
    """
    if dz > -1e-3:
        return math.nan
    stride = 1.0 / (-dz + STEEPEST * math.hypot(dx, dy))
    free = max(0.0, (top - z) / dz)
    s = free
    for _ in range(4000):
        gap = z + dz * s - height_at(spline, x + dx * s, y + dy * s)
        if gap < 0.0:
            break
        free = s
        if gap < 1e-4:
            return s
        s += max(gap * stride, 0.02)
    else:
        return math.nan
    while s - free > 1e-4:
        half = 0.5 * (s + free)
        if z + dz * half < height_at(spline, x + dx * half, y + dy * half):
            s = half
        else:
            free = half
    return 0.5 * (s + free)


@njit(cache=True)
def sees_sun(
    spline: np.ndarray, tops: np.ndarray, starts: np.ndarray, top: float, x: float, y: float,
    z: float, east: float, north: float, rise: float,
) -> bool:  # fmt: skip
    """Whether a ray from the ground at x, y, z along (east, north), unit, rising `rise` is free."""
    cells = len(spline)
    level = 0
    s = 0.5 * STEP
    z += CLEAR
    while True:
        height = z + rise * s
        if height > top:
            return True
        px, py = x + east * s, y + north * s
        j, i = int(math.floor(px)) >> level, int(math.floor(py)) >> level
        wide = cells >> level
        if height > tops[starts[level] + (i & (wide - 1)) * wide + (j & (wide - 1))]:
            s += _leave(px, py, j, i, level, east, north)
            level = min(level + 1, LEVELS - 1)
        elif level > 0:
            level -= 1
        else:
            if height < height_at(spline, px, py):
                return False
            s += STEP


@njit(cache=True, inline="always")
def _leave(
    px: float, py: float, j: int, i: int, level: int, east: float, north: float
) -> float:  # fmt: skip
    """How far a ray goes until it leaves block [i, j]."""
    along, across = math.inf, math.inf
    if east > 1e-9:
        along = (((j + 1) << level) - px) / east
    elif east < -1e-9:
        along = ((j << level) - px) / east
    if north > 1e-9:
        across = (((i + 1) << level) - py) / north
    elif north < -1e-9:
        across = ((i << level) - py) / north
    return max(min(along, across), 0.0) + 1e-3
