"""Parameters of the power manager: what the ground knows of battery and loads."""

from __future__ import annotations

from dataclasses import dataclass, field

from lupex_rover.core.errors import UserError
from lupex_rover.core.params import ordered, param


@dataclass(frozen=True)
class ArrayModelParams:
    """The array as built; the side panels face left and right, the tower turns to the Sun."""

    area_m2: tuple[float, ...] = param(
        (0.30, 0.30, 0.90), "cell areas of left, right and tower panel", unit="m2", low=0, high=10,
    )  # fmt: skip
    efficiency: float = param(
        0.28, "efficiency of clean new cells at 28 degC", unit="1", low=0.01, high=0.5,
    )  # fmt: skip
    efficiency_perk: float = param(
        -0.0021, "relative change of the cells' efficiency per kelvin", unit="1/K",
    )  # fmt: skip
    tracking: float = param(
        0.96, "efficiency of power point tracking and converter", unit="1", low=0.5, high=1,
    )  # fmt: skip
    absorbed: float = param(
        0.65, "share of sunlight that becomes heat in a panel", unit="1", low=0, high=1,
    )  # fmt: skip
    emittance: float = param(0.85, "emittance of each face of a panel", unit="1", low=0.1, high=1)
    surroundings_k: float = param(
        120.0, "mean temperature of sky and ground as a panel sees them", unit="K", low=3, high=300,
    )  # fmt: skip
    memory_s: float = param(
        3600.0, "time constant of the running mean of a panel's health", unit="s", low=60, high=1e6,
    )  # fmt: skip

    def check(self) -> None:
        if len(self.area_m2) != 3:
            raise UserError("area_m2: expected 3 values: left, right and tower panel")


@dataclass(frozen=True)
class PowerParams:
    array: ArrayModelParams = field(default_factory=ArrayModelParams)
    # battery, as accepted on the ground
    series: int = param(8, "number of cells in series", low=1, high=100)
    capacity_ah: float = param(
        144.2, "capacity of the pack when new", unit="A h", low=1, high=10_000,
        source="28 cells of 5.15 A h in parallel, as the simulated cell; assumed acceptance test",
    )  # fmt: skip
    resistance_ohm: float = param(
        0.0099, "resistance of the pack's cells at 25 degC", unit="ohm", low=0, high=1,
        source="8/28 of 34.6 mohm a cell; assumed acceptance test",
    )  # fmt: skip
    polarisation_ohm: float = param(
        0.0052,
        "polarisation resistance of the pack at 25 degC, which grows in after a change of current",
        unit="ohm", low=0, high=1, source="8/28 of 18.2 mohm a cell; assumed acceptance test",
    )  # fmt: skip
    polarisation_s: float = param(
        90.0, "time constant of the polarisation", unit="s", low=1, high=1e5,
    )  # fmt: skip
    harness_ohm: float = param(
        0.005, "resistance of harness and bus bars of the pack", unit="ohm", low=0, high=1,
    )  # fmt: skip
    activation_jpmol: float = param(
        20_000.0, "activation energy of the cells' resistance over temperature (Arrhenius)",
        unit="J/mol", low=0, high=1e5,
        source="between the 17.8 and 35 kJ/mol of the electrodes in Chen et al. 2020",
    )  # fmt: skip
    # filter
    start_soc: float = param(
        0.5, "state of charge believed before the first voltage", unit="1", low=0, high=1,
    )  # fmt: skip
    start_sigma: float = param(
        0.3, "error of the state of charge believed at first, one sigma",
        unit="1", low=0.01, high=1,
    )  # fmt: skip
    voltage_sigma_v: float = param(
        0.06,
        "lasting voltage error of the pack, one sigma: sensor bias, table error and hysteresis",
        unit="V", low=0.001, high=2,
    )  # fmt: skip
    correlation_s: float = param(
        14_400.0, "time for which the lasting voltage error stays about the same",
        unit="s", low=1, high=1e6,
    )  # fmt: skip
    voltage_noise_v: float = param(
        0.04, "noise of one voltage reading and of the polarisation's model, one sigma",
        unit="V", low=0.001, high=2,
    )  # fmt: skip
    capacity_sigma: float = param(
        0.10, "relative error of the capacity believed at first, age included, one sigma",
        unit="1", low=0.001, high=0.5,
    )  # fmt: skip
    resistance_sigma: float = param(
        0.3, "relative error of the resistance believed at first, age included, one sigma",
        unit="1", low=0.01, high=1,
    )  # fmt: skip
    current_sigma_a: float = param(
        0.05, "bias of the current sensor, one sigma", unit="A", low=0.001, high=5,
    )  # fmt: skip
    gap_s: float = param(
        60.0, "silence of telemetry after which the charge is estimated anew",
        unit="s", low=5, high=3600,
    )  # fmt: skip
    sleep_w: float = param(
        15.0, "power draw that is expected while telemetry is silent", unit="W", low=0, high=100,
    )  # fmt: skip
    # what a reading of the EPS can be
    sensor_a: float = param(
        250.0, "greatest current of battery or panel that a sensor of the EPS can read, of either"
        " sign", unit="A", low=1, high=10_000,
    )  # fmt: skip
    sensor_v: float = param(
        60.0, "greatest voltage that a sensor of the EPS can read", unit="V", low=1, high=1000,
    )  # fmt: skip
    sensor_w: float = param(
        5000.0, "greatest power of a load that the EPS can read", unit="W", low=1, high=1e5,
    )  # fmt: skip
    sensor_degc: float = param(
        150.0, "greatest temperature that the battery's sensor can read, of either sign",
        unit="degC", low=1, high=1000,
    )  # fmt: skip
    books_w: float = param(
        150.0, "difference between the battery's power and that of array less loads, above which"
        " a current that jumps is not believed, with 0.3 of the larger of the two added",
        unit="W", low=1, high=5000,
    )  # fmt: skip
    # modes and shedding
    reserve_soc: float = param(
        0.15, "state of charge that plans must leave", unit="1", low=0, high=0.9,
    )  # fmt: skip
    saving_soc: float = param(
        0.25, "state of charge below which saving mode begins", unit="1", low=0, high=1,
    )  # fmt: skip
    survival_soc: float = param(
        0.10, "state of charge below which survival mode begins", unit="1", low=0, high=1,
    )  # fmt: skip
    hysteresis_soc: float = param(
        0.05, "state of charge above a mode's threshold at which the mode is left",
        unit="1", low=0.005, high=0.3,
    )  # fmt: skip
    # Watched while discharging, least wanted first; computer and survival heaters never.
    shed_soc: dict[str, float] = param(
        {"lights": 0.25, "payload": 0.15, "drill_heater": 0.13, "drill": 0.12, "mobility": 0.10,
         "cameras": 0.10, "star_tracker": 0.08, "imu": 0.08, "radio": 0.06},
        "state of charge below which each load is switched off", unit="1", low=0, high=1,
    )  # fmt: skip
    load_limit_w: dict[str, float] = param(
        {"mobility": 800.0, "drill": 900.0, "payload": 400.0, "cameras": 40.0,
         "star_tracker": 20.0, "imu": 20.0, "radio": 60.0, "lights": 60.0},
        "greatest power that each load may draw", unit="W", low=0, high=5000,
    )  # fmt: skip
    overload_s: float = param(
        2.0, "time that a load may exceed its limit", unit="s", low=0, high=60,
    )  # fmt: skip
    least_battery_v: float = param(
        22.0, "voltage of the pack below which it is under-voltage", unit="V", low=1, high=200,
        source="2.75 V a cell; LG M50 data sheet: never below 2.5 V",
    )  # fmt: skip
    least_bus_v: float = param(
        24.0, "voltage of the bus below which it is under-voltage", unit="V", low=1, high=200,
    )  # fmt: skip
    # heaters
    battery_degc: float = param(
        5.0, "set point of the battery heater", unit="degC", low=-20, high=30,
    )  # fmt: skip
    battery_charge_degc: float = param(
        10.0, "set point of the battery heater while it warms up to charge",
        unit="degC", low=0, high=30,
    )  # fmt: skip
    battery_store_degc: float = param(
        40.0, "set point of the battery heater while a full battery leaves light over",
        unit="degC", low=0, high=42,
        source="warm for the night; LG M50 data sheet: charge to 45 degC",
    )  # fmt: skip
    store_soc: float = param(
        0.97, "state of charge from which the battery counts as full", unit="1", low=0.5, high=1,
    )  # fmt: skip
    store_spare_w: float = param(
        40.0, "array power above the loads that must be left over, more than the heater takes",
        unit="W", low=0, high=500,
    )  # fmt: skip
    electronics_degc: float = param(
        -10.0, "set point of the electronics heater", unit="degC", low=-40, high=30,
    )  # fmt: skip
    electronics_warm_degc: float = param(
        20.0,
        "set point of the electronics heater while a battery without heater is too cold to charge",
        unit="degC", low=-40, high=40,
        source="simulator/thermal.py: the heat switch is closed by then; no box is hotter",
    )  # fmt: skip
    heater_dead_s: float = param(
        120.0, "time without power after which a heater that should heat counts as dead",
        unit="s", low=5, high=3600,
    )  # fmt: skip
    cold_degc: float = param(
        2.0, "battery temperature below which it is too cold to charge",
        unit="degC", low=-10, high=20, source="cells must not be charged below 0 degC; margin 2 K",
    )  # fmt: skip
    light_w: float = param(
        40.0, "array power above which there is light to charge with", unit="W", low=1, high=500,
    )  # fmt: skip
    persist_s: float = param(
        60.0, "time between two stored states of charge", unit="s", low=1, high=3600,
    )  # fmt: skip

    def check(self) -> None:
        ordered(self, "survival_soc", "saving_soc")
        ordered(self, "battery_degc", "battery_charge_degc", "battery_store_degc")
        ordered(self, "electronics_degc", "electronics_warm_degc")
