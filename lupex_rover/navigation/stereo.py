"""Dense stereo of a rectified pair."""

from __future__ import annotations

import cv2
import numpy as np

from lupex_rover.core.types import CameraInfo
from lupex_rover.navigation.params import MappingParams

Array = np.ndarray
UNMATCHED = -1.0
FLAT_PX = 21
FAINT = 1.0  # grey levels; less contrast than this is noise


class StereoMatcher:
    """Disparity by semi-global matching (Hirschmueller 2008, IEEE TPAMI 30(2), as in OpenCV).

    Dark or smooth areas are left out: there the matcher would invent ground.
    """

    def __init__(self, params: MappingParams) -> None:
        self._p = params
        block = params.block_px
        self._matcher = cv2.StereoSGBM.create(
            minDisparity=0,
            numDisparities=params.disparities,
            blockSize=block,
            P1=8 * block * block,
            P2=32 * block * block,
            disp12MaxDiff=1,
            preFilterCap=63,
            uniquenessRatio=25,
            speckleWindowSize=200,
            speckleRange=1,
            mode=cv2.STEREO_SGBM_MODE_SGBM_3WAY,
        )

    def disparity(self, left: Array, right: Array) -> Array:
        """(H, W) float32 disparity of the left image, px; UNMATCHED where there is none."""
        raw = self._matcher.compute(left, right).astype(np.float32) / 16.0
        raw[(raw < 0.5) | ~self._textured(left)] = UNMATCHED
        return raw

    def faint(self, left: Array, right: Array) -> Array:
        """The same from images flattened before, dark ground included: one pixel in ten is wrong.

        Good enough for an estimator that expects outliers, not for looking out for rocks.
        """
        raw = self._matcher.compute(left, right).astype(np.float32) / 16.0
        raw[raw < 0.5] = UNMATCHED
        return raw

    def _textured(self, image: Array) -> Array:
        """Bright enough and not smooth: local mean and standard deviation above their limits."""
        size = (2 * self._p.block_px + 1,) * 2
        pixels = image.astype(np.float32)
        mean = cv2.blur(pixels, size)
        square = cv2.sqrBoxFilter(pixels, -1, size)
        deviation = np.sqrt(np.maximum(square - mean * mean, 0.0))
        return (mean >= self._p.dark_level) & (deviation >= self._p.texture_level)


def flatten(image: Array) -> Array:
    """(H, W) uint8 with light and exposure taken out: local mean 128, local deviation 40."""
    pixels = image.astype(np.float32)
    mean = cv2.blur(pixels, (FLAT_PX, FLAT_PX))
    square = cv2.sqrBoxFilter(pixels, -1, (FLAT_PX, FLAT_PX))
    deviation = np.sqrt(np.maximum(square - mean * mean, 0.0))
    flat = 128.0 + 40.0 * (pixels - mean) / (deviation + FAINT)
    return np.clip(flat, 0.0, 255.0).astype(np.uint8)


def points_camera(disparity: Array, info: CameraInfo, baseline_m: float) -> Array:
    """(H, W, 3) float32 points in the left optical frame, m; NaN where unmatched.

    z = f b / d: Hartley and Zisserman 2004, Multiple View Geometry, section 11.12.
    """
    h, w = disparity.shape
    d = disparity.astype(float)  # else the result depends on fx being Python's float or numpy's
    z = np.where(d > 0, info.fx * baseline_m / np.maximum(d, 0.1), np.nan)
    x = (np.arange(w) - info.cx)[None, :] / info.fx * z
    y = (np.arange(h) - info.cy)[:, None] / info.fy * z
    return np.stack([x, y, z], axis=-1).astype(np.float32)
