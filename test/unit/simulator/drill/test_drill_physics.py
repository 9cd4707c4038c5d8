"""The drill's physics against closed formulas."""

from __future__ import annotations

import math

import numpy as np
import pytest

from lupex_rover.core.types import DrillTelemetry
from lupex_rover.drill.control import specific_energy_jpm3
from lupex_rover.simulator.drill.physics import CupSample, DrillParams, DrillPhysics
from lupex_rover.simulator.drill.regolith import Column


def uniform(energy_jpm3: float, water_wt: float = 4.0, temperature_k: float = 100.0) -> Column:
    """Ground that is the same all the way down."""
    column = Column(1, 0.0, 0.0)
    n = len(column.energy_jpm3)
    column.energy_jpm3 = [energy_jpm3] * n
    column.water_wt = [water_wt] * n
    column.temperature_k = [temperature_k] * n
    column.density_kgpm3 = [1800.0] * n
    return column


def drilled(column: Column, seconds: float, *command: float) -> DrillPhysics:
    drill = DrillPhysics(column, DrillParams(), np.random.default_rng(0))
    drill.depth_m = -0.001
    drill.command(command[0], command[1], command[2], bool(command[3]))
    for _ in range(round(seconds / 0.05)):
        drill.advance(0.05)
    return drill


@pytest.mark.parametrize("energy", [2e6, 20e6])
@pytest.mark.parametrize("percussion", [0, 1])
def test_weight_on_bit_follows_detournay_and_defourny(energy: float, percussion: int) -> None:
    rpm, feed, a = 120.0, 2e-4, 0.020
    drill = drilled(uniform(energy), 60.0, rpm, feed, 250.0, percussion)
    e = energy * (0.35 if percussion else 1.0)
    cut = feed * 60.0 / rpm
    assert drill.feed_mps == pytest.approx(feed)
    assert drill.wob_n == pytest.approx(a * 0.6 * e * cut + a * 1e-4 * e, rel=1e-6)


def test_weight_on_bit_limit_sets_the_rate_of_penetration() -> None:
    energy, rpm, limit, a = 25e6, 100.0, 120.0, 0.020
    drill = drilled(uniform(energy), 30.0, rpm, 0.01, limit, 0)
    rate = rpm / 60.0 * (limit - a * 1e-4 * energy) / (a * 0.6 * energy)
    assert drill.wob_n == pytest.approx(limit, abs=1e-6)
    assert drill.feed_mps == pytest.approx(rate, rel=0.02)


def test_energy_spent_per_volume_is_not_below_the_intrinsic_one() -> None:
    energy = 20e6
    drill = drilled(uniform(energy), 100.0, 100.0, 3e-4, 250.0, 0)
    _, rpm, torque, wob, feed, degc, amp, mass, gate, cup = drill.drill_state()
    seen = DrillTelemetry(0, 0.03, rpm, torque, wob, feed, degc, amp, mass, gate, cup)
    assert specific_energy_jpm3(seen, drill.feed_mps, 0.020) > energy


def test_feeding_too_fast_chokes_and_binds_until_pulled_up() -> None:
    drill = drilled(uniform(1e6), 120.0, 60.0, 0.01, 250.0, 0)
    assert drill.stuck and drill.rpm == 0.0 and drill.torque_nm == pytest.approx(45.0)
    bound_at = drill.depth_m
    drill.command(60.0, -0.005, 100.0, False)
    for _ in range(1000):
        drill.advance(0.02)
    assert not drill.stuck and drill.rpm > 50.0 and drill.depth_m < bound_at - 0.015


def test_depth_is_zero_at_contact_and_never_below_the_stroke() -> None:
    drill = DrillPhysics(uniform(1e6), DrillParams(), np.random.default_rng(3))
    assert drill.drill_state()[0] < 0.0
    drill.command(100.0, 0.01, 30.0, False)
    while not drill.touched:
        drill.advance(0.05)
    assert drill.drill_state()[0] == pytest.approx(0.0, abs=1e-3)
    drill.bottom_m = drill.depth_m = 1.599
    for _ in range(200):
        drill.advance(0.05)
    assert drill.depth_m <= 1.6


def test_sample_is_what_the_ground_holds_and_needs_a_shut_gate_above_ground() -> None:
    cups: dict[int, CupSample] = {}
    drill = DrillPhysics(uniform(5e6, 3.3), DrillParams(), np.random.default_rng(0), cups)
    drill.depth_m, drill.bottom_m = 0.4, 0.4
    drill.gate(True)
    drill.command(60.0, 5e-4, 150.0, False)
    for _ in range(1000):
        drill.advance(0.1)
        if drill.drill_state()[7] > 12.0:
            break
    assert not drill.deliver(2)
    drill.gate(False)
    assert not drill.deliver(2)
    drill.command(0.0, -0.01, 50.0, False)
    for _ in range(700):
        drill.advance(0.1)
    assert drill.deliver(2) and not drill.deliver(2)
    assert cups[2].water_wt_pct == pytest.approx(3.3, rel=1e-3)
    assert cups[2].depth_m == pytest.approx(0.41, abs=0.015)


def test_warm_sample_loses_its_ice_and_a_cold_one_does_not() -> None:
    left = []
    for bit_k in (120.0, 240.0):
        drill = DrillPhysics(uniform(5e6, 4.0, bit_k), DrillParams(), np.random.default_rng(0))
        drill.bit_k = bit_k
        drill._take(15.0, 4.0, 0.5)
        for _ in range(600):
            drill.advance(1.0)
        drill.deliver(0)
        left.append(drill.cups[0].water_wt_pct)
    assert left[0] == pytest.approx(4.0, abs=1e-3)
    assert left[1] < 0.5


def test_bit_settles_where_heating_equals_conduction() -> None:
    drill = drilled(uniform(20e6), 4000.0, 100.0, 2e-4, 250.0, 1)
    assert not drill.stuck
    torque_at_bit = 0.5 * 0.02**2 * 7e6 * 1.2e-4 + 0.5 * 0.6 * 0.02 * 0.02 * 1e-4 * 7e6
    heat_w = 0.3 * torque_at_bit * 100.0 * math.tau / 60.0 + 0.08 * 50.0
    assert drill.bit_k == pytest.approx(100.0 + heat_w / 0.25, abs=1.0)
