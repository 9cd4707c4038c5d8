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

MARGIN = 8  # cells after which a spline has forgotten a height: to 3e-5 of it
NOTHING = np.ones(1, np.float32)  # a filter that leaves all as it is


def halve_cells(heights: np.ndarray, r0: int, r1: int, c0: int, c1: int) -> np.ndarray:
    """Rows r0 to r1, columns c0 to c1 of `heights` in cells half as wide, (2n, 2m) float32.

    The middles of the new cells lie a quarter of an old cell to either side of the old ones.
    """
    top, left = max(r0 - MARGIN, 0), max(c0 - MARGIN, 0)
    around = heights[top : r1 + MARGIN, left : c1 + MARGIN]
    mean = np.float32(around.mean())
    around, rows, cols = around - mean, slice(r0 - top, r1 - top), slice(c0 - left, c1 - left)
    tall = np.empty((2 * (r1 - r0), around.shape[1]), np.float32)
    for i, down in enumerate(QUARTERS):
        tall[i::2] = cv2.sepFilter2D(around, cv2.CV_32F, NOTHING, down)[rows]
    sides = [
        cv2.sepFilter2D(tall, cv2.CV_32F, across, NOTHING, delta=float(mean))[:, cols]
        for across in QUARTERS
    ]
    return cv2.merge(sides).reshape(len(tall), 2 * (c1 - c0))


def _quarter_before() -> np.ndarray:
    """What each of the cells at -MARGIN to MARGIN gives to the spline a quarter cell before 0."""
    one = np.zeros(4 * MARGIN + 1)
    one[2 * MARGIN] = 1.0
    at = np.arange(MARGIN, 3 * MARGIN + 1) + 0.25
    given = ndimage.map_coordinates(one, [at], order=3, mode="mirror")
    return given.astype(np.float32)[::-1].copy()


QUARTERS = _quarter_before()[::-1].copy(), _quarter_before()
