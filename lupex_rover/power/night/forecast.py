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

from lupex_rover.core.constants import STEFAN_BOLTZMANN, ZERO_CELSIUS_K
from lupex_rover.power.cell import cold_factor
from lupex_rover.power.night.night_types import Dimming
from lupex_rover.power.night.params import NightParams

_STEP_S = 1200.0
_SKY_K4 = 2.73**4
_WAKE_W = 20.0  # the board lives on the array alone; interface control document, HIBERNATE


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
    h = p.heat
    box = [dusk.battery_degc + ZERO_CELSIUS_K, dusk.electronics_degc + ZERO_CELSIUS_K]
    hold = [degc + ZERO_CELSIUS_K for degc in set_points]
    dead = [p.battery_dead_degc + ZERO_CELSIUS_K, p.electronics_dead_degc + ZERO_CELSIUS_K]
    mass = [h.battery_jpk, h.electronics_jpk]
    chassis, energy = dusk.chassis_k, dusk.energy_wh
    radiated, conducted = h.mli_m2 * STEFAN_BOLTZMANN * dusk.leak, h.leak_wpk * dusk.leak
    lasts = flat = math.inf
    cause = ""
    steps = max(1, math.ceil(hours * 3600.0 / _STEP_S))
    dt = hours * 3600.0 / steps
    for k in range(steps):
        share, ground_k4 = _light(p, k * dt / 3600.0, dawn_h, dusk.eclipses)
        array = p.array_w * share
        alive, busy = energy > 0.0 or array >= _WAKE_W, k * dt >= busy_from_h * 3600.0
        c4 = chassis**4
        lost = [conducted * (t - chassis) + radiated * (t**4 - c4) for t in box]
        across = h.between_wpk * (box[0] - box[1])
        net = [-lost[0] - across, -lost[1] + across]
        net[1] -= h.radiator_wpk * dusk.leak * (box[1] - h.radiator_k)
        inside, outside = (p.busy_w if busy else (p.clock_w, 0.0)) if alive else (0.0, 0.0)
        draw = inside + outside
        net[1] += inside
        for i in (0, 1):
            if alive and dusk.heaters[i]:
                need = mass[i] * (hold[i] - box[i]) / dt - net[i]
                heat = min(max(need, 0.0), p.heater_w[i])
                draw += heat
                net[i] += heat
            box[i] += net[i] * dt / mass[i]
        missing = max(draw - array, 0.0)
        if busy and energy > 0.0:
            box[0] += _joule_w(p, missing, box[0]) * dt / mass[0]
        if busy and alive:
            box[1] = min(box[1], p.switch_degc + ZERO_CELSIUS_K)
        out = h.space_m2 * (c4 - _SKY_K4) + h.ground_m2 * (c4 - ground_k4)
        outside += p.sun_w * share
        chassis += (sum(lost) + outside - STEFAN_BOLTZMANN * out) * dt / h.chassis_jpk
        energy -= missing / p.efficiency * dt / 3600.0
        now_h = (k + 1) * dt / 3600.0
        if energy <= 0.0 and flat == math.inf:
            flat = now_h
        if lasts == math.inf and (box[0] < dead[0] or box[1] < dead[1]):
            lasts = now_h
            cause = "battery" if box[0] < dead[0] else "electronics"
            break
    degc = [kelvin - ZERO_CELSIUS_K for kelvin in box]
    return Course(lasts, flat, dusk.energy_wh - energy, chassis, degc[0], degc[1], cause)


def _light(
    p: NightParams, now_h: float, dawn_h: float, eclipses: tuple[Dimming, ...]
) -> tuple[float, float]:
    """Share of the disc that is seen, and the ground's temperature to the fourth, K4."""
    if now_h < dawn_h:
        return 0.0, p.heat.ground_k**4
    share = min((now_h - dawn_h) / p.rise_h, 1.0)
    for one in eclipses:
        if one.begin_h <= now_h < one.end_h:
            share *= one.left
    return share, p.lit_ground_k**4


def _joule_w(p: NightParams, draw_w: float, kelvin: float) -> float:
    """Heat that `draw_w` at the bus makes in cells of this temperature, W."""
    current_a = draw_w / p.efficiency / p.pack_v
    ohm = p.cells_ohm * cold_factor(kelvin - ZERO_CELSIUS_K, p.activation_jpmol)
    return current_a**2 * ohm
