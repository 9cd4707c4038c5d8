"""What the landing filter holds and what it is given: state, and measurements with their stamps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lupex_rover.core.constants import NS
from lupex_rover.core.transforms import Pose, quat_multiply, rotvec_to_quat

# places in the error state: position, velocity, attitude, biases of gyro, accelerometer, altimeter
# velocity, and fixes (two parts)
P, V, A, BG, BA, BV = (slice(3 * i, 3 * i + 3) for i in range(6))
BF = slice(18, 22)
SIZE = 22


@dataclass(frozen=True)
class State:
    """Estimate at `stamp_ns`; `covariance` (22, 22) in the order P, V, A, BG, BA, BV, BF.

    Position and velocity in `map`, `quat` is `map_R_base`. Biases: gyro rad/s and accelerometer
    m/s2 in base, altimeter's velocity m/s in `map`, fixes (4,) in sigmas of `fix_bias.FixBias`.
    """

    stamp_ns: int
    position_m: np.ndarray
    velocity_mps: np.ndarray
    quat: np.ndarray
    gyro_bias: np.ndarray
    accel_bias: np.ndarray
    doppler_bias: np.ndarray
    fix_bias: np.ndarray
    covariance: np.ndarray
    rate_rps: np.ndarray  # (3,) in base, of the last inertial sample

    def pose_at(self, stamp_ns: int) -> Pose:
        """`map_T_base` carried to a stamp close by with velocity and rate."""
        dt = (stamp_ns - self.stamp_ns) / NS
        quat = quat_multiply(self.quat, rotvec_to_quat(dt * self.rate_rps))
        return Pose(self.position_m + dt * self.velocity_mps, quat)


@dataclass(frozen=True)
class Inertial:
    """Mean rate and specific force in base since the sample before, to the stamp."""

    stamp_ns: int
    rate_rps: np.ndarray
    force_mps2: np.ndarray


@dataclass(frozen=True)
class Star:
    """Attitude `map_R_base`."""

    stamp_ns: int
    quat: np.ndarray
    sigma_rad: float


@dataclass(frozen=True)
class Range:
    """Slant range along body -z, velocity in `map`."""

    stamp_ns: int
    slant_m: float
    velocity_mps: np.ndarray


@dataclass(frozen=True)
class Fix:
    """Place of base in `map`, its covariance (3, 3), and how many patches of the view agreed.

    The filter takes the horizontal part.
    """

    stamp_ns: int
    position_m: np.ndarray
    covariance: np.ndarray
    patches: int


Measurement = Inertial | Star | Range | Fix
