"""Sheets: pieces of the ground on which image and map are laid to be compared."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit

from lupex_rover.landing.matching.lighting import LitMap, Span


@dataclass(frozen=True)
class Sheet:
    """A square-celled piece of `map`: x = x0 + col * step, y = y0 + row * step."""

    x0: float
    y0: float
    step_m: float
    rows: int
    cols: int

    @property
    def span(self) -> Span:
        """x_min, y_min, x_max, y_max of the cells' middles, m."""
        wide, high = (self.cols - 1) * self.step_m, (self.rows - 1) * self.step_m
        return self.x0, self.y0, self.x0 + wide, self.y0 + high

    def grown(self, cells: int) -> Sheet:
        """The same with `cells` more on every side."""
        more = cells * self.step_m
        return Sheet(
            self.x0 - more,
            self.y0 - more,
            self.step_m,
            self.rows + 2 * cells,
            self.cols + 2 * cells,
        )


def on_sheet(grid: np.ndarray, lit: LitMap, sheet: Sheet) -> np.ndarray:
    """One layer of `lit` on `sheet`, (rows, cols) float32, bilinear, NaN outside the map."""
    ratio = sheet.step_m / lit.cell_m
    row = (sheet.y0 - lit.y0) / lit.cell_m + np.arange(sheet.rows) * ratio
    col = (sheet.x0 - lit.x0) / lit.cell_m + np.arange(sheet.cols) * ratio
    return _resample(grid, row, col)


@njit(cache=True, error_model="numpy")
def _resample(grid: np.ndarray, row: np.ndarray, col: np.ndarray) -> np.ndarray:
    rows, cols = grid.shape
    out = np.full((len(row), len(col)), np.nan, np.float32)
    for m in range(len(row)):
        if not 0.0 <= row[m] <= rows - 1.0:
            continue
        i = min(int(row[m]), rows - 2)
        u = np.float32(row[m] - i)
        for n in range(len(col)):
            if 0.0 <= col[n] <= cols - 1.0:
                j = min(int(col[n]), cols - 2)
                out[m, n] = _amid(grid, i, u, j, np.float32(col[n] - j))
    return out


@njit(cache=True, error_model="numpy")
def lay_image(
    image: np.ndarray,
    level: int,
    intrinsics: np.ndarray,
    camera_R_map: np.ndarray,
    position: np.ndarray,
    heights: np.ndarray,
    x0: float,
    y0: float,
    step: float,
) -> np.ndarray:
    """The image on the map: for each sheet cell, the pixel that sees it; NaN where none does.

    Parameters
    ----------
    image : ndarray, shape (h, w)
        float32, reduced by 2**level in each direction by averaging.
    level : int
        How often it was halved.
    intrinsics : ndarray
        Fx, fy, cx, cy of the full image (pixel centres are integers).
    camera_R_map, position : ndarray
        Camera attitude and place.
    heights : ndarray, shape (rows, cols)
        m on the sheet.
    x0, y0, step : float
        The sheet.
    """
    rows, cols = heights.shape
    out = np.full((rows, cols), np.nan, np.float32)
    k = 2.0**level
    fx, fy = intrinsics[0] / k, intrinsics[1] / k
    cx, cy = (intrinsics[2] + 0.5) / k - 0.5, (intrinsics[3] + 0.5) / k - 0.5
    bottom, right = image.shape[0] - 1.0, image.shape[1] - 1.0
    a, b, d = camera_R_map
    for r in range(rows):
        dy = y0 + r * step - position[1]
        for c in range(cols):
            dx = x0 + c * step - position[0]
            dz = heights[r, c] - position[2]
            z = d[0] * dx + d[1] * dy + d[2] * dz
            if not z > 0.0:
                continue
            part = 1.0 / z
            u = fx * (a[0] * dx + a[1] * dy + a[2] * dz) * part + cx
            v = fy * (b[0] * dx + b[1] * dy + b[2] * dz) * part + cy
            if 0.0 <= u <= right and 0.0 <= v <= bottom:
                i, j = min(int(v), image.shape[0] - 2), min(int(u), image.shape[1] - 2)
                out[r, c] = _amid(image, i, np.float32(v - i), j, np.float32(u - j))
    return out


@njit(cache=True)
def _amid(grid: np.ndarray, i: int, down: float, j: int, across: float) -> float:
    """Between four cells."""
    top = grid[i, j] + (grid[i, j + 1] - grid[i, j]) * across
    low = grid[i + 1, j] + (grid[i + 1, j + 1] - grid[i + 1, j]) * across
    return top + (low - top) * down
