"""The payload of every message of the ICD as a named tuple; vectors are tuples of floats.

Field names carry the units of the ICD's tables. Flags are 0 or 1, as on the wire.
"""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple

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
    sequence: int  # of the telecommand
    status: int


class Housekeeping(NamedTuple):
    state: int
    uptime_s: int
    temperature_cdegc: int  # 0.01 degC
    packets_received: int
    packets_dropped: int
    fault_bits: int


class Ping(NamedTuple):
    pass


class Enable(NamedTuple):
    on: int  # 1: enter active, 0: leave it


class Safe(NamedTuple):
    pass


class SetTime(NamedTuple):
    seconds: int  # UTC since 1970
    nanoseconds: int


class Drive(NamedTuple):
    track_speed_mps: Vec  # (4,) front left, front right, rear left, rear right
    steer_angle_rad: Vec  # (4,)


class DriveState(NamedTuple):
    track_travel_m: Vec
    track_speed_mps: Vec
    steer_angle_rad: Vec
    motor_current_a: Vec
    motor_temperature_degc: Vec


class Inertial(NamedTuple):
    angular_rate_rps: Vec
    specific_force_mps2: Vec


class Attitude(NamedTuple):
    orientation_xyzw: Vec  # moon_R_base
    sigma_rad: float
    valid: int


class Switch(NamedTuple):
    load: int
    on: int


class Heater(NamedTuple):
    heater: int  # 0 battery, 1 electronics, 2 drill; or the number of its load
    set_point_degc: float  # NaN: off


class Hibernate(NamedTuple):
    seconds: int


class Power(NamedTuple):
    bus_v: float
    battery_v: float
    battery_a: float  # charging positive
    battery_degc: float
    array_a: Vec  # (3,) left, right, tower
    loads_on: int  # bit per load
    load_w: Vec  # (16,)


class Drill(NamedTuple):
    auger_rpm: float
    feed_mps: float  # down positive
    wob_limit_n: float
    percussion: int


class Gate(NamedTuple):
    open: int  # 1 open, 0 shut


class Deliver(NamedTuple):
    cup: int


class DrillState(NamedTuple):
    depth_m: float  # positive down, 0 at first contact
    auger_rpm: float
    torque_nm: float
    wob_n: float
    feed_mps: float
    bit_degc: float
    auger_current_a: float
    sample_mass_g: float
    gate: int
    cup: int


class SlotPower(NamedTuple):
    slot: int
    on: int


class SlotCommand(NamedTuple):
    slot: int
    opcode: int
    data: bytes


class SlotData(NamedTuple):
    slot: int
    kind: int
    record: int
    data: bytes


class Altimeter(NamedTuple):
    slant_range_m: float
    velocity_mps: Vec
    valid: int
    touchdown: int


class NavUpdate(NamedTuple):
    """Our own addition, as is GuidanceState; all in map."""

    position_m: Vec
    velocity_mps: Vec
    target_m: Vec


class GuidanceState(NamedTuple):
    position_m: Vec
    velocity_mps: Vec
    phase: int
