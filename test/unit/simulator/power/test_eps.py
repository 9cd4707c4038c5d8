"""The simulated EPS: energy, light, sleep and survival."""

import numpy as np
import pytest

from lupex_rover.core import params
from lupex_rover.core.errors import UserError
from lupex_rover.core.types import LOADS
from lupex_rover.simulator.power.cell import cell_ocv_v
from lupex_rover.simulator.power.eps import EpsParams, EpsPhysics

SUN_LEFT = np.array([0.0, 1.0, 0.0])
SUN_AHEAD = np.array([1.0, 0.0, 0.0])
HOUR = 3600


def make(soc=0.9, seed=1):
    return EpsPhysics(EpsParams(), np.random.default_rng(seed), 0, soc)


def on(eps, *loads):
    for load in loads:
        eps.switch(LOADS.index(load), True)


def night(eps, hours, ground_k=90.0):
    eps.heater(1, -20.0)
    eps.hibernate(int((hours + 24) * HOUR))
    low = eps.soc
    coldest = eps.battery_degc
    for _ in range(hours * 60):
        eps.advance(60.0, None, 0.0, ground_k)
        low, coldest = min(low, eps.soc), min(coldest, eps.battery_degc)
    return low, coldest


def test_no_energy_is_made_or_lost():
    """Array = loads + shunt + losses + what the cells store, by an integral of our own."""
    eps = make(0.6)
    on(eps, "mobility", "drill", "radio", "cameras")
    rng = np.random.default_rng(0)
    grid = np.linspace(0, 1, 4001)
    volt = np.array([8 * cell_ocv_v(s) for s in grid])
    joule_at = np.concatenate([[0], np.cumsum((volt[1:] + volt[:-1]) / 2 * np.diff(grid))])

    def stored(soc):
        return np.interp(soc, grid, joule_at) * eps.pack.capacity_ah * 3600

    start = stored(eps.soc)
    over = through = 0.0
    for i in range(8000):
        eps.demand_w.update(mobility=float(rng.uniform(0, 200)), drill=float(rng.uniform(0, 150)))
        lit = i % 1000 < 700
        eps.advance(5.0, SUN_LEFT if lit else None, 1.0, 200.0)
        over += 5.0 * (eps.array_w - eps.load_w - eps.shunt_w - eps.loss_w)
        through += 5.0 * (eps.array_w + eps.load_w)
    # the slow polarisation holds a few joules at the end
    assert over == pytest.approx(stored(eps.soc) - start, abs=2e-4 * through)


def test_array_gives_what_geometry_and_cells_say():
    eps = make()
    for _ in range(100):
        eps.advance(10.0, SUN_LEFT, 1.0, 200.0)
    left, right, tower = eps.power()[4] * 28.0
    assert right == 0.0
    assert left / tower == pytest.approx(0.3 / 0.9, rel=0.02)
    # 1361 W/m2, 28 %, dust and tracking; the warm cells lose a little
    assert tower == pytest.approx(1361 * 0.9 * 0.28 * 0.95 * 0.96, rel=0.10)
    assert 250.0 < eps.array_w < 450.0
    eps.advance(10.0, SUN_LEFT, 0.5, 200.0)
    assert eps.array_w == pytest.approx((left + tower) / 2, rel=0.02)
    eps.advance(10.0, None, 1.0, 200.0)
    assert eps.array_w == 0.0


def test_a_cold_battery_takes_no_charge_until_its_heater_has_warmed_it():
    eps = make(0.5)
    eps.heat.kelvin[0] = 268.0
    charged_cold = False
    for _ in range(6 * 60):
        eps.advance(60.0, SUN_AHEAD, 1.0, 200.0)
        charged_cold |= eps.battery_degc < -0.5 and eps.pack.current_a > 0.0
    assert not charged_cold
    assert eps.battery_degc > 0.0
    assert eps.pack.current_a > 1.0


def test_recharge_takes_a_few_hours():
    eps = make(0.5)
    hours = 0.0
    while eps.soc < 0.95:
        eps.advance(60.0, SUN_AHEAD, 1.0, 220.0)
        hours += 1 / 60
    assert 3.0 < hours < 12.0


def test_sleep_ends_by_time():
    eps = make()
    on(eps, "radio", "cameras")
    eps.hibernate(3600)
    assert eps.asleep and not eps.computer_on
    eps.advance(3590.0, None, 0.0, 90.0)
    assert eps.asleep
    eps.advance(11.0, None, 0.0, 90.0)
    assert eps.computer_on and eps.wake_reason == "time"
    assert not eps.loads_on >> LOADS.index("radio") & 1


def test_sleep_ends_by_light_that_lasts():
    eps = make()
    eps.hibernate(10**6)
    eps.advance(30.0, SUN_AHEAD, 1.0, 90.0)  # a glint
    eps.advance(600.0, None, 0.0, 90.0)
    assert eps.asleep
    eps.advance(600.0, SUN_AHEAD, 0.02, 90.0)  # below 20 W
    assert eps.asleep
    eps.advance(70.0, SUN_AHEAD, 1.0, 90.0)
    assert eps.computer_on and eps.wake_reason == "light"


def test_draw_in_hibernation_is_that_of_clock_and_heaters():
    eps = make()
    night(eps, 60)
    watt = []
    for _ in range(12 * 60):
        eps.advance(60.0, None, 0.0, 90.0)
        watt.append(eps.load_w)
    assert 12.0 < np.mean(watt) < 22.0


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("soc, ground_k", [(0.9, 90.0), (0.95, 60.0)])
def test_survives_140_hours_of_darkness_with_margin(soc, ground_k, seed):
    eps = make(soc, seed)
    low, coldest = night(eps, 140, ground_k)
    assert low >= 0.25
    assert coldest > 0.0
    eps.advance(120.0, SUN_AHEAD, 1.0, 200.0)
    assert eps.computer_on and not eps.dead


def test_is_lost_when_it_enters_the_night_with_too_little():
    eps = make(0.3)
    night(eps, 140)
    for _ in range(48 * 60):
        eps.advance(60.0, SUN_AHEAD, 1.0, 220.0)
    assert "froze" in eps.dead
    assert not eps.computer_on


def test_a_flat_battery_in_a_short_night_comes_back_with_the_light():
    eps = make(0.05)
    night(eps, 30)
    assert eps.empty and eps.load_w == 0.0 and not eps.dead
    for _ in range(24 * 60):
        eps.advance(60.0, SUN_AHEAD, 1.0, 220.0)
    assert eps.computer_on and eps.soc > 0.1


def test_the_computer_is_not_switched_off_by_a_load_command():
    eps = make()
    eps.switch(0, False)
    assert eps.computer_on


def test_heater_follows_set_point_and_switch():
    eps = make()
    eps.heat.kelvin[0] = 275.0
    eps.advance(1.0, None, 0.0, 200.0)
    assert eps.power()[6][8] == pytest.approx(25.0, rel=0.1)
    eps.heater(0, float("nan"))
    eps.advance(1.0, None, 0.0, 200.0)
    assert eps.power()[6][8] == 0.0


def test_same_seed_same_numbers():
    a, b = make(seed=5), make(seed=5)
    for eps in (a, b):
        for _ in range(60):
            eps.advance(10.0, SUN_LEFT, 0.7, 150.0)
    assert a.soc == b.soc and list(a.heat.kelvin) == list(b.heat.kelvin)
    assert np.array_equal(a.power()[6], b.power()[6])


def test_steps_of_a_minute_while_all_rests_change_little():
    fine, coarse = make(seed=5, soc=0.5), make(seed=5, soc=0.5)
    for light in (0.05, 0.7, 0.0):  # six hours each
        for _ in range(6 * 360):
            fine.advance(10.0, SUN_LEFT, light, 150.0)
        for _ in range(6 * 60):
            coarse.advance(60.0, SUN_LEFT, light, 150.0)
        assert coarse.soc == pytest.approx(fine.soc, abs=1e-3)
        assert coarse.heat.kelvin == pytest.approx(fine.heat.kelvin, abs=0.5)
    assert 0.2 < fine.soc < 0.999


def test_parameters_of_the_wrong_length_are_refused():
    with pytest.raises(UserError, match="heater_w"):
        params.load(EpsParams, {"heater_w": [25.0]}, "eps")


def test_a_board_from_outside_draws_its_watts_while_its_load_is_on():
    plain, more = (
        EpsPhysics(EpsParams(), np.random.default_rng(1), 0, 0.6, added_w=added)
        for added in (None, {"spare_13": 6.0})
    )
    load = LOADS.index("spare_13")
    told = []
    for on in (False, True, False):
        for eps in (plain, more):
            eps.switch(load, on)
            eps.advance(3600.0, None, 0.0, 200.0)
        told.append((more.load_w - plain.load_w, float(more.power()[6][load])))
    assert told[0] == told[2] == (0.0, 0.0)
    assert told[1][0] == pytest.approx(6.0) and told[1][1] == pytest.approx(6.0, rel=0.06)
    spent_wh = 4100.0 * (plain.soc - more.soc)  # its heat saves the heaters a little
    assert 5.0 < spent_wh < 7.0
