"""The payload of every message of the ICD as a named tuple; vectors are tuples of floats.

The annotations say how each field stands on the wire, with unit and range (`fields`). `boards` says
which board has which message. Flags are 0 or 1, as on the wire.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Annotated, NamedTuple

from lupex_rover.core.constants import STEER_LIMIT_RAD, TRACK_LIMIT_MPS
from lupex_rover.protocol.fields import f32, flag, i16, to_end, u8, u16, u32

Vec = tuple[float, ...]


class AckStatus(IntEnum):
    """The board's answer to a telecommand."""

    ACCEPTED = 0
    UNKNOWN = 1
    LENGTH = 2
    RANGE = 3
    STATE = 4
    HARDWARE = 5


class State(IntEnum):
    """Of a board, in HOUSEKEEPING; motion is allowed in ACTIVE only."""

    BOOT = 0
    IDLE = 1
    ACTIVE = 2
    SAFE = 3


class Ack(NamedTuple):
    sequence: Annotated[int, u16(about="sequence count of the telecommand")]
    status: Annotated[int, u8(about="of AckStatus")]


class Housekeeping(NamedTuple):
    state: Annotated[int, u8(about="0 boot, 1 idle, 2 active, 3 safe")]
    uptime_s: Annotated[int, u32("s")]
    temperature_cdegc: Annotated[int, i16("0.01 degC")]
    packets_received: Annotated[int, u32()]
    packets_dropped: Annotated[int, u32()]
    fault_bits: Annotated[int, u32(about="bit 0: the dead-man stopped the actuators")]


class Ping(NamedTuple):
    pass


class Enable(NamedTuple):
    on: Annotated[int, flag("1: enter active, 0: leave it")]


class Safe(NamedTuple):
    pass


class SetTime(NamedTuple):
    seconds: Annotated[int, u32("s", about="UTC since 1970")]
    nanoseconds: Annotated[int, u32("ns", low=0, high=999_999_999)]


CRAWLERS = "front left, front right, rear left, rear right"


class Drive(NamedTuple):
    track_speed_mps: Annotated[
        Vec, f32("m/s", 4, low=-TRACK_LIMIT_MPS, high=TRACK_LIMIT_MPS, about=CRAWLERS)
    ]
    steer_angle_rad: Annotated[
        Vec, f32("rad", 4, low=-STEER_LIMIT_RAD, high=STEER_LIMIT_RAD, about=CRAWLERS)
    ]


class DriveState(NamedTuple):
    track_travel_m: Annotated[Vec, f32("m", 4, about=CRAWLERS)]
    track_speed_mps: Annotated[Vec, f32("m/s", 4)]
    steer_angle_rad: Annotated[Vec, f32("rad", 4)]
    motor_current_a: Annotated[Vec, f32("A", 4)]
    motor_temperature_degc: Annotated[Vec, f32("degC", 4)]


class Inertial(NamedTuple):
    angular_rate_rps: Annotated[Vec, f32("rad/s", 3, about="in base_link")]
    specific_force_mps2: Annotated[Vec, f32("m/s2", 3, about="in base_link")]


class Attitude(NamedTuple):
    orientation_xyzw: Annotated[Vec, f32("", 4, about="moon_R_base")]
    sigma_rad: Annotated[float, f32("rad")]
    valid: Annotated[int, flag()]


class Switch(NamedTuple):
    load: Annotated[int, u8(low=0, high=15, about="number of the load")]
    on: Annotated[int, flag()]


class Heater(NamedTuple):
    heater: Annotated[
        int, u8(allowed=(0, 1, 2, 8, 9, 10), about="0 battery, 1 electronics, 2 drill; or its load")
    ]
    set_point_degc: Annotated[float, f32("degC", nan="off")]


class Hibernate(NamedTuple):
    seconds: Annotated[int, u32("s")]


class Power(NamedTuple):
    bus_v: Annotated[float, f32("V")]
    battery_v: Annotated[float, f32("V")]
    battery_a: Annotated[float, f32("A", about="charging positive")]
    battery_degc: Annotated[float, f32("degC")]
    array_a: Annotated[Vec, f32("A", 3, about="left, right, tower")]
    loads_on: Annotated[int, u32(about="bit per load")]
    load_w: Annotated[Vec, f32("W", 16)]


class Drill(NamedTuple):
    auger_rpm: Annotated[float, f32("rpm", low=0.0, high=150.0)]
    feed_mps: Annotated[float, f32("m/s", low=-0.01, high=0.01, about="down positive")]
    wob_limit_n: Annotated[float, f32("N", low=0.0, high=250.0, about="weight-on-bit limit")]
    percussion: Annotated[int, flag()]


class Gate(NamedTuple):
    open: Annotated[int, flag("1 open, 0 shut")]


class Deliver(NamedTuple):
    cup: Annotated[int, u8(low=0, high=11, about="of the carousel")]


class DrillState(NamedTuple):
    depth_m: Annotated[float, f32("m", about="positive down, 0 at first contact")]
    auger_rpm: Annotated[float, f32("rpm")]
    torque_nm: Annotated[float, f32("N m")]
    wob_n: Annotated[float, f32("N")]
    feed_mps: Annotated[float, f32("m/s")]
    bit_degc: Annotated[float, f32("degC")]
    auger_current_a: Annotated[float, f32("A")]
    sample_mass_g: Annotated[float, f32("g")]
    gate: Annotated[int, u8()]
    cup: Annotated[int, u8()]


class SlotPower(NamedTuple):
    slot: Annotated[int, u8(low=0, high=7)]
    on: Annotated[int, flag()]


class SlotCommand(NamedTuple):
    slot: Annotated[int, u8(low=0, high=7)]
    opcode: Annotated[int, u8()]
    data: Annotated[bytes, to_end()]


class SlotData(NamedTuple):
    slot: Annotated[int, u8()]
    kind: Annotated[int, u8()]
    record: Annotated[int, u32(about="number of the record, per slot")]
    data: Annotated[bytes, to_end()]


class Altimeter(NamedTuple):
    slant_range_m: Annotated[float, f32("m")]
    velocity_mps: Annotated[Vec, f32("m/s", 3, about="in map")]
    valid: Annotated[int, flag()]
    touchdown: Annotated[int, flag()]


class NavUpdate(NamedTuple):
    """Our own addition, as is GuidanceState; all in map."""

    position_m: Annotated[Vec, f32("m", 3)]
    velocity_mps: Annotated[Vec, f32("m/s", 3)]
    target_m: Annotated[Vec, f32("m", 3, about="where to land")]


class GuidanceState(NamedTuple):
    position_m: Annotated[Vec, f32("m", 3, about="by its own inertial navigation, in map")]
    velocity_mps: Annotated[Vec, f32("m/s", 3)]
    phase: Annotated[int, u8()]
