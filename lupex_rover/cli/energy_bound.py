"""Which nights physics allows: an energy balance with perfect knowledge, apart from our control.

The best that any control could do with the energy at dusk: let each box cool to the coldest that
it bears, then hold it there with exactly the heat it loses, until the energy is spent; what is
warm then cools until light comes. True leaks, charge, faults and dawn go in; sensors, set points,
hysteresis, wakes and the computer's draw do not. Solved by scipy's LSODA.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.integrate import solve_ivp

from lupex_rover.core.constants import STEFAN_BOLTZMANN, ZERO_CELSIUS_K
from lupex_rover.simulator.eps_params import EpsParams
from lupex_rover.simulator.thermal import (
    BATTERY,
    CHASSIS,
    DRILL,
    ELECTRONICS,
    RADIATOR,
    SPACE_K,
    ThermalParams,
)

SOFT_K = 0.02  # heat fades in over this below the limit
SWITCH_K = 5.0 + ZERO_CELSIUS_K


def physics_allows(
    p: EpsParams,
    heat: ThermalParams,
    kelvin: list[float],
    energy_wh: float,
    dark_h: float,
    ground_k: float,
    broken: list[int],
) -> bool:
    """Can a rover with `energy_wh` at dusk be alive when the light returns after `dark_h`?

    Parameters
    ----------
    p, heat : the simulated rover's true sizes.
    kelvin : temperatures at dusk by node of `simulator.thermal`.
    broken : broken circuits of battery and electronics heater; 2 and it gives no heat.
    """
    limits = np.array([p.battery_dead_degc, p.electronics_dead_degc]) + ZERO_CELSIUS_K
    works = [count < 2 for count in broken[:2]]
    holds = [limits]
    if not works[0]:  # the other heater may help: as warm as the heat switch bears, or hotter
        holds += [np.array([limits[0], k]) for k in (SWITCH_K, SWITCH_K - 25.0)]
    if not works[1]:
        holds += [np.array([k, limits[1]]) for k in (SWITCH_K, 313.0)]
    return any(
        _lives(p, heat, kelvin, energy_wh, dark_h, ground_k, works, hold, limits) for hold in holds
    )


def _lives(
    p: EpsParams, heat: ThermalParams, kelvin: list[float], energy_wh: float, dark_h: float,
    ground_k: float, works: list[bool], hold: Any, limits: Any,
) -> bool:  # fmt: skip
    capacity = np.array([heat.battery_jpk, heat.electronics_jpk, heat.chassis_jpk,
                         heat.radiator_jpk, heat.drill_jpk])  # fmt: skip
    area = np.array([heat.battery_mli_m2, heat.electronics_mli_m2]) * STEFAN_BOLTZMANN
    leak = np.array([heat.battery_leak_wpk, heat.electronics_leak_wpk])
    sky = np.array([heat.chassis_space_m2, heat.radiator_m2, heat.drill_space_m2])
    ground = np.array([heat.chassis_ground_m2, 0.0, heat.drill_ground_m2])
    power = np.array(p.heater_w[:2]) * works

    def rate(_: float, y: Any) -> Any:
        box, outside, left = y[:2], y[2:5], y[5]
        chassis, radiator, drill = outside
        lost = leak * (box - chassis) + area * (box**4 - chassis**4)
        across = heat.between_wpk * (box[0] - box[1])
        away = _switch_wpk(heat, box[1]) * (box[1] - radiator)
        down = heat.drill_chassis_wpk * (chassis - drill)
        net = np.array([-lost[0] - across, -lost[1] + across - away])
        awake = min(max(left / 1.0, 0.0), 1.0)  # fades out over the last Wh
        heaters = awake * power * np.clip((hold - box) / SOFT_K, 0.0, 1.0)
        clock = awake * p.clock_w
        drawn = heaters.sum() + clock
        spent = drawn / p.discharge_efficiency
        net += heaters
        net[1] += clock + spent - drawn  # the converter's loss warms the electronics
        gain = np.array([lost.sum() - down, away, down])
        gain -= STEFAN_BOLTZMANN * (sky * (outside**4 - SPACE_K**4)
                                    + ground * (outside**4 - ground_k**4))  # fmt: skip
        return [*(np.concatenate([net, gain]) / capacity), -spent / 3600.0]

    nodes = (BATTERY, ELECTRONICS, CHASSIS, RADIATOR, DRILL)
    start = [*(kelvin[node] for node in nodes), energy_wh]
    run = solve_ivp(rate, (0.0, 3600.0 * dark_h), start, "LSODA", rtol=1e-6, max_step=3600.0)
    end = run.y[:2, -1]
    return bool(run.success and np.all(end > limits - 2.0 * SOFT_K - 0.03))


def _switch_wpk(heat: ThermalParams, kelvin: float) -> float:
    """The heat switch between electronics and radiator closes as the box warms."""
    span = heat.switch_warm_degc - heat.switch_cold_degc
    share = min(max((kelvin - ZERO_CELSIUS_K - heat.switch_cold_degc) / span, 0.0), 1.0)
    return heat.switch_off_wpk + share * (heat.switch_on_wpk - heat.switch_off_wpk)
