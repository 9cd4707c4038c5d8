"""An orthoimage in place of the lit map: what the ground looked like when it was photographed.

Where the map is too coarse or too wrong for its light to be foretold, a photograph of the ground
under a like Sun may still be recognised. Under another Sun it is not, and the matcher's own gates
say so.
"""

from __future__ import annotations

import cv2
import numpy as np

from lupex_rover.landing.matching.half_cell_spline import halve_cells
from lupex_rover.landing.matching.lighting import LightedMap, LitMap, Span
from lupex_rover.terrain.dem import Dem


class OrthoMap(LightedMap):
    """As `LightedMap`, with brightness from a photograph that no Sun changes.

    Parameters
    ----------
    dem : Dem
        heights.
    half_cells : ndarray, shape (2 rows, 2 cols)
        float32 brightness in cells half as wide as the map's, NaN where the photograph shows
        nothing; row 0 at low y. The middle of half cell [0, 0] lies a quarter of a cell below and
        left of the map's [0, 0].
    """

    def __init__(self, dem: Dem, half_cells: np.ndarray) -> None:
        super().__init__(dem)
        self._half = np.ascontiguousarray(half_cells, np.float32)
        if self._unknown:  # a photograph lies on the ground only where its height is known
            unknown = self._unknown[0].repeat(2, 0).repeat(2, 1)
            self._half = np.where(unknown, np.float32(np.nan), self._half)
        self._levels: list[np.ndarray] = []
        for level in range(len(self._heights)):
            rows, cols = self._heights[level].shape
            finer = self._levels[-1] if level else self._half
            part = finer[: 2 * rows, : 2 * cols]
            self._levels.append(cv2.resize(part, (cols, rows), interpolation=cv2.INTER_AREA))

    def toward_sun(self) -> np.ndarray:
        """Zeros: a photograph's shadows are where they are."""
        return np.zeros(2)

    def whole(self, level: int) -> LitMap:
        """The whole map at `level`."""
        heights, x0, y0, cell = self.heights(level)
        return LitMap(heights, self._levels[level], x0, y0, cell)

    def window(self, span: Span, level: int) -> LitMap:
        """The whole map: nothing is lit anew."""
        return self.whole(level)

    def finer(self, span: Span) -> LitMap:
        """The map as it is over `span`, in cells half as wide."""
        heights, x0, y0, cell = self.heights()
        r0, r1, c0, c1 = self._cells(span, 0)
        part, half = halve_cells(heights, r0, r1, c0, c1), 0.5 * cell
        bright = self._half[2 * r0 : 2 * r1, 2 * c0 : 2 * c1]
        return LitMap(part, bright, x0 + c0 * cell - 0.5 * half, y0 + r0 * cell - 0.5 * half, half)
