"""The lumped network against solutions on paper and scipy's integrator."""

import math

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from lupex_rover.simulator.power.thermal import (
    BATTERY,
    ELECTRONICS,
    Network,
    RoverHeat,
    ThermalParams,
)

SIGMA = 5.670374419e-8


def test_a_box_cools_with_its_time_constant():
    """T - T0 falls by e in C / G."""
    box = Network([1000.0], [300.0, 100.0], [(0, 1, 0.5)], [])
    for _ in range(2000):
        box.advance(1.0, [0.0])
    assert box.kelvin[0] - 100.0 == pytest.approx(200.0 * math.exp(-1.0), rel=1e-3)
    assert box.kelvin[1] == 100.0


def test_a_heated_plate_radiates_what_it_gets():
    """Stefan-Boltzmann: T^4 = Q / (sigma eps A) + T0^4."""
    plate = Network([500.0], [250.0, 2.73], [], [(0, 1, 0.85 * 0.3)])
    for _ in range(200_00):
        plate.advance(1.0, [60.0])
    assert plate.kelvin[0] == pytest.approx((60.0 / (SIGMA * 0.255) + 2.73**4) ** 0.25, rel=1e-6)


def test_a_plate_in_the_dark_cools_as_t_cubed():
    """1/T^3 grows by 3 sigma eps A t / C while the sky is 0 K."""
    plate = Network([5000.0], [300.0, 0.0], [], [(0, 1, 1.0)])
    for _ in range(7200):
        plate.advance(1.0, [0.0])
    assert plate.kelvin[0] == pytest.approx(
        (300.0**-3 + 3 * SIGMA * 7200 / 5000) ** (-1 / 3), rel=1e-3
    )


def test_heat_is_neither_made_nor_lost():
    net = Network(
        [1000.0, 2000.0, 500.0], [280.0, 200.0, 350.0, 3.0],
        [(0, 1, 0.5), (1, 2, 1.5)], [(0, 2, 0.2), (1, 3, 0.5)],
    )  # fmt: skip
    assert sum(net.flows_w([5.0, 0.0, 7.0])) == pytest.approx(12.0, abs=1e-9)


def test_rover_cools_as_scipy_says():
    """The explicit 10 s steps against an adaptive implicit solver, over a night's first 20 h."""
    rover = RoverHeat(ThermalParams(), (0.3, 0.3, 0.9), 283.0, 230.0)
    rover.kelvin[9] = 90.0
    start = list(rover.kelvin)
    heat = [8.0, 4.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]
    frozen = RoverHeat(ThermalParams(switch_on_wpk=0.01), (0.3, 0.3, 0.9), 283.0, 230.0)
    frozen.kelvin = list(start)
    for _ in range(7200):
        frozen.step(10.0, heat, 90.0)
    probe = RoverHeat(ThermalParams(), (0.3, 0.3, 0.9), 283.0, 230.0)
    p = ThermalParams()
    area = p.panel_jpkm2
    capacity = [p.battery_jpk, p.electronics_jpk, p.chassis_jpk, p.radiator_jpk, p.drill_jpk,
                area * 0.3, area * 0.3, area * 0.9]  # fmt: skip

    def slope(_t, kelvin):
        probe.kelvin = [*kelvin, 2.73, 90.0]
        return np.array(probe.flows_w(heat)[:8]) / capacity

    exact = solve_ivp(slope, (0, 72_000), start[:8], method="LSODA", rtol=1e-8, atol=1e-6)
    assert frozen.kelvin[:8] == pytest.approx(exact.y[:, -1], abs=0.05)


def test_short_steps_end_where_long_ones_do():
    short, long = (RoverHeat(ThermalParams(), (0.3, 0.3, 0.9), 283.0, 230.0) for _ in range(2))
    heat = [20.0, 40.0, 10.0, 0.0, 0.0, 0.0, 0.0, 100.0]
    for _ in range(6000):
        short.step(0.1, heat, 150.0)
    for _ in range(60):
        long.step(10.0, heat, 150.0)
    assert short.kelvin == pytest.approx(long.kelvin, abs=0.3)


def test_heat_switch_keeps_the_box_cool_by_day_and_warm_by_night():
    rover = RoverHeat(ThermalParams(), (0.3, 0.3, 0.9), 283.0, 230.0)
    for _ in range(20_000):
        rover.step(10.0, [0.0, 60.0, 50.0, 0.0, 0.0, 50.0, 50.0, 300.0], 220.0)
    assert 278.0 < rover.kelvin[ELECTRONICS] < 313.0
    by_day, battery_k = rover.switch_wpk(), rover.kelvin[BATTERY]
    for _ in range(7200):
        rover.step(10.0, [0.0] * 8, 90.0)
    assert rover.switch_wpk() < by_day / 50
    # 20 h without heat: no faster than a box of its capacity behind 0.1 W/K into 80 K
    assert rover.kelvin[BATTERY] - 80.0 > (battery_k - 80.0) * math.exp(-72_000 * 0.1 / 20_000)
