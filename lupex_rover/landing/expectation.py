"""Sheets: pieces of the ground on which image and map are laid to be compared."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit

from lupex_rover.landing.lighting import LitMap


@dataclass(frozen=True)
class Sheet:
    """A square-celled piece of `map`: x = x0 + col * step, y = y0 + row * step."""

    x0: float
    y0: float
    step_m: float
    rows: int
    cols: int

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


@njit(cache=True)
def bilinear(grid: np.ndarray, r: float, c: float) -> float:
    """Value between cells; NaN outside."""
    rows, cols = grid.shape
    if not (0.0 <= r <= rows - 1.0 and 0.0 <= c <= cols - 1.0):
        return np.nan
    i, j = min(int(r), rows - 2), min(int(c), cols - 2)
    u, v = r - i, c - j
    top = grid[i, j] * (1.0 - v) + grid[i, j + 1] * v
    low = grid[i + 1, j] * (1.0 - v) + grid[i + 1, j + 1] * v
    return top * (1.0 - u) + low * u


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
                v = np.float32(col[n] - j)
                top = grid[i, j] + (grid[i, j + 1] - grid[i, j]) * v
                low = grid[i + 1, j] + (grid[i + 1, j + 1] - grid[i + 1, j]) * v
                out[m, n] = top + (low - top) * u
    return out


@njit(cache=True)
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
    image : (h, w) float32, reduced by 2**level in each direction by averaging.
    level : how often it was halved.
    intrinsics : fx, fy, cx, cy of the full image (pixel centres are integers).
    camera_R_map, position : camera attitude and place.
    heights : (rows, cols) m on the sheet.
    x0, y0, step : the sheet.
    """
    rows, cols = heights.shape
    out = np.full((rows, cols), np.nan, np.float32)
    k = 2.0**level
    for r in range(rows):
        dy = y0 + r * step - position[1]
        for c in range(cols):
            dx = x0 + c * step - position[0]
            dz = heights[r, c] - position[2]
            z = camera_R_map[2, 0] * dx + camera_R_map[2, 1] * dy + camera_R_map[2, 2] * dz
            if not z > 0.0:
                continue
            x = camera_R_map[0, 0] * dx + camera_R_map[0, 1] * dy + camera_R_map[0, 2] * dz
            y = camera_R_map[1, 0] * dx + camera_R_map[1, 1] * dy + camera_R_map[1, 2] * dz
            u = (intrinsics[0] * x / z + intrinsics[2] + 0.5) / k - 0.5
            v = (intrinsics[1] * y / z + intrinsics[3] + 0.5) / k - 0.5
            out[r, c] = bilinear(image, v, u)
    return out
