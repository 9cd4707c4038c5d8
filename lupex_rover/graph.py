"""The graph on one page: every topic, action, frame and node.

`TOPICS` gives type, rate and QoS class of each topic and whether the recorder keeps it.
`NODES` is the list that the launch files, `lupex up`, the harness and the tests read; its order
is the order of the components within one tick. `join` takes in topics and actions of nodes from
outside (`nodes.extra`).
"""

from __future__ import annotations

import builtins
from collections.abc import Iterable
from dataclasses import dataclass

from lupex_rover.core.errors import UserError

IFACE = "lupex_rover_interfaces/msg/"
ACTION_RECORD = "mission/action"
JSON_TYPE = "std_msgs/msg/String"


@dataclass(frozen=True)
class Topic:
    """`type` is a class of `core.types`; `ros` its ROS type; `qos` a key of QOS.

    A topic from outside may name its own frozen dataclass in `message` instead of `type`; it
    travels as JSON in a std_msgs/msg/String.
    """

    name: str
    type: str
    ros: str
    rate_hz: float  # typical; 0: on change
    qos: str = "reliable"
    record: bool = True
    message: builtins.type | None = None


@dataclass(frozen=True)
class Action:
    name: str
    ros: str  # lupex_rover_interfaces/action/<type>; core.types has <type>Goal, Feedback, Result
    # Of an action from outside: its own dataclasses, with the fields of its ROS type's parts.
    goal: type | None = None
    feedback: type | None = None
    result: type | None = None


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


def _own(name: str, kind: str, rate_hz: float, qos: str = "reliable", record: bool = True) -> Topic:
    return Topic(name, kind, IFACE + kind, rate_hz, qos, record)


_TOPICS = (
    # drivers: telemetry
    _own("boards/housekeeping", "BoardHousekeeping", 8),
    _own("boards/ack", "BoardAck", 0),
    _own("mobility/state", "DriveState", 20),
    Topic("joint_states", "JointState", "sensor_msgs/msg/JointState", 10),
    Topic("imu/data", "Imu", "sensor_msgs/msg/Imu", 20),
    _own("star_tracker/attitude", "StarAttitude", 1),
    _own("power/telemetry", "PowerTelemetry", 1),
    _own("drill/telemetry", "DrillTelemetry", 10),
    _own("science/slot_data", "SlotData", 1),
    _own("landing/altimeter", "Altimeter", 10),
    # drivers: commands
    _own("boards/request", "BoardRequest", 0, "command"),
    _own("mobility/command", "DriveCommand", 10, "command"),
    _own("power/switch", "LoadSwitch", 0, "command"),
    _own("power/heater", "HeaterSet", 0, "command"),
    _own("power/hibernate", "HibernateCommand", 0, "command"),
    _own("drill/command", "DrillCommand", 5, "command"),
    _own("drill/gate", "GateCommand", 0, "command"),
    _own("drill/deliver", "DeliverCommand", 0, "command"),
    _own("science/slot_power", "SlotPower", 0, "command"),
    _own("science/slot_command", "SlotCommand", 0, "command"),
    # cameras
    Topic("camera/descent/image_raw", "Image", "sensor_msgs/msg/Image", 0.5, "sensor"),
    Topic("camera/descent/camera_info", "CameraInfo", "sensor_msgs/msg/CameraInfo", 0.5, "sensor"),
    Topic("stereo/left/image_raw", "Image", "sensor_msgs/msg/Image", 0.5, "sensor"),
    Topic("stereo/left/camera_info", "CameraInfo", "sensor_msgs/msg/CameraInfo", 0.5, "sensor"),
    Topic("stereo/right/image_raw", "Image", "sensor_msgs/msg/Image", 0.5, "sensor"),
    Topic("stereo/right/camera_info", "CameraInfo", "sensor_msgs/msg/CameraInfo", 0.5, "sensor"),
    # landing
    _own("landing/fix", "LandingFix", 0.5),
    _own("landing/state", "LandingState", 10),
    # navigation
    Topic("odom", "Odometry", "nav_msgs/msg/Odometry", 10),
    Topic("localization/pose", "Odometry", "nav_msgs/msg/Odometry", 10),
    Topic("navigation/visual_odometry", "Odometry", "nav_msgs/msg/Odometry", 0.5),
    Topic("navigation/path", "Path", "nav_msgs/msg/Path", 0, "state"),
    Topic("navigation/costmap", "Grid", "nav_msgs/msg/OccupancyGrid", 0.2, "state"),
    Topic("/tf", "Transforms", "tf2_msgs/msg/TFMessage", 10),
    Topic("/tf_static", "Transforms", "tf2_msgs/msg/TFMessage", 0, "log"),
    # power, drill, science, health, mission
    Topic("power/battery", "Battery", "sensor_msgs/msg/BatteryState", 1),
    _own("power/state", "PowerState", 1),
    Topic("power/diagnostics", "Diagnostics", "diagnostic_msgs/msg/DiagnosticArray", 0.03),
    _own("drill/status", "DrillStatus", 2),
    _own("science/water", "WaterMeasurement", 0, "log"),
    Topic("/diagnostics", "Diagnostics", "diagnostic_msgs/msg/DiagnosticArray", 1),
    _own("mission/state", "MissionState", 1, "state"),
    _own("mission/event", "Event", 0, "log"),
    _own("mission/sample", "Sample", 0, "log"),
    # JSON: every goal, cancel, feedback and result of the actions below, for the bag
    Topic(ACTION_RECORD, "ActionRecord", "std_msgs/msg/String", 0),
    # simulation only
    Topic("/clock", "Clock", "rosgraph_msgs/msg/Clock", 10, "reliable", record=False),
    _own("sim/truth", "Truth", 2),
    # the harness alone: a tick at which nobody said anything
    Topic("sim/silent", "Clock", "rosgraph_msgs/msg/Clock", 0),
    _own("sim/tick", "SimTick", 10, record=False),
    _own("sim/done", "SimDone", 10, record=False),
)
TOPICS = {t.name: t for t in _TOPICS}
# Pictures are large and come late: the simulator tells how many it sent on each of these topics.
IMAGES = frozenset(t.name for t in _TOPICS if t.ros == "sensor_msgs/msg/Image")

ACTIONS = {
    a.name: a
    for a in (
        Action("drive_to", "lupex_rover_interfaces/action/DriveTo"),
        Action("drill_sample", "lupex_rover_interfaces/action/DrillSample"),
        Action("analyze_sample", "lupex_rover_interfaces/action/AnalyzeSample"),
    )
}

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


def join(topics: Iterable[Topic], actions: Iterable[Action]) -> None:
    """Take in topics and actions from outside; what is there already and the same stays.

    Raises
    ------
    UserError
        A name is taken by something else, a QoS class is unknown, or a message has no way to ROS.
    """
    for topic in topics:
        known = TOPICS.setdefault(topic.name, topic)
        if known != topic:
            raise UserError(f"topic {topic.name!r} is in the graph already, as {known.ros}")
        if topic.qos not in QOS:
            del TOPICS[topic.name]
            raise UserError(f"topic {topic.name!r}: qos {topic.qos!r} is none of {', '.join(QOS)}")
        if topic.message is not None and topic.ros != JSON_TYPE:
            del TOPICS[topic.name]
            raise UserError(f"topic {topic.name!r}: a message of its own travels as {JSON_TYPE}")
    for action in actions:
        if ACTIONS.setdefault(action.name, action) != action:
            raise UserError(f"action {action.name!r} is in the graph already")


def json_topic(
    name: str, message: type, rate_hz: float, qos: str = "reliable", record: bool = True
) -> Topic:
    """A topic from outside whose `message` is a frozen dataclass of plain values."""
    return Topic(name, message.__name__, JSON_TYPE, rate_hz, qos, record, message)


def flight_processes(
    composed: bool, simulated: bool, extra: Iterable[str] = ()
) -> dict[str, list[str]]:
    """Nodes by the process that runs them.

    One process each, or composed: on real clocks by group, so that looking at pictures, which
    takes longer than the boards' dead-man waits, holds up no motion command. In simulated time,
    which waits for the slowest, all in `flight`. Nodes from outside (`extra`) come last; on real
    clocks they have a process of their own, so that they hold up nothing.
    """
    found: dict[str, list[str]] = {}
    for node in NODES:
        together = "flight" if simulated else node.group
        found.setdefault(together if composed else node.name, []).append(node.name)
    for name in extra:
        together = "flight" if simulated else "extra"
        found.setdefault(together if composed else name, []).append(name)
    return found
