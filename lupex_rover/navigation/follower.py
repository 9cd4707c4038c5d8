"""Following a path: regulated pure pursuit with turns on the spot.

One small function per rule. Source: Coulter 1992, Implementation of the Pure Pursuit Path
Tracking Algorithm, CMU-RI-TR-92-01; Macenski et al. 2023, Regulated Pure Pursuit for Robot Path
Tracking, Autonomous Robots 47 (speed rules for curvature and approach, rotation to heading).
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from lupex_rover.core.transforms import wrap_angle
from lupex_rover.core.vehicle import Vehicle
from lupex_rover.navigation.follower_params import FollowerParams

Array = np.ndarray


class Steering(NamedTuple):
    """What the rover should do now."""

    v_mps: float
    omega_rps: float
    done: bool
    cross_track_m: float  # left of the path positive


def arc_lengths(path: Array) -> Array:
    """(N,) distance along the path to each of its (N, 2) points, m."""
    return np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(path, axis=0).T))])


def nearest_on_path(
    path: Array, arcs_m: Array, xy: Array, s_from: float, s_to: float
) -> tuple[float, float]:
    """Arc length of the nearest path point between two arc lengths, and the signed offset.

    Parameters
    ----------
    arcs_m : numpy.ndarray
        (N,), m, of `arc_lengths`.

    Returns
    -------
    s_m, cross_track_m : float
        The offset is positive left of the path.
    """
    a, d = path[:-1], np.diff(path, axis=0)
    length = np.maximum(np.hypot(d[:, 0], d[:, 1]), 1e-9)
    low = np.clip((s_from - arcs_m[:-1]) / length, 0.0, 1.0)
    high = np.clip((s_to - arcs_m[:-1]) / length, 0.0, 1.0)
    u = np.clip(((xy - a) * d).sum(axis=1) / length**2, low, high)
    gap = xy - (a + u[:, None] * d)
    distance = np.hypot(gap[:, 0], gap[:, 1])
    distance[(arcs_m[1:] < s_from) | (arcs_m[:-1] > s_to)] = np.inf
    i = int(np.argmin(distance))
    side = d[i, 0] * gap[i, 1] - d[i, 1] * gap[i, 0]
    return float(arcs_m[i] + u[i] * length[i]), math.copysign(float(distance[i]), float(side))


def point_at(path: Array, arcs_m: Array, at_m: float) -> Array:
    """(2,) point of the path at arc length `at_m`, held at the ends."""
    return np.array([np.interp(at_m, arcs_m, path[:, 0]), np.interp(at_m, arcs_m, path[:, 1])])


def to_body(pose: Array, point: Array) -> tuple[float, float]:
    """A map point in the rover's axes: ahead, left."""
    dx, dy = point[0] - pose[0], point[1] - pose[1]
    c, s = math.cos(pose[2]), math.sin(pose[2])
    return c * dx + s * dy, -s * dx + c * dy


def pursuit_curvature(ahead_m: float, left_m: float) -> float:
    """Curvature of the arc through the point that leaves along the heading (Coulter 1992), 1/m."""
    return 2.0 * left_m / max(ahead_m**2 + left_m**2, 1e-6)


def speed_for_curvature(speed_mps: float, curvature: float, full_speed_radius_m: float) -> float:
    """Slower in proportion to the radius where it is below the given one (Macenski 2023, eq. 3)."""
    return speed_mps * min(1.0, 1.0 / max(abs(curvature) * full_speed_radius_m, 1e-9))


def speed_for_approach(speed_mps: float, left_m: float, approach_m: float) -> float:
    """Slower in proportion to the way left near the end (Macenski 2023, eq. 5)."""
    return speed_mps * min(1.0, left_m / approach_m)


def compensate_slip(speed_mps: float, slip: float, slip_limit: float) -> float:
    """Track speed that gives the wanted ground speed: slip = 1 - ground / track."""
    return speed_mps / (1.0 - min(max(slip, 0.0), slip_limit))


class Follower:
    """Follows one path after another; a path that differs from the last one starts anew.

    Parameters
    ----------
    speed_mps : float
        Speed on a straight path.
    """

    def __init__(self, params: FollowerParams, vehicle: Vehicle, speed_mps: float) -> None:
        self._p, self._straight_mps = params, speed_mps
        self._track_limit_mps = vehicle.track_limit_mps
        self._arm_m = float(np.hypot(*vehicle.wheel_positions_m.T).max())
        self._source: Array | None = None
        self._path = np.zeros((0, 2))
        self._s = np.zeros(1)
        self._at_m = 0.0
        self._turning = False
        self._speed_mps = 0.0
        self._t_s = 0.0

    def reset(self) -> None:
        """Forget the path and how far along it the rover is."""
        self._source = None
        self._speed_mps = 0.0

    def update(self, pose: Array, path: Array, t_s: float, slip: float = 0.0) -> Steering:
        """What to do now.

        Parameters
        ----------
        pose : ndarray, shape (3,)
            x, y, yaw in the path's frame; m, rad.
        path : ndarray, shape (N, 2)
            Points, N >= 1, m.
        t_s : float
            Time of the pose; the speed grows by `acceleration_mps2` at most.
        slip : float
            Longitudinal slip that the tracks show now, 0..1.

        Returns
        -------
        Steering
            v_mps, omega_rps to hand to `crawler_command`; `done` within the tolerance of the end or
            past it; `cross_track_m` left of the path positive.
        """
        pose = np.asarray(pose, float)
        self._take(np.asarray(path, float), pose)
        dt_s, self._t_s = max(t_s - self._t_s, 0.0), t_s
        self._at_m, cross = nearest_on_path(
            self._path, self._s, pose[:2], self._at_m, self._at_m + self._p.search_m
        )
        goal = self._path[-1]
        gap = math.hypot(goal[0] - pose[0], goal[1] - pose[1])
        left_m = max(float(self._s[-1]) - self._at_m, 0.0)
        near_end = left_m <= self._p.search_m and gap < self._p.tolerance_m
        if near_end or (left_m < 1e-6 and self._passed(pose)):
            self._speed_mps = 0.0
            return Steering(0.0, 0.0, True, cross)
        target = point_at(self._path, self._s, self._at_m + self._p.lookahead_m)
        ahead, side = to_body(pose, target)
        v, omega = self._steer(ahead, side, left_m, slip)
        limit = min(1.0, (self._speed_mps + self._p.acceleration_mps2 * dt_s) / max(v, 1e-9))
        self._speed_mps = v * limit
        return Steering(v * limit, omega * (limit if v > 0.0 else 1.0), False, cross)

    def _take(self, path: Array, pose: Array) -> None:
        if self._source is not None and np.array_equal(path, self._source):
            return
        self._source = path.copy()
        keep = np.concatenate([[True], np.hypot(*np.diff(path, axis=0).T) > 1e-6])
        path = path[keep]
        self._path = path if len(path) > 1 else np.vstack([pose[:2], path])
        self._s = arc_lengths(self._path)
        self._at_m, _ = nearest_on_path(self._path, self._s, pose[:2], 0.0, self._p.search_m)
        self._turning = False

    def _passed(self, pose: Array) -> bool:
        """Beside or beyond the end and as near as a lookahead: turning back would gain nothing."""
        end, before = self._path[-1], self._path[-2]
        beyond = float(np.dot(pose[:2] - end, end - before)) >= 0.0
        return beyond and math.hypot(*(pose[:2] - end)) < 2.0 * self._p.tolerance_m

    def _steer(self, ahead: float, side: float, left_m: float, slip: float) -> tuple[float, float]:
        p = self._p
        error = wrap_angle(math.atan2(side, ahead))
        if abs(error) > p.turn_start_rad:
            self._turning = True
        elif abs(error) < p.turn_stop_rad:
            self._turning = False
        if self._turning:
            rate = min(p.turn_rate_rps, self._track_limit_mps / self._arm_m)
            return 0.0, math.copysign(rate, error)
        curvature = pursuit_curvature(ahead, side)
        v = speed_for_curvature(self._straight_mps, curvature, p.full_speed_radius_m)
        v = max(speed_for_approach(v, left_m, p.approach_m), p.min_speed_mps)
        omega = v * curvature
        limit = min(1.0, p.yaw_rate_limit_rps / max(abs(omega), 1e-9))
        v, omega = v * limit, omega * limit
        gain = compensate_slip(1.0, slip, p.slip_limit)
        gain = min(gain, self._track_limit_mps / max(v + abs(omega) * self._arm_m, 1e-9))
        return v * gain, omega * gain
