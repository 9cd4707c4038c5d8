"""Camera pose from map points and the pixels that see them, with a prior, robustly."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import betainc

from lupex_rover.core.transforms import (
    Pose,
    quat_inverse,
    quat_multiply,
    quat_to_rotvec,
    rotvec_to_quat,
)


@dataclass(frozen=True)
class Camera:
    """Pinhole; pixel centres are integers from 0."""

    width: int
    height: int
    fx: float
    fy: float
    cx: float
    cy: float

    @property
    def intrinsics(self) -> np.ndarray:
        """fx, fy, cx, cy."""
        return np.array([self.fx, self.fy, self.cx, self.cy])


@dataclass(frozen=True)
class Prior:
    """What is known before the match: `map_T_camera` (optical axes) and 1 sigma."""

    pose: Pose
    position_sigma_m: np.ndarray  # (3,)
    attitude_sigma_rad: float


@dataclass(frozen=True)
class Solution:
    """`covariance` (6, 6): position m, rotation vector rad in `map`; `residual_px` (n,)."""

    pose: Pose
    covariance: np.ndarray
    residual_px: np.ndarray


def project(camera: Camera, pose: Pose, points_m: np.ndarray) -> np.ndarray:
    """Pixels (n, 2) of points (n, 3) in `map`."""
    seen = (points_m - pose.position_m) @ pose.matrix
    return seen[:, :2] / seen[:, 2:3] * [camera.fx, camera.fy] + [camera.cx, camera.cy]


def solve(
    camera: Camera,
    start: Pose,
    prior: Prior,
    points_m: np.ndarray,
    pixels: np.ndarray,
    sigma_px: float,
    coarsest_px: float,
) -> Solution:
    """Pose that fits `pixels`, by iterated least squares with Cauchy weights.

    Height and attitude are held to the prior; the horizontal place is not, so that the fix stays
    independent of it. The weights' scale comes down from `coarsest_px` to `sigma_px` so that a
    minority of wrong points loses its pull (graduated non-convexity, Blake and Zisserman 1987).
    """
    pose = start
    keep = prior_information(prior)
    scale = max(coarsest_px, sigma_px)
    for _ in range(10):
        jacobian, residual = _linear(camera, pose, points_m, pixels)
        size2 = (residual**2).sum(axis=1)
        weight = 1.0 / (1.0 + size2 / (2.5 * scale) ** 2) / sigma_px**2
        flat, each = jacobian.reshape(-1, 6), np.repeat(weight, 2)
        normal = (flat * each[:, None]).T @ flat + keep
        right = flat.T @ (each * residual.ravel()) - keep @ from_prior(pose, prior)
        pose = moved(pose, np.linalg.solve(normal + 1e-12 * np.eye(6), right))
        scale = max(0.6 * scale, sigma_px)
    jacobian, residual = _linear(camera, pose, points_m, pixels)
    size = np.sqrt((residual**2).sum(axis=1))
    inlier = (size < 3.0 * sigma_px).astype(float) / sigma_px**2
    flat = jacobian.reshape(-1, 6)
    normal = (flat * np.repeat(inlier, 2)[:, None]).T @ flat + keep
    return Solution(pose, np.linalg.inv(normal + 1e-12 * np.eye(6)), size)


def _linear(
    camera: Camera, pose: Pose, points_m: np.ndarray, pixels: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Jacobian (n, 2, 6) of the pixels by position and rotation in `map`, and residual (n, 2)."""
    arm = points_m - pose.position_m
    camera_R_map = pose.matrix.T
    seen = arm @ pose.matrix
    x, y, z = seen.T
    by_seen = np.zeros((len(seen), 2, 3))
    by_seen[:, 0, 0], by_seen[:, 0, 2] = camera.fx / z, -camera.fx * x / z**2
    by_seen[:, 1, 1], by_seen[:, 1, 2] = camera.fy / z, -camera.fy * y / z**2
    by_point = (by_seen.reshape(-1, 3) @ camera_R_map).reshape(-1, 2, 3)
    # seen = R^T (X - p); R -> exp(w) R gives d seen = R^T ((X - p) x w)
    px, py, pz = by_point.transpose(2, 0, 1)
    ax, ay, az = arm.T[:, :, None]
    by_turn = np.stack((py * az - pz * ay, pz * ax - px * az, px * ay - py * ax), axis=2)
    predicted = np.column_stack((camera.fx * x / z + camera.cx, camera.fy * y / z + camera.cy))
    return np.concatenate((-by_point, by_turn), axis=2), pixels - predicted


def prior_information(prior: Prior) -> np.ndarray:
    """(6, 6) of height and attitude; nothing of the horizontal place."""
    keep = np.zeros((6, 6))
    keep[2, 2] = 1.0 / prior.position_sigma_m[2] ** 2
    keep[3:, 3:] = np.eye(3) / prior.attitude_sigma_rad**2
    return keep


def moved(pose: Pose, step: np.ndarray) -> Pose:
    """`pose` changed by (6,) position and rotation vector in `map`."""
    turn = rotvec_to_quat(step[3:])
    return Pose(pose.position_m + step[:3], quat_multiply(turn, pose.orientation_xyzw))


def from_prior(pose: Pose, prior: Prior) -> np.ndarray:
    """(6,) position and rotation vector from the prior to `pose`, in `map`."""
    turn = quat_multiply(pose.orientation_xyzw, quat_inverse(prior.pose.orientation_xyzw))
    return np.concatenate((pose.position_m - prior.pose.position_m, quat_to_rotvec(turn)))


def prior_deviation(pose: Pose, prior: Prior) -> float:
    """Largest departure of height and attitude from the prior, in its sigmas."""
    d = np.abs(from_prior(pose, prior))
    return float(
        max(d[2] / prior.position_sigma_m[2], np.linalg.norm(d[3:]) / prior.attitude_sigma_rad)
    )


def log_chance(agree: float, tried: float, chance: float) -> float:
    """log10 of the probability that `agree` or more of `tried` agree by chance."""
    if agree <= 0.0:
        return 0.0
    tail = float(betainc(agree, max(tried - agree + 1.0, 1e-9), chance))
    return math.log10(max(tail, 1e-300))
