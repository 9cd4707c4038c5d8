"""An orthoimage of the map's ground as a second expectation, beside the map under the Sun.

It shows what the heights do not: albedo, and detail finer than the map's cells. Its own light is
not known, so it serves only where a picture agrees with it better than with the lit map.
"""

from __future__ import annotations

import cv2
import numpy as np

from lupex_rover.landing.between import halve_cells
from lupex_rover.landing.lighting import LightedMap, LitMap, Span
from lupex_rover.terrain.dem import Dem

PER_CELL = 2  # the orthoimage's cells on a side of one of the map's


class OrthoMap(LightedMap):
    """A map whose brightness is that of an orthoimage, whatever the Sun.

    Parameters
    ----------
    dem : heights, (rows, cols).
    ortho : (2 rows, 2 cols) brightness of the same area, row 0 at low y, NaN where unknown.
    """

    def __init__(self, dem: Dem, ortho: np.ndarray) -> None:
        super().__init__(dem)
        wanted = tuple(PER_CELL * n for n in dem.heights.shape)
        if ortho.shape != wanted:
            raise ValueError(f"ortho: {ortho.shape}, not {wanted}")
        self._ortho = np.ascontiguousarray(ortho, np.float32)

    def window(self, span: Span, level: int) -> LitMap:
        """The part over `span`, in cells of `level`."""
        heights, x0, y0, cell = self.heights(level)
        r0, r1, c0, c1 = self._cells(span, level)
        factor = PER_CELL * 2**level
        part = self._ortho[factor * r0 : factor * r1, factor * c0 : factor * c1]
        brightness = cv2.resize(part, (c1 - c0, r1 - r0), interpolation=cv2.INTER_AREA)
        heights = np.ascontiguousarray(heights[r0:r1, c0:c1])
        return LitMap(heights, brightness, x0 + c0 * cell, y0 + r0 * cell, cell)

    def finer(self, span: Span) -> LitMap:
        """The same in cells half as wide as the map's."""
        heights, x0, y0, cell = self.heights()
        r0, r1, c0, c1 = self._cells(span, 0)
        half = cell / PER_CELL
        brightness = np.ascontiguousarray(
            self._ortho[PER_CELL * r0 : PER_CELL * r1, PER_CELL * c0 : PER_CELL * c1]
        )
        x, y = x0 + c0 * cell - 0.5 * half, y0 + r0 * cell - 0.5 * half
        return LitMap(halve_cells(heights, r0, r1, c0, c1), brightness, x, y, half)
