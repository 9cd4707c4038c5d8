"""What a sensor can read and the rover can do; numbers beyond it are believed nowhere.

The greatest of either sign (assumed, with wide margin).
"""

from __future__ import annotations

import numpy as np

RATE_RPS, FORCE_MPS2 = 5.0, 200.0  # of an IMU
QUATERNION, SIGMA_RAD = 2.0, 4.0  # of a star tracker: the greatest component, the largest sigma
TRAVEL_M, TRACK_MPS, STEER_RAD = 1e6, 2.0, 3.2  # of the crawlers
PLACE_M, FLIGHT_MPS = 2e6, 4000.0  # a place on the Moon, the speed of an orbit


def is_place(position_m: np.ndarray) -> bool:
    """Whether a position in `map` is on the Moon or near it; one that is no number is not."""
    return bool(np.abs(position_m).max() <= PLACE_M)


def is_speed(velocity_mps: np.ndarray) -> bool:
    """Whether lander or rover can have this velocity."""
    return bool(np.abs(velocity_mps).max() <= FLIGHT_MPS)


def is_motion(rate_rps: np.ndarray, force_mps2: np.ndarray) -> bool:
    """Whether an IMU can read this."""
    turns, falls = np.abs(rate_rps).max() <= RATE_RPS, np.abs(force_mps2).max() <= FORCE_MPS2
    return bool(turns and falls)


def are_crawlers(travel_m: np.ndarray, speed_mps: np.ndarray, steer_rad: np.ndarray) -> bool:
    """Whether the crawlers can have gone so far, run so fast and stand so."""
    rolls = np.abs(travel_m).max() <= TRAVEL_M and np.abs(speed_mps).max() <= TRACK_MPS
    return bool(rolls and np.abs(steer_rad).max() <= STEER_RAD)


def is_attitude(quat_xyzw: np.ndarray, sigma_rad: float) -> bool:
    """Whether this is a quaternion, but for its length, with a sigma that can be."""
    return 0.5 < float(quat_xyzw @ quat_xyzw) < 2.0 and 0.0 <= sigma_rad <= SIGMA_RAD
