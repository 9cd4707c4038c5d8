"""Every payload of the ICD as a named tuple, and the table that finds its layout.

Vectors are tuples of floats. `MESSAGES[(apid, is_tc, message_id)]` gives the type of a payload.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, NamedTuple

Vec = tuple[float, ...]
MAX_BYTES = 900  # of an open payload, so that the packet stays below 1024

APIDS = {"MOB": 0x101, "IMU": 0x102, "STR": 0x103, "EPS": 0x104, "DRL": 0x105, "SCI": 0x106,
         "LND": 0x107, "LGC": 0x108}  # fmt: skip
BOARD_OF_APID = {apid: board for board, apid in APIDS.items()}


class AckStatus(IntEnum):
    ACCEPTED = 0
    UNKNOWN = 1
    LENGTH = 2
    RANGE = 3
    STATE = 4
    HARDWARE = 5


class State(IntEnum):
    BOOT = 0
    IDLE = 1
    ACTIVE = 2
    SAFE = 3


class Ack(NamedTuple):
    sequence: int
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
    on: int


class Safe(NamedTuple):
    pass


class SetTime(NamedTuple):
    seconds: int
    nanoseconds: int


class Drive(NamedTuple):
    track_speed_mps: Vec
    steer_angle_rad: Vec


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
    orientation_xyzw: Vec
    sigma_rad: float
    valid: int


class Switch(NamedTuple):
    load: int
    on: int


class Heater(NamedTuple):
    heater: int
    set_point_degc: float  # NaN: off


class Hibernate(NamedTuple):
    seconds: int


class Power(NamedTuple):
    bus_v: float
    battery_v: float
    battery_a: float
    battery_degc: float
    array_a: Vec
    loads_on: int
    load_w: Vec


class Drill(NamedTuple):
    auger_rpm: float
    feed_mps: float
    wob_limit_n: float
    percussion: int


class Gate(NamedTuple):
    open: int


class Deliver(NamedTuple):
    cup: int


class DrillState(NamedTuple):
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
    position_m: Vec
    velocity_mps: Vec
    target_m: Vec


class GuidanceState(NamedTuple):
    position_m: Vec
    velocity_mps: Vec
    phase: int


def _within(low: float, high: float) -> Callable[[float], bool]:
    return lambda v: low <= v <= high  # false for NaN


def _flag(v: float) -> bool:
    return v in (0, 1)


@dataclass(frozen=True)
class Layout:
    """Where a payload's fields lie: one struct code per field, `4f` for a vector, `*` for bytes."""

    kind: type
    message_id: int
    codes: tuple[str, ...] = ()
    limits: tuple[Callable[[float], bool] | None, ...] = ()
    motion: bool = False

    def __post_init__(self) -> None:
        body = "".join(c for c in self.codes if c != "*")
        object.__setattr__(self, "_struct", struct.Struct(">" + body))
        object.__setattr__(self, "_open", "*" in self.codes)

    def pack(self, payload: Any) -> bytes:
        flat: list[Any] = []
        tail = b""
        for code, value in zip(self.codes, payload):
            if code == "*":
                tail = value
            elif len(code) > 1:
                flat.extend(value)
            else:
                flat.append(value)
        return self._struct.pack(*flat) + tail  # type: ignore[attr-defined]

    def unpack(self, data: bytes) -> Any:
        """The payload, or None where the length is wrong."""
        size = self._struct.size  # type: ignore[attr-defined]
        if len(data) != size and not (self._open and len(data) > size):  # type: ignore[attr-defined]
            if not (self._open and len(data) == size):  # type: ignore[attr-defined]
                return None
        flat = self._struct.unpack_from(data)  # type: ignore[attr-defined]
        values: list[Any] = []
        at = 0
        for code in self.codes:
            if code == "*":
                values.append(data[size:])
            elif len(code) > 1:
                n = int(code[:-1])
                values.append(flat[at : at + n])
                at += n
            else:
                values.append(flat[at])
                at += 1
        return self.kind(*values)

    def in_range(self, payload: Any) -> bool:
        """Every field is finite and within its limit."""
        for limit, value in zip(self.limits, payload):
            if isinstance(value, bytes):
                if len(value) > MAX_BYTES:
                    return False
                continue
            values = value if isinstance(value, tuple) else (value,)
            if limit is not None and not all(map(limit, values)):
                return False
        return True


_SPEED, _ANGLE = _within(-0.30, 0.30), _within(-1.75, 1.75)


def _f32_slack(limit: Callable[[float], bool]) -> Callable[[float], bool]:
    """A limit that a value rounded to f32 still meets at its edge."""
    return lambda v: limit(v) or (math.isfinite(v) and limit(v * (1 - 1e-6)))


_COMMON_TC = (
    Layout(Ping, 0x03),
    Layout(Enable, 0x04, ("B",), (_flag,)),
    Layout(Safe, 0x05),
    Layout(SetTime, 0x06, ("I", "I"), (None, _within(0, 999_999_999))),
)
_COMMON_TM = (
    Layout(Ack, 0x01, ("H", "B")),
    Layout(Housekeeping, 0x02, ("B", "I", "h", "I", "I", "I")),
)
_FINITE = math.isfinite
_TC = {
    "MOB": (
        Layout(Drive, 0x10, ("4f", "4f"), (_f32_slack(_SPEED), _f32_slack(_ANGLE)), motion=True),
    ),
    "EPS": (
        Layout(Switch, 0x10, ("B", "B"), (_within(0, 15), _flag)),
        Layout(Heater, 0x11, ("B", "f"), (_within(0, 2), lambda v: not math.isinf(v))),
        Layout(Hibernate, 0x12, ("I",)),
    ),
    "DRL": (
        Layout(
            Drill, 0x10, ("f", "f", "f", "B"),
            (_within(0, 150), _f32_slack(_within(-0.01, 0.01)), _within(0, 250), _flag),
            motion=True,
        ),
        Layout(Gate, 0x11, ("B",), (_flag,)),
        Layout(Deliver, 0x12, ("B",), (_within(0, 11),)),
    ),
    "SCI": (
        Layout(SlotPower, 0x10, ("B", "B"), (_within(0, 7), _flag)),
        Layout(SlotCommand, 0x11, ("B", "B", "*"), (_within(0, 7), _within(0, 255), None)),
    ),
    "LGC": (Layout(NavUpdate, 0x10, ("3f", "3f", "3f"), (_FINITE, _FINITE, _FINITE)),),
}  # fmt: skip
_TM = {
    "MOB": (Layout(DriveState, 0x20, ("4f",) * 5),),
    "IMU": (Layout(Inertial, 0x20, ("3f", "3f")),),
    "STR": (Layout(Attitude, 0x20, ("4f", "f", "B")),),
    "EPS": (Layout(Power, 0x20, ("f", "f", "f", "f", "3f", "I", "16f")),),
    "DRL": (Layout(DrillState, 0x20, ("f",) * 8 + ("B", "B")),),
    "SCI": (Layout(SlotData, 0x20, ("B", "B", "I", "*")),),
    "LND": (Layout(Altimeter, 0x20, ("f", "3f", "B", "B")),),
    "LGC": (Layout(GuidanceState, 0x20, ("3f", "3f", "B")),),
}

LAYOUTS: dict[tuple[int, bool, int], Layout] = {
    (apid, is_tc, layout.message_id): layout
    for board, apid in APIDS.items()
    for is_tc, layouts in (
        (True, (*_COMMON_TC, *_TC.get(board, ()))),
        (False, (*_COMMON_TM, *_TM.get(board, ()))),
    )
    for layout in layouts
}
MESSAGES = {key: layout.kind for key, layout in LAYOUTS.items()}
_BY_KIND = {layout.kind: layout for layout in LAYOUTS.values()}


def layout_of_type(kind: type) -> Layout:
    """The layout of a payload type."""
    return _BY_KIND[kind]


def layout_of(payload: Any) -> Layout:
    """The layout of a payload's type."""
    return _BY_KIND[type(payload)]
