"""What an elevation map means for the rover: slope under it, and steps it cannot climb.

A plane is fitted to the cells under a rover-sized square; its tilt is the slope, and how far a
cell stands out of it the step. After Goldberg, Maimone and Matthies 2002, "Stereo vision and rover
navigation software for planetary exploration" (GESTALT), IEEE Aerospace.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

Array = np.ndarray
LETHAL = 100
STEEP = 80  # from here on steeper than wanted, though not yet impassable
HIDDEN = 90  # looked at from near by and not seen: entered only if there is no other way
HOLE = 0.85  # share of the limits that an unseen cell amid seen ones is taken to reach
HOLE_CELLS = 4  # smaller gaps are gaps of the matcher
KNOWN_PART = 0.4  # of the cells of the square must be known


@njit(cache=True)
def _unseen_near(height: Array, row: int, col: int) -> int:
    """Unseen cells among a cell and its neighbours."""
    rows, cols = height.shape
    n = 0
    for i in range(max(row - 1, 0), min(row + 2, rows)):
        for j in range(max(col - 1, 0), min(col + 2, cols)):
            n += math.isnan(height[i, j])
    return n


@njit(cache=True)
def _plane(height: Array, cell_m: float, radius: int, r: int, c: int, fit: Array) -> bool:
    """Fit (slope tangent, height at the middle cell); False when too little is known."""
    rows, cols = height.shape
    n = 0
    sx = sy = sxx = sxy = syy = sz = sxz = syz = 0.0
    z0 = 0.0
    for i in range(max(r - radius, 0), min(r + radius + 1, rows)):
        for j in range(max(c - radius, 0), min(c + radius + 1, cols)):
            h = height[i, j]
            if math.isnan(h):
                continue
            if n == 0:
                z0 = h
            z = h - z0
            x, y = (j - c) * cell_m, (i - r) * cell_m
            n += 1
            sx += x
            sy += y
            sxx += x * x
            sxy += x * y
            syy += y * y
            sz += z
            sxz += x * z
            syz += y * z
    if n < int(KNOWN_PART * (2 * radius + 1) ** 2):
        return False
    mx, my, mz = sx / n, sy / n, sz / n
    cxx, cyy, cxy = sxx / n - mx * mx, syy / n - my * my, sxy / n - mx * my
    cxz, cyz = sxz / n - mx * mz, syz / n - my * mz
    det = cxx * cyy - cxy * cxy
    if det < 1e-6:
        return False
    a = (cyy * cxz - cxy * cyz) / det
    b = (cxx * cyz - cxy * cxz) / det
    fit[0] = math.sqrt(a * a + b * b)
    fit[1] = z0 + mz - a * mx - b * my
    return True


@njit(cache=True)
def grade(slope: float, out: float, slope_limit: float, slope_last: float) -> int:
    """Cost of a slope (tangent) and of standing out by `out` step limits."""
    if out >= 1.0 or slope >= slope_last:
        return LETHAL
    if slope >= slope_limit:
        return STEEP + int((LETHAL - STEEP) * (slope - slope_limit) / (slope_last - slope_limit))
    return int(STEEP * max(slope / slope_limit, out))


@njit(cache=True)
def assess(
    height: Array, cell_m: float, radius: int, slope_limit: float, slope_last: float,
    step_limit: float, r0: int, r1: int, c0: int, c1: int, cost: Array,
) -> None:  # fmt: skip
    """Cost of the cells in rows r0..r1 and columns c0..c1.

    0..79 is good ground, 80..99 steeper than wanted, 100 impassable, -1 unknown.

    Parameters
    ----------
    height : ndarray, shape (rows, cols)
        m, NaN unknown.
    slope_limit, slope_last : float
        Tangents of the steepest wanted and the steepest possible slope.
    step_limit : float
        m.
    cost : ndarray, shape (rows, cols)
        int16, written in place.
    """
    rows, cols = height.shape
    fit = np.zeros(2)
    for r in range(max(r0, 0), min(r1, rows)):
        for c in range(max(c0, 0), min(c1, cols)):
            if not _plane(height, cell_m, radius, r, c, fit):
                cost[r, c] = -1
                continue
            out = 0.0
            if not math.isnan(height[r, c]):
                out = abs(height[r, c] - fit[1]) / step_limit
            elif _unseen_near(height, r, c) >= HOLE_CELLS:
                out = HOLE  # not seen although the ground round it was: perhaps a hole
            cost[r, c] = grade(fit[0], out, slope_limit, slope_last)


def slope_cost(slope_rad: Array, limit_deg: float, last_deg: float) -> Array:
    """The same costs, int16, from the slopes of a coarse map."""
    slope = np.tan(slope_rad)
    limit, last = math.tan(math.radians(limit_deg)), math.tan(math.radians(last_deg))
    steep = STEEP + (LETHAL - STEEP) * (slope - limit) / (last - limit)
    cost = np.where(slope >= limit, np.minimum(steep, LETHAL), STEEP * slope / limit)
    return cost.astype(np.int16)
