"""The charge estimate against the simulator's truth, with its noise, bias and spread."""

import math

import numpy as np
import pytest

from lupex_rover.core.component import Inbox
from lupex_rover.core.types import PowerTelemetry
from lupex_rover.power import cell
from lupex_rover.power.estimator import SocFilter
from lupex_rover.power.manager import PowerManager
from lupex_rover.power.params import PowerParams
from lupex_rover.simulator.power.cell import cell_ocv_v
from lupex_rover.simulator.power.eps import EpsParams, EpsPhysics

SUN = np.array([0.8, 0.6, 0.0])
T0 = 1_861_920_000 * 10**9


def telemetry(eps):
    bus, volt, amp, degc, array, loads, watt = eps.power()
    return PowerTelemetry(eps.t_ns, bus, volt, amp, degc, array, loads, watt)


def fly(eps, manager, steps, dt_s, light, demand):
    """(steps, 3): estimate, its sigma, truth."""
    rows = []
    for i in range(steps):
        eps.demand_w["drill"] = demand(i)
        eps.advance(dt_s, SUN if light(i) else None, 1.0, 180.0)
        out = manager.step(eps.t_ns, Inbox({"power/telemetry": [telemetry(eps)]}))
        state = dict(out.messages)["power/state"]
        rows.append((state.soc, state.soc_sigma, eps.soc))
    return np.array(rows)


def test_table_is_the_cell():
    """The onboard table against the electrode potentials it was made from."""
    soc = np.linspace(0.02, 1, 500)
    error = [cell.ocv_v(s) - cell_ocv_v(s) for s in soc]
    assert np.max(np.abs(error)) < 0.012
    assert np.all(np.diff(cell.OCV_V) > 0)


def test_energy_is_the_integral_of_voltage():
    grid = np.linspace(0, 1, 20001)
    exact = np.trapezoid([cell_ocv_v(s) for s in grid], grid) * 8 * 140
    assert cell.energy_wh(1.0, 140.0, 8) == pytest.approx(exact, rel=2e-3)


@pytest.mark.parametrize("seed", range(3))
def test_follows_the_truth_over_two_days(seed):
    eps = EpsPhysics(EpsParams(), np.random.default_rng(seed), T0, 0.85)
    for load in (1, 2, 7):
        eps.switch(load, True)
    rows = fly(
        eps, PowerManager(PowerParams()), 8_640, 20.0,
        light=lambda i: i % 4320 > 2160, demand=lambda i: 120.0 * (i % 360 < 200),
    )  # fmt: skip
    error = np.abs(rows[:, 0] - rows[:, 2])
    assert np.ptp(rows[:, 2]) > 0.2  # the battery really worked
    assert error[30:].max() < 0.03
    assert math.sqrt(np.mean(error[30:] ** 2)) < 0.02
    # honest: mostly within two sigma, and sigma says something
    assert np.mean(error[30:] < 2.0 * rows[30:, 1]) > 0.9
    assert rows[-1, 1] < 0.03


@pytest.mark.parametrize("seed", range(3))
def test_finds_the_charge_again_after_hibernation(seed):
    """Reboot with a stored value, 100 h of silence, a dawn that already charges."""
    eps = EpsPhysics(EpsParams(), np.random.default_rng(seed), T0, 0.9)
    before = PowerManager(PowerParams())
    stored = None
    for _ in range(200):
        eps.advance(1.0, None, 0.0, 150.0)
        out = before.step(eps.t_ns, Inbox({"power/telemetry": [telemetry(eps)]}))
        stored = out.persist or stored
    eps.hibernate(10**6)
    for _ in range(6000):
        eps.advance(60.0, None, 0.0, 90.0)
    eps.advance(120.0, SUN, 1.0, 150.0)
    assert eps.computer_on
    after = PowerManager(PowerParams())
    after.restore(stored)
    rows = fly(eps, after, 600, 1.0, light=lambda i: True, demand=lambda i: 0.0)
    assert np.abs(rows[:, 0] - rows[:, 2]).max() < 0.04
    assert np.all(np.abs(rows[:, 0] - rows[:, 2]) < 3.0 * rows[:, 1])


def test_finds_the_charge_with_nothing_stored():
    for soc in (0.08, 0.35, 0.97):
        eps = EpsPhysics(EpsParams(), np.random.default_rng(1), T0, soc)
        rows = fly(eps, PowerManager(PowerParams()), 60, 1.0, lambda i: False, lambda i: 0.0)
        assert rows[-1, 0] == pytest.approx(soc, abs=0.035)


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_a_number_that_is_none_changes_nothing(bad):
    f, same = SocFilter(PowerParams()), SocFilter(PowerParams())
    for each in (f, same):
        each.start(29.0, -2.0, 10.0)
    for place in range(3):
        reading = [29.0, -2.0, 10.0]
        reading[place] = bad
        f.correct(*reading)
        f.start(*reading)
        if place:
            f.predict(1.0, *reading[1:])
    f.predict(bad, -2.0, 10.0)
    for each in (f, same):
        each.predict(1.0, -2.0, 10.0)
        each.correct(29.0, -2.0, 10.0)
    assert np.array_equal(f.x, same.x)
    assert np.array_equal(f.cov, same.cov)
