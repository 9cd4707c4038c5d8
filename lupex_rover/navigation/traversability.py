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
PASSABLE_MAX = 98
HOLE = 0.7  # share of the limits that an unseen cell amid seen ones is taken to reach
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
def assess(
    height: Array, cell_m: float, radius: int, slope_limit: float, step_limit: float,
    r0: int, r1: int, c0: int, c1: int, cost: Array,
) -> None:  # fmt: skip
    """Cost 0..98, 100 impassable, -1 unknown, of the cells in rows r0..r1 and columns c0..c1.

    Parameters
    ----------
    height : (rows, cols) m, NaN unknown.
    slope_limit : tangent of the steepest slope. step_limit : m.
    cost : (rows, cols) int16, written in place.
    """
    rows, cols = height.shape
    need = int(KNOWN_PART * (2 * radius + 1) ** 2)
    for r in range(max(r0, 0), min(r1, rows)):
        for c in range(max(c0, 0), min(c1, cols)):
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
            if n < need:
                cost[r, c] = -1
                continue
            mx, my, mz = sx / n, sy / n, sz / n
            cxx, cyy = sxx / n - mx * mx, syy / n - my * my
            cxy = sxy / n - mx * my
            cxz, cyz = sxz / n - mx * mz, syz / n - my * mz
            det = cxx * cyy - cxy * cxy
            if det < 1e-6:
                cost[r, c] = -1
                continue
            a = (cyy * cxz - cxy * cyz) / det
            b = (cxx * cyz - cxy * cxz) / det
            worst = math.sqrt(a * a + b * b) / slope_limit
            h = height[r, c]
            if math.isnan(h):
                # Not seen although the ground round it was: perhaps a hole.
                if _unseen_near(height, r, c) >= HOLE_CELLS:
                    worst = max(worst, HOLE)
            else:
                out = abs(h - z0 - (mz - a * mx - b * my)) / step_limit
                worst = max(worst, out)
            if worst >= 1.0:
                cost[r, c] = LETHAL
            else:
                cost[r, c] = int(PASSABLE_MAX * worst)


def slope_cost(slope_rad: Array, limit_rad: float) -> Array:
    """Cost 0..98, 100 where steeper than the limit, of slopes from a coarse map; int16."""
    part = np.tan(slope_rad) / math.tan(limit_rad)
    return np.where(part >= 1.0, LETHAL, PASSABLE_MAX * part).astype(np.int16)
