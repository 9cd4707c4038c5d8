"""Parameters of the power manager: what the ground knows of battery and loads."""

from __future__ import annotations

from dataclasses import dataclass, field

from lupex_rover.core.errors import UserError
from lupex_rover.core.params import ordered, param


@dataclass(frozen=True)
class ArrayModelParams:
    """The array as built; the side panels face left and right, the tower turns to the Sun."""

    area_m2: tuple[float, ...] = param(
        (0.30, 0.30, 0.90), "cells of left, right and tower panel", unit="m2", low=0, high=10
    )
    efficiency: float = param(0.28, "of clean new cells at 28 degC", low=0.01, high=0.5)
    efficiency_perk: float = param(-0.0021, "change per kelvin, relative", unit="1/K")
    tracking: float = param(0.96, "power point tracking and converter", low=0.5, high=1)
    absorbed: float = param(0.65, "sunlight that becomes heat", low=0, high=1)
    emittance: float = param(0.85, "of each face", low=0.1, high=1)
    surroundings_k: float = param(120.0, "mean of sky and ground", unit="K", low=3, high=300)
    memory_s: float = param(3600.0, "of the running mean", unit="s", low=60, high=1e6)

    def check(self) -> None:
        if len(self.area_m2) != 3:
            raise UserError("area_m2: expected 3 values: left, right and tower panel")


@dataclass(frozen=True)
class PowerParams:
    array: ArrayModelParams = field(default_factory=ArrayModelParams)
    # battery, as accepted on the ground
    series: int = param(8, "cells in series", low=1, high=100)
    capacity_ah: float = param(
        144.2,
        "of the pack when new",
        unit="A h",
        low=1,
        high=10_000,
        source="28 cells of 5.15 A h in parallel, as the simulated cell; assumed acceptance test",
    )
    resistance_ohm: float = param(
        0.0099, "of the cells of the pack at 25 degC", unit="ohm", low=0, high=1,
        source="8/28 of 34.6 mohm a cell; assumed acceptance test",
    )  # fmt: skip
    polarisation_ohm: float = param(
        0.0052, "of the pack at 25 degC, grows in after a change of current", unit="ohm", low=0,
        high=1, source="8/28 of 18.2 mohm a cell; assumed acceptance test",
    )  # fmt: skip
    polarisation_s: float = param(90.0, "with this time constant", unit="s", low=1, high=1e5)
    harness_ohm: float = param(0.005, "harness and bus bars of the pack", unit="ohm", low=0, high=1)
    activation_jpmol: float = param(
        20_000.0, "resistance over temperature (Arrhenius)", unit="J/mol", low=0, high=1e5,
        source="between the 17.8 and 35 kJ/mol of the electrodes in Chen et al. 2020",
    )  # fmt: skip
    # filter
    start_soc: float = param(0.5, "belief before the first voltage", low=0, high=1)
    start_sigma: float = param(0.3, "its sigma", low=0.01, high=1)
    voltage_sigma_v: float = param(
        0.06, "sensor bias, table error and hysteresis of the pack", unit="V", low=0.001, high=2
    )
    correlation_s: float = param(
        14_400.0, "that error stays the same for about this long", unit="s", low=1, high=1e6
    )
    voltage_noise_v: float = param(
        0.04, "of one reading, and of the polarisation's model", unit="V", low=0.001, high=2
    )
    capacity_sigma: float = param(
        0.10, "doubt of the capacity at first, age included, relative", low=0.001, high=0.5
    )
    resistance_sigma: float = param(
        0.3, "doubt of the resistance at first, age included, relative", low=0.01, high=1
    )
    current_sigma_a: float = param(0.05, "current sensor bias", unit="A", low=0.001, high=5)
    gap_s: float = param(
        60.0, "telemetry silent longer than this: estimate anew", unit="s", low=5, high=3600
    )
    sleep_w: float = param(
        15.0, "expected draw while telemetry is silent", unit="W", low=0, high=100
    )
    # modes and shedding
    reserve_soc: float = param(0.15, "charge that plans must leave", low=0, high=0.9)
    saving_soc: float = param(0.25, "saving mode below", low=0, high=1)
    survival_soc: float = param(0.10, "survival mode below", low=0, high=1)
    hysteresis_soc: float = param(
        0.05, "a mode is left this much above its threshold", low=0.005, high=0.3
    )
    # Watched while discharging, least wanted first; computer and survival heaters never.
    shed_soc: dict[str, float] = param(
        {"lights": 0.25, "payload": 0.15, "drill_heater": 0.13, "drill": 0.12, "mobility": 0.10,
         "cameras": 0.10, "star_tracker": 0.08, "imu": 0.08, "radio": 0.06},
        "load -> switched off below this charge", low=0, high=1,
    )  # fmt: skip
    load_limit_w: dict[str, float] = param(
        {"mobility": 800.0, "drill": 900.0, "payload": 400.0, "cameras": 40.0,
         "star_tracker": 20.0, "imu": 20.0, "radio": 60.0, "lights": 60.0},
        "load -> most watts it may draw", unit="W", low=0, high=5000,
    )  # fmt: skip
    overload_s: float = param(
        2.0, "a load may exceed its limit this long", unit="s", low=0, high=60
    )
    least_battery_v: float = param(
        22.0,
        "under-voltage of the pack",
        unit="V",
        low=1,
        high=200,
        source="2.75 V a cell; LG M50 data sheet: never below 2.5 V",
    )
    least_bus_v: float = param(24.0, "under-voltage of the bus", unit="V", low=1, high=200)
    # heaters
    battery_degc: float = param(5.0, "battery heater set point", unit="degC", low=-20, high=30)
    battery_charge_degc: float = param(
        10.0, "set point while warming to charge", unit="degC", low=0, high=30
    )
    battery_store_degc: float = param(
        40.0, "set point while a full battery leaves light over", unit="degC", low=0, high=42,
        source="warm for the night; LG M50 data sheet: charge to 45 degC",
    )  # fmt: skip
    store_soc: float = param(0.97, "that full", low=0.5, high=1)
    store_spare_w: float = param(
        40.0, "array above loads, more than the heater", unit="W", low=0, high=500
    )
    electronics_degc: float = param(
        -10.0, "electronics heater set point", unit="degC", low=-40, high=30
    )
    electronics_warm_degc: float = param(
        20.0, "the same while a battery without heater is too cold to charge", unit="degC", low=-40,
        high=40, source="simulator/thermal.py: the heat switch is closed by then; no box is hotter",
    )  # fmt: skip
    heater_dead_s: float = param(
        120.0, "a heater that gives nothing for so long is dead", unit="s", low=5, high=3600
    )
    cold_degc: float = param(
        2.0,
        "too cold to charge below",
        unit="degC",
        low=-10,
        high=20,
        source="cells must not be charged below 0 degC; margin 2 K",
    )
    light_w: float = param(40.0, "there is light to charge with above", unit="W", low=1, high=500)
    persist_s: float = param(60.0, "the charge is stored this often", unit="s", low=1, high=3600)

    def check(self) -> None:
        ordered(self, "survival_soc", "saving_soc")
        ordered(self, "battery_degc", "battery_charge_degc", "battery_store_degc")
        ordered(self, "electronics_degc", "electronics_warm_degc")
