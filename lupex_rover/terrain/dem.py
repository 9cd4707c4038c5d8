"""A digital elevation map on a regular grid.

Grid axes are those of `map`: x along grid east, y along grid north, heights above the reference
sphere of 1737.4 km. Row 0 is at the LOWEST y; `x0, y0` is the centre of cell [0, 0].
`terrain.dem_file` reads and writes such maps.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit
from scipy import ndimage

from lupex_rover.core.errors import UserError

Array = np.ndarray

# South polar stereographic, true at the pole, sphere of 1737.4 km: the LOLA polar grids.
SOUTH_POLAR_CRS = (
    "+proj=stere +lat_0=-90 +lat_ts=-90 +lon_0=0 +k=1 +x_0=0 +y_0=0 +R=1737400 +units=m +no_defs"
)


@njit(cache=True)
def bilinear_at(heights: Array, col: float, row: float) -> float:
    """Bilinear value at fractional `col`, `row`, held at the border."""
    rows, cols = heights.shape
    col = min(max(col, 0.0), cols - 1.0)
    row = min(max(row, 0.0), rows - 1.0)
    c = min(int(col), cols - 2)
    r = min(int(row), rows - 2)
    u, v = col - c, row - r
    low = heights[r, c] * (1.0 - u) + heights[r, c + 1] * u
    high = heights[r + 1, c] * (1.0 - u) + heights[r + 1, c + 1] * u
    return low * (1.0 - v) + high * v


@njit(cache=True)
def _bilinear_many(heights: Array, cols: Array, rows: Array, out: Array) -> None:
    for i in range(out.size):
        out[i] = bilinear_at(heights, cols[i], rows[i])


@dataclass(frozen=True, eq=False)
class Dem:
    """Heights on a grid.

    Attributes
    ----------
    heights : ndarray, shape (rows, cols)
        float32, m above the reference sphere; at least 2 x 2.
    x0, y0 : float
        Centre of cell [0, 0], m in `map`.
    resolution_m : float
        Spacing of the cells, m.
    void : ndarray or None, shape (rows, cols)
        Bool, cells whose height is not known; theirs in `heights` only keeps sums going. None: all
        are known.
    """

    heights: Array
    x0: float
    y0: float
    resolution_m: float
    void: Array | None = None

    def __post_init__(self) -> None:
        heights = np.ascontiguousarray(self.heights, dtype=np.float32)
        if heights.ndim != 2 or min(heights.shape) < 2:
            raise UserError(f"an elevation map needs at least 2 x 2 cells, not {heights.shape}")
        object.__setattr__(self, "heights", heights)
        if self.void is not None:
            void = np.ascontiguousarray(self.void, dtype=bool)
            object.__setattr__(self, "void", void if void.any() else None)

    @property
    def extent(self) -> tuple[float, float, float, float]:
        """x_min, y_min, x_max, y_max of the cell centres, m."""
        rows, cols = self.heights.shape
        step = self.resolution_m
        return self.x0, self.y0, self.x0 + (cols - 1) * step, self.y0 + (rows - 1) * step

    def contains(self, x: Any, y: Any) -> Any:
        """Whether the point is between the outermost cell centres; scalar or array."""
        x_min, y_min, x_max, y_max = self.extent
        return (x >= x_min) & (x <= x_max) & (y >= y_min) & (y <= y_max)

    def height(self, x: Any, y: Any) -> Any:
        """Bilinear height at x, y; outside the map that of the nearest border.

        Parameters
        ----------
        x, y : Any
            m in `map`, numbers or arrays of one shape.

        Returns
        -------
        Any
            Float, or float64 array of the same shape; m.
        """
        if isinstance(x, (float, int)) and isinstance(y, (float, int)):
            step = self.resolution_m
            return bilinear_at(self.heights, (x - self.x0) / step, (y - self.y0) / step)
        x, y = np.broadcast_arrays(np.asarray(x, float), np.asarray(y, float))
        out = np.empty(x.size)
        cols = (x.ravel() - self.x0) / self.resolution_m
        rows = (y.ravel() - self.y0) / self.resolution_m
        _bilinear_many(self.heights, cols, rows, out)
        return out.reshape(x.shape) if x.ndim else float(out[0])

    def known(self, x: Any, y: Any, around_m: float = 0.0) -> Any:
        """Whether the height at x, y hangs on no void; scalar or array.

        Parameters
        ----------
        around_m : float
            Nor do those that lie so far off to the four sides, m.
        """
        if self.void is None:
            return np.ones(np.broadcast(x, y).shape, bool)[()]
        share = Dem(self.void, self.x0, self.y0, self.resolution_m)
        there = share.height(x, y)
        if around_m > 0.0:
            for dx, dy in ((1, 0), (-1, 0), (0, 1), (0, -1)):
                there = there + share.height(x + dx * around_m, y + dy * around_m)
        return there < 1e-6

    def gradient(self, x: Any, y: Any) -> tuple[Any, Any]:
        """dz/dx, dz/dy by central differences one cell wide on either side."""
        step = self.resolution_m
        dx = (self.height(x + step, y) - self.height(x - step, y)) / (2.0 * step)
        dy = (self.height(x, y + step) - self.height(x, y - step)) / (2.0 * step)
        return dx, dy

    def slope(self, x: Any, y: Any) -> Any:
        """Slope at x, y over one cell on either side, rad."""
        return np.arctan(np.hypot(*self.gradient(x, y)))

    def slope_map(self) -> Array:
        """(rows, cols) slope, rad, by central differences; upright where it hangs on a void."""
        dy, dx = np.gradient(self.heights.astype(np.float64), self.resolution_m)
        slope = np.arctan(np.hypot(dx, dy))
        if self.void is not None:
            slope[ndimage.binary_dilation(self.void)] = math.pi / 2
        return slope

    def grid(self) -> tuple[Array, Array]:
        """x (cols,) and y (rows,) of the cell centres, m."""
        rows, cols = self.heights.shape
        x = self.x0 + self.resolution_m * np.arange(cols)
        return x, self.y0 + self.resolution_m * np.arange(rows)

    def window(self, x_min: float, y_min: float, x_max: float, y_max: float) -> Dem:
        """The cells whose centres lie in the box (at least 2 x 2), as a copy.

        Raises
        ------
        UserError
            The box does not overlap the map.
        """
        step = self.resolution_m
        rows, cols = self.heights.shape
        c0 = max(0, math.ceil((x_min - self.x0) / step - 1e-9))
        r0 = max(0, math.ceil((y_min - self.y0) / step - 1e-9))
        c1 = min(cols, math.floor((x_max - self.x0) / step + 1e-9) + 1)
        r1 = min(rows, math.floor((y_max - self.y0) / step + 1e-9) + 1)
        if c1 - c0 < 2 or r1 - r0 < 2:
            raise UserError(
                f"window {x_min:.0f},{y_min:.0f} .. {x_max:.0f},{y_max:.0f} m is not inside the"
                f" map, which covers {', '.join(f'{v:.0f}' for v in self.extent)} m"
            )
        part = self.heights[r0:r1, c0:c1].copy()
        void = None if self.void is None else self.void[r0:r1, c0:c1].copy()
        return Dem(part, self.x0 + c0 * step, self.y0 + r0 * step, step, void)

    def resample(self, resolution_m: float) -> Dem:
        """The same area at another spacing: bilinear; averaged over the new cell when coarser."""
        x_min, y_min, x_max, y_max = self.extent
        cols = max(2, int((x_max - x_min) / resolution_m + 1e-9) + 1)
        rows = max(2, int((y_max - y_min) / resolution_m + 1e-9) + 1)
        n = max(1, math.ceil(resolution_m / self.resolution_m - 1e-9))
        offsets = ((np.arange(n) + 0.5) / n - 0.5) * (resolution_m if n > 1 else 0.0)
        total = np.zeros((rows, cols))
        for dy in offsets:
            for dx in offsets:
                x = x_min + dx + resolution_m * np.arange(cols)
                y = y_min + dy + resolution_m * np.arange(rows)
                total += self.height(*np.meshgrid(x, y))
        void = None
        if self.void is not None:
            share = Dem(self.void, self.x0, self.y0, self.resolution_m).resample(resolution_m)
            void = share.heights > 0.0
        return Dem(total / n**2, x_min, y_min, resolution_m, void)
