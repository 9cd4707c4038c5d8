"""Forecast of a night against a solver of ours, and what the keeper decides."""

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from lupex_rover.core import params
from lupex_rover.core.errors import UserError
from lupex_rover.power.night.cold_battery import loads_must_warm
from lupex_rover.power.night.forecast import Dusk, run
from lupex_rover.power.night.keeper import NightKeeper
from lupex_rover.power.night.night_types import Reading
from lupex_rover.power.night.params import NightParams

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


def test_busy_a_battery_without_heater_stays_warm_longer_as_a_solver_says():
    """The same nodes with every load on: I2 R in the cells, watts in box and chassis."""
    h, hours = P.heat, 12.0
    inside, outside = P.busy_w
    amp = (inside + outside) / P.efficiency / P.pack_v

    def rate(_, t):
        box, chassis = t[0], t[1]
        warm = P.switch_degc + 273.15
        lost = h.leak_wpk * (box - chassis) + h.mli_m2 * SIGMA * (box**4 - chassis**4)
        lost_too = h.leak_wpk * (warm - chassis) + h.mli_m2 * SIGMA * (warm**4 - chassis**4)
        cold = math.exp(P.activation_jpmol / 8.314462618 * (1.0 / box - 1.0 / 298.15))
        out = SIGMA * (h.space_m2 * chassis**4 + h.ground_m2 * (chassis**4 - h.ground_k**4))
        net = amp**2 * P.cells_ohm * cold - lost - h.between_wpk * (box - warm)
        return [net / h.battery_jpk, (lost + lost_too + outside - out) / h.chassis_jpk]

    exact = solve_ivp(rate, (0, hours * 3600), [231.15, 95.0], "LSODA", rtol=1e-8).y[:, -1]
    start = Dusk(3000.0, -42.0, P.switch_degc, 95.0, heaters=(False, True))
    course = run(P, start, hours, (5.0, -64.0), 0.0)
    assert course.battery_degc == pytest.approx(exact[0] - 273.15, abs=0.3)
    assert course.chassis_k == pytest.approx(exact[1], abs=1.0)
    asleep = run(P, start, 100.0, (5.0, -64.0))
    assert asleep.lasts_h < 13.0 < 24.0 < run(P, start, 100.0, (5.0, -64.0), 0.0).lasts_h


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


def asleep_at(degc, hours=100.0, energy=2200.0):
    """A keeper that has just gone to sleep with the battery held at `degc`, and its answer."""
    keeper = NightKeeper(P)
    electronics = P.electronics_degc[P.battery_degc.index(degc)]
    keeper.dusk(reading(energy, degc, electronics), hours)
    keeper.recall({**keeper.memory(), "chassis_k": 95.0})
    return keeper, keeper.woke(reading(energy, degc, electronics, hour=0.1))


def test_a_dead_battery_heater_is_noticed_in_time_to_foretell_a_day_ahead():
    """Broken right after a look at -40 degC; seen at the next one, and every load goes on."""
    keeper, sleep = asleep_at(-40.0)
    assert sleep.set_points[0] == -40.0 and sleep.duration_h <= 4.0
    went = run(P, Dusk(0.0, -40.0, -50.0, 95.0, (False, False)), sleep.duration_h, (5.0, -50.0))
    hour = 0.1 + sleep.duration_h
    answer = keeper.woke(reading(2150.0, went.battery_degc, -50.0, hour=hour))
    assert not keeper.heaters[0] and keeper.heaters[1]
    assert answer.busy and answer.code == "PWR-008" and "every load on" in answer.text
    assert 12.0 < answer.lasts_h < 30.0 and answer.duration_h == P.busy_check_h
    # by figures of no doubt, from where the battery is: a day and more
    start = Dusk(2150.0, went.battery_degc, -50.0, 95.0, keeper.heaters)
    assert run(P, start, 60.0, answer.set_points, 0.0).lasts_h > 24.0


def test_busy_does_not_outlive_the_need():
    """A battery that is still warm sleeps; so does one whose heater works."""
    keeper, _ = asleep_at(-40.0)
    held = keeper.woke(reading(2150.0, -40.9, -50.8, hour=3.0))  # by the second circuits
    assert not held.busy and keeper.heaters == (True, True)
    warm = NightKeeper(P)
    warm.dusk(reading(3500.0), 40.0)
    warm.recall({**warm.memory(), "heaters": [False, True], "left_h": 10.0})
    assert not warm.forecast(reading(3500.0, 3.0, -20.0), 10.0).busy


def test_a_battery_that_is_still_warm_waits_with_its_energy():
    """Warm cells have little resistance and lose much: every load on later lasts longer."""
    start = Dusk(3000.0, 0.0, -10.0, 120.0, heaters=(False, True))
    now, later = (run(P, start, 150.0, (5.0, -64.0), hour).lasts_h for hour in (0.0, 24.0))
    assert later > now + 3.0
    keeper = NightKeeper(P)
    keeper.dusk(reading(3000.0, 0.0, -10.0), 80.0)
    keeper.recall({**keeper.memory(), "heaters": [False, True], "chassis_k": 120.0})
    answer = keeper.forecast(reading(3000.0, 0.0, -10.0), 80.0)
    assert not answer.busy and "every load on in" in answer.text
    assert answer.duration_h <= P.check_h


def cold(array_w=0.0, left_h=0.0, energy=500.0):
    """What a keeper says with a battery at -50 degC that has no heater."""
    keeper, _ = asleep_at(-40.0)
    keeper.recall({**keeper.memory(), "heaters": [False, True], "left_h": left_h, "asleep": {},
                   "chassis_k": 140.0})  # fmt: skip
    return keeper.woke(replace(reading(energy, -50.0, 3.0, hour=50.0), array_w=array_w))


def test_in_the_first_light_a_cold_battery_is_warmed_at_once():
    """In the dark, energy is saved for a dawn up to a day later; in the light nothing is."""
    dark, lit = cold(), cold(array_w=P.first_light_w)
    assert not dark.busy and dark.code == "PWR-008"
    assert dark.duration_h == P.busy_check_h  # the first light is not to be slept through
    assert lit.busy


def test_a_late_dawn_leaves_less_doubt_of_itself():
    """A dawn that is 18 h late is at most 6 h away: less is saved for it."""
    assert not cold().busy and cold(left_h=-18.0).busy


def test_the_morning_warms_the_chassis_as_a_solver_says():
    """Sun on chassis, lit ground, and an array that relieves the battery of its current."""
    h, hours = P.heat, 20.0
    inside, outside = P.busy_w
    warm = P.switch_degc + 273.15

    def rate(t_s, t):
        box, chassis = t
        share = min(t_s / 3600.0 / P.rise_h, 1.0)
        lost = h.leak_wpk * (box - chassis) + h.mli_m2 * SIGMA * (box**4 - chassis**4)
        lost_too = h.leak_wpk * (warm - chassis) + h.mli_m2 * SIGMA * (warm**4 - chassis**4)
        amp = max(inside + outside - P.array_w * share, 0.0) / P.efficiency / P.pack_v
        cold = math.exp(P.activation_jpmol / 8.314462618 * (1.0 / box - 1.0 / 298.15))
        net = amp**2 * P.cells_ohm * cold - lost - h.between_wpk * (box - warm)
        out = h.space_m2 * chassis**4 + h.ground_m2 * (chassis**4 - P.lit_ground_k**4)
        gain = lost + lost_too + outside + P.sun_w * share - SIGMA * out
        return [net / h.battery_jpk, gain / h.chassis_jpk]

    exact = solve_ivp(rate, (0, hours * 3600), [223.15, 140.0], "LSODA", rtol=1e-8).y[:, -1]
    start = Dusk(1000.0, -50.0, P.switch_degc, 140.0, heaters=(False, True))
    course = run(P, start, hours, (5.0, -64.0), 0.0, 0.0)
    assert course.battery_degc == pytest.approx(exact[0] - 273.15, abs=0.3)
    assert course.chassis_k == pytest.approx(exact[1], abs=1.5)
    assert course.drawn_wh < 300.0  # then the array feeds every load


def test_loads_warm_a_battery_in_the_light_only_where_its_heater_gives_nothing():
    assert loads_must_warm(P, -30.0, 0.0, False) and not loads_must_warm(P, -30.0, 25.0, False)
    assert not loads_must_warm(P, 3.0, 0.0, False) and loads_must_warm(P, 3.0, 0.0, True)
    assert not loads_must_warm(P, 5.5, 0.0, True)


def test_a_box_on_its_way_up_has_no_dead_heater():
    """Set points were raised a moment ago: it is as warm as can be forecast."""
    keeper, _ = asleep_at(P.battery_degc[-1], hours=60.0, energy=3500.0)
    sleep = keeper.woke(reading(3450.0, -54.0, -64.0, hour=1.0))
    assert sleep.set_points[0] > -45.0
    keeper.woke(reading(3440.0, -52.8, -62.8, hour=1.6))
    assert keeper.heaters == (True, True)


@pytest.mark.parametrize(("degc", "most"), [(5.0, 12.0), (-20.0, 12.0), (-30.0, 9.0), (-40.0, 4.0)])
def test_looks_are_as_frequent_as_a_box_cools(degc, most):
    """At least three in the time that both boxes, without heat, would take to the first limit."""
    pair = (degc, P.electronics_degc[P.battery_degc.index(degc)])
    keeper = NightKeeper(replace(P, battery_degc=pair[:1], electronics_degc=pair[1:]))
    keeper.dusk(reading(3900.0, *pair), 20.0)
    keeper.recall({**keeper.memory(), "chassis_k": 95.0})
    sleep = keeper.woke(reading(3900.0, *pair, hour=0.1))
    dead = run(P, Dusk(0.0, *pair, 95.0, (False, False)), 200.0, pair)
    assert P.check_h / 12.0 <= sleep.duration_h <= min(most, max(dead.lasts_h / 3.0, 1.0))


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
