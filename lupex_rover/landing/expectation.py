"""What the camera should see: the onboard map under the predicted Sun, and the image laid on it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numba import njit

from lupex_rover.core.constants import AU_M, SUN_RADIUS_M
from lupex_rover.terrain.dem import Dem

LAMP_RAD = 0.7 * SUN_RADIUS_M / AU_M  # of the outer lamps: middle of a third of the disc
SOFT_CELLS = 0.7  # a shadow's edge falls anywhere within a cell


@dataclass(frozen=True)
class LitMap:
    """The map's heights and its brightness under one Sun; (rows, cols) float32, row 0 at low y."""

    heights: np.ndarray
    brightness: np.ndarray
    x0: float
    y0: float
    cell_m: float

    def halved(self) -> LitMap:
        """Cells of twice the size, each the mean of four."""
        rows, cols = (n // 2 * 2 for n in self.heights.shape)

        def half(a: np.ndarray) -> np.ndarray:
            return cv2.resize(a[:rows, :cols], (cols // 2, rows // 2), interpolation=cv2.INTER_AREA)

        shift = 0.5 * self.cell_m
        return LitMap(
            half(self.heights), half(self.brightness), self.x0 + shift, self.y0 + shift,
            2.0 * self.cell_m,
        )  # fmt: skip


def light(dem: Dem, sun_azimuth_rad: float, sun_elevation_rad: float) -> LitMap:
    """Brightness of every cell of the map, shadows included.

    The Sun is a disc: low over the horizon its lower part sets first behind every crest, which
    moves shadow edges by tens of metres. It is taken as three lamps, one over the other.

    Parameters
    ----------
    dem : onboard map; cells without data are taken at the lowest known height.
    sun_azimuth_rad : from grid north, clockwise.
    sun_elevation_rad : of the Sun's centre above the horizontal plane of `map`.
    """
    heights = np.ascontiguousarray(dem.heights, np.float32)
    if not np.isfinite(heights).all():
        heights = np.where(np.isfinite(heights), heights, np.nanmin(heights))
    cell = float(dem.resolution_m)
    bright = np.zeros_like(heights)
    for above in (-LAMP_RAD, 0.0, LAMP_RAD):
        elevation = sun_elevation_rad + above
        if elevation <= 0.0:
            continue
        flat = math.cos(elevation)
        east, north = math.sin(sun_azimuth_rad), math.cos(sun_azimuth_rad)
        sun = np.array([east * flat, north * flat, math.sin(elevation)])
        bright += _shade(heights, shadow_height(heights, cell, sun), cell, sun) / 3.0
    soft = cv2.GaussianBlur(bright, (0, 0), SOFT_CELLS)
    return LitMap(heights, soft, float(dem.x0), float(dem.y0), cell)


@njit(cache=True)
def shadow_height(heights: np.ndarray, cell_m: float, sun: np.ndarray) -> np.ndarray:
    """Height of the shadow over each cell, (rows, cols) float32; -inf where nothing shades it.

    One pass away from the Sun: the shadow over a cell is what its neighbour towards the Sun, or
    that neighbour's own shadow, throws on it (Dozier, Bruno and Downey 1981, by lines).
    """
    rows, cols = heights.shape
    out = np.full((rows, cols), -np.inf, np.float32)
    along_x = abs(sun[0]) >= abs(sun[1])
    major, minor = (sun[0], sun[1]) if along_x else (sun[1], sun[0])
    step = 1 if major > 0 else -1
    lateral = minor / abs(major)  # cells sideways per cell towards the Sun
    drop = cell_m * math.sqrt(1.0 + lateral * lateral) * sun[2] / math.hypot(sun[0], sun[1])
    lines, width = (cols, rows) if along_x else (rows, cols)
    for n in range(1, lines):
        line = lines - 1 - n if step > 0 else n
        before = line + step
        for m in range(width):
            at = m + lateral
            lo = math.floor(at)
            if lo < 0 or lo + 1 >= width:
                continue
            f = at - lo
            if along_x:
                a = max(heights[lo, before], out[lo, before])
                b = max(heights[lo + 1, before], out[lo + 1, before])
                out[m, line] = a + f * (b - a) - drop
            else:
                a = max(heights[before, lo], out[before, lo])
                b = max(heights[before, lo + 1], out[before, lo + 1])
                out[line, m] = a + f * (b - a) - drop
    return out


@njit(cache=True)
def _shade(heights: np.ndarray, shadow: np.ndarray, cell_m: float, sun: np.ndarray) -> np.ndarray:
    """Lommel-Seeliger brightness seen from above, 0 in shadow.

    mu0 / (mu0 + mu), with mu0 towards the Sun and mu towards the camera (Hapke 1981, sec. II).
    """
    rows, cols = heights.shape
    out = np.zeros((rows, cols), np.float32)
    for r in range(rows):
        r0, r1 = max(r - 1, 0), min(r + 1, rows - 1)
        for c in range(cols):
            c0, c1 = max(c - 1, 0), min(c + 1, cols - 1)
            gx = (heights[r, c1] - heights[r, c0]) / ((c1 - c0) * cell_m)
            gy = (heights[r1, c] - heights[r0, c]) / ((r1 - r0) * cell_m)
            mu = 1.0 / math.sqrt(1.0 + gx * gx + gy * gy)
            mu0 = (sun[2] - gx * sun[0] - gy * sun[1]) * mu
            if mu0 > 0.0 and heights[r, c] >= shadow[r, c]:
                out[r, c] = mu0 / (mu0 + mu)
    return out


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
    """One layer of `lit` on `sheet`, (rows, cols) float32, NaN outside the map."""
    r0 = (sheet.y0 - lit.y0) / lit.cell_m
    c0 = (sheet.x0 - lit.x0) / lit.cell_m
    return _resample(grid, r0, c0, sheet.step_m / lit.cell_m, sheet.rows, sheet.cols)


@njit(cache=True)
def _resample(
    grid: np.ndarray, r0: float, c0: float, step: float, rows: int, cols: int
) -> np.ndarray:
    out = np.empty((rows, cols), np.float32)
    for r in range(rows):
        for c in range(cols):
            out[r, c] = bilinear(grid, r0 + r * step, c0 + c * step)
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
