"""Rolling elevation map round the rover.

Cells hold a fused height and its variance, as in Fankhauser et al. 2014, "Robot-centric elevation
mapping with uncertainty estimates", CLAWAR; here the cells stay fixed in `map` and the window
moves.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from lupex_rover.core.transforms import Pose
from lupex_rover.core.types import CameraInfo

Array = np.ndarray
FLOOR_M = 0.01  # a pair is never trusted more than this (calibration, pose)
AGEING_M = 0.01  # added to a cell's sigma at each new pair: newer, nearer views win


@njit(cache=True)
def _bin_pair(
    disparity: Array, fx: float, fy: float, cx: float, cy: float, fb: float, sigma_px: float,
    near: float, far: float, R: Array, at: Array, x0: float, y0: float, cell: float,
    weight: Array, weighted: Array, count: Array,
) -> None:  # fmt: skip
    """Add every matched pixel to its cell; heights are relative to at[2]."""
    rows, cols = weight.shape
    for v in range(disparity.shape[0]):
        b = (v - cy) / fy
        for u in range(disparity.shape[1]):
            d = disparity[v, u]
            if d <= 0.0:
                continue
            z = fb / d
            if z < near or z > far:
                continue
            a = (u - cx) / fx
            ex = R[0, 0] * a + R[0, 1] * b + R[0, 2]
            ey = R[1, 0] * a + R[1, 1] * b + R[1, 2]
            ez = R[2, 0] * a + R[2, 1] * b + R[2, 2]
            col = math.floor((at[0] + ex * z - x0) / cell)
            row = math.floor((at[1] + ey * z - y0) / cell)
            if col < 0 or row < 0 or col >= cols or row >= rows:
                continue
            sigma = z * z / fb * sigma_px * ez
            w = 1.0 / (sigma * sigma + 1e-4)
            weight[row, col] += w
            weighted[row, col] += w * ez * z
            count[row, col] += 1


class ElevationMap:
    """A square of `size` cells; cell [0, 0] is the one of least x and y.

    Attributes
    ----------
    height_m : ndarray, shape (size, size)
        float64 in map, NaN where nothing was seen.
    variance_m2 : ndarray
        Of the height.
    looks : ndarray, shape (size, size)
        Pairs that looked at a cell and did not see it.
    x0_m, y0_m : float
        Low corner of cell [0, 0].
    """

    def __init__(self, size: int, cell_m: float) -> None:
        self.size, self.cell_m = size, cell_m
        self.height_m = np.full((size, size), np.nan)
        self.variance_m2 = np.full((size, size), np.inf)
        self.looks = np.zeros((size, size))
        self.x0_m = self.y0_m = math.nan

    def cell_of(self, x_m: float, y_m: float) -> tuple[int, int]:
        """Row and column of the cell a point lies in; may be outside."""
        return (
            math.floor((y_m - self.y0_m) / self.cell_m),
            math.floor((x_m - self.x0_m) / self.cell_m),
        )

    def centre_on(self, x_m: float, y_m: float, slack_m: float) -> bool:
        """Move the window when the rover is more than `slack_m` off its middle; True if moved."""
        half = 0.5 * self.size * self.cell_m
        if max(abs(x_m - self.x0_m - half), abs(y_m - self.y0_m - half)) <= slack_m:
            return False
        x0 = math.floor((x_m - half) / self.cell_m) * self.cell_m
        y0 = math.floor((y_m - half) / self.cell_m) * self.cell_m
        if math.isfinite(self.x0_m):
            self._shift(
                round((x0 - self.x0_m) / self.cell_m),
                round((y0 - self.y0_m) / self.cell_m),
            )
        self.x0_m, self.y0_m = x0, y0
        return True

    def _shift(self, cols: int, rows: int) -> None:
        n = self.size
        for name, empty in (("height_m", np.nan), ("variance_m2", np.inf), ("looks", 0.0)):
            old = getattr(self, name)
            new = np.full((n, n), empty)
            r0, r1 = max(0, rows), min(n, n + rows)
            c0, c1 = max(0, cols), min(n, n + cols)
            if r0 < r1 and c0 < c1:
                new[r0 - rows : r1 - rows, c0 - cols : c1 - cols] = old[r0:r1, c0:c1]
            setattr(self, name, new)

    def add(
        self,
        disparity: Array,
        info: CameraInfo,
        baseline_m: float,
        map_T_camera: Pose,
        sigma_px: float,
        range_m: tuple[float, float],
        min_points: int,
    ) -> int:
        """Fuse a pair's disparity image; returns how many cells it changed."""
        n = self.size
        weight, weighted = np.zeros((n, n)), np.zeros((n, n))
        count = np.zeros((n, n), np.int32)
        at = map_T_camera.position_m
        _bin_pair(
            disparity, info.fx, info.fy, info.cx, info.cy, info.fx * baseline_m, sigma_px,
            range_m[0], range_m[1], np.ascontiguousarray(map_T_camera.matrix), at,
            self.x0_m, self.y0_m, self.cell_m, weight, weighted, count,
        )  # fmt: skip
        self.variance_m2 += AGEING_M**2
        new = count >= min_points
        height = weighted[new] / weight[new] + at[2]
        # Neighbouring pixels err together: the mean of a cell is hardly better than one pixel.
        variance = count[new] / weight[new] + FLOOR_M**2
        old_v = self.variance_m2[new]
        first = ~np.isfinite(old_v)
        gain = np.where(first, 1.0, old_v / np.where(first, 1.0, old_v + variance))
        old_h = np.where(first, height, self.height_m[new])
        self.height_m[new] = old_h + gain * (height - old_h)
        self.variance_m2[new] = np.where(first, variance, (1.0 - gain) * np.where(first, 0, old_v))
        return int(new.sum())
