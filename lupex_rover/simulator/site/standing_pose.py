"""How the rover stands on uneven ground before physics settles it."""

from __future__ import annotations

import math

import numpy as np

from lupex_rover.core.vehicle import Vehicle
from lupex_rover.terrain.dem import Dem

LIFT_M = 0.02


def stand(
    dem: Dem, vehicle: Vehicle, x_m: float, y_m: float, yaw_rad: float
) -> tuple[np.ndarray, np.ndarray]:
    """Position (3,) in map and map_R_base (3, 3): on the plane through the ground under the
    crawlers, just above all of it.
    """
    c, s = math.cos(yaw_rad), math.sin(yaw_rad)
    wheels = vehicle.wheel_positions_m @ np.array([[c, s], [-s, c]])
    z = dem.height(x_m + wheels[:, 0], y_m + wheels[:, 1])
    a, b, mean = np.linalg.lstsq(np.column_stack([wheels, np.ones(4)]), z, rcond=None)[0]
    up = np.array([-a, -b, 1.0]) / math.sqrt(a * a + b * b + 1.0)
    left = np.cross(up, [c, s, 0.0])
    left /= np.linalg.norm(left)
    rotation = np.column_stack([np.cross(left, up), left, up])
    lift = LIFT_M + float(np.max(z - wheels @ [a, b] - mean))
    foot = np.array([x_m, y_m, mean + lift])
    return foot + vehicle.base_height_m * up, rotation
