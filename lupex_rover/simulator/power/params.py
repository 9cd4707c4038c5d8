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

    Areas and directions belong to the vehicle's URDF; they stand here until it carries panels.
    """

    side_m2: float = param(0.30, "cells of each side panel", unit="m2", low=0.01, high=10)
    tower_m2: float = param(0.9, "cells of the tower panel", unit="m2", low=0.01, high=10)
    efficiency: float = param(
        0.28,
        "of the cells at 28 degC",
        low=0,
        high=0.5,
        source="triple-junction cells, typical data sheet, begin of life",
    )
    efficiency_perk: float = param(
        -0.0021,
        "change per kelvin, relative",
        unit="1/K",
        low=-0.01,
        high=0,
        source="triple-junction cells: near -0.06 points of 28 % per K",
    )
    dust: float = param(0.95, "light that dust leaves", low=0, high=1)
    tracking: float = param(0.96, "power point tracking and converter", low=0.5, high=1)
    absorptance: float = param(0.90, "of the cells, electric power included", low=0, high=1)
    back_absorptance: float = param(0.30, "of a panel's back", low=0, high=1)


@dataclass(frozen=True)
class SensorParams:
    """Errors of the EPS board's measurements: a fixed bias drawn once, and noise."""

    current_bias_a: float = param(0.03, "one sigma", unit="A", low=0, high=1)
    current_noise_a: float = param(0.02, "one sigma", unit="A", low=0, high=1)
    voltage_bias_v: float = param(0.015, "one sigma", unit="V", low=0, high=1)
    voltage_noise_v: float = param(0.010, "one sigma", unit="V", low=0, high=1)
    temperature_bias_k: float = param(0.3, "one sigma", unit="K", low=0, high=5)
    temperature_noise_k: float = param(0.1, "one sigma", unit="K", low=0, high=5)
    load_noise: float = param(0.01, "of a load's watts, one sigma", low=0, high=0.5)


@dataclass(frozen=True)
class EpsParams:
    battery: BatteryParams = field(default_factory=BatteryParams)
    array: ArrayParams = field(default_factory=ArrayParams)
    thermal: ThermalParams = field(default_factory=ThermalParams)
    sensors: SensorParams = field(default_factory=SensorParams)
    bus_v: float = param(
        28.0,
        "regulated bus",
        unit="V",
        low=12,
        high=120,
        source="28 V: the common regulated spacecraft bus (ECSS-E-ST-20C)",
    )
    charge_efficiency: float = param(0.95, "converter, bus to battery", low=0.5, high=1)
    discharge_efficiency: float = param(0.95, "converter, battery to bus", low=0.5, high=1)
    # Watts of each load while it is on, without its work; in the order of core.types.LOADS.
    load_w: tuple[float, ...] = param(
        (15.0, 6.0, 5.0, 5.0, 8.0, 3.0, 2.0, 12.0, 0.0, 0.0, 0.0, 10.0), "load by load", unit="W",
        low=0, high=1000,
    )  # fmt: skip
    board_w: float = param(4.0, "EPS board and converters, computer on", unit="W", low=0, high=50)
    clock_w: float = param(2.5, "EPS board asleep: clock, thermostats", unit="W", low=0, high=50)
    heater_w: tuple[float, ...] = param(
        (25.0, 20.0, 15.0), "battery, electronics and drill heater", unit="W", low=0, high=200
    )
    spare_k: float = param(
        0.6, "the second circuit of a heater switches so far below the set point", unit="K",
        low=0, high=20,
        source="primary and redundant circuit with staggered thermostats: usual practice, Gilmore"
        " 2002, ch. 7; the figure is assumed",
    )  # fmt: skip
    leak_spread: float = param(
        0.08, "of the warm boxes' heat leaks, one sigma, relative", low=0, high=0.5
    )
    set_point_degc: tuple[float, ...] = param(
        (5.0, -10.0, -20.0), "heater set points at the start", unit="degC", low=-60, high=40
    )
    hysteresis_k: float = param(
        0.3, "heater switches at set point plus and minus this", unit="K", low=0.1, high=10
    )
    wake_w: float = param(
        20.0,
        "array power that wakes the rover",
        unit="W",
        low=1,
        high=500,
        source="interface control document, HIBERNATE",
    )
    wake_light_s: float = param(60.0, "for this long", unit="s", low=0, high=3600)
    restart_soc: float = param(
        0.02, "after an empty battery the computer starts above this", low=0, high=0.5
    )
    battery_dead_degc: float = param(
        -55.0, "colder than this the cells are lost", unit="degC", low=-150, high=0
    )
    electronics_dead_degc: float = param(
        -65.0, "colder than this the computer is lost", unit="degC", low=-150, high=0,
        source="-65 degC: usual lowest storage temperature of military-grade parts",
    )  # fmt: skip
    start_warm_degc: float = param(15.0, "warm boxes at the start", unit="degC", low=-40, high=40)
    start_outside_k: float = param(
        230.0, "everything else at the start", unit="K", low=40, high=350
    )

    def __post_init__(self) -> None:
        for name, count in (("load_w", 12), ("heater_w", 3), ("set_point_degc", 3)):
            if len(getattr(self, name)) != count:
                raise UserError(f"eps.{name}: expected {count} values")
