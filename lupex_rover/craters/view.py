"""What a camera sees of level circles: their ellipses, and the pose that fits them best."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lupex_rover.core.camera import Camera
from lupex_rover.core.transforms import Pose, quat_multiply, rotvec_to_quat
from lupex_rover.craters.catalogue import CraterCatalogue
from lupex_rover.landing.camera_pose import project

SLANTEST = 0.15  # cosine between a crater's normal and the ray; below it the rim is not seen


@dataclass(frozen=True)
class CratersInView:
    """`which` (m,) of the catalogue; `pixel` (m, 2) ellipse centres; `radius_px` (m,) of the
    circle of the same area."""

    which: np.ndarray
    pixel: np.ndarray
    radius_px: np.ndarray


def seen_by(camera: Camera, pose: Pose, catalogue: CraterCatalogue) -> CratersInView:
    """Craters whose centres are in the picture.

    The dual conic of a circle with basis vectors e1, e2 is H diag(1, 1, -1) H^T with
    H = K R^T [r e1, r e2, c - p] (Hartley and Zisserman 2004, 2.2.3; Christian et al. 2021).
    """
    ray = catalogue.centre_m - pose.position_m
    depth = ray @ pose.matrix[:, 2]
    facing = -(ray * catalogue.normal).sum(axis=1)
    which = np.nonzero((depth > 0.0) & (facing > SLANTEST * np.linalg.norm(ray, axis=1)))[0]
    pixel = project(camera, pose, catalogue.centre_m[which])
    inside = ((pixel > -0.5) & (pixel < [camera.width - 0.5, camera.height - 0.5])).all(axis=1)
    which = which[inside]
    e1, e2 = _bases(catalogue.normal[which])
    radius = catalogue.radius_m[which, None]
    columns = np.stack((radius * e1, radius * e2, ray[which]), axis=2)
    k = camera.matrix
    h = (k @ pose.matrix.T) @ columns
    dual = np.einsum("nij,j,nkj->nik", h, [1.0, 1.0, -1.0], h)
    dual = dual / np.where(np.abs(dual[:, 2:, 2:]) > 1e-12, dual[:, 2:, 2:], -1e-12)
    centre = dual[:, :2, 2]
    shape = centre[:, :, None] * centre[:, None, :] - dual[:, :2, :2]
    area = np.sqrt(np.maximum(np.linalg.det(shape), 0.0))
    good = area > 0.0
    return CratersInView(which[good], centre[good], np.sqrt(area[good]))


def _bases(normal: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Two unit vectors (n, 3) each, square to `normal` (n, 3) and to each other."""
    axis = np.eye(3)[np.argmin(np.abs(normal), axis=1)]
    e1 = np.cross(normal, axis)
    e1 /= np.linalg.norm(e1, axis=1, keepdims=True)
    return e1, np.cross(normal, e1)


@dataclass(frozen=True)
class AttitudePrior:
    """Belief about attitude: `down` (3,) the ground's downward normal in camera axes, 1 sigma."""

    down: np.ndarray
    sigma_rad: float


def fit_pose(
    camera: Camera, start: Pose, points_m: np.ndarray, pixels: np.ndarray, sigma_px: np.ndarray,
    up: np.ndarray, lean: AttitudePrior, steps: int = 4,
) -> tuple[Pose, np.ndarray]:  # fmt: skip
    """Gauss-Newton over position and attitude, the lean held near `lean`.

    Parameters
    ----------
    points_m, pixels, sigma_px : ndarray, shape (n, 3)
        (n, 2), (n,).
    up : ndarray, shape (3,)
        The ground's normal below the camera.

    Returns
    -------
    tuple[Pose, ndarray]
        Pose, and its covariance (6, 6): position m, rotation vector rad, in the catalogue's frame.
    """
    pose = start
    for _ in range(steps):
        normal, right = _normal_equations(camera, pose, points_m, pixels, sigma_px, up, lean)
        step = np.linalg.solve(normal, right)
        turn = rotvec_to_quat(step[3:])
        pose = Pose(pose.position_m + step[:3], quat_multiply(turn, pose.orientation_xyzw))
    normal, _ = _normal_equations(camera, pose, points_m, pixels, sigma_px, up, lean)
    return pose, np.linalg.inv(normal)


def _normal_equations(
    camera: Camera, pose: Pose, points_m: np.ndarray, pixels: np.ndarray, sigma_px: np.ndarray,
    up: np.ndarray, lean: AttitudePrior,
) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    arm = points_m - pose.position_m
    x, y, z = (arm @ pose.matrix).T
    z = np.maximum(z, 1e-3 * np.abs(z).max())
    by_seen = np.zeros((len(arm), 2, 3))
    by_seen[:, 0, 0], by_seen[:, 0, 2] = camera.fx / z, -camera.fx * x / z**2
    by_seen[:, 1, 1], by_seen[:, 1, 2] = camera.fy / z, -camera.fy * y / z**2
    by_point = by_seen @ pose.matrix.T
    jacobian = np.concatenate((-by_point, by_point @ _cross(arm)), axis=2)
    predicted = np.column_stack((camera.fx * x / z + camera.cx, camera.fy * y / z + camera.cy))
    weight = 1.0 / sigma_px**2
    normal = np.einsum("nij,n,nik->jk", jacobian, weight, jacobian)
    right = np.einsum("nij,n,ni->j", jacobian, weight, pixels - predicted)
    tilt = np.zeros((3, 6))  # of the downward normal in camera axes: R^T (-up)
    tilt[:, 3:] = pose.matrix.T @ _cross(-up[None])[0]
    normal += tilt.T @ tilt / lean.sigma_rad**2
    right += tilt.T @ (lean.down + pose.matrix.T @ up) / lean.sigma_rad**2
    return normal + 1e-12 * np.diag(np.diag(normal)), right


def _cross(v: np.ndarray) -> np.ndarray:
    """(n, 3, 3) matrices M with M w = v x w, of (n, 3)."""
    out = np.zeros((len(v), 3, 3))
    out[:, 0, 1], out[:, 0, 2] = -v[:, 2], v[:, 1]
    out[:, 1, 0], out[:, 1, 2] = v[:, 2], -v[:, 0]
    out[:, 2, 0], out[:, 2, 1] = -v[:, 1], v[:, 0]
    return out
