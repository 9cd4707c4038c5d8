"""Four steerable crawlers: from body twist to crawler commands and back.

Each crawler rolls along the velocity of its steering axis (no side slip): the double Ackermann
geometry for a curve, tangents of a circle for a point turn.
Source: Siegwart et al., Introduction to Autonomous Mobile Robots, 2nd ed., section 3.2 (rolling
and sliding constraints of the steered standard wheel).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from lupex_rover.core.vehicle import Vehicle

Array = np.ndarray

WAIT_ANGLE_RAD = 0.35  # steer standing when a crawler must turn further than this (20 deg)
_STILL_MPS = 1e-6


class CrawlerCommand(NamedTuple):
    """Order of WHEELS. While `wait` holds the speeds are zero and the crawlers only steer.

    `share` is the part of the asked speed that the vehicle's limit leaves.
    """

    speed_mps: Array  # (4,)
    steer_rad: Array  # (4,)
    wait: bool
    share: float


def crawler_command(
    v_mps: float, omega_rps: float, vehicle: Vehicle, steer_now_rad: Array | None = None
) -> CrawlerCommand:
    """Track speeds and steering angles that move base_link forward at `v`, turning at `omega`.

    Parameters
    ----------
    v_mps : float
        Forward speed of base_link's origin; negative backs up.
    omega_rps : float
        Yaw rate, counter-clockwise.
    vehicle : Vehicle
        Where the steering axes are and how far they turn.
    steer_now_rad : ndarray or None, shape (4,)
        Present angles from telemetry. Without them nothing is waited for.

    Returns
    -------
    CrawlerCommand
        Speeds within the board's limit (all scaled alike, so the curve is kept) and angles within
        the vehicle's. Speeds shrink while the angles are still off and are zero while one is off by
        more than WAIT_ANGLE_RAD. A command of zero keeps the present angles.
    """
    now = np.zeros(4) if steer_now_rad is None else np.asarray(steer_now_rad, float)
    x, y = vehicle.wheel_positions_m.T
    along, across = v_mps - omega_rps * y, omega_rps * x
    speed = np.hypot(along, across)
    moving = speed > _STILL_MPS
    angle = np.where(moving, np.arctan2(across, along), now)
    steer, reverse = _nearest_direction(angle, now, vehicle.steer_limit_rad)
    speed = np.where(moving, np.where(reverse, -speed, speed), 0.0)
    error = 0.0 if steer_now_rad is None else float(np.abs(steer - now).max())
    wait = bool(moving.any()) and error > WAIT_ANGLE_RAD
    speed *= max(0.0, 1.0 - error / WAIT_ANGLE_RAD)
    share = min(1.0, vehicle.track_limit_mps / max(float(np.abs(speed).max()), _STILL_MPS))
    return CrawlerCommand(speed * share, steer, wait, share)


def _nearest_direction(angle: Array, now: Array, limit: float) -> tuple[Array, Array]:
    """Each angle or its opposite (rolling backwards), the one within the limit nearest to now."""
    forward = (angle + np.pi) % (2 * np.pi) - np.pi
    backward = np.where(forward > 0, forward - np.pi, forward + np.pi)
    far = 1e3
    cost_f = np.abs(forward - now) + far * (np.abs(forward) > limit)
    cost_b = np.abs(backward - now) + far * (np.abs(backward) > limit)
    reverse = cost_b < cost_f - 1e-9
    return np.where(reverse, backward, forward), reverse


def body_twist(
    travel_delta_m: Array, steer_rad: Array, vehicle: Vehicle
) -> tuple[float, float, float]:
    """Motion of base_link from what the tracks travelled, by least squares.

    Eight equations for three unknowns: each crawler rolled `travel_delta_m` along its direction
    and not at all across it. Slip is not known here; the caller corrects for it.

    Parameters
    ----------
    travel_delta_m : ndarray, shape (4,)
        Track travel since the last call, forwards positive.
    steer_rad : ndarray, shape (4,)
        Steering angles in between.

    Returns
    -------
    dx, dy : float
        m, in base_link (halfway through the turn).
    dyaw : float
        rad.
    """
    x, y = vehicle.wheel_positions_m.T
    c, s = np.cos(steer_rad), np.sin(steer_rad)
    rolling = np.column_stack([c, s, s * x - c * y])
    sliding = np.column_stack([-s, c, c * x + s * y])
    rows = np.vstack([rolling, sliding])
    right = np.concatenate([np.asarray(travel_delta_m, float), np.zeros(4)])
    dx, dy, dyaw = np.linalg.solve(rows.T @ rows, rows.T @ right)
    return float(dx), float(dy), float(dyaw)
