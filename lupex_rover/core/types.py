"""Every message of the graph as a frozen dataclass. `hosts/codec` maps each to its ROS type.

Units stand in the names. Arrays are numpy, shapes in the comments. `stamp_ns` is UTC.
Types whose fields equal those of `lupex_rover_interfaces/msg/<same name>` are converted by name.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from lupex_rover.core.transforms import Pose

Array = np.ndarray
BOARDS = ("MOB", "IMU", "STR", "EPS", "DRL", "SCI", "LND", "LGC")
LOADS = (
    "computer", "mobility", "drill", "payload", "cameras", "star_tracker", "imu", "radio",
    "battery_heater", "electronics_heater", "drill_heater", "lights",
    "spare_12", "spare_13", "spare_14", "spare_15",
)  # fmt: skip
WHEELS = ("front_left", "front_right", "rear_left", "rear_right")


# --- standard ROS types -------------------------------------------------------------------------


@dataclass(frozen=True)
class Imu:
    """sensor_msgs/Imu: mean over the interval that ends at the stamp, in `frame_id`."""

    stamp_ns: int
    angular_rate_rps: Array  # (3,)
    specific_force_mps2: Array  # (3,)
    frame_id: str = "base_link"
    rate_sigma_rps: float = 1e-4
    force_sigma_mps2: float = 1e-3
    interval_s: float = 0.0  # not on the wire


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


@dataclass(frozen=True)
class Odometry:
    """nav_msgs/Odometry: pose of `child_frame_id` in `frame_id`, twist in the child frame."""

    stamp_ns: int
    frame_id: str
    child_frame_id: str
    pose: Pose
    linear_mps: Array  # (3,)
    angular_rps: Array  # (3,)
    pose_covariance: Array = field(default_factory=lambda: np.zeros((6, 6)))
    twist_covariance: Array = field(default_factory=lambda: np.zeros((6, 6)))


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
    position: Array
    velocity: Array
    effort: Array


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
    voltage_v: float
    current_a: float  # charging positive
    temperature_degc: float
    soc: float  # 0..1
    charge_ah: float
    capacity_ah: float
    design_capacity_ah: float


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


# --- lupex_rover_interfaces/msg -----------------------------------------------------------------


@dataclass(frozen=True)
class BoardHousekeeping:
    """HOUSEKEEPING of one board with the host side's counts of its link."""

    stamp_ns: int
    board: str
    state: int  # 0 boot, 1 idle, 2 active, 3 safe
    uptime_s: int
    temperature_degc: float
    packets_received: int
    packets_dropped: int
    fault_bits: int
    host_packets_received: int = 0
    host_packets_dropped: int = 0
    host_resends: int = 0


@dataclass(frozen=True)
class BoardAck:
    """End of one telecommand: the board's ACK, or its absence after all resends."""

    stamp_ns: int
    board: str
    message_id: int
    sequence: int
    status: int  # ICD ACK status; 255: no answer
    latency_s: float


@dataclass(frozen=True)
class BoardRequest:
    """A telecommand every board knows: PING, ENABLE (on/off), SAFE, SET_TIME (the stamp)."""

    stamp_ns: int
    board: str
    command: str  # "ping" | "enable" | "disable" | "safe" | "set_time"


@dataclass(frozen=True)
class DriveCommand:
    stamp_ns: int
    track_speed_mps: Array  # (4,) order of WHEELS
    steer_angle_rad: Array  # (4,)


@dataclass(frozen=True)
class DriveState:
    stamp_ns: int
    track_travel_m: Array  # (4,)
    track_speed_mps: Array
    steer_angle_rad: Array
    motor_current_a: Array
    motor_temperature_degc: Array


@dataclass(frozen=True)
class StarAttitude:
    """`moon_R_base` from the star tracker."""

    stamp_ns: int
    orientation_xyzw: Array  # (4,)
    sigma_rad: float
    valid: bool


@dataclass(frozen=True)
class Altimeter:
    """Lander link: slant range, velocity in `map`."""

    stamp_ns: int
    slant_range_m: float
    velocity_mps: Array  # (3,)
    valid: bool
    touchdown: bool


@dataclass(frozen=True)
class PowerTelemetry:
    """EPS POWER as it came."""

    stamp_ns: int
    bus_v: float
    battery_v: float
    battery_a: float  # charging positive
    battery_degc: float
    array_a: Array  # (3,) left, right, tower
    loads_on: int  # bit per load
    load_w: Array  # (16,)


@dataclass(frozen=True)
class LoadSwitch:
    stamp_ns: int
    load: str  # of LOADS
    on: bool


@dataclass(frozen=True)
class HeaterSet:
    stamp_ns: int
    heater: int  # 0 battery, 1 electronics, 2 drill
    set_point_degc: float  # NaN: off


@dataclass(frozen=True)
class HibernateCommand:
    stamp_ns: int
    duration_s: float


@dataclass(frozen=True)
class PowerState:
    """What the power manager knows and allows."""

    stamp_ns: int
    soc: float
    soc_sigma: float
    input_w: float
    output_w: float
    energy_wh: float
    usable_wh: float  # above the reserve
    mode: str  # "normal" | "saving" | "survival"
    shed: tuple[str, ...] = ()
    battery_degc: float = float("nan")


@dataclass(frozen=True)
class DrillCommand:
    stamp_ns: int
    auger_rpm: float
    feed_mps: float  # down positive
    wob_limit_n: float
    percussion: bool


@dataclass(frozen=True)
class GateCommand:
    stamp_ns: int
    open: bool


@dataclass(frozen=True)
class DeliverCommand:
    stamp_ns: int
    cup: int  # 0..11


@dataclass(frozen=True)
class DrillTelemetry:
    stamp_ns: int
    depth_m: float
    auger_rpm: float
    torque_nm: float
    wob_n: float
    feed_mps: float
    bit_degc: float
    auger_current_a: float
    sample_mass_g: float
    gate: int
    cup: int


@dataclass(frozen=True)
class DrillStatus:
    """What the drill sequence is doing."""

    stamp_ns: int
    phase: str
    depth_m: float
    specific_energy_jpm3: float
    recoveries: int
    code: str = ""


@dataclass(frozen=True)
class SlotPower:
    stamp_ns: int
    slot: int
    on: bool


@dataclass(frozen=True)
class SlotCommand:
    stamp_ns: int
    slot: int
    opcode: int
    data: bytes


@dataclass(frozen=True)
class SlotData:
    stamp_ns: int
    slot: int
    kind: int
    record: int
    data: bytes


@dataclass(frozen=True)
class WaterMeasurement:
    """Water content of one sample with its uncertainty."""

    stamp_ns: int
    cup: int
    depth_m: float
    sample_mass_g: float
    water_wt_pct: float
    sigma_wt_pct: float


@dataclass(frozen=True)
class Sample:
    """A sample that the drill handed over."""

    stamp_ns: int
    cup: int
    depth_m: float
    mass_g: float
    peak_k: float
    recoveries: int


@dataclass(frozen=True)
class LandingFix:
    """One try of the vision matcher; `pose` is `map_T_camera` (optical axes)."""

    stamp_ns: int  # of the image
    accepted: bool
    pose: Pose
    covariance: Array  # (6, 6): position m, rotation vector rad
    inliers: int
    score: float
    code: str
    time_s: float


@dataclass(frozen=True)
class LandingState:
    """The landing filter's estimate of the lander in `map`."""

    stamp_ns: int
    pose: Pose  # map_T_base
    velocity_mps: Array  # (3,) in map
    position_sigma_m: Array  # (3,)
    fixes: int
    rejected: int
    phase: str
    target_m: Array  # (3,) where the lander is told to go, map
    touchdown: bool = False


@dataclass(frozen=True)
class MissionState:
    stamp_ns: int
    phase: str
    step: str
    code: str = ""
    boot: int = 0


@dataclass(frozen=True)
class Event:
    """Something worth telling, in the words of `core.codes`."""

    stamp_ns: int
    severity: int  # 0 info, 1 warning, 2 fault
    source: str
    code: str
    text: str


@dataclass(frozen=True)
class Truth:
    """The simulator's truth: for the bag and the report's comparison only."""

    stamp_ns: int
    pose: Pose  # map_T_base
    velocity_mps: Array  # (3,)
    slip: Array  # (4,)
    soc: float
    battery_degc: float
    electronics_degc: float
    array_w: float
    load_w: float
    sun_fraction: float  # at the array
    ground_lit: bool  # under the rover
    sun_azimuth_deg: float  # from grid north, clockwise
    sun_elevation_deg: float
    drill_depth_m: float
    asleep: bool
    landed: bool


@dataclass(frozen=True)
class SimTick:
    """The simulator has moved to the stamp and waits for every process (`SimDone`)."""

    stamp_ns: int
    tick: int  # counts from 1
    round: int  # within the tick: 0, then once more for each exchange with the boards
    boot: int  # lives of the onboard computer so far
    computer_on: bool
    images: int  # camera messages published so far
    boards: tuple[str, ...]
    bytes_sent: tuple[int, ...]  # to the host so far, per board


@dataclass(frozen=True)
class SimDone:
    """A process has done all it had to do in this round of this tick."""

    stamp_ns: int
    process: str
    tick: int
    round: int
    boards: tuple[str, ...]  # those that the process owns
    bytes_sent: tuple[int, ...]  # to each board so far


# --- lupex_rover_interfaces/action: goal, feedback, result --------------------------------------


@dataclass(frozen=True)
class DriveToGoal:
    """Go to a point of `map`; `tolerance_m` from it is there."""

    x_m: float
    y_m: float
    tolerance_m: float = 1.0


@dataclass(frozen=True)
class DriveToFeedback:
    distance_left_m: float
    distance_driven_m: float
    slip: float


@dataclass(frozen=True)
class DriveToResult:
    code: str
    text: str
    distance_driven_m: float
    goal_error_m: float


@dataclass(frozen=True)
class DrillSampleGoal:
    """Drill to `depth_m`, take a sample there, hand it to `cup`."""

    depth_m: float
    cup: int


@dataclass(frozen=True)
class DrillSampleFeedback:
    phase: str
    depth_m: float
    torque_nm: float
    wob_n: float


@dataclass(frozen=True)
class DrillSampleResult:
    code: str
    text: str
    depth_m: float
    sample_mass_g: float
    peak_degc: float
    recoveries: int


@dataclass(frozen=True)
class AnalyzeSampleGoal:
    cup: int
    depth_m: float
    sample_mass_g: float


@dataclass(frozen=True)
class AnalyzeSampleFeedback:
    phase: str
    temperature_degc: float
    progress: float


@dataclass(frozen=True)
class AnalyzeSampleResult:
    code: str
    text: str
    water_wt_pct: float
    sigma_wt_pct: float
