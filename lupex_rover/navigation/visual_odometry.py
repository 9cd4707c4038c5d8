"""How far the rover went between two stereo pairs, its attitude being known.

Corners of the last left image are tracked into the new one (pyramidal Lucas-Kanade, Bouguet
2001, in OpenCV). With the rotation from the attitude filter only three unknowns are left, and the
projection equations, multiplied out, are linear in them; they are solved by iteratively
reweighted least squares (Tukey weights; Holland and Welsch 1977). After Maimone, Cheng and
Matthies 2007, "Two years of visual odometry on the Mars exploration rovers", J. Field Robotics
24(3), who also take the first guess from wheel odometry.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from lupex_rover.core.types import CameraInfo
from lupex_rover.navigation.params import MappingParams

Array = np.ndarray
ROUNDS = 8
TUKEY = 4.685


@dataclass(frozen=True)
class View:
    """A left image with its disparity and the camera's attitude and guessed place.

    `map_R_camera` (3, 3); `position_m` (3,) of the camera in map.
    """

    image: Array
    disparity: Array
    map_R_camera: Array
    position_m: Array


@dataclass(frozen=True)
class Motion:
    """Displacement of the camera in map axes with its covariance, and how many corners said so."""

    moved_m: Array  # (3,)
    covariance: Array  # (3, 3)
    features: int


class VisualOdometry:
    """Motion from the last view to the present one."""

    def __init__(self, params: MappingParams) -> None:
        self._p = params

    def motion(
        self, last: View, now: View, info: CameraInfo, baseline_m: float
    ) -> Motion | None:
        """None when too few corners could be tracked."""
        corners = self._corners(last)
        if len(corners) < self._p.feature_min:
            return None
        points = _points_map(corners, last, info, baseline_m)
        guess = now.position_m - last.position_m
        seen, ok = self._track(last, now, corners, _project(points, guess, now, info))
        points, seen = points[ok], seen[ok]
        disparity = _sample(now.disparity, seen)
        good = disparity > 0
        if good.sum() < self._p.feature_min:
            return None
        return self._solve(
            points[good], seen[good], disparity[good], guess, now, info, baseline_m
        )

    def _corners(self, view: View) -> Array:
        mask = (view.disparity > 0).astype(np.uint8) * 255
        found = cv2.goodFeaturesToTrack(
            view.image, self._p.feature_count, 0.01, 6, mask=mask
        )
        if found is None:
            return np.zeros((0, 2), np.float32)
        corners = found.reshape(-1, 2)
        return corners[_sample(view.disparity, corners) > 0]

    def _track(
        self, last: View, now: View, corners: Array, guess: Array
    ) -> tuple[Array, Array]:
        h, w = now.image.shape
        inside = (guess[:, 0] > 2) & (guess[:, 0] < w - 3) & (guess[:, 1] > 2)
        inside &= guess[:, 1] < h - 3
        if not inside.any():
            return guess, inside
        start = np.where(inside[:, None], guess, corners).astype(np.float32)
        seen, status, error = cv2.calcOpticalFlowPyrLK(
            last.image, now.image, corners.reshape(-1, 1, 2).astype(np.float32),
            start.reshape(-1, 1, 2).copy(), winSize=(13, 13), maxLevel=2,
            flags=cv2.OPTFLOW_USE_INITIAL_FLOW,
        )  # fmt: skip
        seen = seen.reshape(-1, 2)
        ok = inside & (status.ravel() > 0) & (error.ravel() < 25.0)
        ok &= (
            (seen[:, 0] >= 0)
            & (seen[:, 0] <= w - 1)
            & (seen[:, 1] >= 0)
            & (seen[:, 1] <= h - 1)
        )
        return seen, ok

    def _solve(
        self,
        points: Array,
        seen: Array,
        disparity: Array,
        guess: Array,
        now: View,
        info: CameraInfo,
        baseline_m: float,
    ) -> Motion | None:
        """Three equations a corner: column, row, disparity; each in px after division by depth."""
        A, b = _equations(points, seen, disparity, now, info, baseline_m)
        moved = np.asarray(guess, float)
        sigma = np.array([1.0, 1.0, 1.5]) * self._p.feature_sigma_px
        for round_ in range(ROUNDS):
            depth = (points - moved) @ now.map_R_camera[:, 2]
            scale = 1.0 / (np.maximum(depth, 0.3)[:, None] * sigma)
            residual = (b - A @ moved) * scale
            worst = np.abs(residual).max(axis=1)
            spread = max(1.0, 1.4826 * float(np.median(worst))) * (
                3.0 if round_ < 2 else 1.0
            )
            weight = np.clip(1.0 - (worst / (TUKEY * spread)) ** 2, 0.0, 1.0) ** 2
            rows = (A * (scale * np.sqrt(weight)[:, None])[:, :, None]).reshape(-1, 3)
            right = (b * scale * np.sqrt(weight)[:, None]).reshape(-1)
            normal = rows.T @ rows
            if np.linalg.cond(normal) > 1e8:
                return None
            moved = np.linalg.solve(normal, rows.T @ right)
        used = int((weight > 0.1).sum())
        if used < self._p.feature_min:
            return None
        return Motion(moved, np.linalg.inv(normal) * spread**2 * 2.0, used)


def _sample(image: Array, at: Array) -> Array:
    h, w = image.shape
    col = np.clip(np.round(at[:, 0]).astype(int), 0, w - 1)
    row = np.clip(np.round(at[:, 1]).astype(int), 0, h - 1)
    return image[row, col]


def _points_map(
    corners: Array, view: View, info: CameraInfo, baseline_m: float
) -> Array:
    """(N, 3) corners in map axes from the camera's place, m."""
    z = info.fx * baseline_m / _sample(view.disparity, corners)
    x = (corners[:, 0] - info.cx) / info.fx * z
    y = (corners[:, 1] - info.cy) / info.fy * z
    return np.column_stack([x, y, z]) @ view.map_R_camera.T


def _project(points: Array, moved: Array, now: View, info: CameraInfo) -> Array:
    """(N, 2) px of points seen from the place moved to; far outside when behind."""
    p = (points - moved) @ now.map_R_camera
    z = np.where(p[:, 2] > 0.1, p[:, 2], np.nan)
    uv = np.column_stack(
        [info.fx * p[:, 0] / z + info.cx, info.fy * p[:, 1] / z + info.cy]
    )
    return np.nan_to_num(uv, nan=-1e6)


def _equations(
    points: Array,
    seen: Array,
    disparity: Array,
    now: View,
    info: CameraInfo,
    baseline_m: float,
) -> tuple[Array, Array]:
    """A (N, 3, 3) and b (N, 3) of A moved = b, in px times depth."""
    r1, r2, r3 = now.map_R_camera.T
    u = (seen[:, 0] - info.cx)[:, None]
    v = (seen[:, 1] - info.cy)[:, None]
    a1 = info.fx * r1 - u * r3
    a2 = info.fy * r2 - v * r3
    a3 = -disparity[:, None] * r3[None, :]
    A = np.stack([a1, a2, a3], axis=1)
    b = np.einsum("nij,nj->ni", A, points)
    b[:, 2] += info.fx * baseline_m
    return A, b
