"""Camera pose from map points and the pixels that see them, with a prior, robustly."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import betainc

from lupex_rover.core.camera import Camera as Camera  # for those who import it from here
from lupex_rover.core.transforms import (
    Pose,
    quat_inverse,
    quat_multiply,
    quat_to_rotvec,
    rotvec_to_quat,
)

ROUNDS = 10


@dataclass(frozen=True)
class Prior:
    """What is known before the match: `map_T_camera` (optical axes) and 1 sigma."""

    pose: Pose
    position_sigma_m: np.ndarray  # (3,)
    attitude_sigma_rad: float


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
) -> Pose:
    """Pose that fits `pixels` (n, 2) of `points_m` (n, 3), by least squares with Cauchy weights.

    Height and attitude are held to the prior; the horizontal place is not, so that the fix stays
    independent of it. The weights' scale comes down from `coarsest_px` to `sigma_px` so that a
    minority of wrong points loses its pull (graduated non-convexity, Blake and Zisserman 1987).
    """
    pose = start
    keep = prior_information(prior)
    scale = max(coarsest_px, sigma_px)
    for _ in range(ROUNDS):
        normal, right = _normal(
            camera.intrinsics, pose.matrix, pose.position_m, points_m, pixels, 2.5 * scale
        )
        normal, right = normal / sigma_px**2 + keep, right / sigma_px**2
        right -= keep @ from_prior(pose, prior)
        pose = moved(pose, np.linalg.solve(normal + 1e-12 * np.eye(6), right))
        scale = max(0.6 * scale, sigma_px)
    return pose


def _normal(
    intrinsics: np.ndarray, map_R_camera: np.ndarray, position: np.ndarray, points: np.ndarray,
    pixels: np.ndarray, cauchy_px: float,
) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    """Normal matrix (6, 6) and right side (6,) for position and rotation in `map`, weighted."""
    focal, middle = intrinsics[:2], intrinsics[2:]
    a = points - position
    seen = a @ map_R_camera
    depth = seen[:, 2:]
    off = pixels - (focal * seen[:, :2] / depth + middle)  # (n, 2)
    weight = 1.0 / (1.0 + (off * off).sum(axis=1) / cauchy_px**2)
    across = map_R_camera.T[:2] - (seen[:, :2] / depth)[..., None] * map_R_camera.T[2]
    bx, by, bz = np.moveaxis((focal / depth)[..., None] * across, -1, 0)  # (n, 2) each
    # seen = R^T (X - p); R -> exp(w) R gives d seen = R^T ((X - p) x w)
    x, y, z = a.T[:, :, None]
    rows = np.stack((-bx, -by, -bz, by * z - bz * y, bz * x - bx * z, bx * y - by * x), axis=-1)
    weighted = (weight[:, None, None] * rows).reshape(-1, 6).T
    return weighted @ rows.reshape(-1, 6), weighted @ off.reshape(-1)


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
    return difference(pose, prior.pose)


def difference(pose: Pose, base: Pose) -> np.ndarray:
    """(6,) position and rotation vector that `moved` brings from `base` to `pose`."""
    turn = quat_multiply(pose.orientation_xyzw, quat_inverse(base.orientation_xyzw))
    return np.concatenate((pose.position_m - base.position_m, quat_to_rotvec(turn)))


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
