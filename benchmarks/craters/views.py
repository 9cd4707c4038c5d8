"""What a crater finder would say of a catalogue seen from somewhere: to test identification.

Rims are projected point by point and their ellipses fitted by OpenCV, apart from the conic
algebra that identification itself uses.
"""

from __future__ import annotations

import math

import cv2
import numpy as np

from lupex_rover.core.camera import Camera
from lupex_rover.core.transforms import Pose, matrix_to_quat
from lupex_rover.craters.catalogue import MOON_RADIUS_M, CraterCatalogue
from lupex_rover.craters.identify import FoundCraters
from lupex_rover.landing.camera_pose import project

TURN = np.linspace(0.0, 2.0 * math.pi, 40, endpoint=False)
FINE = 16.0  # cv2 fits in float32: pixels are enlarged first


def pose_over(
    rng: np.random.Generator, up: np.ndarray, position_m: np.ndarray, tilt_rad: float
) -> Pose:
    """A camera that looks down along -`up` (3,), leaning by `tilt_rad` any way, any heading."""
    x = np.cross(up, rng.standard_normal(3))
    x /= np.linalg.norm(x)
    level = np.column_stack((x, np.cross(-up, x), -up))
    way = rng.uniform(0.0, 2.0 * math.pi)
    axis = np.array([math.cos(way), math.sin(way), 0.0])
    return Pose(position_m, matrix_to_quat(level @ cv2.Rodrigues(axis * tilt_rad)[0]))


def pose_over_moon(rng: np.random.Generator, altitude_m: float, tilt_rad: float) -> Pose:
    """Over any place of the Moon, in Moon-fixed axes."""
    up = rng.standard_normal(3)
    up /= np.linalg.norm(up)
    return pose_over(rng, up, up * (MOON_RADIUS_M + altitude_m), tilt_rad)


def view(camera: Camera, pose: Pose, catalogue: CraterCatalogue) -> tuple[FoundCraters, np.ndarray]:
    """Craters whose whole rim is in the picture, without error, and which they are, (n,)."""
    ray = catalogue.centre_m - pose.position_m
    before = (ray @ pose.matrix[:, 2] > 0.0) & ((ray * catalogue.normal).sum(axis=1) < 0.0)
    middle = project(camera, pose, catalogue.centre_m)
    before &= ((middle > 0.0) & (middle < [camera.width, camera.height])).all(axis=1)
    rows, which = [], []
    for k in np.nonzero(before)[0]:
        up = catalogue.normal[k]
        e1 = np.cross(up, np.eye(3)[np.argmin(np.abs(up))])
        e1 /= np.linalg.norm(e1)
        rim = np.cos(TURN)[:, None] * e1 + np.sin(TURN)[:, None] * np.cross(up, e1)
        seen = (ray[k] + catalogue.radius_m[k] * rim) @ pose.matrix
        if seen[:, 2].min() <= 0.0:
            continue
        uv = seen[:, :2] / seen[:, 2:] * [camera.fx, camera.fy] + [camera.cx, camera.cy]
        if uv.min() < 0.0 or (uv.max(axis=0) > [camera.width - 1, camera.height - 1]).any():
            continue
        (x, y), (a, b), _ = cv2.fitEllipse((uv * FINE).astype(np.float32))
        rows.append((x / FINE, y / FINE, math.sqrt(a * b) / 2.0 / FINE))
        which.append(k)
    table = np.array(rows).reshape(-1, 3)
    return FoundCraters(table[:, :2], table[:, 2]), np.array(which, int)


def disturbed(
    rng: np.random.Generator, found: FoundCraters, which: np.ndarray, camera: Camera,
    centre_px: float = 1.0, radius_part: float = 0.05, missed: float = 0.25, false: float = 0.25,
) -> tuple[FoundCraters, np.ndarray]:  # fmt: skip
    """With noise, some missed, and false ones (-1) anywhere, in no order."""
    kept = rng.random(len(which)) >= missed
    pixel, radius, which = found.pixel[kept], found.radius_px[kept], which[kept]
    pixel = pixel + rng.normal(0.0, centre_px, pixel.shape)
    radius = radius * np.exp(rng.normal(0.0, radius_part, len(radius)))
    count = round(false * len(which))
    if count:
        place = rng.uniform(0.0, 1.0, (count, 2)) * [camera.width, camera.height]
        size = rng.choice(radius, count) * np.exp(rng.normal(0.0, 0.3, count))
        pixel, radius = np.concatenate((pixel, place)), np.concatenate((radius, size))
        which = np.concatenate((which, np.full(count, -1)))
    order = rng.permutation(len(which))
    return FoundCraters(pixel[order], radius[order]), which[order]


def mirrored(found: FoundCraters, camera: Camera) -> FoundCraters:
    """A view of ground that is nowhere, yet has craters as real ground has them."""
    pixel = found.pixel * [-1.0, 1.0] + [camera.width - 1.0, 0.0]
    return FoundCraters(pixel, found.radius_px)
