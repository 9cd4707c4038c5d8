"""The transform tree: moon -> map -> odom -> base_link -> links of the rover."""

from __future__ import annotations

import numpy as np

from lupex_rover.core.constants import MOON_RADIUS_M
from lupex_rover.core.transforms import Pose
from lupex_rover.core.types import WHEELS, DriveState, Transform, Transforms
from lupex_rover.core.vehicle import Vehicle
from lupex_rover.ephemeris import site_frame

Array = np.ndarray
NO_TURN = np.array([0.0, 0.0, 0.0, 1.0])


def moon_T_map(site_m: tuple[float, float]) -> Pose:
    """`map` in the Moon-fixed frame: the plane that touches the grid at the site.

    Exact at the site; the grid is flat and the Moon is not, so a point d metres away is off by
    d^2 / (2 R): 3 mm at 100 m.
    """
    moon_R_map = site_frame(*site_m)
    at_site = np.array([site_m[0], site_m[1], -MOON_RADIUS_M])
    return Pose.from_matrix(-moon_R_map @ at_site, moon_R_map)


def static(t_ns: int, vehicle: Vehicle, site_m: tuple[float, float]) -> Transforms:
    """What never moves: moon -> map and every fixed joint of the rover."""
    fixed = [Transform(t_ns, a, b, pose) for a, b, pose in vehicle.static_transforms]
    return Transforms((Transform(t_ns, "moon", "map", moon_T_map(site_m)), *fixed))


def moving(t_ns: int, odom_T_base: Pose, correction_m: Array) -> Transforms:
    """map -> odom (a pure shift) and odom -> base_link."""
    return Transforms(
        (
            Transform(t_ns, "map", "odom", Pose(correction_m, NO_TURN)),
            Transform(t_ns, "odom", "base_link", odom_T_base),
        )
    )


def joints(state: DriveState, vehicle: Vehicle) -> Transforms:
    """Steering and drive joints from the mobility board's telemetry."""
    positions: dict[str, float] = {}
    for i, wheel in enumerate(WHEELS):
        positions[f"{wheel}_steer_joint"] = float(state.steer_angle_rad[i])
        angle = float(state.track_travel_m[i]) / vehicle.crawler_radius_m
        positions[f"{wheel}_drive_joint"] = float(np.remainder(angle, 2.0 * np.pi))
    return Transforms(
        tuple(
            Transform(state.stamp_ns, a, b, pose)
            for a, b, pose in vehicle.moving_transforms(positions)
        )
    )
