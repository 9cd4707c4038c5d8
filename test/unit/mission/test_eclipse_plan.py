"""The energy plan, recharging and the night's forecast with an eclipse ahead."""

import dataclasses
import math
from typing import Any

import numpy as np
import pytest

from lupex_rover.core.component import Inbox
from lupex_rover.core.time import from_iso, ns
from lupex_rover.core.types import PowerState, PowerTelemetry
from lupex_rover.ephemeris import sky, xy_of
from lupex_rover.mission.affordability import afford, ask, legs
from lupex_rover.mission.executive_context import ExecutiveContext
from lupex_rover.mission.params import ExecutiveParams
from lupex_rover.mission.phase_table import TABLE
from lupex_rover.mission.phases import recharge
from lupex_rover.mission.plan import MissionPlan
from lupex_rover.mission.steps import Step
from lupex_rover.power.night.forecast import Dusk, run
from lupex_rover.power.night.night_types import Dimming
from lupex_rover.power.night.params import NightParams

HAVEN = xy_of(math.radians(-80.0), math.radians(22.7))
NAME = "total lunar eclipse of 2029-06-26"
TOTALITY = from_iso("2029-06-26T03:22:00Z")
HOUR_NS = ns(3600.0)


def context(start, soc=0.6, array_a=10.0, dusk_h=48):
    """An executive at the haven, dusk and, 80 h later, dawn after `start`."""
    t = from_iso(start) if isinstance(start, str) else start
    plan = MissionPlan(t, HAVEN, 0.0, HAVEN, HAVEN, (0.5,), t + dusk_h * HOUR_NS,
                       t + (dusk_h + 80) * HOUR_NS)  # fmt: skip
    ctx = ExecutiveContext(ExecutiveParams(), plan)
    ctx.step = Step("traverse", "traverse", TABLE["traverse"])
    tell(ctx, t, soc, array_a)
    return ctx


def tell(ctx, t, soc, array_a):
    panels = np.array([array_a, 0.0, 0.0])
    fields: dict[str, Any] = {f.name: 0.0 for f in dataclasses.fields(PowerTelemetry)}
    power = PowerTelemetry(**fields | {
        "stamp_ns": t, "bus_v": 28.0, "battery_v": 29.0, "array_a": panels, "loads_on": 1,
        "load_w": np.zeros(16), "battery_degc": 20.0,
    })  # fmt: skip
    fields = {f.name: 0.0 for f in dataclasses.fields(PowerState)}
    state = PowerState(**fields | {
        "stamp_ns": t, "soc": soc, "soc_sigma": 0.01, "energy_wh": 4200.0 * soc, "shed": (),
        "usable_wh": 4200.0 * (soc - 0.1),
    })  # fmt: skip
    ctx.take(t, Inbox({"power/telemetry": [power], "power/state": [state]}))


def test_the_plan_has_an_eclipse_as_a_leg_of_its_own():
    ctx, other = context("2029-06-25T12:00:00Z"), context("2029-07-05T12:00:00Z")
    plan, clear = legs(ctx, "recharge", 500.0), legs(other, "recharge", 500.0)
    assert [leg.name for leg in plan][1:] == ["light at the haven", NAME, "light at the haven",
                                              "night"]  # fmt: skip
    assert [leg.name for leg in clear][1:] == ["light at the haven", "night"]
    assert sum(leg.hours for leg in plan) == pytest.approx(sum(leg.hours for leg in clear))
    p = ctx.params
    lost_wh = sum((leg.input_w for leg in clear), 0.0) * clear[1].hours
    lost_wh -= sum(leg.input_w * leg.hours for leg in plan)
    times = from_iso("2029-06-25T12:00:00Z") + 60 * 10**9 * np.arange(48 * 60)
    covered_h = float((1.0 - sky(*HAVEN, times).sun_uncovered).sum()) / 60.0
    assert 2.5 < covered_h < 3.5
    assert lost_wh == pytest.approx(p.haven_w * covered_h, rel=0.02)


def test_an_eclipse_before_dusk_is_charge_that_the_night_misses():
    ctx, other = (context(f"2029-{day}T00:30:00Z", 0.2, dusk_h=6) for day in ("06-26", "07-05"))
    dim, clear = ask(ctx, "recharge", 1000.0), ask(other, "recharge", 1000.0)
    missing_wh = clear.balances[-1].energy_wh - dim.balances[-1].energy_wh
    assert missing_wh == pytest.approx(0.95 * ctx.params.haven_w * 3.0, rel=0.2)
    assert clear.margin_wh - dim.margin_wh > 300.0


def test_dusk_before_or_in_an_eclipse_leaves_the_rest_of_it_out():
    before = context("2029-06-24T00:30:00Z")  # dusk at 00:30 on the 26th
    within = context("2029-06-24T03:00:00Z")
    assert NAME not in [leg.name for leg in legs(before, "recharge", 500.0)]
    (leg,) = (leg for leg in legs(within, "recharge", 500.0) if leg.name == NAME)
    assert 1.5 < leg.hours < 2.0


def phase_in(ctx, phase, array_a, hours=3.0, soc=0.6):
    """What a phase says and returns when the array gives so much from now on; None: it waits."""
    said, t = [], ctx.t_ns
    for k in range(1, round(hours * 60.0)):
        tell(ctx, t + k * ns(60.0), soc, array_a)
        try:
            next(phase)
        except StopIteration as end:
            return end.value
        said += [m.code for _, m in ctx.out.messages if hasattr(m, "code")]
    return None


def test_recharging_waits_an_eclipse_out_and_ends_in_another_darkness():
    dark_h = ExecutiveParams().dark_wait_s / 3600.0 + 1.0
    eclipsed = context(TOTALITY - ns(3600.0))
    assert phase_in(eclipsed, recharge(eclipsed), 0.0, min(dark_h, 2.0)) is None
    shadow = context("2029-07-05T12:00:00Z")
    assert phase_in(shadow, recharge(shadow), 0.0, dark_h) == "MIS-006"


def test_charging_before_a_phase_waits_an_eclipse_out():
    eclipsed, shadow = context(TOTALITY, 0.1, 0.0), context("2029-07-05T12:00:00Z", 0.1, 0.0)
    assert phase_in(eclipsed, afford(eclipsed), 0.0, 1.0, 0.1) is None
    assert phase_in(shadow, afford(shadow), 0.0, 1.0, 0.1).code == "PWR-007"


def test_the_forecast_of_a_morning_counts_the_eclipse_in_it():
    p = NightParams()
    dusk = Dusk(2000.0, -20.0, -40.0, 150.0)
    eclipse = Dimming(22.0, 27.0, 0.4)
    clear = run(p, dusk, 40.0, (-20.0, -40.0), 10.0, 10.0)
    dim = run(p, dataclasses.replace(dusk, eclipses=(eclipse,)), 40.0, (-20.0, -40.0), 10.0, 10.0)
    assert dim.drawn_wh > clear.drawn_wh + 20.0 and dim.chassis_k < clear.chassis_k
    early = dataclasses.replace(dusk, eclipses=(Dimming(2.0, 7.0, 0.0),))  # in the dark
    assert run(p, early, 40.0, (-20.0, -40.0), 10.0, 10.0) == clear


def test_the_night_keeper_is_told_of_eclipses_ahead():
    ctx = context("2029-06-25T12:00:00Z")
    (one,) = ctx.night_reading().eclipses
    assert 12.5 < one.begin_h < 14.5 and 17.0 < one.end_h < 18.5 and 0.2 < one.left < 0.6
    tell(ctx, from_iso("2029-06-26T12:00:00Z"), 0.6, 10.0)
    assert ctx.night_reading().eclipses == ()
