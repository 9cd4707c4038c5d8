"""Health of the panels and draw of the loads against the simulated EPS."""

from dataclasses import replace

import numpy as np
import pytest

from lupex_rover.core.errors import UserError
from lupex_rover.core.types import LOADS, PowerTelemetry
from lupex_rover.power.array_health import ArrayHealth
from lupex_rover.power.load_meter import LoadMeter
from lupex_rover.simulator.power.eps import EpsParams, EpsPhysics


def rover(dust=0.95):
    p = EpsParams()
    p = replace(p, array=replace(p.array, dust=dust))
    return EpsPhysics(p, np.random.default_rng(3), 0, 0.6)


@pytest.mark.parametrize("dust", [0.95, 0.7])
def test_dust_and_a_lost_panel_are_told_panel_by_panel(dust):
    eps, health = rover(dust), ArrayHealth()
    eps.panel_health[1] = 0.0
    for k in range(720):
        angle = 2.0 * np.pi * k / 360.0
        sun = np.array([np.cos(angle), np.sin(angle), 0.0])
        eps.advance(30.0, sun, 1.0, 200.0)
        health.update(30.0, sun, 1.0, eps.power()[4] * 28.0)
    assert health.health[[0, 2]] == pytest.approx(dust, rel=0.06)
    assert health.lost() == ("right",)


def test_a_panel_that_never_saw_the_sun_is_not_judged():
    eps, health = rover(), ArrayHealth()
    for _ in range(20):
        eps.advance(30.0, np.array([0.0, 1.0, 0.0]), 1.0, 200.0)
        health.update(30.0, (0.0, 1.0, 0.0), 1.0, eps.power()[4] * 28.0)
    assert np.isnan(health.health[1]) and health.lost() == ()


def test_nonsense_is_refused_by_name():
    with pytest.raises(UserError, match="sun_base"):
        ArrayHealth().expected_w((1.0, 1.0, np.nan), 1.0)
    with pytest.raises(UserError, match="share"):
        ArrayHealth().expected_w((1.0, 0.0, 0.0), -0.1)


def test_loads_are_metered_one_by_one():
    eps, meter = rover(), LoadMeter()
    eps.switch(LOADS.index("radio"), True)
    eps.switch(LOADS.index("drill"), True)
    for k in range(720):
        eps.demand_w["drill"] = 100.0 if k % 2 else 140.0
        if k == 360:
            eps.switch(LOADS.index("radio"), False)
        eps.advance(10.0, None, 0.0, 200.0)
        meter.update(PowerTelemetry(eps.t_ns, *eps.power()))
    assert meter.watts("radio") == pytest.approx(12.0, rel=0.02)
    assert meter.watts("drill") == pytest.approx(125.0, rel=0.02)
    assert meter.used_wh[LOADS.index("radio")] == pytest.approx(12.0, rel=0.02)
    assert np.isnan(meter.watts("lights"))
    before = meter.used_wh.copy()
    bus, volt, amp, degc, array, loads, watt = eps.power()
    watt[0] = np.nan
    meter.update(PowerTelemetry(eps.t_ns + 10**9, bus, volt, amp, degc, array, loads, watt))
    assert np.array_equal(meter.used_wh, before)
