"""Forecast of a night against a solver of ours, and what the keeper decides."""

import math

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from lupex_rover.core import params
from lupex_rover.core.errors import UserError
from lupex_rover.power.night_forecast import Dusk, run
from lupex_rover.power.night_keeper import NightKeeper, Reading
from lupex_rover.power.night_params import NightParams

P = NightParams()
SIGMA = 5.670374419e-8


def reading(energy=3500.0, battery=5.0, electronics=5.0, hour=0.0, sigma=40.0):
    return Reading(hour, energy, sigma, battery, electronics)


def test_boxes_without_heat_cool_as_a_solver_says():
    """scipy's LSODA on the same three nodes; no energy, so no heat but what they hold."""
    h = P.heat

    def rate(_, t):
        box, chassis = t[:2], t[2]
        lost = h.leak_wpk * (box - chassis) + h.mli_m2 * SIGMA * (box**4 - chassis**4)
        across = h.between_wpk * (box[0] - box[1])
        out = SIGMA * (h.space_m2 * chassis**4 + h.ground_m2 * (chassis**4 - h.ground_k**4))
        return [(-lost[0] - across) / h.battery_jpk,
                (-lost[1] + across - h.radiator_wpk * (box[1] - h.radiator_k)) / h.electronics_jpk,
                (lost.sum() - out) / h.chassis_jpk]  # fmt: skip

    hours = 20.0
    exact = solve_ivp(rate, (0, hours * 3600), [278.15, 278.15, 230.0], "LSODA", rtol=1e-8).y[:, -1]
    course = run(P, Dusk(0.0, 5.0, 5.0, 230.0), hours, (5.0, -20.0))
    assert course.battery_degc == pytest.approx(exact[0] - 273.15, abs=0.5)
    assert course.chassis_k == pytest.approx(exact[2], abs=1.5)


def test_a_held_box_draws_what_it_loses():
    """Long after dusk the draw is the steady loss: an energy balance by hand."""
    a = run(P, Dusk(1e6, 5.0, -20.0, 120.0), 300.0, (5.0, -20.0))
    b = run(P, Dusk(1e6, 5.0, -20.0, 120.0), 301.0, (5.0, -20.0))
    h, warm, cool, chassis = P.heat, 278.15, 253.15, b.chassis_k
    lost = sum(h.leak_wpk * (t - chassis) + h.mli_m2 * SIGMA * (t**4 - chassis**4)
               for t in (warm, cool)) + h.radiator_wpk * (cool - h.radiator_k)  # fmt: skip
    assert b.drawn_wh - a.drawn_wh == pytest.approx(lost / P.efficiency, rel=0.02)


@pytest.mark.parametrize("energy", [20.0, 60.0, 150.0])
def test_near_the_end_of_a_doomed_night_no_box_is_warmed_and_none_wakes_for_nothing(energy):
    """Heat put into a cold box leaks out faster; each waking costs minutes of the computer."""
    keeper = NightKeeper(P)
    keeper.dusk(reading(3600.0), 330.0)
    answer = keeper.woke(reading(energy, -53.5, -63.5, hour=12.0, sigma=10.0))
    assert answer.code == "PWR-008"
    assert answer.set_points == (P.battery_degc[-1], P.electronics_degc[-1])
    assert answer.duration_h == P.doomed_check_h


def test_short_nights_are_warm_and_long_ones_cold():
    keeper = NightKeeper(P)
    answers = [keeper.forecast(reading(), hours) for hours in (60.0, 150.0, 250.0, 340.0)]
    degc = [a.set_points[0] for a in answers]
    assert degc == sorted(degc, reverse=True) and degc[0] == 5.0 and degc[-1] < -40.0
    assert answers[0].code == "PWR-000" and answers[-1].code == "PWR-008"
    assert "freeze after" in answers[-1].text


def test_less_charge_is_never_foretold_to_last_longer():
    lasts = [NightKeeper(P).forecast(reading(e), 350.0).lasts_h for e in range(200, 3800, 400)]
    assert np.all(np.diff(lasts) >= 0.0)


def test_a_clock_that_lost_its_time_does_not_lose_the_night():
    """It counts what it was told to sleep where the clock cannot be right."""
    for jump in (0.0, -5000.0, 3.0, 9e4):
        keeper = NightKeeper(P)
        sleep = keeper.dusk(reading(), 100.0)
        keeper.woke(reading(3300.0, hour=sleep.duration_h + jump))
        assert keeper.memory()["left_h"] == pytest.approx(100.0 - sleep.duration_h)


def test_a_reset_in_the_dark_goes_back_to_sleep_with_the_hours_that_are_left():
    keeper = NightKeeper(P)
    keeper.dusk(reading(), 100.0)
    again = NightKeeper(P)
    again.recall(keeper.memory())
    assert again.in_night
    again.woke(reading(3450.0, hour=3.0))
    assert again.memory()["left_h"] == pytest.approx(97.0)


def test_a_late_dawn_is_slept_through():
    keeper = NightKeeper(P)
    keeper.dusk(reading(), 20.0)
    for hour in (12.0, 24.0, 36.0, 48.0):
        sleep = keeper.woke(reading(3000.0 - 12.0 * hour, hour=hour))
        assert sleep.code == "PWR-000" and sleep.duration_h > 1.0
    keeper.dawn()
    assert not keeper.in_night


def test_a_dead_heater_is_seen_and_the_loss_foretold():
    keeper = NightKeeper(P)
    keeper.dusk(reading(), 150.0)
    degc, told = 5.0, []
    for hour in range(12, 73, 12):
        degc -= 6.0
        sleep = keeper.woke(reading(3300.0, battery=degc, electronics=-22.0, hour=float(hour)))
        told.append(sleep)
    assert not keeper.heaters[0]
    assert told[-1].code == "PWR-008" and "heater is dead" in told[-1].text


@pytest.mark.parametrize("wrong", [-1.0, math.nan, math.inf])
def test_nonsense_is_refused_by_name(wrong):
    with pytest.raises(UserError, match="energy_wh"):
        reading(wrong)
    for ask in (NightKeeper(P).forecast, NightKeeper(P).dusk):
        with pytest.raises(UserError, match="dark_h"):
            ask(reading(), wrong)


def test_set_points_that_do_not_pair_are_refused():
    with pytest.raises(UserError, match="battery_degc"):
        params.load(NightParams, {"battery_degc": [5.0]}, "night")
