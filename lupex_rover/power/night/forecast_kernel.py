"""The steps of a night's forecast, compiled: the keeper asks for hundreds when it is woken."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numba import njit

from lupex_rover.core.constants import STEFAN_BOLTZMANN, ZERO_CELSIUS_K
from lupex_rover.power.cell import COLDEST_K, GAS_CONSTANT, WARM_K

_SKY_K4 = 2.73**4
_WAKE_W = 20.0  # the board lives on the array alone; interface control document, HIBERNATE


class Sizes(NamedTuple):
    """Of the rover and its place; units in the names, of two the battery's first.

    What is not named below is as in `HeatModelParams` and `NightParams`.

    Attributes
    ----------
    conducted_wpk, radiated_wpk4 : float
        From each box to the chassis.
    mass_jpk, heater_w, works, hold_k, dead_k : tuple
        Heat capacity, heater, whether it works, set point, and what is lost below it.
    dark_k4, lit_k4 : float
        The ground's temperature to the fourth.
    ohm : float
        Of the cells at 25 degC.
    """

    conducted_wpk: float
    radiated_wpk4: float
    between_wpk: float
    radiator_wpk: float
    radiator_k: float
    space_m2: float
    ground_m2: float
    chassis_jpk: float
    mass_jpk: tuple[float, float]
    heater_w: tuple[float, float]
    works: tuple[bool, bool]
    hold_k: tuple[float, float]
    dead_k: tuple[float, float]
    switch_k: float
    busy_w: tuple[float, float]
    clock_w: float
    array_w: float
    sun_w: float
    rise_h: float
    dark_k4: float
    lit_k4: float
    efficiency: float
    pack_v: float
    ohm: float
    activation_jpmol: float


@njit(cache=True)
def fourth(kelvin: float) -> float:
    """By the power function, as Python's `**` does."""
    return math.pow(kelvin, 4.0)


@njit(cache=True)
def joule_w(s: Sizes, draw_w: float, kelvin: float) -> float:
    """Heat that `draw_w` at the bus makes in cells of this temperature, W; see `cold_factor`."""
    current_a = draw_w / s.efficiency / s.pack_v
    cold = max((kelvin - ZERO_CELSIUS_K) + ZERO_CELSIUS_K, COLDEST_K)
    factor = math.exp(s.activation_jpmol / GAS_CONSTANT * (1.0 / cold - 1.0 / WARM_K))
    return current_a * current_a * (s.ohm * factor)


@njit(cache=True)
def light(s: Sizes, now_h: float, dawn_h: float, eclipses: np.ndarray) -> tuple[float, float]:
    """Share of the disc that is seen, and the ground's temperature to the fourth, K4."""
    if now_h < dawn_h:
        return 0.0, s.dark_k4
    share = min((now_h - dawn_h) / s.rise_h, 1.0)
    for k in range(eclipses.shape[0]):
        if eclipses[k, 0] <= now_h < eclipses[k, 1]:
            share *= eclipses[k, 2]
    return share, s.lit_k4


@njit(cache=True)
def steps(
    s: Sizes, eclipses: np.ndarray, state: np.ndarray, count: int, dt: float,
    busy_from_h: float, dawn_h: float,
) -> tuple[float, float]:  # fmt: skip
    """Take `count` steps of `dt` s; hours until a box is lost and until the battery is flat.

    Parameters
    ----------
    eclipses : numpy.ndarray
        (N, 3) begin and end, hours from dusk, and what is left of the disc.
    state : numpy.ndarray
        (4,) battery, electronics, chassis, K; energy, Wh; changed in place.
    """
    lasts = flat = math.inf
    battery, electronics, chassis, energy = state[0], state[1], state[2], state[3]
    for k in range(count):
        share, ground_k4 = light(s, k * dt / 3600.0, dawn_h, eclipses)
        array = s.array_w * share
        alive, busy = energy > 0.0 or array >= _WAKE_W, k * dt >= busy_from_h * 3600.0
        c4 = fourth(chassis)
        lost_b = s.conducted_wpk * (battery - chassis) + s.radiated_wpk4 * (fourth(battery) - c4)
        lost_e = (s.conducted_wpk * (electronics - chassis)
                  + s.radiated_wpk4 * (fourth(electronics) - c4))  # fmt: skip
        across = s.between_wpk * (battery - electronics)
        net_b, net_e = -lost_b - across, -lost_e + across
        net_e -= s.radiator_wpk * (electronics - s.radiator_k)
        inside = outside = 0.0
        if alive:
            inside, outside = s.busy_w if busy else (s.clock_w, 0.0)
        draw = inside + outside
        net_e += inside
        if alive and s.works[0]:
            need = s.mass_jpk[0] * (s.hold_k[0] - battery) / dt - net_b
            heat = min(max(need, 0.0), s.heater_w[0])
            draw += heat
            net_b += heat
        if alive and s.works[1]:
            need = s.mass_jpk[1] * (s.hold_k[1] - electronics) / dt - net_e
            heat = min(max(need, 0.0), s.heater_w[1])
            draw += heat
            net_e += heat
        battery += net_b * dt / s.mass_jpk[0]
        electronics += net_e * dt / s.mass_jpk[1]
        missing = max(draw - array, 0.0)
        if busy and energy > 0.0:
            battery += joule_w(s, missing, battery) * dt / s.mass_jpk[0]
        if busy and alive:
            electronics = min(electronics, s.switch_k)
        out = s.space_m2 * (c4 - _SKY_K4) + s.ground_m2 * (c4 - ground_k4)
        outside += s.sun_w * share
        chassis += (lost_b + lost_e + outside - STEFAN_BOLTZMANN * out) * dt / s.chassis_jpk
        energy -= missing / s.efficiency * dt / 3600.0
        if energy <= 0.0 and flat == math.inf:
            flat = (k + 1) * dt / 3600.0
        if battery < s.dead_k[0] or electronics < s.dead_k[1]:
            lasts = (k + 1) * dt / 3600.0
            break
    state[0], state[1], state[2], state[3] = battery, electronics, chassis, energy
    return lasts, flat
