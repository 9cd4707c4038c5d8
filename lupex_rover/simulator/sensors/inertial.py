"""Plants of the inertial unit and the star tracker: true motion in, measurements with errors out.

Error model: bias that is constant from switch-on, drifts as a random walk, and white noise, per
axis (IEEE Std 952-1997, annex C). Values of a tactical fibre-optic gyro and quartz accelerometers.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numba import njit

from lupex_rover.core.params import param
from lupex_rover.core.saved import SavedFields
from lupex_rover.core.transforms import matrix_to_quat, quat_multiply, rotvec_to_quat

Array = np.ndarray
_G_MPS2 = 9.80665  # data sheets give accelerometer errors in standard g
_ARCSEC_RAD = math.radians(1.0 / 3600.0)
_BATCH = 512  # samples of noise drawn at once


@dataclass(frozen=True)
class InertialParams:
    sample_hz: float = param(
        100.0, "rate of the IMU's samples", unit="Hz", low=1, high=1000,
        source="serial ICD, IMU INERTIAL",
    )  # fmt: skip
    gyro_bias_deg_h: float = param(
        1.0, "gyro bias at switch-on, one sigma", unit="deg/h", low=0, high=1000,
        source="tactical class data sheets: 1 deg/h (KVH 1750 IMU, Northrop Grumman LN-200S)",
    )  # fmt: skip
    gyro_walk_deg_rt_h: float = param(
        0.05, "angle random walk of the gyros", unit="deg/sqrt(h)", low=0, high=10,
        source="LN-200S data sheet: 0.07 deg/sqrt(h); KVH 1750: 0.012",
    )  # fmt: skip
    gyro_drift_deg_h: float = param(
        0.1, "change of the gyro bias in one hour, one sigma", unit="deg/h", low=0, high=100,
        source="bias instability of the same data sheets, 0.05 to 0.1 deg/h",
    )  # fmt: skip
    accel_bias_mg: float = param(
        0.3, "accelerometer bias at switch-on, one sigma", unit="mg", low=0, high=50,
        source="LN-200S data sheet: 0.3 mg",
    )  # fmt: skip
    accel_noise_ug_rt_hz: float = param(
        35.0, "velocity random walk of the accelerometers", unit="ug/sqrt(Hz)", low=0, high=5000,
        source="LN-200S data sheet: 35 ug/sqrt(Hz)",
    )  # fmt: skip
    accel_drift_mg: float = param(
        0.02, "change of the accelerometer bias in one hour, one sigma", unit="mg", low=0, high=10,
    )  # fmt: skip


@njit(cache=True)
def _add(
    truth: Array, bias: Array, noise: Array, row: int, column: int, sigma: float, drift: float,
    out: Array,
) -> None:  # fmt: skip
    for k in range(3):
        bias[k] += drift * noise[row, column + 3 + k]
        out[k] = truth[k] + bias[k] + sigma * noise[row, column + k]


class InertialSensor(SavedFields):
    """Three gyros and three accelerometers along base_link's axes; each call is one sample."""

    SAVED = ("_rng", "_gyro_bias", "_accel_bias", "_noise", "_row")
    FIXED = ("_gyro_sigma", "_accel_sigma", "_gyro_drift", "_accel_drift")

    def __init__(self, params: InertialParams, rng: np.random.Generator) -> None:
        p = params
        self._rng = rng
        deg_h = math.radians(1.0) / 3600.0
        per_sample = 1.0 / math.sqrt(3600.0 * p.sample_hz)
        self._gyro_bias = rng.normal(0.0, p.gyro_bias_deg_h * deg_h, 3)
        self._accel_bias = rng.normal(0.0, p.accel_bias_mg * 1e-3 * _G_MPS2, 3)
        self._gyro_sigma = math.radians(p.gyro_walk_deg_rt_h) / 60.0 * math.sqrt(p.sample_hz)
        self._accel_sigma = p.accel_noise_ug_rt_hz * 1e-6 * _G_MPS2 * math.sqrt(p.sample_hz)
        self._gyro_drift = p.gyro_drift_deg_h * deg_h * per_sample
        self._accel_drift = p.accel_drift_mg * 1e-3 * _G_MPS2 * per_sample
        self._noise = np.empty((0, 12))
        self._row = 0

    def measure(self, angular_rps: Array, specific_force_mps2: Array) -> tuple[Array, Array]:
        """One sample.

        Parameters
        ----------
        angular_rps, specific_force_mps2 : ndarray, shape (3,)
            True values in base_link. The specific force of a body at rest is gravity's reaction:
            +1.62 m/s2 along the local vertical.

        Returns
        -------
        tuple[ndarray, ndarray]
            Measured angular rate rad/s and specific force m/s2, (3,) each.
        """
        if self._row >= len(self._noise):
            self._noise, self._row = self._rng.standard_normal((_BATCH, 12)), 0
        rate, force = np.empty(3), np.empty(3)
        _add(angular_rps, self._gyro_bias, self._noise, self._row, 0, self._gyro_sigma,
             self._gyro_drift, rate)  # fmt: skip
        _add(specific_force_mps2, self._accel_bias, self._noise, self._row, 6, self._accel_sigma,
             self._accel_drift, force)  # fmt: skip
        self._row += 1
        return rate, force


class StarTracker(SavedFields):
    """Attitude in Moon-fixed axes; blind while the rover turns fast.

    The tracker sees stars; the unit turns its inertial attitude into Moon-fixed axes with its
    clock, so `moon_R_map` enters here. Noise and rate limit are those of small star trackers
    (Terma T1, Sinclair ST-16: below 30 arcsec across and about the line of sight, some deg/s).
    """

    SAVED = ("_rng",)

    sigma_rad = 30.0 * _ARCSEC_RAD
    rate_limit_rps = math.radians(0.5)

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng

    def measure(
        self, map_R_base: Array, moon_R_map: Array, angular_rps: Array
    ) -> tuple[Array, float, bool]:
        """Quaternion xyzw of moon_R_base, its 1-sigma error per axis in rad, and validity.

        Parameters
        ----------
        map_R_base, moon_R_map : ndarray, shape (3, 3)
            True rotations.
        angular_rps : ndarray, shape (3,)
            True rate.
        """
        error = rotvec_to_quat(self._rng.normal(0.0, self.sigma_rad, 3))
        measured = quat_multiply(matrix_to_quat(moon_R_map @ map_R_base), error)
        if float(np.linalg.norm(angular_rps)) >= self.rate_limit_rps:
            return np.array([0.0, 0.0, 0.0, 1.0]), math.pi, False
        return measured, self.sigma_rad, True
