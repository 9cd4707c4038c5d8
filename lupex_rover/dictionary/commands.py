"""Every command that something on board executes, without its number.

Three ways lead in: actions of the graph, topics whose QoS class is "command", and the lifecycle of
nodes on ROS. What nothing executes has no line here: a mission's phases, for instance, are chosen
before the start (`phases`), and parameters are read-only in flight.
"""

from __future__ import annotations

from lupex_rover.core.types import BOARDS, LOADS
from lupex_rover.dictionary.entries import Argument, Command, Significance
from lupex_rover.graph import NODES
from lupex_rover.protocol import messages
from lupex_rover.protocol.fields import fields_of

ANY = ("normal", "saving", "survival")
NOT_LOW = ("normal", "saving")
NORMAL, VITAL = Significance.NORMAL, Significance.VITAL
CRITICAL = Significance.CRITICAL


def _limits(payload: type, name: str) -> tuple[float, float]:
    """What the telecommand's declaration allows."""
    return fields_of(payload)[name].limits


_BOARD = Argument("board", "str", choices=BOARDS)
_CUP = Argument("cup", "int", "", *_limits(messages.Deliver, "cup"), description="of the carousel")
_ON = Argument("on", "bool")
_SLOT = Argument("slot", "int", "", *_limits(messages.SlotCommand, "slot"))
_NODE = Argument("node", "str", choices=tuple(node.name for node in NODES))


def _vector(payload: type, name: str, unit: str) -> Argument:
    """One of the four crawlers' numbers."""
    return Argument(name, "float", unit, *_limits(payload, name), description="four")


def _action(
    name: str, by: str, modes: tuple[str, ...], needs: str, level: Significance, text: str,
    *arguments: Argument,
) -> tuple[Command, Command]:  # fmt: skip
    cancel = Command(
        0, f"{name}.cancel", f"cancel {name}", by, ANY, "", NORMAL, f"end {name}; {by} makes safe"
    )
    return Command(0, name, f"action {name}", by, modes, needs, level, text, arguments), cancel


def _request(command: str, by: str, level: Significance, text: str, needs: str = "") -> Command:
    way = f"topic boards/request command {command}"
    return Command(0, f"board.{command}", way, by, ANY, needs, level, text, (_BOARD,))


def _topic(
    name: str, topic: str, by: str, needs: str, level: Significance, text: str,
    *arguments: Argument,
) -> Command:  # fmt: skip
    return Command(0, name, f"topic {topic}", by, ANY, needs, level, text, arguments)


def _analyser(
    opcode: int, name: str, level: Significance, text: str, *arguments: Argument
) -> Command:
    way = f"slot 0 opcode {opcode}"
    needs = "SCI slot 0 on"
    return Command(0, f"analyser.{name}", way, "science_driver", ANY, needs, level, text, arguments)


def _lifecycle(name: str, level: Significance, text: str) -> Command:
    return Command(0, f"node.{name}", "lifecycle", "host ros", ANY, "", level, text, (_NODE,))


COMMANDS: tuple[Command, ...] = (
    *_action(
        "drive_to", "navigator", NOT_LOW, "MOB on, not safe", VITAL, "drive to a point of map",
        Argument("x_m", "float", "m"), Argument("y_m", "float", "m"),
        Argument("tolerance_m", "float", "m", 0.0, description="above 0"),
    ),
    *_action(
        "drill_sample", "drill", NOT_LOW, "DRL on, not safe, drill not shed", CRITICAL,
        "drill to a depth, take a sample there, hand it to a cup",
        Argument("depth_m", "float", "m", 0.01, 1.58), _CUP,
    ),
    *_action(
        "analyze_sample", "science", ANY, "SCI on", VITAL,
        "measure the water in a cup's sample; uses it up",
        _CUP, Argument("depth_m", "float", "m"), Argument("sample_mass_g", "float", "g"),
    ),
    _request("ping", "its driver", NORMAL, "the board acknowledges"),
    _request(
        "enable", "its driver", VITAL, "the board becomes active: motion is allowed",
        "board not safe",
    ),
    _request("disable", "its driver", NORMAL, "the board leaves active, or safe"),
    _request("safe", "its driver", NORMAL, "the board stops its actuators and stays in safe"),
    _request("set_time", "its driver", VITAL, "the board takes the message's stamp as its time"),
    _request("release", "health", CRITICAL, "end a hold of the board in safe"),
    _topic(
        "mobility.drive", "mobility/command", "mobility_driver", "MOB active", CRITICAL,
        "track speeds and steering by hand, past navigator and hazards; 0.5 s each",
        _vector(messages.Drive, "track_speed_mps", "m/s"),
        _vector(messages.Drive, "steer_angle_rad", "rad"),
    ),
    _topic(
        "power.switch", "power/switch", "eps_driver", "", CRITICAL, "a load on or off",
        Argument("load", "str", choices=LOADS[1:]), _ON,
    ),
    _topic(
        "power.heater", "power/heater", "eps_driver", "", CRITICAL, "set point of a heater",
        Argument("heater", "int", "", 0, 2, description="battery, electronics, drill"),
        Argument("set_point_degc", "float", "degC", description="NaN: off"),
    ),
    _topic(
        "power.hibernate", "power/hibernate", "eps_driver", "", CRITICAL,
        "the computer is without power for so long",
        Argument("duration_s", "float", "s", *_limits(messages.Hibernate, "seconds")),
    ),
    _topic(
        "drill.move", "drill/command", "drill_driver", "DRL active", CRITICAL,
        "auger and feed by hand, past the drill's sequence; 0.5 s each",
        Argument("auger_rpm", "float", "1/min", *_limits(messages.Drill, "auger_rpm")),
        Argument(
            "feed_mps", "float", "m/s", *_limits(messages.Drill, "feed_mps"),
            description="down positive",
        ),
        Argument("wob_limit_n", "float", "N", *_limits(messages.Drill, "wob_limit_n")),
        Argument("percussion", "bool"),
    ),
    _topic(
        "drill.gate", "drill/gate", "drill_driver", "DRL not safe", VITAL,
        "sample gate open or shut",
        Argument("open", "bool"),
    ),
    _topic(
        "drill.deliver", "drill/deliver", "drill_driver", "DRL not safe", VITAL,
        "sample into a cup", _CUP,
    ),
    _topic(
        "payload.power", "science/slot_power", "science_driver", "", VITAL,
        "a payload slot on or off", _SLOT, _ON,
    ),
    _topic(
        "payload.command", "science/slot_command", "science_driver", "SCI slot on", VITAL,
        "an opcode with data for the instrument in a slot", _SLOT,
        Argument("opcode", "int", "", *_limits(messages.SlotCommand, "opcode")),
        Argument("data", "bytes"),
    ),
    _analyser(0, "status", NORMAL, "sends STATUS"),
    _analyser(1, "load", VITAL, "cup into the oven", _CUP),
    _analyser(2, "weigh", NORMAL, "weighs the cup; chamber open"),
    _analyser(3, "seal", VITAL, "shuts the chamber"),
    _analyser(4, "read", NORMAL, "GAS records at 1 Hz on or off", _ON),
    _analyser(
        5, "heat", VITAL, "ramp to a target; ramp 0 is off",
        Argument("ramp_kps", "float", "K/s", 0.0, 2.0),
        Argument("target_degc", "float", "degC", -200.0, 600.0),
    ),
    _analyser(6, "vent", VITAL, "chamber open to space, heater off"),
    _analyser(7, "unload", VITAL, "cup back to the carousel; chamber open"),
    _analyser(8, "calibration", NORMAL, "sends the instrument's certificate"),
    Command(
        0, "partner.status", "slot 1 to 3 opcode 0", "science_driver", ANY, "SCI slot on", NORMAL,
        "a partner payload sends its housekeeping", (Argument("slot", "int", "", 1, 3),),
    ),
    _lifecycle("configure", VITAL, "a component is made and its board's port opened"),
    _lifecycle("activate", VITAL, "the component is stepped and takes goals"),
    _lifecycle("deactivate", CRITICAL, "its safe state is sent, its goals end, it rests"),
    _lifecycle("cleanup", CRITICAL, "the component is closed and its port with it"),
    _lifecycle("shutdown", CRITICAL, "as cleanup, and for good"),
    *_action(
        "retract", "drill", ANY, "DRL on, not safe", CRITICAL,
        "pull the bit out from wherever it is, shut the gate, disable the drill",
    ),
    *_action(
        "analyze_again", "science", ANY, "SCI on", CRITICAL,
        "measure the water in a cup that was heated before; what is left is not the sample's",
        _CUP, Argument("depth_m", "float", "m"), Argument("sample_mass_g", "float", "g"),
    ),
)  # fmt: skip
