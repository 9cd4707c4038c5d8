"""Attitude of the rover: gyro propagation corrected by the star tracker.

A multiplicative extended Kalman filter with six error states: attitude error (a rotation vector
in base_link) and gyro bias. Source: Markley 2003, "Attitude error representations for Kalman
filtering", J. Guidance 26(2); Sola 2017, "Quaternion kinematics for the error-state Kalman
filter", arXiv:1711.02508, sections 5 and 6.
"""

from __future__ import annotations

import math

import numpy as np

from lupex_rover.core.transforms import (
    quat_inverse,
    quat_multiply,
    quat_to_matrix,
    quat_to_rotvec,
    rotvec_to_quat,
)

Array = np.ndarray


def skew(v: Array) -> Array:
    """(3, 3) matrix of the cross product with v."""
    x, y, z = v
    return np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])


class AttitudeFilter:
    """`map_R_base` and the gyro bias.

    Attributes
    ----------
    q : ndarray, shape (4,)
        Quaternion xyzw of map_R_base.
    bias_rps : ndarray, shape (3,)
        Gyro bias. The rotation of the Moon, 2.7e-6 rad/s, is taken up by it.
    covariance : ndarray, shape (6, 6)
        Attitude error rad and bias rad/s.
    """

    def __init__(self, gyro_sigma_rps: float, bias_walk_rps: float) -> None:
        self._gyro = gyro_sigma_rps
        self._walk = bias_walk_rps
        self.q = np.array([0.0, 0.0, 0.0, 1.0])
        self.bias_rps = np.zeros(3)
        self.covariance = np.diag([1.0, 1.0, 1.0, 1e-6, 1e-6, 1e-6])

    def reset(self, q_xyzw: Array, sigma_rad: Array) -> None:
        """Start from an attitude known to (3,) `sigma_rad` about the base axes."""
        self.q = np.asarray(q_xyzw, float) / np.linalg.norm(q_xyzw)
        self.covariance = np.diag([*(np.asarray(sigma_rad, float) ** 2), 1e-6, 1e-6, 1e-6])

    @property
    def matrix(self) -> Array:
        """map_R_base, (3, 3)."""
        return quat_to_matrix(self.q)

    @property
    def sigma_rad(self) -> Array:
        """(3,) standard deviation of the attitude about the base axes."""
        return np.sqrt(np.diag(self.covariance)[:3])

    def propagate(self, rate_rps: Array, dt_s: float) -> None:
        """Turn by the mean angular rate (3,) over `dt_s`."""
        turn = (np.asarray(rate_rps) - self.bias_rps) * dt_s
        dq = rotvec_to_quat(turn)
        self.q = quat_multiply(self.q, dq)
        self.q /= math.sqrt(float(self.q @ self.q))
        phi = np.eye(6)
        phi[:3, :3] = quat_to_matrix(dq).T
        phi[0, 3] = phi[1, 4] = phi[2, 5] = -dt_s
        self.covariance = phi @ self.covariance @ phi.T
        noise = (self._gyro * dt_s) ** 2
        walk = self._walk**2 * dt_s
        self.covariance[(0, 1, 2), (0, 1, 2)] += noise
        self.covariance[(3, 4, 5), (3, 4, 5)] += walk

    def coast(self, dt_s: float, sigma_rps: float) -> None:
        """Time without gyro: the attitude may have turned by `sigma_rps` times the time."""
        self.covariance[(0, 1, 2), (0, 1, 2)] += (sigma_rps * dt_s) ** 2
        self.covariance[(3, 4, 5), (3, 4, 5)] += self._walk**2 * dt_s

    def turn(self, yaw_rad: float, sigma_rad: float) -> None:
        """Turn about base z by wheel odometry, for when no gyro is on."""
        self.q = quat_multiply(self.q, rotvec_to_quat(np.array([0.0, 0.0, yaw_rad])))
        self.covariance[2, 2] += sigma_rad**2

    def update_star(self, map_q_base: Array, sigma_rad: float) -> None:
        """A measured attitude."""
        error = quat_to_rotvec(quat_multiply(quat_inverse(self.q), map_q_base))
        h = np.zeros((3, 6))
        h[:, :3] = np.eye(3)
        self._update(error, h, np.eye(3) * sigma_rad**2)

    def update_still(self, rate_rps: Array) -> None:
        """Zero rate: what the gyro reads is its bias."""
        h = np.zeros((3, 6))
        h[:, 3:] = np.eye(3)
        self._update(np.asarray(rate_rps) - self.bias_rps, h, np.eye(3) * self._gyro**2)

    def update_gravity(self, force_mps2: Array, sigma_rad: float) -> None:
        """Levelling at rest: the specific force points up."""
        norm = float(np.linalg.norm(force_mps2))
        if norm < 0.5:
            return
        up = self.matrix.T[:, 2]
        h = np.zeros((3, 6))
        h[:, :3] = skew(up)
        self._update(np.asarray(force_mps2) / norm - up, h, np.eye(3) * sigma_rad**2)

    def _update(self, residual: Array, h: Array, r: Array) -> None:
        p = self.covariance
        k = np.linalg.solve(h @ p @ h.T + r, h @ p).T
        dx = k @ residual
        self.q = quat_multiply(self.q, rotvec_to_quat(dx[:3]))
        self.q /= np.linalg.norm(self.q)
        self.bias_rps = self.bias_rps + dx[3:]
        a = np.eye(6) - k @ h
        self.covariance = a @ p @ a.T + k @ r @ k.T
