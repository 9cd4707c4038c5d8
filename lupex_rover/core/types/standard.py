"""Messages that ROS has already."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from lupex_rover.core.camera import Camera
from lupex_rover.core.transforms import Pose
from lupex_rover.core.types.span import (
    COVARIANCE,
    DEGC,
    NOT_NEGATIVE,
    SHARE,
    TWIST_COVARIANCE,
    span,
)

Array = np.ndarray


@dataclass(frozen=True)
class Imu:
    """sensor_msgs/Imu: mean over the interval that ends at the stamp, in `frame_id`."""

    stamp_ns: int
    angular_rate_rps: Array  # (3,)
    specific_force_mps2: Array  # (3,)
    frame_id: str = "base_link"
    rate_sigma_rps: float = field(default=1e-4, metadata=NOT_NEGATIVE)
    force_sigma_mps2: float = field(default=1e-3, metadata=NOT_NEGATIVE)
    interval_s: float = field(default=0.0, metadata=NOT_NEGATIVE)  # not on the wire


@dataclass(frozen=True)
class Image:
    """sensor_msgs/Image, mono8 (H, W) uint8."""

    stamp_ns: int
    frame_id: str
    pixels: Array


@dataclass(frozen=True)
class CameraInfo:
    """sensor_msgs/CameraInfo of a rectified pinhole; pixel centres are integers from 0."""

    stamp_ns: int
    frame_id: str
    width: int
    height: int
    fx: float
    fy: float
    cx: float
    cy: float
    baseline_m: float = 0.0  # right camera of a pair: P[0, 3] = -fx * baseline

    @classmethod
    def of(
        cls, camera: Camera, stamp_ns: int, frame_id: str, baseline_m: float = 0.0
    ) -> CameraInfo:
        c = camera
        return cls(stamp_ns, frame_id, c.width, c.height, c.fx, c.fy, c.cx, c.cy, baseline_m)

    @property
    def camera(self) -> Camera:
        return Camera(self.width, self.height, self.fx, self.fy, self.cx, self.cy)


@dataclass(frozen=True)
class Odometry:
    """nav_msgs/Odometry: pose of `child_frame_id` in `frame_id`, twist in the child frame."""

    stamp_ns: int
    frame_id: str
    child_frame_id: str
    pose: Pose
    linear_mps: Array  # (3,)
    angular_rps: Array  # (3,)
    pose_covariance: Array = field(metadata=COVARIANCE, default_factory=lambda: np.zeros((6, 6)))
    twist_covariance: Array = field(
        metadata=TWIST_COVARIANCE, default_factory=lambda: np.zeros((6, 6))
    )


@dataclass(frozen=True)
class Path:
    """nav_msgs/Path in `frame_id`; points (N, 3) m, heading along the path."""

    stamp_ns: int
    frame_id: str
    points_m: Array


@dataclass(frozen=True)
class PoseStamped:
    stamp_ns: int
    frame_id: str
    pose: Pose


@dataclass(frozen=True)
class Grid:
    """nav_msgs/OccupancyGrid: cost 0..100, -1 unknown; (rows, cols) int8, row 0 at the low y."""

    stamp_ns: int
    frame_id: str
    resolution_m: float
    origin_x_m: float
    origin_y_m: float
    cost: Array


@dataclass(frozen=True)
class JointState:
    stamp_ns: int
    names: tuple[str, ...]
    position: Array = field(metadata=span(unit="rad"))
    velocity: Array = field(metadata=span(unit="rad/s"))
    effort: Array = field(metadata=span(unit="N m"))


@dataclass(frozen=True)
class Transform:
    """One geometry_msgs/TransformStamped of a TFMessage: `parent_T_child`."""

    stamp_ns: int
    parent: str
    child: str
    pose: Pose


@dataclass(frozen=True)
class Transforms:
    """tf2_msgs/TFMessage."""

    transforms: tuple[Transform, ...]


@dataclass(frozen=True)
class Battery:
    """sensor_msgs/BatteryState."""

    stamp_ns: int
    voltage_v: float = field(metadata=NOT_NEGATIVE)
    current_a: float  # charging positive
    temperature_degc: float = field(metadata=DEGC)
    soc: float = field(metadata=SHARE)  # 0..1
    charge_ah: float = field(metadata=NOT_NEGATIVE)
    capacity_ah: float = field(metadata=NOT_NEGATIVE)
    design_capacity_ah: float = field(metadata=NOT_NEGATIVE)


@dataclass(frozen=True)
class Diagnostic:
    """One diagnostic_msgs/DiagnosticStatus."""

    level: int  # 0 ok, 1 warning, 2 error, 3 stale
    name: str
    message: str
    values: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Diagnostics:
    """diagnostic_msgs/DiagnosticArray."""

    stamp_ns: int
    statuses: tuple[Diagnostic, ...]


@dataclass(frozen=True)
class Clock:
    """rosgraph_msgs/Clock: simulated time."""

    stamp_ns: int
