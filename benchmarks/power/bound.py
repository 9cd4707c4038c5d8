"""Which nights physics allows: an energy balance with perfect knowledge, apart from our control.

The best that any control could do with the energy at dusk: let each box cool to the coldest that
it bears, then hold it there with exactly the heat it loses, until the energy is spent; what is
warm then cools until light comes. True leaks, charge, faults and dawn go in; sensors, wakes and
the computer's draw do not. Solved by scipy's LSODA. Four bounds are made of it:

energy alone
    Boxes held at their limits to the last Wh. No rover has heaters that could do that.
the hardware too
    Thermostats hold a box within a band (`held_above_k`); cells at -55 degC cannot feed a heater
    with their last charge (`stranded_wh`); the first light at dawn is too faint to power a board
    (`first_power`). Still with perfect knowledge: a battery is heated up before its heater breaks.
without foresight
    A choice, not hardware: room is kept for a second circuit lest one breaks, and a heater that
    will break for good is not counted on.
work resumed
    The hardware's, and a battery whose heater is dead must be warm enough to take charge in time,
    with every load on and at work as far as the array feeds it, all of that heat in the chassis.
"""

from __future__ import annotations

import copy
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.integrate import solve_ivp

from benchmarks.power.hardware import Morning
from benchmarks.power.places import DARK
from lupex_rover.core.constants import SOLAR_CONSTANT_WPM2, STEFAN_BOLTZMANN, ZERO_CELSIUS_K
from lupex_rover.core.types import LOADS
from lupex_rover.simulator.night_preview import left_wh
from lupex_rover.simulator.power.cell import Pack, cell_ocv_v
from lupex_rover.simulator.power.params import EpsParams
from lupex_rover.simulator.power.thermal import (
    BATTERY,
    CHASSIS,
    DRILL,
    ELECTRONICS,
    RADIATOR,
    SPACE_K,
    ThermalParams,
)

LATER_H = 12
BEFORE_H = (0.0, 12.0, 24.0, 36.0)  # heated up so long before the heater breaks
COLD_H = 108  # in which no battery without heater stays alive, asleep
WARM_H = 24.0
# What loads draw at work, above rest, in a rover that stays where it is: the oven, hot, 45 W; the
# auger in air with percussion 61 W; the drives, to and fro, 30 W (flights: 74 to 81 W in all).
WORK_W = 136.0
SOFT_K = 0.02  # heat fades in over this below the limit
SWITCH_K = 5.0 + ZERO_CELSIUS_K
STORE_K = 40.0 + ZERO_CELSIUS_K  # hotter than this no battery is kept


def physics_allows(
    p: EpsParams,
    heat: ThermalParams,
    kelvin: list[float],
    energy_wh: float,
    dark_h: float,
    ground_k: float,
    broken: list[int],
    pack: Pack | None = None,
    above_k: tuple[float, float] = (0.0, 0.0),
    morning: Morning | None = None,
    breaks_h: float = 0.0,
    charge_h: float = 0.0,
) -> bool:
    """Can a rover with `energy_wh` at dusk be alive when the light returns after `dark_h`?

    Parameters
    ----------
    p, heat : EpsParams and ThermalParams
        The simulated rover's true sizes.
    kelvin : list[float]
        Temperatures at dusk by node of `simulator.power.thermal`.
    energy_wh : float
        That can be taken from the battery.
    broken : list[int]
        Broken circuits of battery and electronics heater; 2 and it gives no heat.
    pack : Pack or None
        The true pack; with it a battery without heater may be warmed by its own current, every load
        on from any twelfth hour of the night.
    above_k : tuple[float, float]
        Over its limit each box must be held; see `held_above_k`.
    morning : Morning or None
        The light; with it a battery without heater must live on until the Sun has warmed the
        chassis for `WARM_H`: no other heat is there.
    breaks_h : float
        When a battery heater with two broken circuits breaks; it may be hot by then.
    charge_h : float
        Over zero, such a battery must within so many hours of light be able to take charge.
    """
    limits = np.array([p.battery_dead_degc, p.electronics_dead_degc]) + ZERO_CELSIUS_K
    works = [count < 2 for count in broken[:2]]
    lowest = limits + np.array(above_k)
    heatings = _heatings(lowest, works, breaks_h)
    busy: list[_Busy | None] = [None]
    if not works[0] and pack is not None:
        every = _Busy(p, pack)
        hours = [hour for hour in range(0, int(dark_h), LATER_H)
                 if breaks_h - LATER_H <= hour < max(breaks_h, 0.0) + COLD_H]  # fmt: skip
        busy += [every.begun(3600.0 * hour) for hour in hours]
    light = None if works[0] else morning
    end_h = dark_h if light is None else dark_h + (charge_h or WARM_H)
    charge_k = p.battery.charge_low_degc + ZERO_CELSIUS_K if light and charge_h > 0.0 else 0.0
    return any(
        _lives(p, heat, kelvin, energy_wh, end_h, ground_k, heating, limits, loads, light, charge_k)
        for loads in busy
        for heating in (heatings if loads is None or breaks_h > 0.0 else heatings[:1])
    )


@dataclass(frozen=True)
class _Heating:
    """Where the boxes are held, K, and by which heaters; the battery's may break, hot."""

    hold: tuple[float, float]
    works: list[bool]
    hot_s: float = math.inf
    breaks_s: float = 0.0

    def at(self, t_s: float) -> tuple[tuple[float, float], tuple[bool, bool]]:
        """Held temperatures, and which heaters work."""
        hold = self.hold if t_s < self.hot_s else (STORE_K, self.hold[1])
        return hold, (self.works[0] or t_s < self.breaks_s, self.works[1])


def _heatings(lowest: Any, works: list[bool], breaks_h: float) -> list[_Heating]:
    """What may be done with heaters: at the limit, or where one is dead warmer with the other."""
    low_b, low_e = (float(k) for k in lowest)
    out = [_Heating((low_b, low_e), works)]
    if not works[0]:  # the other heater may help: as warm as the heat switch bears, or hotter
        out += [_Heating((low_b, k), works) for k in (SWITCH_K, SWITCH_K - 25.0)]
        if breaks_h > 0.0:
            out = [_Heating(one.hold, works, 3600.0 * (breaks_h - before), 3600.0 * breaks_h)
                   for one in out[:1] for before in BEFORE_H]  # fmt: skip
    if not works[1]:
        out += [_Heating((k, low_e), works) for k in (SWITCH_K, STORE_K)]
    return out


class _Busy:
    """Every load on from `from_s` after dusk: watts, and the heat of their current in the cells."""

    def __init__(self, p: EpsParams, pack: Pack) -> None:
        self.from_s, self._pack, self._efficiency = 0.0, pack, p.discharge_efficiency
        each = dict(zip(LOADS, p.load_w))
        self.inside_w = p.board_w + sum(each[name] for name in ("computer", "imu", "radio"))
        self.outside_w = sum(p.load_w) + p.board_w - self.inside_w + p.heater_w[2]
        charge = np.linspace(0.0, 1.0, 41).tolist()
        self._wh = [left_wh(pack, soc) for soc in charge]
        self._v = [p.battery.series * cell_ocv_v(soc) for soc in charge]

    def begun(self, from_s: float) -> _Busy:
        """The same from another time on."""
        other = copy.copy(self)
        other.from_s = from_s
        return other

    def joule_w(self, drawn_w: float, left_wh: float, kelvin: float) -> float:
        """I2 R with settled resistance and the voltage at rest."""
        current_a = drawn_w / self._efficiency / float(np.interp(left_wh, self._wh, self._v))
        return current_a**2 * self._pack.settled_ohm(kelvin - ZERO_CELSIUS_K)


def _lives(
    p: EpsParams, heat: ThermalParams, kelvin: list[float], energy_wh: float, end_h: float,
    ground_k: float, heating: _Heating, limits: Any, busy: _Busy | None, light: Morning | None,
    charge_k: float = 0.0,
) -> bool:  # fmt: skip
    """Is no box colder than `limits`, and at the end the battery at least at `charge_k`?"""
    battery_area = heat.battery_mli_m2 * STEFAN_BOLTZMANN
    electronics_area = heat.electronics_mli_m2 * STEFAN_BOLTZMANN
    heater_w = [float(watt) for watt in p.heater_w[:2]]
    heats = _Surface(heat.chassis_space_m2, heat.chassis_ground_m2)
    cools = _Surface(heat.radiator_m2, 0.0)
    drills = _Surface(heat.drill_space_m2, heat.drill_ground_m2)

    # Plain numbers: arrays of two cost ten times their time, and this runs some 100,000 times.
    def rate(t: float, y: Any) -> Any:
        battery, electronics, chassis, radiator, drill, left = y.tolist()
        outer4 = chassis**4
        lost_b = heat.battery_leak_wpk * (battery - chassis) + battery_area * (battery**4 - outer4)
        lost_e = (heat.electronics_leak_wpk * (electronics - chassis)
                  + electronics_area * (electronics**4 - outer4))  # fmt: skip
        across = heat.between_wpk * (battery - electronics)
        away = _switch_wpk(heat, electronics) * (electronics - radiator)
        down = heat.drill_chassis_wpk * (chassis - drill)
        share, array = light.at(t) if light else (0.0, 0.0)
        lit_k = light.ground_k if light and share > DARK else ground_k
        awake = min(max(left / 1.0, 0.0), 1.0)  # fades out over the last Wh
        awake = 1.0 if array >= p.wake_w else awake
        (hold_b, hold_e), (works_b, works_e) = heating.at(t)
        if charge_k and array >= p.wake_w:
            hold_e = STORE_K  # the heat switch bears less, and ends it
        warm_b = awake * works_b * heater_w[0] * min(max((hold_b - battery) / SOFT_K, 0.0), 1.0)
        warm_e = awake * works_e * heater_w[1] * min(max((hold_e - electronics) / SOFT_K, 0.0), 1.0)
        on = busy if busy is not None and t >= busy.from_s else None
        inner, outer = (on.inside_w, on.outside_w) if on else (p.clock_w, 0.0)
        drawn = warm_b + warm_e + awake * (inner + outer)
        missing = max(drawn - array, 0.0)
        joule = on.joule_w(missing, left, battery) if on and left > 0.0 else 0.0
        spent = missing / p.discharge_efficiency
        net_b = warm_b + joule - lost_b - across
        # the converter's loss warms the electronics
        net_e = warm_e + awake * inner + spent - missing - lost_e + across - away
        sun = heat.chassis_sun_m2 * SOLAR_CONSTANT_WPM2 * share
        over = min(max(array - drawn, 0.0), WORK_W) if charge_k else 0.0
        gain = lost_b + lost_e - down + awake * outer + sun + over
        return (
            net_b / heat.battery_jpk, net_e / heat.electronics_jpk,
            (gain - heats.radiated_w(chassis, lit_k)) / heat.chassis_jpk,
            (away - cools.radiated_w(radiator, lit_k)) / heat.radiator_jpk,
            (down - drills.radiated_w(drill, lit_k)) / heat.drill_jpk,
            -(spent + joule) / 3600.0,
        )  # fmt: skip

    nodes = (BATTERY, ELECTRONICS, CHASSIS, RADIATOR, DRILL)
    start = [*(kelvin[node] for node in nodes), energy_wh]
    run = solve_ivp(rate, (0.0, 3600.0 * end_h), start, "LSODA", rtol=1e-6, max_step=3600.0)
    lives = run.success and np.all(run.y[:2] > (limits - 2.0 * SOFT_K - 0.03)[:, None])
    return bool(lives and run.y[0, -1] >= charge_k)


@dataclass(frozen=True)
class _Surface:
    """What a part shows to the sky and to the ground, m2."""

    sky_m2: float
    ground_m2: float

    def radiated_w(self, kelvin: float, ground_k: float) -> float:
        """What it loses to both."""
        fourth = kelvin**4
        sky = self.sky_m2 * (fourth - SPACE_K**4)
        return STEFAN_BOLTZMANN * (sky + self.ground_m2 * (fourth - ground_k**4))


def _switch_wpk(heat: ThermalParams, kelvin: float) -> float:
    """The heat switch between electronics and radiator closes as the box warms."""
    span = heat.switch_warm_degc - heat.switch_cold_degc
    share = min(max((kelvin - ZERO_CELSIUS_K - heat.switch_cold_degc) / span, 0.0), 1.0)
    return heat.switch_off_wpk + share * (heat.switch_on_wpk - heat.switch_off_wpk)
