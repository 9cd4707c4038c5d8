"""Where to stand: flat by the map, lit and smooth by the image."""

from __future__ import annotations

import math

import numpy as np

from lupex_rover.core.transforms import Pose
from lupex_rover.landing.params import HazardParams
from lupex_rover.landing.pose import Camera, project
from lupex_rover.terrain.dem import Dem

DARK = 0.2  # of the median brightness: shadow (assumed)
ROUGH = 0.6  # spread over mean brightness of a rough place under a low Sun (assumed)
SAMPLES = 9  # per side of a judged place
BETTER = 0.6  # where none is safe, a new place must have this part of the old one's hazard


def hazard(
    dem: Dem,
    image: np.ndarray,
    camera: Camera,
    map_T_camera: Pose,
    places_xy: np.ndarray,
    params: HazardParams,
) -> np.ndarray:
    """(n,) hazard of square places round (n, 2) points; 1 is the limit of what is safe.

    Sum of slope over its limit, part in shadow (twice), and contrast within the place. A place
    that the camera does not see counts by its slope and a little more.
    """
    half = 0.5 * params.footprint_m
    slope = slope_over(dem, places_xy, half)
    limit = math.radians(params.slope_deg)
    bright = float(np.median(image[image > 0])) if (image > 0).any() else 1.0
    u = np.linspace(-half, half, SAMPLES)
    square = np.stack(np.meshgrid(u, u), axis=-1).reshape(-1, 2)
    xy = places_xy[:, None, :] + square
    z = dem.height(xy[..., 0], xy[..., 1])
    points = np.concatenate((xy, z[..., None]), axis=-1).reshape(-1, 3)
    pixels = np.rint(project(camera, map_T_camera, points)).reshape(len(xy), -1, 2)
    c, r = np.moveaxis(pixels, -1, 0)
    seen = (c >= 0) & (r >= 0) & (c < camera.width) & (r < camera.height)
    inside = seen.all(axis=1)
    value = image[np.where(seen, r, 0).astype(int), np.where(seen, c, 0).astype(int)].astype(float)
    dark = (value < DARK * bright).mean(axis=1)
    rough = value.std(axis=1) / np.maximum(value.mean(axis=1), 1.0)
    looks = np.where(inside, 2.0 * dark + 0.5 * rough / ROUGH, 0.5)
    return slope / limit + looks


def slope_over(dem: Dem, places_xy: np.ndarray, half_m: float) -> np.ndarray:
    """(n,) slope rad between the sides of squares of half width `half_m`, at least one cell."""
    d = max(half_m, dem.resolution_m)
    x, y = places_xy.T
    gx = (dem.height(x + d, y) - dem.height(x - d, y)) / (2.0 * d)
    gy = (dem.height(x, y + d) - dem.height(x, y - d)) / (2.0 * d)
    return np.arctan(np.hypot(gx, gy))


def safer_place(
    dem: Dem,
    image: np.ndarray,
    camera: Camera,
    map_T_camera: Pose,
    planned_xy: np.ndarray,
    present_xy: np.ndarray,
    params: HazardParams,
) -> np.ndarray | None:
    """The nearest safe place within `divert_m` of the plan, (2,); None to stay where we aim.

    Where none is safe, the least hazardous one if it is much better than the present.
    """
    step = 0.5 * params.footprint_m
    n = int(params.divert_m // step)
    offsets = step * np.stack(np.meshgrid(*[np.arange(-n, n + 1)] * 2), axis=-1).reshape(-1, 2)
    offsets = offsets[np.hypot(*offsets.T) <= params.divert_m]
    places = np.vstack((present_xy, planned_xy + offsets))
    value = hazard(dem, image, camera, map_T_camera, places, params)
    if value[0] <= 1.0:
        return None
    far = np.hypot(*(places - planned_xy).T)
    safe = np.flatnonzero(value <= 1.0)
    if safe.size:
        return places[safe[np.argmin(far[safe])]]
    best = int(np.argmin(value))
    return places[best] if value[best] < BETTER * value[0] else None
