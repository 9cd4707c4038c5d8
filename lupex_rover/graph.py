"""The graph on one page: every topic, action, frame and node.

Each topic is a constant, named as the topic is, that knows the class of its messages. `TOPICS` and
`ACTIONS` find them by name.
`NODES` is the list that the launch files, `lupex up`, the harness and the tests read; its order
is the order of the components within one tick. `join` takes in topics and actions of nodes from
outside (`nodes.extra`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from lupex_rover.core.errors import UserError
from lupex_rover.core.topic import Action, Topic
from lupex_rover.core.types import (
    ActionRecord,
    Altimeter,
    AnalyzeSampleFeedback,
    AnalyzeSampleGoal,
    AnalyzeSampleResult,
    Battery,
    BoardAck,
    BoardHousekeeping,
    BoardRequest,
    CameraInfo,
    Clock,
    DeliverCommand,
    Diagnostics,
    DrillCommand,
    DrillSampleFeedback,
    DrillSampleGoal,
    DrillSampleResult,
    DrillStatus,
    DrillTelemetry,
    DriveCommand,
    DriveState,
    DriveToFeedback,
    DriveToGoal,
    DriveToResult,
    Event,
    GateCommand,
    Grid,
    HeaterSet,
    HibernateCommand,
    Image,
    Imu,
    JointState,
    LandingFix,
    LandingState,
    LoadSwitch,
    MissionState,
    MotionLease,
    Odometry,
    Path,
    PowerState,
    PowerTelemetry,
    RetractFeedback,
    RetractGoal,
    RetractResult,
    Sample,
    SimDone,
    SimTick,
    SlotCommand,
    SlotData,
    SlotPower,
    StarAttitude,
    Transforms,
    Truth,
    WaterMeasurement,
)

IFACE = "lupex_rover_interfaces/msg/"
JSON_TYPE = "std_msgs/msg/String"
M = TypeVar("M")
G = TypeVar("G")
F = TypeVar("F")
R = TypeVar("R")


@dataclass(frozen=True)
class Node:
    """One component; `build` is `module:function`, called with a `nodes.context.Context`."""

    name: str
    build: str
    group: str  # composed on real clocks: the process that runs it, see `flight_processes`


# depth, reliable, transient local
QOS = {
    "sensor": (10, False, False),
    "reliable": (50, True, False),
    "command": (10, True, False),
    "state": (1, True, True),
    "log": (1000, True, True),
}

TOPICS: dict[str, Topic[Any]] = {}
ACTIONS: dict[str, Action[Any, Any, Any]] = {}


def _listed(topic: Topic[M]) -> Topic[M]:
    TOPICS[topic.name] = topic
    return topic


def _own(
    name: str, message: type[M], rate_hz: float, qos: str = "reliable", record: bool = True
) -> Topic[M]:
    return _listed(Topic(name, message, IFACE + message.__name__, rate_hz, qos, record))


def _image(name: str) -> Topic[Image]:
    return _listed(Topic(name, Image, "sensor_msgs/msg/Image", 0.5, "sensor"))


def _camera_info(name: str) -> Topic[CameraInfo]:
    return _listed(Topic(name, CameraInfo, "sensor_msgs/msg/CameraInfo", 0.5, "sensor"))


def _action(
    name: str, kind: str, goal: type[G], feedback: type[F], result: type[R]
) -> Action[G, F, R]:
    action = Action(name, f"lupex_rover_interfaces/action/{kind}", goal, feedback, result)
    ACTIONS[name] = action
    return action


# drivers: telemetry
BOARDS_HOUSEKEEPING = _own("boards/housekeeping", BoardHousekeeping, 8)
BOARDS_ACK = _own("boards/ack", BoardAck, 0)
MOBILITY_STATE = _own("mobility/state", DriveState, 20)
JOINT_STATES = _listed(Topic("joint_states", JointState, "sensor_msgs/msg/JointState", 10))
IMU_DATA = _listed(Topic("imu/data", Imu, "sensor_msgs/msg/Imu", 20))
STAR_TRACKER_ATTITUDE = _own("star_tracker/attitude", StarAttitude, 1)
POWER_TELEMETRY = _own("power/telemetry", PowerTelemetry, 1)
DRILL_TELEMETRY = _own("drill/telemetry", DrillTelemetry, 10)
SCIENCE_SLOT_DATA = _own("science/slot_data", SlotData, 1)
LANDING_ALTIMETER = _own("landing/altimeter", Altimeter, 10)
# drivers: commands
BOARDS_REQUEST = _own("boards/request", BoardRequest, 0, "command")
MOBILITY_COMMAND = _own("mobility/command", DriveCommand, 10, "command")
POWER_SWITCH = _own("power/switch", LoadSwitch, 0, "command")
POWER_HEATER = _own("power/heater", HeaterSet, 0, "command")
POWER_HIBERNATE = _own("power/hibernate", HibernateCommand, 0, "command")
DRILL_COMMAND = _own("drill/command", DrillCommand, 5, "command")
DRILL_GATE = _own("drill/gate", GateCommand, 0, "command")
DRILL_DELIVER = _own("drill/deliver", DeliverCommand, 0, "command")
SCIENCE_SLOT_POWER = _own("science/slot_power", SlotPower, 0, "command")
SCIENCE_SLOT_COMMAND = _own("science/slot_command", SlotCommand, 0, "command")
# cameras
CAMERA_DESCENT_IMAGE_RAW = _image("camera/descent/image_raw")
CAMERA_DESCENT_CAMERA_INFO = _camera_info("camera/descent/camera_info")
STEREO_LEFT_IMAGE_RAW = _image("stereo/left/image_raw")
STEREO_LEFT_CAMERA_INFO = _camera_info("stereo/left/camera_info")
STEREO_RIGHT_IMAGE_RAW = _image("stereo/right/image_raw")
STEREO_RIGHT_CAMERA_INFO = _camera_info("stereo/right/camera_info")
# landing
LANDING_FIX = _own("landing/fix", LandingFix, 0.5)
LANDING_STATE = _own("landing/state", LandingState, 10)
# navigation
ODOM = _listed(Topic("odom", Odometry, "nav_msgs/msg/Odometry", 10))
LOCALIZATION_POSE = _listed(Topic("localization/pose", Odometry, "nav_msgs/msg/Odometry", 10))
NAVIGATION_VISUAL_ODOMETRY = _listed(
    Topic("navigation/visual_odometry", Odometry, "nav_msgs/msg/Odometry", 0.5)
)
NAVIGATION_PATH = _listed(Topic("navigation/path", Path, "nav_msgs/msg/Path", 0, "state"))
NAVIGATION_COSTMAP = _listed(
    Topic("navigation/costmap", Grid, "nav_msgs/msg/OccupancyGrid", 0.2, "state")
)
TF = _listed(Topic("/tf", Transforms, "tf2_msgs/msg/TFMessage", 10))
TF_STATIC = _listed(Topic("/tf_static", Transforms, "tf2_msgs/msg/TFMessage", 0, "log"))
# power, drill, science, health, mission
POWER_BATTERY = _listed(Topic("power/battery", Battery, "sensor_msgs/msg/BatteryState", 1))
POWER_STATE = _own("power/state", PowerState, 1)
POWER_DIAGNOSTICS = _listed(
    Topic("power/diagnostics", Diagnostics, "diagnostic_msgs/msg/DiagnosticArray", 0.03)
)
DRILL_STATUS = _own("drill/status", DrillStatus, 2)
SCIENCE_WATER = _own("science/water", WaterMeasurement, 0, "log")
DIAGNOSTICS = _listed(Topic("/diagnostics", Diagnostics, "diagnostic_msgs/msg/DiagnosticArray", 1))
MISSION_STATE = _own("mission/state", MissionState, 1, "state")
MISSION_EVENT = _own("mission/event", Event, 0, "log")
MISSION_SAMPLE = _own("mission/sample", Sample, 0, "log")
# JSON: every goal, cancel, feedback and result of the actions below, for the bag
MISSION_ACTION = _listed(Topic("mission/action", ActionRecord, JSON_TYPE, 0))
# JSON: who stands behind motion; the drivers of boards that move something listen
MOTION_LEASE = _listed(Topic("motion/lease", MotionLease, JSON_TYPE, 5, record=False))
# simulation only
CLOCK = _listed(Topic("/clock", Clock, "rosgraph_msgs/msg/Clock", 10, "reliable", record=False))
SIM_TRUTH = _own("sim/truth", Truth, 2)
# faults that the simulator injects; no component listens
SIM_EVENT = _own("sim/event", Event, 0, "log")
# the harness alone: a tick at which nobody said anything
SIM_SILENT = _listed(Topic("sim/silent", Clock, "rosgraph_msgs/msg/Clock", 0))
SIM_TICK = _own("sim/tick", SimTick, 10, record=False)
SIM_DONE = _own("sim/done", SimDone, 10, record=False)
# Pictures are large and come late: the simulator tells how many it sent on each of these topics.
IMAGES = frozenset(name for name, topic in TOPICS.items() if topic.message is Image)
# What the recorder gives up where the disk is nearly full, the first at the first limit.
FAST_HZ = 8.0
RECORD_RANKS: dict[str, Callable[[Topic[Any]], bool]] = {
    "pictures": lambda topic: topic.message in (Image, CameraInfo),
    "cost maps": lambda topic: topic.message is Grid,
    "fast telemetry": lambda topic: topic.rate_hz >= FAST_HZ,
}

DRIVE_TO = _action("drive_to", "DriveTo", DriveToGoal, DriveToFeedback, DriveToResult)
DRILL_SAMPLE = _action(
    "drill_sample", "DrillSample", DrillSampleGoal, DrillSampleFeedback, DrillSampleResult
)
ANALYZE_SAMPLE = _action(
    "analyze_sample",
    "AnalyzeSample",
    AnalyzeSampleGoal,
    AnalyzeSampleFeedback,
    AnalyzeSampleResult,
)

# a cup that was heated before, because somebody asks for it
ANALYZE_AGAIN = _action(
    "analyze_again",
    "AnalyzeSample",
    AnalyzeSampleGoal,
    AnalyzeSampleFeedback,
    AnalyzeSampleResult,
)
RETRACT = _action("retract", "Retract", RetractGoal, RetractFeedback, RetractResult)

_N = "lupex_rover.nodes."
NODES = (
    Node("mobility_driver", _N + "drivers:mobility", "flight"),
    Node("imu_driver", _N + "drivers:imu", "flight"),
    Node("star_tracker_driver", _N + "drivers:star_tracker", "flight"),
    Node("eps_driver", _N + "drivers:eps", "flight"),
    Node("drill_driver", _N + "drivers:drill", "flight"),
    Node("science_driver", _N + "drivers:science", "flight"),
    Node("lander_driver", _N + "drivers:lander", "flight"),
    Node("guidance_driver", _N + "drivers:guidance", "flight"),
    Node("power", _N + "power:build", "flight"),
    Node("health", _N + "health:build", "flight"),
    Node("landing", _N + "landing:build", "vision"),
    Node("localization", _N + "localization:build", "flight"),
    Node("mapping", _N + "mapping:build", "vision"),
    Node("executive", _N + "executive:build", "flight"),
    Node("navigator", _N + "navigator:build", "flight"),
    Node("drill", _N + "drill:build", "flight"),
    Node("science", _N + "science:build", "flight"),
)

# Parent of every frame of the tree (REP-105 with a Moon-fixed root). Rover-fixed frames below
# base_link come from the URDF and are published on /tf_static.
FRAMES = {"map": "moon", "odom": "map", "base_link": "odom"}


def join(topics: Iterable[Topic[Any]], actions: Iterable[Action[Any, Any, Any]]) -> None:
    """Take in topics and actions from outside; what is there already and the same stays.

    Raises
    ------
    UserError
        A name is taken by something else, a QoS class is unknown, or a message has no way to ROS.
    """
    for topic in topics:
        known = TOPICS.get(topic)
        if known is not None and vars(known) != vars(topic):  # `==` compares names alone
            raise UserError(f"topic {topic.name!r} is in the graph already, as {known.ros}")
        if topic.qos not in QOS:
            raise UserError(f"topic {topic.name!r}: qos {topic.qos!r} is none of {', '.join(QOS)}")
        ways = {(one.message, one.ros) for one in TOPICS.values()}
        if topic.ros != JSON_TYPE and (topic.message, topic.ros) not in ways:
            raise UserError(f"topic {topic.name!r}: a message of its own travels as {JSON_TYPE}")
        TOPICS.setdefault(topic.name, topic)
    for action in actions:
        if vars(ACTIONS.setdefault(action.name, action)) != vars(action):
            raise UserError(f"action {action.name!r} is in the graph already")


def given_up(name: str, ranks: int) -> bool:
    """Whether the recorder does without a topic when it does without so many `RECORD_RANKS`."""
    return any(is_of(TOPICS[name]) for is_of in list(RECORD_RANKS.values())[:ranks])


def json_topic(
    name: str, message: type[M], rate_hz: float, qos: str = "reliable", record: bool = True
) -> Topic[M]:
    """A topic from outside; its message, a frozen dataclass of plain values, travels as JSON."""
    return Topic(name, message, JSON_TYPE, rate_hz, qos, record)


def outside_nodes(drivers: Iterable[str], others: Iterable[str]) -> dict[str, str]:
    """Group of each node from outside: drivers of added boards fly with the package's own.

    The others have a process of their own on real clocks, so that they hold up nothing.
    """
    return {**dict.fromkeys(drivers, "flight"), **dict.fromkeys(others, "extra")}


def flight_processes(
    composed: bool, simulated: bool, outside: Mapping[str, str] | None = None
) -> dict[str, list[str]]:
    """Nodes by the process that runs them.

    One process each, or composed: on real clocks by group, so that looking at pictures, which
    takes longer than the boards' dead-man waits, holds up no motion command. In simulated time,
    which waits for the slowest, all in `flight`. Nodes from outside come last, each with its group
    (`outside_nodes`).
    """
    found: dict[str, list[str]] = {}
    for node in NODES:
        together = "flight" if simulated else node.group
        found.setdefault(together if composed else node.name, []).append(node.name)
    for name, group in (outside or {}).items():
        together = "flight" if simulated else group
        found.setdefault(together if composed else name, []).append(name)
    return found
