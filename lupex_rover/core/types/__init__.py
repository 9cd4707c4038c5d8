"""Every message of the graph as a frozen dataclass. `hosts/codec` maps each to its ROS type.

Units stand in the names. Arrays are numpy, shapes in the comments. `stamp_ns` is UTC.
Types whose fields equal those of `lupex_rover_interfaces/msg/<same name>` are converted by name.
"""

from __future__ import annotations

from lupex_rover.core.types.actions import (
    AnalyzeSampleFeedback,
    AnalyzeSampleGoal,
    AnalyzeSampleResult,
    DrillSampleFeedback,
    DrillSampleGoal,
    DrillSampleResult,
    DriveToFeedback,
    DriveToGoal,
    DriveToResult,
)
from lupex_rover.core.types.boards import (
    Altimeter,
    BoardAck,
    BoardHousekeeping,
    BoardRequest,
    DeliverCommand,
    DrillCommand,
    DrillStatus,
    DrillTelemetry,
    DriveCommand,
    DriveState,
    GateCommand,
    HeaterSet,
    HibernateCommand,
    LoadSwitch,
    PowerState,
    PowerTelemetry,
    SlotCommand,
    SlotData,
    SlotPower,
    StarAttitude,
)
from lupex_rover.core.types.mission import (
    Event,
    LandingFix,
    LandingState,
    MissionState,
    Sample,
    SimDone,
    SimTick,
    Truth,
    WaterMeasurement,
)
from lupex_rover.core.types.standard import (
    Battery,
    CameraInfo,
    Clock,
    Diagnostic,
    Diagnostics,
    Grid,
    Image,
    Imu,
    JointState,
    Odometry,
    Path,
    PoseStamped,
    Transform,
    Transforms,
)

__all__ = [
    "BOARDS",
    "LOADS",
    "LOAD_OF_BOARD",
    "WHEELS",
    "Altimeter",
    "AnalyzeSampleFeedback",
    "AnalyzeSampleGoal",
    "AnalyzeSampleResult",
    "Battery",
    "BoardAck",
    "BoardHousekeeping",
    "BoardRequest",
    "CameraInfo",
    "Clock",
    "DeliverCommand",
    "Diagnostic",
    "Diagnostics",
    "DrillCommand",
    "DrillSampleFeedback",
    "DrillSampleGoal",
    "DrillSampleResult",
    "DrillStatus",
    "DrillTelemetry",
    "DriveCommand",
    "DriveState",
    "DriveToFeedback",
    "DriveToGoal",
    "DriveToResult",
    "Event",
    "GateCommand",
    "Grid",
    "HeaterSet",
    "HibernateCommand",
    "Image",
    "Imu",
    "JointState",
    "LandingFix",
    "LandingState",
    "LoadSwitch",
    "MissionState",
    "Odometry",
    "Path",
    "PoseStamped",
    "PowerState",
    "PowerTelemetry",
    "Sample",
    "SimDone",
    "SimTick",
    "SlotCommand",
    "SlotData",
    "SlotPower",
    "StarAttitude",
    "Transform",
    "Transforms",
    "Truth",
    "WaterMeasurement",
]

BOARDS = ("MOB", "IMU", "STR", "EPS", "DRL", "SCI", "LND", "LGC")
LOADS = (
    "computer", "mobility", "drill", "payload", "cameras", "star_tracker", "imu", "radio",
    "battery_heater", "electronics_heater", "drill_heater", "lights",
    "spare_12", "spare_13", "spare_14", "spare_15",
)  # fmt: skip
WHEELS = ("front_left", "front_right", "rear_left", "rear_right")
# Which load of the EPS feeds a board; the EPS itself is always on, LND and LGC are the lander's.
LOAD_OF_BOARD = {
    "MOB": "mobility", "IMU": "imu", "STR": "star_tracker", "DRL": "drill", "SCI": "payload",
}  # fmt: skip
