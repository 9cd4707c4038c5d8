"""Sizes of the simulated electrical power system. Mostly assumed, and marked so."""

from __future__ import annotations

from dataclasses import dataclass, field

from lupex_rover.core.errors import UserError
from lupex_rover.core.params import param
from lupex_rover.simulator.power.cell import BatteryParams
from lupex_rover.simulator.power.thermal import ThermalParams


@dataclass(frozen=True)
class ArrayParams:
    """Upright panels left, right (fixed to the body) and tower (turns to the Sun in azimuth).

    Areas and directions are those of the vehicle's URDF; others are refused.
    """

    side_m2: float = param(0.30, "cell area of each side panel", unit="m2", low=0.01, high=10)
    tower_m2: float = param(0.9, "cell area of the tower panel", unit="m2", low=0.01, high=10)
    efficiency: float = param(
        0.28, "efficiency of the cells at 28 degC", unit="1", low=0, high=0.5,
        source="triple-junction cells, typical data sheet, begin of life",
    )  # fmt: skip
    efficiency_perk: float = param(
        -0.0021, "relative change of the cells' efficiency per kelvin",
        unit="1/K", low=-0.01, high=0,
        source="triple-junction cells: near -0.06 points of 28 % per K",
    )  # fmt: skip
    dust: float = param(0.95, "share of light that dust leaves", unit="1", low=0, high=1)
    tracking: float = param(
        0.96, "efficiency of power point tracking and converter", unit="1", low=0.5, high=1,
    )  # fmt: skip
    absorptance: float = param(
        0.90, "solar absorptance of the cells, electric power included", unit="1", low=0, high=1,
    )  # fmt: skip
    back_absorptance: float = param(
        0.30, "solar absorptance of a panel's back", unit="1", low=0, high=1,
    )  # fmt: skip

    @property
    def areas_m2(self) -> tuple[float, float, float]:
        """Of left, right and tower."""
        return self.side_m2, self.side_m2, self.tower_m2


@dataclass(frozen=True)
class SensorParams:
    """Errors of the EPS board's measurements: a fixed bias drawn once, and noise."""

    current_bias_a: float = param(
        0.03, "bias of the EPS's current readings, one sigma", unit="A", low=0, high=1,
    )  # fmt: skip
    current_noise_a: float = param(
        0.02, "noise of the EPS's current readings, one sigma", unit="A", low=0, high=1,
    )  # fmt: skip
    voltage_bias_v: float = param(
        0.015, "bias of the EPS's voltage readings, one sigma", unit="V", low=0, high=1,
    )  # fmt: skip
    voltage_noise_v: float = param(
        0.010, "noise of the EPS's voltage readings, one sigma", unit="V", low=0, high=1,
    )  # fmt: skip
    temperature_bias_k: float = param(
        0.3, "bias of the EPS's temperature readings, one sigma", unit="K", low=0, high=5,
    )  # fmt: skip
    temperature_noise_k: float = param(
        0.1, "noise of the EPS's temperature readings, one sigma", unit="K", low=0, high=5,
    )  # fmt: skip
    load_noise: float = param(
        0.01, "relative noise of a load's power reading, one sigma", unit="1", low=0, high=0.5,
    )  # fmt: skip


@dataclass(frozen=True)
class EpsParams:
    battery: BatteryParams = field(default_factory=BatteryParams)
    array: ArrayParams = field(default_factory=ArrayParams)
    thermal: ThermalParams = field(default_factory=ThermalParams)
    sensors: SensorParams = field(default_factory=SensorParams)
    bus_v: float = param(
        28.0, "voltage of the regulated bus", unit="V", low=12, high=120,
        source="28 V: the common regulated spacecraft bus (ECSS-E-ST-20C)",
    )  # fmt: skip
    charge_efficiency: float = param(
        0.95, "efficiency of the converter from bus to battery", unit="1", low=0.5, high=1,
    )  # fmt: skip
    discharge_efficiency: float = param(
        0.95, "efficiency of the converter from battery to bus", unit="1", low=0.5, high=1,
    )  # fmt: skip
    # Watts of each load while it is on, without its work; in the order of core.types.LOADS.
    load_w: tuple[float, ...] = param(
        (15.0, 6.0, 5.0, 5.0, 8.0, 3.0, 2.0, 12.0, 0.0, 0.0, 0.0, 10.0),
        "power of each load while it is on, without its work, in the order of core.types.LOADS",
        unit="W", low=0, high=1000,
    )  # fmt: skip
    board_w: float = param(
        4.0, "power of EPS board and converters with the computer on", unit="W", low=0, high=50,
    )  # fmt: skip
    clock_w: float = param(
        2.5, "power of the EPS board asleep: clock and thermostats", unit="W", low=0, high=50,
    )  # fmt: skip
    heater_w: tuple[float, ...] = param(
        (25.0, 20.0, 15.0), "power of battery, electronics and drill heater",
        unit="W", low=0, high=200,
    )  # fmt: skip
    spare_k: float = param(
        0.6, "temperature below its set point at which a heater's second circuit switches",
        unit="K", low=0, high=20,
        source="primary and redundant circuit with staggered thermostats: usual practice,"
        " Gilmore 2002, ch. 7; the figure is assumed",
    )  # fmt: skip
    leak_spread: float = param(
        0.08, "relative spread of the warm boxes' heat leaks, one sigma", unit="1", low=0, high=0.5,
    )  # fmt: skip
    set_point_degc: tuple[float, ...] = param(
        (5.0, -10.0, -20.0), "set points of battery, electronics and drill heater at the start",
        unit="degC", low=-60, high=40,
    )  # fmt: skip
    hysteresis_k: float = param(
        0.3, "half band of a heater's thermostat round its set point", unit="K", low=0.1, high=10,
    )  # fmt: skip
    wake_w: float = param(
        20.0,
        "array power that wakes the rover",
        unit="W",
        low=1,
        high=500,
        source="interface control document, HIBERNATE",
    )
    wake_light_s: float = param(
        60.0, "time that the array must give `wake_w` to wake the rover",
        unit="s", low=0, high=3600,
    )  # fmt: skip
    restart_soc: float = param(
        0.02, "state of charge above which the computer starts after an empty battery",
        unit="1", low=0, high=0.5,
    )  # fmt: skip
    battery_dead_degc: float = param(
        -55.0, "battery temperature below which the cells are lost", unit="degC", low=-150, high=0,
    )  # fmt: skip
    electronics_dead_degc: float = param(
        -65.0, "electronics temperature below which the computer is lost",
        unit="degC", low=-150, high=0,
        source="-65 degC: usual lowest storage temperature of military-grade parts",
    )  # fmt: skip
    start_warm_degc: float = param(
        15.0, "temperature of the warm boxes at the start", unit="degC", low=-40, high=40,
    )  # fmt: skip
    start_outside_k: float = param(
        230.0, "temperature of everything outside the warm boxes at the start",
        unit="K", low=40, high=350,
    )  # fmt: skip

    def __post_init__(self) -> None:
        for name, count in (("load_w", 12), ("heater_w", 3), ("set_point_degc", 3)):
            if len(getattr(self, name)) != count:
                raise UserError(f"eps.{name}: expected {count} values")
