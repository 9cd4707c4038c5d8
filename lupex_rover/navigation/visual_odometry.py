"""How far the rover went between two stereo pairs, its attitude being known.

The last left image is warped to how it would look from the new place, by the new pair's depth and
a first guess of the motion; corners of the new image are then found in it over a few pixels
(pyramidal Lucas-Kanade, Bouguet 2001, in OpenCV). With the rotation from the attitude filter only
three unknowns are left, and the projection equations, multiplied out, are linear in them; they
are solved by iteratively reweighted least squares (Tukey weights; Holland and Welsch 1977). After
Maimone, Cheng and Matthies 2007, "Two years of visual odometry on the Mars exploration rovers",
J. Field Robotics 24(3), who also take the first guess from wheel odometry.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from lupex_rover.core.types import CameraInfo
from lupex_rover.navigation.params import MappingParams
from lupex_rover.navigation.stereo import points_camera

Array = np.ndarray
ROUNDS = 8
TUKEY = 4.685
PASSES = 2  # the second starts where the first ended, and so sees more alike
GUESSES = ((0.0, 1.0), (0.1, 1.0), (-0.1, 1.0), (0.0, 0.5), (0.2, 1.0), (-0.2, 1.0), (0.0, 0.0))
MATCHED_PART = 0.02  # of the picture must have depth, or it is not tried
WINDOW = 15  # px
FINE_WINDOW = 11  # px
ERROR_LIMIT = 40.0  # mean grey level difference of a window that was found again
INLIER_PART = 0.4  # of the tracked corners must agree
SPREAD_LIMIT = 5.0  # of the residuals, in units of the noise expected


@dataclass(frozen=True)
class View:
    """A stereo pair with its disparity and the left camera's attitude and guessed place.

    `image` (left) and `right` have been through `stereo.flatten`; `map_R_camera` (3, 3);
    `position_m` (3,) in map.
    """

    image: Array
    right: Array
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

    def motion(self, last: View, now: View, info: CameraInfo, baseline_m: float) -> Motion | None:
        """None when too few corners could be found again, or they do not agree.

        Where the first guess fails, others are tried: a wheel that climbed or dropped, slip.
        """
        guess = now.position_m - last.position_m
        if min((v.disparity > 0).mean() for v in (last, now)) < MATCHED_PART:
            return None
        for up_m, part in GUESSES:
            start = guess * part + np.array([0.0, 0.0, up_m])
            motion = self._motion_from(start, last, now, info, baseline_m)
            if motion is not None:
                return motion
        return None

    def _motion_from(
        self, moved: Array, last: View, now: View, info: CameraInfo, baseline_m: float
    ) -> Motion | None:
        motion = None
        for _ in range(PASSES):
            where = _seen_before(last, now, moved, info, baseline_m)
            was, seen = self._match(last, now, where)
            disparity = _fine_disparity(now, seen)
            before = _fine_disparity(last, was)
            good = (disparity > 0) & (before > 0)
            if good.sum() < self._p.feature_min:
                return None
            points = _points_map(was[good], before[good], last, info, baseline_m)
            motion = self._solve(points, seen[good], disparity[good], moved, now, info, baseline_m)
            if motion is None:
                return None
            moved = motion.moved_m
        return motion

    def _match(self, last: View, now: View, where: Array) -> tuple[Array, Array]:
        """(N, 2) px of corners in the last image and in the present one.

        `where` (H, W, 2): the pixel of the last image that should show what each pixel shows now.
        """
        h, w = now.image.shape
        known = (where[..., 0] >= 0) & (where[..., 0] <= w - 1)
        known &= (where[..., 1] >= 0) & (where[..., 1] <= h - 1)
        warped = cv2.remap(last.image, where[..., 0], where[..., 1], cv2.INTER_LINEAR)
        warped = np.where(known, warped, now.image)
        inner = cv2.erode(known.astype(np.uint8), np.ones((WINDOW, WINDOW), np.uint8))
        corners = cv2.goodFeaturesToTrack(warped, self._p.feature_count, 0.01, 6, mask=inner)
        if corners is None:
            return np.zeros((0, 2)), np.zeros((0, 2))
        corners = corners.reshape(-1, 1, 2)
        seen, status, error = cv2.calcOpticalFlowPyrLK(
            warped,
            now.image,
            corners,
            corners.copy(),
            winSize=(WINDOW, WINDOW),
            maxLevel=3,
            flags=cv2.OPTFLOW_USE_INITIAL_FLOW,
        )
        at = corners.reshape(-1, 2)
        seen = seen.reshape(-1, 2)
        ok = (status.ravel() > 0) & (error.ravel() < ERROR_LIMIT)
        ok &= (seen >= 0).all(axis=1) & (seen <= [w - 1, h - 1]).all(axis=1)
        # goodFeaturesToTrack gives whole pixels: `where` needs no interpolation.
        was = where[np.round(at[:, 1]).astype(int), np.round(at[:, 0]).astype(int)]
        return was[ok].astype(float), seen[ok].astype(float)

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
            spread = max(1.0, 1.4826 * float(np.median(worst))) * (3.0 if round_ < 2 else 1.0)
            weight = np.clip(1.0 - (worst / (TUKEY * spread)) ** 2, 0.0, 1.0) ** 2
            rows = (A * (scale * np.sqrt(weight)[:, None])[:, :, None]).reshape(-1, 3)
            right = (b * scale * np.sqrt(weight)[:, None]).reshape(-1)
            normal = rows.T @ rows
            if np.linalg.cond(normal) > 1e8:
                return None
            moved = np.linalg.solve(normal, rows.T @ right)
        used = int((weight > 0.1).sum())
        if used < max(self._p.feature_min, INLIER_PART * len(points)) or spread > SPREAD_LIMIT:
            return None
        return Motion(moved, np.linalg.inv(normal) * spread**2 * 2.0, used)


def _sample(image: Array, at: Array) -> Array:
    h, w = image.shape
    col = np.clip(np.round(at[:, 0]).astype(int), 0, w - 1)
    row = np.clip(np.round(at[:, 1]).astype(int), 0, h - 1)
    return image[row, col]


def _fine_disparity(view: View, pixels: Array) -> Array:
    """(N,) disparity of single pixels, -1 where there is none.

    Dense matching prefers whole pixels and halves (Shimizu and Okutomi 2001, ICCV: pixel
    locking); tracking each corner from left to right does not.
    """
    coarse = _sample(view.disparity, pixels)
    if not len(pixels):
        return coarse
    at = pixels.astype(np.float32).reshape(-1, 1, 2)
    start = at - np.stack([coarse, np.zeros_like(coarse)], axis=-1)[:, None, :]
    found, status, _ = cv2.calcOpticalFlowPyrLK(
        view.image,
        view.right,
        at,
        start.astype(np.float32),
        winSize=(FINE_WINDOW, FINE_WINDOW),
        maxLevel=0,
        flags=cv2.OPTFLOW_USE_INITIAL_FLOW,
    )
    shift = (at - found).reshape(-1, 2)
    fine = shift[:, 0]
    good = (coarse > 0) & (status.ravel() > 0)
    good &= (np.abs(fine - coarse) < 1.0) & (np.abs(shift[:, 1]) < 0.7)
    return np.where(good, fine, -1.0)


def _points_map(
    pixels: Array, disparity: Array, view: View, info: CameraInfo, baseline_m: float
) -> Array:
    """(N, 3) points in map axes from the camera's place, m."""
    z = info.fx * baseline_m / disparity.astype(float)
    x = (pixels[:, 0] - info.cx) / info.fx * z
    y = (pixels[:, 1] - info.cy) / info.fy * z
    return np.column_stack([x, y, z]) @ view.map_R_camera.T


def _seen_before(last: View, now: View, moved: Array, info: CameraInfo, baseline_m: float) -> Array:
    """(H, W, 2) float32 pixel of the last image for each present one; -1 where not known."""
    p = points_camera(now.disparity, info, baseline_m).reshape(-1, 3)
    turn = (last.map_R_camera.T @ now.map_R_camera).astype(np.float32)
    shift = (last.map_R_camera.T @ moved).astype(np.float32)
    q = (p @ turn.T + shift).astype(float)
    ahead = q[:, 2] > 0.2  # False where the depth is NaN
    z = np.where(ahead, q[:, 2], 1.0)
    uv = np.column_stack([info.fx * q[:, 0] / z + info.cx, info.fy * q[:, 1] / z + info.cy])
    uv[~ahead] = -1.0
    return uv.reshape(*now.disparity.shape, 2).astype(np.float32)


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
