"""Messages between drivers and the components that use the boards."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from lupex_rover.core.types.span import (
    COUNT,
    DEGC,
    NOT_NEGATIVE,
    QUATERNION,
    SHARE,
    SLOT,
    U32,
    span,
)

Array = np.ndarray
STATE_ACTIVE, STATE_SAFE = 2, 3  # of a board, in its housekeeping; ICD
REFUSED = 4  # ACK status: not allowed in the board's state; ICD
HOUSEKEEPING_S = 2.5  # housekeeping comes each second: this long without, and it is not awaited


@dataclass(frozen=True)
class BoardHousekeeping:
    """HOUSEKEEPING of one board with the host side's counts of its link."""

    stamp_ns: int
    board: str
    state: int = field(metadata=span(0, 3))  # 0 boot, 1 idle, 2 active, 3 safe
    uptime_s: int = field(metadata=U32)
    temperature_degc: float = field(metadata=DEGC)
    packets_received: int = field(metadata=U32)
    packets_dropped: int = field(metadata=U32)
    fault_bits: int = field(metadata=U32)
    host_packets_received: int = field(default=0, metadata=COUNT)
    host_packets_dropped: int = field(default=0, metadata=COUNT)
    host_resends: int = field(default=0, metadata=COUNT)


@dataclass(frozen=True)
class BoardAck:
    """End of one telecommand: the board's ACK, or its absence after all resends."""

    stamp_ns: int
    board: str
    telecommand: str  # its name in the ICD: "ENABLE", "DRIVE"
    sequence: int = field(metadata=span(0, 16383))
    status: int = field(metadata=span(0, 255))  # ICD ACK status; 255: no answer
    latency_s: float = field(metadata=NOT_NEGATIVE)


@dataclass(frozen=True)
class BoardRequest:
    """A telecommand every board knows: PING, ENABLE (on/off), SAFE, SET_TIME (the stamp).

    "release" is no telecommand: with it the ground ends health's hold of the board in SAFE.
    """

    stamp_ns: int
    board: str
    command: str  # "ping" | "enable" | "disable" | "safe" | "set_time" | "release"


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
    motor_temperature_degc: Array = field(metadata=DEGC)


@dataclass(frozen=True)
class StarAttitude:
    """`moon_R_base` from the star tracker."""

    stamp_ns: int
    orientation_xyzw: Array = field(metadata=QUATERNION)  # (4,)
    sigma_rad: float = field(metadata=NOT_NEGATIVE)
    valid: bool


@dataclass(frozen=True)
class Altimeter:
    """Lander link: slant range, velocity in `map`."""

    stamp_ns: int
    slant_range_m: float = field(metadata=NOT_NEGATIVE)
    velocity_mps: Array  # (3,)
    valid: bool
    touchdown: bool


@dataclass(frozen=True)
class PowerTelemetry:
    """EPS POWER as it came."""

    stamp_ns: int
    bus_v: float = field(metadata=NOT_NEGATIVE)
    battery_v: float = field(metadata=NOT_NEGATIVE)
    battery_a: float  # charging positive
    battery_degc: float = field(metadata=DEGC)
    array_a: Array = field(metadata=NOT_NEGATIVE)  # (3,) left, right, tower
    loads_on: int = field(metadata=span(0, 2**16 - 1))  # bit per load
    load_w: Array = field(metadata=NOT_NEGATIVE)  # (16,)


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
    soc: float = field(metadata=SHARE)
    soc_sigma: float = field(metadata=span(low=0, unit="1"))
    input_w: float = field(metadata=NOT_NEGATIVE)
    output_w: float = field(metadata=NOT_NEGATIVE)
    energy_wh: float = field(metadata=NOT_NEGATIVE)
    usable_wh: float = field(metadata=NOT_NEGATIVE)  # above the reserve
    mode: str  # "normal" | "saving" | "survival"
    shed: tuple[str, ...] = ()
    battery_degc: float = field(default=float("nan"), metadata=DEGC)


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
    bit_degc: float = field(metadata=DEGC)
    auger_current_a: float
    sample_mass_g: float = field(metadata=NOT_NEGATIVE)
    gate: int = field(metadata=span(0, 1))  # 0 shut, 1 open
    cup: int = field(metadata=span(0, 255))  # last one filled; 255: none


@dataclass(frozen=True)
class DrillStatus:
    """What the drill sequence is doing."""

    stamp_ns: int
    phase: str
    depth_m: float
    specific_energy_jpm3: float = field(metadata=NOT_NEGATIVE)
    recoveries: int = field(metadata=COUNT)
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
    slot: int = field(metadata=SLOT)
    kind: int = field(metadata=span(0, 255))
    record: int = field(metadata=U32)
    data: bytes
