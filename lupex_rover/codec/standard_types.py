"""Our dataclasses to and from standard ROS messages (instances of the `rosbags` type store).

Each pair in `STANDARD` is `(to_ros(types, message), from_ros(ros_message))`.
"""

from __future__ import annotations

import dataclasses
import functools
import json
import math
from typing import Any

import numpy as np

from lupex_rover.core import types as core
from lupex_rover.core.constants import NS
from lupex_rover.core.errors import UserError
from lupex_rover.core.lens import read_lens
from lupex_rover.core.transforms import Pose
from lupex_rover.graph import ACTIONS

Types = dict[str, Any]
_NO_CELLS = np.zeros(0, np.float32)
_UNKNOWN9 = np.array([-1.0] + [0.0] * 8)  # REP-145: -1 first: the quantity is not measured
_EYE9 = np.eye(3).reshape(9)
_SAME = 1e-6  # of two matrices that are to be the same, relative

# Encodings of sensor_msgs/msg/Image that are understood, with what each byte of a pixel is.
_CHANNELS = {
    "mono8": "y", "8UC1": "y", "mono16": "yy", "rgb8": "rgb", "bgr8": "bgr", "rgba8": "rgba",
    "bgra8": "bgra",
}  # fmt: skip
_DEEP = ("mono16",)
# Thousandths of grey; ITU-R BT.601-7, 2.5.1, as cv_bridge and OpenCV do it
_WEIGHTS = {"r": 299, "g": 587, "b": 114, "a": 0}

# sensor_msgs/msg/BatteryState constants
_CHARGING, _DISCHARGING, _HEALTH_GOOD, _LION = 1, 2, 1, 2


def ros_time(t: Types, t_ns: int) -> Any:
    return t["builtin_interfaces/msg/Time"](t_ns // NS, t_ns % NS)


def time_of(stamp: Any) -> int:
    return int(stamp.sec) * NS + int(stamp.nanosec)


def ros_header(t: Types, t_ns: int, frame_id: str) -> Any:
    return t["std_msgs/msg/Header"](ros_time(t, t_ns), frame_id)


def header_of(message: Any) -> tuple[int, str]:
    """Stamp, ns, and frame."""
    return time_of(message.header.stamp), message.header.frame_id


def ros_point(t: Types, p: Any) -> Any:
    return t["geometry_msgs/msg/Point"](float(p[0]), float(p[1]), float(p[2]))


def ros_vector(t: Types, p: Any) -> Any:
    return t["geometry_msgs/msg/Vector3"](float(p[0]), float(p[1]), float(p[2]))


def ros_quaternion(t: Types, q: Any) -> Any:
    return t["geometry_msgs/msg/Quaternion"](float(q[0]), float(q[1]), float(q[2]), float(q[3]))


def ros_pose(t: Types, pose: Pose) -> Any:
    return t["geometry_msgs/msg/Pose"](
        ros_point(t, pose.position_m), ros_quaternion(t, pose.orientation_xyzw)
    )


def xyz(v: Any) -> np.ndarray:
    return np.array([v.x, v.y, v.z])


def xyzw(q: Any) -> np.ndarray:
    return np.array([q.x, q.y, q.z, q.w])


def pose_of(pose: Any) -> Pose:
    return Pose.as_told(xyz(pose.position), xyzw(pose.orientation))


# --- sensors ------------------------------------------------------------------------------------


def imu_to_ros(t: Types, m: core.Imu) -> Any:
    return t["sensor_msgs/msg/Imu"](
        ros_header(t, m.stamp_ns, m.frame_id),
        ros_quaternion(t, (0.0, 0.0, 0.0, 1.0)),
        _UNKNOWN9,
        ros_vector(t, m.angular_rate_rps),
        _EYE9 * m.rate_sigma_rps**2,
        ros_vector(t, m.specific_force_mps2),
        _EYE9 * m.force_sigma_mps2**2,
    )


def imu_from_ros(m: Any) -> core.Imu:
    stamp, frame = header_of(m)
    return core.Imu(
        stamp,
        xyz(m.angular_velocity),
        xyz(m.linear_acceleration),
        frame,
        math.sqrt(max(0.0, m.angular_velocity_covariance[0])),
        math.sqrt(max(0.0, m.linear_acceleration_covariance[0])),
    )


def image_to_ros(t: Types, m: core.Image) -> Any:
    height, width = m.pixels.shape
    data = np.ascontiguousarray(m.pixels, np.uint8).reshape(-1)
    header = ros_header(t, m.stamp_ns, m.frame_id)
    return t["sensor_msgs/msg/Image"](header, height, width, "mono8", 0, width, data)


def image_from_ros(m: Any) -> core.Image:
    """A picture in 8-bit grey, made of whatever a camera driver may send.

    Raises
    ------
    ValueError
        An encoding that is not in `_CHANNELS`, or sizes that do not fit the data.
    """
    if m.encoding not in _CHANNELS:
        raise ValueError(f"encoding {m.encoding!r} is unknown; send one of {', '.join(_CHANNELS)}")
    width = m.width * len(_CHANNELS[m.encoding])
    data = np.asarray(m.data)
    if data.size != m.height * m.step or m.step < width:
        raise ValueError(
            f"{data.size} bytes with height {m.height}, step {m.step} are no picture of"
            f" {m.width} {m.encoding} pixels a row"
        )
    rows = data.reshape(m.height, m.step)[:, :width]
    return core.Image(*header_of(m), _grey(rows, m.encoding, bool(m.is_bigendian)))


def _grey(rows: np.ndarray, encoding: str, big_endian: bool) -> np.ndarray:
    """(height, width) 8-bit grey of (height, bytes) rows."""
    channels = _CHANNELS[encoding]
    if len(channels) == 1:
        return rows
    parts = rows.reshape(rows.shape[0], -1, len(channels))
    if encoding in _DEEP:
        return np.ascontiguousarray(parts[:, :, 0 if big_endian else 1])  # its upper byte
    weighted = (_WEIGHTS[c] * parts[:, :, k].astype(np.uint32) for k, c in enumerate(channels))
    total = functools.reduce(np.add, weighted)
    return ((total + 500) // 1000).astype(np.uint8)


def camera_info_to_ros(t: Types, m: core.CameraInfo) -> Any:
    k = np.array([m.fx, 0, m.cx, 0, m.fy, m.cy, 0, 0, 1], float)
    p = np.array([m.fx, 0, m.cx, -m.fx * m.baseline_m, 0, m.fy, m.cy, 0, 0, 0, 1, 0], float)
    roi = t["sensor_msgs/msg/RegionOfInterest"](0, 0, 0, 0, False)
    return t["sensor_msgs/msg/CameraInfo"](
        ros_header(t, m.stamp_ns, m.frame_id),
        m.height, m.width, "plumb_bob", np.zeros(5), k, _EYE9, p, 0, 0, roi,
    )  # fmt: skip


def camera_info_from_ros(m: Any) -> core.CameraInfo:
    stamp, frame = header_of(m)
    _check_rectified(m)
    fx = float(m.p[0])
    # A baseline is known to far less than 1e-12 m: rounding undoes what the product with fx added.
    baseline_m = round(-float(m.p[3]) / fx, 12) if m.p[3] else 0.0
    return core.CameraInfo(
        stamp, frame, m.width, m.height, fx, float(m.p[5]), float(m.p[2]), float(m.p[6]), baseline_m
    )


def _check_rectified(m: Any) -> None:
    """Raises ValueError where the pictures that a CameraInfo goes with are not rectified."""
    model = {"distortion_model": m.distortion_model} if len(m.d) else {}
    try:
        lens = read_lens({**model, "distortion_coefficients": [float(v) for v in m.d]}, "")
    except UserError as error:
        raise ValueError(str(error)) from None
    if not lens.straight:
        raise ValueError(
            f"distortion_model {m.distortion_model}: its pictures are not rectified; publish"
            " rectified ones (image_proc does it) with a CameraInfo whose d is 0"
        )
    k, p = np.asarray(m.k, float), np.asarray(m.p, float).reshape(3, 4)
    if not min(p[0, 0], p[1, 1]) > 0.0:
        raise ValueError("p has no focal length: the camera is not calibrated")
    r = np.asarray(m.r, float)  # all 0, as k may be: not told
    turned = r.any() and np.abs(r - _EYE9).max() > _SAME
    if turned or (k.any() and np.abs(k.reshape(3, 3) - p[:, :3]).max() > _SAME * p[0, 0]):
        raise ValueError("k is not p's, or r turns: its pictures are not rectified")


def joints_to_ros(t: Types, m: core.JointState) -> Any:
    return t["sensor_msgs/msg/JointState"](
        ros_header(t, m.stamp_ns, ""),
        list(m.names),
        np.ascontiguousarray(m.position, float),
        np.ascontiguousarray(m.velocity, float),
        np.ascontiguousarray(m.effort, float),
    )


def joints_from_ros(m: Any) -> core.JointState:
    return core.JointState(header_of(m)[0], tuple(m.name), m.position, m.velocity, m.effort)


def battery_to_ros(t: Types, m: core.Battery) -> Any:
    status = _CHARGING if m.current_a > 0 else _DISCHARGING
    return t["sensor_msgs/msg/BatteryState"](
        ros_header(t, m.stamp_ns, ""),
        m.voltage_v, m.temperature_degc, m.current_a, m.charge_ah, m.capacity_ah,
        m.design_capacity_ah, m.soc, status, _HEALTH_GOOD, _LION, True,
        _NO_CELLS, _NO_CELLS, "", "",
    )  # fmt: skip


def battery_from_ros(m: Any) -> core.Battery:
    return core.Battery(
        header_of(m)[0], m.voltage, m.current, m.temperature, m.percentage, m.charge, m.capacity,
        m.design_capacity,
    )  # fmt: skip


# --- navigation ---------------------------------------------------------------------------------


def odometry_to_ros(t: Types, m: core.Odometry) -> Any:
    twist = t["geometry_msgs/msg/Twist"](ros_vector(t, m.linear_mps), ros_vector(t, m.angular_rps))
    return t["nav_msgs/msg/Odometry"](
        ros_header(t, m.stamp_ns, m.frame_id),
        m.child_frame_id,
        t["geometry_msgs/msg/PoseWithCovariance"](ros_pose(t, m.pose), _flat36(m.pose_covariance)),
        t["geometry_msgs/msg/TwistWithCovariance"](twist, _flat36(m.twist_covariance)),
    )


def _flat36(matrix: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(matrix, float).reshape(36)


def odometry_from_ros(m: Any) -> core.Odometry:
    stamp, frame = header_of(m)
    return core.Odometry(
        stamp,
        frame,
        m.child_frame_id,
        pose_of(m.pose.pose),
        xyz(m.twist.twist.linear),
        xyz(m.twist.twist.angular),
        m.pose.covariance.reshape(6, 6),
        m.twist.covariance.reshape(6, 6),
    )


def path_to_ros(t: Types, m: core.Path) -> Any:
    header = ros_header(t, m.stamp_ns, m.frame_id)
    points = np.asarray(m.points_m, float).reshape(-1, 3)
    steps = np.diff(points[:, :2], axis=0)
    yaws = np.arctan2(steps[:, 1], steps[:, 0])
    yaws = np.append(yaws, yaws[-1:] if len(yaws) else np.zeros(len(points)))
    stamped = t["geometry_msgs/msg/PoseStamped"]
    pose = t["geometry_msgs/msg/Pose"]
    poses = [
        stamped(
            header,
            pose(ros_point(t, p), ros_quaternion(t, (0, 0, math.sin(yaw / 2), math.cos(yaw / 2)))),
        )
        for p, yaw in zip(points, yaws)
    ]
    return t["nav_msgs/msg/Path"](header, poses)


def path_from_ros(m: Any) -> core.Path:
    points = np.array([xyz(p.pose.position) for p in m.poses]).reshape(-1, 3)
    return core.Path(*header_of(m), points)


def grid_to_ros(t: Types, m: core.Grid) -> Any:
    rows, cols = m.cost.shape
    origin = Pose(np.array([m.origin_x_m, m.origin_y_m, 0.0]), np.array([0.0, 0.0, 0.0, 1.0]))
    info = t["nav_msgs/msg/MapMetaData"](
        ros_time(t, m.stamp_ns), m.resolution_m, cols, rows, ros_pose(t, origin)
    )
    cells = np.ascontiguousarray(m.cost, np.int8).reshape(-1)
    header = ros_header(t, m.stamp_ns, m.frame_id)
    return t["nav_msgs/msg/OccupancyGrid"](header, info, cells)


def grid_from_ros(m: Any) -> core.Grid:
    at = m.info.origin.position
    cost = np.asarray(m.data).reshape(m.info.height, m.info.width)
    return core.Grid(*header_of(m), m.info.resolution, at.x, at.y, cost)


# --- the rest -----------------------------------------------------------------------------------


def transforms_to_ros(t: Types, m: core.Transforms) -> Any:
    stamped = t["geometry_msgs/msg/TransformStamped"]
    transform = t["geometry_msgs/msg/Transform"]
    return t["tf2_msgs/msg/TFMessage"](
        [
            stamped(
                ros_header(t, x.stamp_ns, x.parent),
                x.child,
                transform(
                    ros_vector(t, x.pose.position_m), ros_quaternion(t, x.pose.orientation_xyzw)
                ),
            )
            for x in m.transforms
        ]
    )


def transforms_from_ros(m: Any) -> core.Transforms:
    made = []
    for x in m.transforms:
        stamp, parent = header_of(x)
        pose = Pose.as_told(xyz(x.transform.translation), xyzw(x.transform.rotation))
        made.append(core.Transform(stamp, parent, x.child_frame_id, pose))
    return core.Transforms(tuple(made))


def diagnostics_to_ros(t: Types, m: core.Diagnostics) -> Any:
    status = t["diagnostic_msgs/msg/DiagnosticStatus"]
    pair = t["diagnostic_msgs/msg/KeyValue"]
    return t["diagnostic_msgs/msg/DiagnosticArray"](
        ros_header(t, m.stamp_ns, ""),
        [
            status(
                s.level, s.name, s.message, "lupex_rover",
                [pair(str(k), str(v)) for k, v in s.values.items()],
            )
            for s in m.statuses
        ],
    )  # fmt: skip


def diagnostics_from_ros(m: Any) -> core.Diagnostics:
    statuses = tuple(
        core.Diagnostic(s.level, s.name, s.message, {p.key: p.value for p in s.values})
        for s in m.status
    )
    return core.Diagnostics(header_of(m)[0], statuses)


def clock_to_ros(t: Types, m: core.Clock) -> Any:
    return t["rosgraph_msgs/msg/Clock"](ros_time(t, m.stamp_ns))


def clock_from_ros(m: Any) -> core.Clock:
    return core.Clock(time_of(m.clock))


def action_to_ros(t: Types, m: core.ActionRecord) -> Any:
    fields = {f.name: getattr(m, f.name) for f in dataclasses.fields(m)}
    if m.content is not None:
        fields["content"] = dataclasses.asdict(m.content)
    return t["std_msgs/msg/String"](json.dumps(fields))


def action_from_ros(m: Any) -> core.ActionRecord:
    fields = json.loads(m.data)
    if fields["content"] is not None:
        action = ACTIONS[fields["action"]]
        parts = {"goal": action.goal, "feedback": action.feedback, "result": action.result}
        fields["content"] = parts[fields["kind"]](**fields["content"])
    return core.ActionRecord(**fields)


STANDARD: dict[str, tuple[Any, Any]] = {
    "Imu": (imu_to_ros, imu_from_ros),
    "Image": (image_to_ros, image_from_ros),
    "CameraInfo": (camera_info_to_ros, camera_info_from_ros),
    "JointState": (joints_to_ros, joints_from_ros),
    "Battery": (battery_to_ros, battery_from_ros),
    "Odometry": (odometry_to_ros, odometry_from_ros),
    "Path": (path_to_ros, path_from_ros),
    "Grid": (grid_to_ros, grid_from_ros),
    "Transforms": (transforms_to_ros, transforms_from_ros),
    "Diagnostics": (diagnostics_to_ros, diagnostics_from_ros),
    "Clock": (clock_to_ros, clock_from_ros),
    "ActionRecord": (action_to_ros, action_from_ros),
}
