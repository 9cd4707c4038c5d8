"""Messages between drivers and the components that use the boards."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

Array = np.ndarray
STATE_ACTIVE, STATE_SAFE = 2, 3  # of a board, in its housekeeping; ICD
REFUSED = 4  # ACK status: not allowed in the board's state; ICD
HOUSEKEEPING_S = 2.5  # housekeeping comes each second: this long without, and it is not awaited


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
    telecommand: str  # its name in the ICD: "ENABLE", "DRIVE"
    sequence: int
    status: int  # ICD ACK status; 255: no answer
    latency_s: float


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
