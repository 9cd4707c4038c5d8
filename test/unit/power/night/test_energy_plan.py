"""The budget along a plan against a Monte Carlo of the same plan, and what it refuses."""

import math

import numpy as np
import pytest

from lupex_rover.core.errors import UserError
from lupex_rover.core.types import PowerState
from lupex_rover.power.night.energy_plan import Leg, forward

FULL = 4000.0


def state(soc=0.8, sigma=0.01, reserve=0.15):
    usable = max(soc - reserve, 0.0) * FULL
    return PowerState(0, soc, sigma, 0.0, 0.0, soc * FULL, usable, "normal")


PLAN = (
    Leg("drive", 3.0, 180.0, 60.0, 0.15, 0.2),
    Leg("drill", 5.0, 220.0, 0.0, 0.10),
    Leg("recharge", 4.0, 40.0, 300.0, 0.05, 0.1),
    Leg("night", 60.0, 16.0, 0.0, 0.15),
)


def test_energy_and_doubt_are_those_of_ten_thousand_drawn_plans():
    rng = np.random.default_rng(0)
    energy = 0.8 * FULL + 0.01 * FULL * rng.normal(size=10_000)
    ends = []
    for leg in PLAN:
        load = leg.load_w * (1.0 + leg.load_sigma * rng.normal(size=energy.size))
        light = leg.input_w * (1.0 + leg.input_sigma * rng.normal(size=energy.size))
        net = light - load
        energy = energy + np.where(net > 0.0, 0.95 * net, net / 0.95) * leg.hours
        ends.append((energy.mean(), energy.std()))
    for balance, (mean, sigma) in zip(forward(state(), PLAN).balances, ends):
        assert balance.energy_wh == pytest.approx(mean, abs=10.0)
        assert balance.sigma_wh == pytest.approx(sigma, rel=0.05)


def test_a_plan_is_refused_at_the_leg_that_breaks_it_though_a_later_one_recharges():
    answer = forward(state(0.5), PLAN[:3])
    assert not answer.allowed and answer.code == "PWR-007"
    assert "'drill'" in answer.text and f"{-answer.margin_wh:.0f} Wh below" in answer.text
    assert forward(state(0.9), PLAN[:2]).allowed


def test_the_battery_holds_no_more_than_it_can():
    answer = forward(state(0.9), [Leg("light", 50.0, 40.0, 300.0)])
    assert answer.balances[-1].energy_wh == pytest.approx(FULL)


def test_more_to_leave_and_more_doubt_leave_less():
    plain = forward(state(), PLAN).margin_wh
    assert forward(state(), PLAN, reserve_wh=300.0).margin_wh == pytest.approx(plain - 300.0)
    assert forward(state(sigma=0.05), PLAN).margin_wh < plain


@pytest.mark.parametrize("wrong", [-1.0, math.nan, math.inf])
def test_nonsense_is_refused_by_name(wrong):
    with pytest.raises(UserError, match="'drive': load_w"):
        Leg("drive", 1.0, wrong)
    with pytest.raises(UserError, match="reserve_wh"):
        forward(state(), PLAN, reserve_wh=wrong)


def test_a_battery_that_is_surely_full_leaves_no_doubt():
    """By hand: 2000 Wh and 7600 +- 760 of light; less two sigma it is above the 4000 that fit."""
    half = state(soc=0.5, sigma=0.0)
    sunny = Leg("light", 40.0, 0.0, 200.0, input_sigma=0.1)
    budget = forward(half, [sunny, Leg("night", 10.0, 95.0, load_sigma=0.0)])
    assert budget.balances[0].energy_wh == 4000.0 and budget.balances[0].sigma_wh == 0.0
    assert budget.balances[1].energy_wh == pytest.approx(3000.0)
    unsure = forward(half, [Leg("light", 12.0, 0.0, 200.0, input_sigma=0.25)]).balances[0]
    # 2000 + 2280 -> full; 2 sigma = 1140 Wh of light: surely 3140
    assert unsure.energy_wh == 4000.0 and unsure.sigma_wh == pytest.approx(430.0)
