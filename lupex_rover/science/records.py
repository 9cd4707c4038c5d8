"""Opcodes and records of the water analyser (slot 0); see docs/payload.md. Big-endian."""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass

# Opcodes of SLOT_COMMAND
OP_STATUS, OP_LOAD, OP_WEIGH, OP_SEAL, OP_READ = range(5)
OP_HEAT, OP_VENT, OP_UNLOAD, OP_CALIBRATION = range(5, 9)

# Kinds of SLOT_DATA
KIND_STATUS, KIND_WEIGHT, KIND_GAS, KIND_CALIBRATION, KIND_HOUSEKEEPING = range(5)

# H2O, H2S, CO2, SO2
MOLAR_KG = (0.0180153, 0.0340809, 0.0440095, 0.0640638)  # IUPAC 2021 atomic weights
NO_CUP = 255

_LOAD = struct.Struct(">B")
_HEAT = struct.Struct(">ff")
_STATUS = struct.Struct(">BBBBff")
_WEIGHT = struct.Struct(">Bff")
_GAS = struct.Struct(">dfff4f")
_CALIBRATION = struct.Struct(">fff4ff")


@dataclass(frozen=True)
class Status:
    """`busy`: a mechanism moves; `sealed`: chamber shut; `cup`: in the oven, 255 none."""

    cup: int
    busy: bool
    sealed: bool
    heating: bool
    oven_degc: float
    set_point_degc: float


@dataclass(frozen=True)
class Weight:
    """Net mass of the cup's content with its standard deviation."""

    cup: int
    mass_g: float
    sigma_g: float


@dataclass(frozen=True)
class Gas:
    """One reading of the chamber: `time_s` since the slot got power."""

    time_s: float
    oven_degc: float
    chamber_degc: float
    pressure_pa: float
    ion_a: tuple[float, float, float, float]  # order of MOLAR_KG


@dataclass(frozen=True)
class Calibration:
    """The instrument's certificate; sensitivities in A per Pa of partial pressure."""

    volume_m3: float
    volume_relative_sigma: float
    gauge_relative_sigma: float
    sensitivity_a_per_pa: tuple[float, float, float, float]
    sensitivity_relative_sigma: float


Record = Status | Weight | Gas | Calibration


def pack_cup(cup: int) -> bytes:
    return _LOAD.pack(cup)


def pack_heat(ramp_kps: float, target_degc: float) -> bytes:
    return _HEAT.pack(ramp_kps, target_degc)


def unpack_heat(data: bytes) -> tuple[float, float]:
    ramp, target = _HEAT.unpack(data)
    return ramp, target


def pack(record: Record) -> tuple[int, bytes]:
    """Kind and bytes of a record."""
    if isinstance(record, Status):
        r = record
        flags = (r.cup, r.busy, r.sealed, r.heating)
        return KIND_STATUS, _STATUS.pack(*flags, r.oven_degc, r.set_point_degc)
    if isinstance(record, Weight):
        return KIND_WEIGHT, _WEIGHT.pack(record.cup, record.mass_g, record.sigma_g)
    if isinstance(record, Gas):
        g = record
        data = _GAS.pack(g.time_s, g.oven_degc, g.chamber_degc, g.pressure_pa, *g.ion_a)
        return KIND_GAS, data
    c = record
    return KIND_CALIBRATION, _CALIBRATION.pack(
        c.volume_m3, c.volume_relative_sigma, c.gauge_relative_sigma,
        *c.sensitivity_a_per_pa, c.sensitivity_relative_sigma,
    )  # fmt: skip


def unpack(kind: int, data: bytes) -> Record | None:
    """The record, or None where the kind is unknown, the length wrong or a number not finite."""
    layout = {KIND_STATUS: _STATUS, KIND_WEIGHT: _WEIGHT, KIND_GAS: _GAS,
              KIND_CALIBRATION: _CALIBRATION}.get(kind)  # fmt: skip
    if layout is None or len(data) != layout.size:
        return None
    v = layout.unpack(data)
    if kind == KIND_STATUS:  # the set point is NaN while the heater is off
        return Status(v[0], bool(v[1]), bool(v[2]), bool(v[3]), v[4], v[5])
    if not all(math.isfinite(x) for x in v):
        return None
    if kind == KIND_WEIGHT:
        return Weight(*v)
    if kind == KIND_GAS:
        return Gas(v[0], v[1], v[2], v[3], (v[4], v[5], v[6], v[7]))
    return Calibration(v[0], v[1], v[2], (v[3], v[4], v[5], v[6]), v[7])
