"""Rotations and rigid transforms; quaternions are (x, y, z, w).

Names: `a_R_b` turns a vector given in frame b into frame a; `a_T_b * b_T_c = a_T_c`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import transforms3d.quaternions as tq

from lupex_rover.core.errors import UserError


def quat_to_matrix(q_xyzw: np.ndarray) -> np.ndarray:
    """(4,) unit quaternion to (3, 3) rotation matrix."""
    x, y, z, w = q_xyzw
    return tq.quat2mat((w, x, y, z))


def matrix_to_quat(a_R_b: np.ndarray) -> np.ndarray:
    """(3, 3) rotation matrix to (4,) quaternion with w >= 0."""
    w, x, y, z = tq.mat2quat(a_R_b)
    return np.array([x, y, z, w])


def quat_multiply(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Hamilton product a * b of (4,) xyzw quaternions."""
    ax, ay, az, aw = a
    bx, by, bz, bw = b
    return np.array(
        [
            aw * bx + ax * bw + ay * bz - az * by,
            aw * by - ax * bz + ay * bw + az * bx,
            aw * bz + ax * by - ay * bx + az * bw,
            aw * bw - ax * bx - ay * by - az * bz,
        ]
    )


def quat_inverse(q_xyzw: np.ndarray) -> np.ndarray:
    """Conjugate of a unit quaternion."""
    return q_xyzw * np.array([-1.0, -1.0, -1.0, 1.0])


def rotvec_to_quat(rotvec: np.ndarray) -> np.ndarray:
    """(3,) rotation vector, rad, to quaternion."""
    angle = float(np.linalg.norm(rotvec))
    if angle < 1e-12:
        q = np.array([*(0.5 * np.asarray(rotvec, float)), 1.0])
        return q / np.linalg.norm(q)
    return np.array([*(np.sin(angle / 2) / angle * np.asarray(rotvec, float)), np.cos(angle / 2)])


def quat_to_rotvec(q_xyzw: np.ndarray) -> np.ndarray:
    """Quaternion to (3,) rotation vector, rad, shortest."""
    q = q_xyzw if q_xyzw[3] >= 0 else -q_xyzw
    s = float(np.linalg.norm(q[:3]))
    if s < 1e-12:
        return 2.0 * q[:3]
    return 2.0 * np.arctan2(s, q[3]) / s * q[:3]


def toward(azimuth_rad: float, elevation_rad: float) -> np.ndarray:
    """(3,) unit vector in `map` to a body: azimuth from grid north clockwise, elevation."""
    az, el = azimuth_rad, elevation_rad
    return np.array([math.sin(az) * math.cos(el), math.cos(az) * math.cos(el), math.sin(el)])


def rpy_to_matrix(roll_rad: float, pitch_rad: float, yaw_rad: float) -> np.ndarray:
    """Fixed-axis roll, pitch, yaw (URDF convention) to a rotation matrix."""
    cr, sr = np.cos(roll_rad), np.sin(roll_rad)
    cp, sp = np.cos(pitch_rad), np.sin(pitch_rad)
    cy, sy = np.cos(yaw_rad), np.sin(yaw_rad)
    return np.array(
        [
            [cy * cp, cy * sp * sr - sy * cr, cy * sp * cr + sy * sr],
            [sy * cp, sy * sp * sr + cy * cr, sy * sp * cr - cy * sr],
            [-sp, cp * sr, cp * cr],
        ]
    )


def rpy_of(a_R_b: np.ndarray) -> tuple[float, float, float]:
    """Fixed-axis roll, pitch, yaw of a rotation matrix, rad; pitch within +-pi/2."""
    pitch = np.arcsin(np.clip(-a_R_b[2, 0], -1.0, 1.0))
    roll = np.arctan2(a_R_b[2, 1], a_R_b[2, 2])
    return float(roll), float(pitch), yaw_of(a_R_b)


def yaw_of(a_R_b: np.ndarray) -> float:
    """Heading of the b-frame's x axis in frame a, rad, counter-clockwise from a's x axis."""
    return float(np.arctan2(a_R_b[1, 0], a_R_b[0, 0]))


def tilt_of(a_R_b: np.ndarray) -> float:
    """Angle between the two frames' z axes, rad."""
    return float(np.arccos(np.clip(a_R_b[2, 2], -1.0, 1.0)))


def wrap_angle(angle_rad: float) -> float:
    """To [-pi, pi)."""
    return float((angle_rad + np.pi) % (2 * np.pi) - np.pi)


@dataclass(frozen=True)
class Pose:
    """`a_T_b`: where frame b is in frame a."""

    position_m: np.ndarray
    orientation_xyzw: np.ndarray

    def __post_init__(self) -> None:
        p = np.asarray(self.position_m, float)
        q = np.asarray(self.orientation_xyzw, float)
        norm = float(np.linalg.norm(q))
        if p.shape != (3,) or q.shape != (4,) or not np.isfinite(norm) or norm < 1e-9:
            raise UserError("pose: needs position (3,) and a quaternion (4,) xyzw that is not zero")
        object.__setattr__(self, "position_m", p)
        object.__setattr__(self, "orientation_xyzw", q / norm)

    @classmethod
    def identity(cls) -> Pose:
        return cls(np.zeros(3), np.array([0.0, 0.0, 0.0, 1.0]))

    @classmethod
    def as_told(cls, position_m: np.ndarray, orientation_xyzw: np.ndarray) -> Pose:
        """As the constructor, but a quaternion of length 1 (to 1e-12) is kept to its last digit.

        Dividing once more by a length that is 1 but for rounding would make a message that was
        sent or recorded differ in the last digit from what was said.
        """
        pose = cls(position_m, orientation_xyzw)
        q = np.asarray(orientation_xyzw, float)
        if abs(float(q @ q) - 1.0) < 1e-12:
            object.__setattr__(pose, "orientation_xyzw", q)
        return pose

    @classmethod
    def from_matrix(cls, position_m: np.ndarray, a_R_b: np.ndarray) -> Pose:
        return cls(position_m, matrix_to_quat(a_R_b))

    @property
    def matrix(self) -> np.ndarray:
        """`a_R_b`, (3, 3)."""
        return quat_to_matrix(self.orientation_xyzw)

    def __mul__(self, other: Pose) -> Pose:
        return Pose(
            self.position_m + self.matrix @ other.position_m,
            quat_multiply(self.orientation_xyzw, other.orientation_xyzw),
        )

    def inverse(self) -> Pose:
        q = quat_inverse(self.orientation_xyzw)
        return Pose(-quat_to_matrix(q) @ self.position_m, q)

    def apply(self, points_m: np.ndarray) -> np.ndarray:
        """(..., 3) points in b to points in a."""
        return np.asarray(points_m) @ self.matrix.T + self.position_m
