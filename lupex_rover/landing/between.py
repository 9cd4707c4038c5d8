"""Heights between the cells of a map.

A map's cells are too wide to tell the slope where they meet: the difference of two neighbours
smooths just that detail which is told best, because a map's height errors are shared by
neighbours. A cubic spline through the cells keeps it (Unser 1999, "Splines: a perfect fit for
signal and image processing").
"""

from __future__ import annotations

import cv2
import numpy as np
from scipy import ndimage

MARGIN = 8  # cells after which a spline has forgotten its border
REACH = 2


def halve_cells(heights: np.ndarray, r0: int, r1: int, c0: int, c1: int) -> np.ndarray:
    """Rows r0 to r1, columns c0 to c1 of `heights` in cells half as wide, (2n, 2m) float32.

    The middles of the new cells lie a quarter of an old cell to either side of the old ones.
    """
    top, left = max(r0 - MARGIN, 0), max(c0 - MARGIN, 0)
    around = heights[top : r1 + MARGIN, left : c1 + MARGIN]
    mean = float(around.mean())
    spline = ndimage.spline_filter(around - mean, order=3, mode="mirror", output=np.float32)
    rows, cols = slice(r0 - top, r1 - top), slice(c0 - left, c1 - left)
    out = np.empty((2 * (r1 - r0), 2 * (c1 - c0)), np.float32)
    before = _weights(-0.25)
    for i, down in enumerate((before, before[::-1])):
        for j, across in enumerate((before, before[::-1])):
            at = cv2.sepFilter2D(spline, cv2.CV_32F, across, down)
            out[i::2, j::2] = at[rows, cols]
    return out + np.float32(mean)


def _weights(offset: float) -> np.ndarray:
    """Of the spline's coefficients at -2 to 2 cells for the place `offset` cells away."""
    d = np.abs(np.arange(-REACH, REACH + 1) - offset)
    near, far = 2.0 / 3.0 - d**2 + 0.5 * d**3, np.maximum(2.0 - d, 0.0) ** 3 / 6.0
    return np.where(d < 1.0, near, far).astype(np.float32)
