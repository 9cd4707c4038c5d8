"""What the ground tells the rover of its nights: heat leaks, limits, set points, doubts."""

from __future__ import annotations

from dataclasses import dataclass, field

from lupex_rover.core.errors import UserError
from lupex_rover.core.params import param

_TEST = "thermal balance test, assumed"


@dataclass(frozen=True)
class HeatModelParams:
    """Three nodes: battery box, electronics box, and the chassis that holds them."""

    battery_jpk: float = param(
        20_000.0, "heat capacity of the battery box", unit="J/K", low=100, source=_TEST,
    )  # fmt: skip
    electronics_jpk: float = param(
        13_000.0, "heat capacity of the electronics box", unit="J/K", low=100, source=_TEST,
    )  # fmt: skip
    chassis_jpk: float = param(
        100_000.0, "heat capacity of the chassis", unit="J/K", low=100, source=_TEST,
    )  # fmt: skip
    leak_wpk: float = param(
        0.045, "conducted heat leak of each box to the chassis", unit="W/K", low=0, source=_TEST,
    )  # fmt: skip
    mli_m2: float = param(
        0.006, "effective radiating area, emittance included, of each box to the chassis",
        unit="m2", low=0, source=_TEST,
    )  # fmt: skip
    between_wpk: float = param(0.02, "heat path between the boxes", unit="W/K", low=0, source=_TEST)
    radiator_wpk: float = param(
        0.01, "heat path from electronics to radiator with its heat switch open", unit="W/K", low=0,
        source=_TEST,
    )  # fmt: skip
    radiator_k: float = param(70.0, "radiator temperature in the dark", unit="K", low=3, high=300)
    space_m2: float = param(
        0.8, "effective radiating area of the chassis to the sky", unit="m2", low=0, source=_TEST,
    )  # fmt: skip
    ground_m2: float = param(
        0.8, "effective radiating area of the chassis to the ground", unit="m2", low=0,
        source=_TEST,
    )  # fmt: skip
    ground_k: float = param(
        75.0, "ground temperature in the dark", unit="K", low=20, high=300,
        source="Diviner, Williams et al. 2017: polar shadow 40 to 110 K",
    )  # fmt: skip


@dataclass(frozen=True)
class NightParams:
    heat: HeatModelParams = field(default_factory=HeatModelParams)
    first_light_w: float = param(
        3.0, "array power that counts as dawn", unit="W", low=0.1, high=50,
        source="three of its current sensor's noise of 0.6 W are 1.7 W",
    )  # fmt: skip
    # The morning, which a battery without heater must still live through.
    sun_w: float = param(
        340.0, "heat that the whole Sun gives the chassis", unit="W", low=0, high=2000,
        source="absorptance times area 0.25 m2, 1361 W/m2; as simulator/power/thermal.py,"
        " assumed",
    )  # fmt: skip
    array_w: float = param(
        450.0,
        "greatest power that the array gives; the battery's current ends where it feeds every load",
        unit="W", low=0, high=2000, source="297 to 465 W in flights of the reference mission",
    )  # fmt: skip
    rise_h: float = param(
        30.0, "time from the first light to the whole disc of the Sun", unit="h", low=0.1, high=200,
        source="0.53 degrees at the 0.018 degrees an hour of a Sun that rises at 88 degrees"
        " south",
    )  # fmt: skip
    lit_ground_k: float = param(
        180.0, "ground temperature in the light", unit="K", low=40, high=350,
        source="Diviner, Williams et al. 2017: lit polar ground 180 to 240 K",
    )  # fmt: skip
    warm_h: float = param(
        24.0, "time in the light until the chassis is warm", unit="h", low=0, high=200,
        source="chassis: 100 kJ/K over 6 W/K at 250 K, 5 h; the disc's rise is slower",
    )  # fmt: skip
    store_h: float = param(
        36.0, "time before the predicted dusk from which spare light warms the chassis",
        unit="h", low=0, high=500,
        source="dusk may be 25 h early (planning/haven_light.py); chassis: 100 kJ/K over 6 W/K,"
        " 5 h",
    )  # fmt: skip
    store_soc: float = param(
        0.95, "state of charge from which the battery leaves light over", unit="1", low=0.5, high=1,
        source="0.02 below store_soc of power/params.py",
    )  # fmt: skip
    charge_degc: float = param(
        2.0, "battery temperature above which it takes charge", unit="degC", low=-10, high=20,
        source="as cold_degc of power/params.py",
    )  # fmt: skip
    clock_w: float = param(2.5, "power drawn asleep, heaters apart", unit="W", low=0, high=50)
    heater_w: tuple[float, ...] = param(
        (25.0, 20.0), "power of battery and electronics heater", unit="W", low=0, high=200,
    )  # fmt: skip
    busy_w: tuple[float, ...] = param(
        (33.0, 52.0), "power of all loads at rest: in the electronics box, outside it",
        unit="W", low=0, high=500,
        source="data sheets of the loads, assumed; the drill's heater included",
    )  # fmt: skip
    switch_degc: float = param(
        5.0, "electronics temperature at which the heat switch closes, so that busy electronics"
        " get no warmer", unit="degC", low=-60, high=60,
    )  # fmt: skip
    cells_ohm: float = param(
        0.0151, "settled resistance of the pack's cells at 25 degC", unit="ohm", low=0, high=1,
        source="resistance and polarisation of power/params.py",
    )  # fmt: skip
    activation_jpmol: float = param(
        20_000.0, "activation energy of the cells' resistance over temperature (Arrhenius)",
        unit="J/mol", low=0, high=1e5, source="as power/params.py",
    )  # fmt: skip
    pack_v: float = param(
        29.8, "mean voltage of the pack over its charge", unit="V", low=1, high=200,
        source="3.72 V a cell: mean of the table in power/cell.py",
    )  # fmt: skip
    efficiency: float = param(
        0.95, "efficiency of the converter from battery to bus", unit="1", low=0.5, high=1,
    )  # fmt: skip
    battery_dead_degc: float = param(
        -55.0, "battery temperature below which the cells are lost", unit="degC", low=-150, high=0,
    )  # fmt: skip
    electronics_dead_degc: float = param(
        -65.0, "electronics temperature below which the computer is lost",
        unit="degC", low=-150, high=0,
    )  # fmt: skip
    # Set points of battery and electronics, warmest first; the warmest that lasts is taken.
    battery_degc: tuple[float, ...] = param(
        (5.0, -5.0, -15.0, -20.0, -30.0, -40.0, -54.05),
        "battery heater set points, warmest first; the warmest that lasts is taken",
        unit="degC", low=-60, high=30,
        source="LG M50 data sheet: discharge down to -20 degC; below only where the night is"
        " lost otherwise; the coldest: the limit, spare_k, band_k, and 0.05 K in which a box"
        " without heat cools for a minute",
    )  # fmt: skip
    electronics_degc: tuple[float, ...] = param(
        (-20.0, -25.0, -30.0, -40.0, -45.0, -50.0, -64.05),
        "electronics heater set points, warmest first, each with the battery's at its place",
        unit="degC", low=-70, high=30,
    )  # fmt: skip
    spare_k: float = param(
        0.6, "margin that the coldest set points leave: a second heater circuit switches on so much"
        " below the first",
        unit="K", low=0, high=20, source="as spare_k of simulator/power/params.py",
    )  # fmt: skip
    band_k: float = param(
        0.3, "half band of the thermostats round their set point", unit="K", low=0, high=5,
        source="as hysteresis_k of simulator/power/params.py",
    )  # fmt: skip
    sensor_k: float = param(
        0.3, "bias of the battery's thermometer, one sigma", unit="K", low=0, high=5,
        source="as temperature_bias_k of simulator/power/params.py",
    )  # fmt: skip
    leak_sigma: float = param(
        0.10, "relative error of the heat leaks, one sigma", unit="1", low=0, high=1,
    )  # fmt: skip
    dawn_doubt_h: float = param(
        24.0, "time by which dawn may come later than predicted", unit="h", low=0, high=500,
        source="the map's error moves the horizon; planning/haven_light.py: up to 25 h",
    )  # fmt: skip
    check_h: float = param(
        12.0, "time between two wakings that see how the night goes", unit="h", low=0.5, high=100,
    )  # fmt: skip
    busy_check_h: float = param(
        1.0, "time between two decisions while the rover is busy at night",
        unit="h", low=0.1, high=12,
    )  # fmt: skip
    doomed_check_h: float = param(
        36.0, "time between two wakings where the coldest set points may not last",
        unit="h", low=0.5, high=200,
    )  # fmt: skip
    held_check_h: float = param(
        72.0, "time between two wakings while the boxes are as cold as their coldest set points and"
        " the charge may not last to the night's end", unit="h", low=0.5, high=200,
    )  # fmt: skip
    awake_s: float = param(
        120.0, "time that the rover stays awake at each waking", unit="s", low=10, high=3600,
    )  # fmt: skip

    def __post_init__(self) -> None:
        if len(self.battery_degc) != len(self.electronics_degc) or not self.battery_degc:
            raise UserError("night: battery_degc and electronics_degc need equally many values")
        for name in ("heater_w", "busy_w"):
            if len(getattr(self, name)) != 2:
                raise UserError(f"night.{name}: expected 2 values")
