"""How a night in hibernation goes: three heat nodes and an energy, run forward.

A box loses heat to the chassis by conduction and radiation, the chassis to sky and ground
(Stefan-Boltzmann); a thermostat holds each box at its set point as long as the battery lasts.
Explicit steps; method as Gilmore (ed.), Spacecraft Thermal Control Handbook, 2nd ed. 2002, ch. 15.

Busy, the rover is awake with every load on: their watts warm the electronics box and the chassis,
their current the cells, by I2 R. That is all that is left when a battery heater has died.
In the morning the Sun warms chassis and ground, and the array relieves the battery of its current;
in an eclipse of the Sun by Earth both have what is left of it on the average.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from lupex_rover.core.constants import STEFAN_BOLTZMANN, ZERO_CELSIUS_K
from lupex_rover.power.night.forecast_kernel import Sizes, steps
from lupex_rover.power.night.night_types import Dimming
from lupex_rover.power.night.params import NightParams

_STEP_S = 1200.0


@dataclass(frozen=True)
class Dusk:
    """Where a night, or the rest of one, begins.

    Attributes
    ----------
    energy_wh : float
        In the battery.
    battery_degc, electronics_degc : float
        Of the boxes.
    chassis_k : float
        Of the chassis.
    heaters : tuple[bool, bool]
        Do the heaters of battery and electronics work?
    leak : float
        Leaks over those of the parameters.
    eclipses : tuple[Dimming, ...]
        Those ahead, hours from dusk.
    """

    energy_wh: float
    battery_degc: float
    electronics_degc: float
    chassis_k: float
    heaters: tuple[bool, bool] = (True, True)
    leak: float = 1.0
    eclipses: tuple[Dimming, ...] = ()


@dataclass(frozen=True)
class Course:
    """How it went.

    Attributes
    ----------
    lasts_h : float
        Until a box is lost to the cold; infinite if that does not come in time.
    flat_h : float
        Until the battery is flat, likewise.
    drawn_wh : float
        From the battery until the end.
    chassis_k : float
        At the end.
    battery_degc, electronics_degc : float
        At the end.
    cause : str
        What is lost first, or empty.
    """

    lasts_h: float
    flat_h: float
    drawn_wh: float
    chassis_k: float
    battery_degc: float
    electronics_degc: float
    cause: str


def run(
    p: NightParams, dusk: Dusk, hours: float, set_points: tuple[float, float],
    busy_from_h: float = math.inf, dawn_h: float = math.inf,
) -> Course:  # fmt: skip
    """`hours` asleep, and busy from one on, with heaters at `set_points` (battery, electronics).

    Light comes after `dawn_h`; charge that the battery may take then is not counted.
    """
    start = [dusk.battery_degc + ZERO_CELSIUS_K, dusk.electronics_degc + ZERO_CELSIUS_K]
    state = np.array([*start, dusk.chassis_k, dusk.energy_wh])
    eclipses = np.array([(e.begin_h, e.end_h, e.left) for e in dusk.eclipses]).reshape(-1, 3)
    count = max(1, math.ceil(hours * 3600.0 / _STEP_S))
    sizes = _sizes(p, dusk, set_points)
    dt = hours * 3600.0 / count
    lasts, flat = steps(sizes, eclipses, state, count, dt, busy_from_h, dawn_h)
    battery, electronics, chassis, energy = state.tolist()
    cause = ""
    if lasts < math.inf:
        cause = "battery" if battery < sizes.dead_k[0] else "electronics"
    at_end = battery - ZERO_CELSIUS_K, electronics - ZERO_CELSIUS_K
    return Course(lasts, flat, dusk.energy_wh - energy, chassis, *at_end, cause)


def warm_up_forecast() -> None:
    """Compile what the first forecast would wait for."""
    run(NightParams(), Dusk(100.0, 0.0, 0.0, 200.0), 1.0, (0.0, 0.0))


def _sizes(p: NightParams, dusk: Dusk, set_points: tuple[float, float]) -> Sizes:
    h = p.heat
    return Sizes(
        conducted_wpk=float(h.leak_wpk * dusk.leak),
        radiated_wpk4=float(h.mli_m2 * STEFAN_BOLTZMANN * dusk.leak),
        between_wpk=float(h.between_wpk),
        radiator_wpk=float(h.radiator_wpk * dusk.leak),
        radiator_k=float(h.radiator_k),
        space_m2=float(h.space_m2),
        ground_m2=float(h.ground_m2),
        chassis_jpk=float(h.chassis_jpk),
        mass_jpk=(float(h.battery_jpk), float(h.electronics_jpk)),
        heater_w=(float(p.heater_w[0]), float(p.heater_w[1])),
        works=(bool(dusk.heaters[0]), bool(dusk.heaters[1])),
        hold_k=(float(set_points[0] + ZERO_CELSIUS_K), float(set_points[1] + ZERO_CELSIUS_K)),
        dead_k=(p.battery_dead_degc + ZERO_CELSIUS_K, p.electronics_dead_degc + ZERO_CELSIUS_K),
        switch_k=p.switch_degc + ZERO_CELSIUS_K,
        busy_w=(float(p.busy_w[0]), float(p.busy_w[1])),
        clock_w=float(p.clock_w),
        array_w=float(p.array_w),
        sun_w=float(p.sun_w),
        rise_h=float(p.rise_h),
        dark_k4=float(h.ground_k**4),
        lit_k4=float(p.lit_ground_k**4),
        efficiency=float(p.efficiency),
        pack_v=float(p.pack_v),
        ohm=float(p.cells_ohm),
        activation_jpmol=float(p.activation_jpmol),
    )
