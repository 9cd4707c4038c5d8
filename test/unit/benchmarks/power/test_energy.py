"""Short forms of `lupex bench power`, which holds these limits over a month and 200 nights."""

import math
import sys

import numpy as np
import pytest

from benchmarks.power import bound, cell, month, pybamm_peer, shed
from benchmarks.power import hardware as energy_hardware
from benchmarks.power.bench_power import measure
from benchmarks.power.campaign import one_night, summary
from benchmarks.power.nights import Outcome
from benchmarks.power.places import Place
from lupex_rover.core.errors import UserError
from lupex_rover.simulator.night_preview import left_wh as simulated_wh
from lupex_rover.simulator.night_preview import nominal
from lupex_rover.simulator.power.cell import Pack
from lupex_rover.simulator.power.eps import EpsPhysics
from lupex_rover.simulator.power.params import EpsParams

STAND_IN = """
import types
import numpy as np
__version__, t = "0-stand-in", None
ParameterValues = lambda name: types.SimpleNamespace(update=lambda values: None)
Interpolant = lambda *a, **k: None
IDAKLUSolver = lambda: None
lithium_ion = types.SimpleNamespace(DFN=lambda: None)
class Simulation:
    def __init__(self, *a, **k): pass
    def solve(self, t_eval, initial_soc):
        return {"Terminal voltage [V]": lambda t: np.full(t.size, 3.7)}
"""


def test_charge_capacity_and_resistance_of_an_aged_pack_within_days():
    """Limits as for the month: 2 % of charge, 5 % of capacity and resistance."""
    told = month.figures(month.use(4, days=4.0))
    assert told["charge_range"][1] - told["charge_range"][0] > 0.4
    assert told["charge_error_max_after"] < 0.02
    assert abs(told["capacity_error_at_end"]) < 0.05
    assert abs(told["resistance_error_at_end"]) < 0.05
    assert told["share_within_2_sigma"] > 0.6


def test_the_first_belief_of_that_pack_was_wrong():
    """Or the test above would show nothing: its capacity is a fifth below the new pack's."""
    rows = month.use(4, days=0.01)
    assert rows[0, 3] > 1.15


def test_loads_go_within_two_seconds_and_do_not_come_back():
    told = shed.measure()
    assert told["under_voltage_s"] <= 2.0
    assert told["overload_s"] <= 2.0 + shed.STEP_S
    assert set(told["low_charge_switches_per_load"].values()) == {1}
    assert len(told["low_charge_switches_per_load"]) >= 5
    assert told["vital_loads_shed"] == []


@pytest.mark.parametrize("seed, fault", [(8, None), (16, "reset")])
def test_a_random_night_is_survived_and_work_resumes(seed, fault):
    night = one_night(seed)
    assert fault is None or fault in night.faults
    assert night.allowed and night.alive and not math.isnan(night.resumed_h)
    assert not night.cold_charge and night.below_reserve == 0
    assert night.granted > 0
    told = summary([night])
    assert told["allowed_but_lost_seeds"] == [] and told["lost"] == 0


@pytest.mark.parametrize("seed", [83, 111])
def test_long_nights_at_the_bound_are_survived(seed):
    """344 and 324 h dark, lost by 1.4 and 0.1 h before warmth of the battery was stored by day."""
    night = one_night(seed)
    assert night.energy_allows and night.allowed and not math.isnan(night.resumed_h)


def test_a_battery_heater_that_dies_in_the_night_is_told_a_day_before_the_loss():
    """Both circuits break 178 h after dusk, at -40 degC; asleep it would be lost 14 h later."""
    night = one_night(91)
    assert night.faults == ["both battery heaters"] and not night.alive
    assert night.broke_h < night.told_h < night.broke_h + 5.0
    assert night.lost_h - night.told_h > 24.0
    assert any("every load on" in line for line in night.log)
    told = summary([night])
    assert told["lost_but_not_foretold_24_h_ahead_seeds"] == []
    assert told["least_h_foretold_ahead"] == round(night.lost_h - night.told_h, 1)


def test_a_loss_that_no_forecast_could_know_of_is_counted_apart():
    late = Outcome(7, 100.0, [], lost_h=60.0, told_h=59.0, broke_h=57.5)
    later = Outcome(8, 100.0, [], lost_h=60.0, told_h=59.0, broke_h=20.0)
    told = summary([late, later])
    assert told["lost_but_not_foretold_24_h_ahead_seeds"] == [7, 8]
    assert told["of_them_by_a_heater_that_broke_in_these_24_h"] == {7: 1.5}


SLOW = (-54.05, -64.05)  # the coldest set points of the night keeper


def lives_h(set_points, breaks_h=math.inf):
    """The simulated rover with set points held: hours until it is lost; no flight software."""
    eps = EpsPhysics(nominal(EpsParams()), np.random.default_rng(0), 0, 0.4)
    eps.heat.kelvin[:8] = [225.0, 215.0, 110.0, 85.0, 100.0, 90.0, 90.0, 90.0]
    for heater, degc in enumerate(set_points):
        eps.heater(heater, degc)
    eps.hibernate(10**9)
    hours = 0.0
    while not eps.dead:
        if hours >= breaks_h:
            eps.broken_circuits = [1, 1, 0]
        eps.advance(600.0, None, 0.0, 75.0)
        hours += 600.0 / 3600.0
    return hours


def test_the_hardware_bound_against_the_simulated_thermostats():
    """Separate code: explicit steps and on-off heaters there, LSODA and steady heat here."""
    p = nominal(EpsParams())
    eps = EpsPhysics(p, np.random.default_rng(0), 0, 0.4)
    kelvin = [225.0, 215.0, 110.0, 85.0, 100.0, 90.0, 90.0, 90.0]
    energy = simulated_wh(eps.pack, 0.4)

    def longest(energy, above_k):
        low, high = 40.0, 200.0
        while high - low > 0.1:
            hours = 0.5 * (low + high)
            allowed = bound.physics_allows(
                p, eps.thermal, kelvin, energy, hours, 75.0, [0, 0], None, above_k
            )
            low, high = (hours, high) if allowed else (low, hours)
        return low

    alone = longest(energy, (0.0, 0.0))
    usable = energy - energy_hardware.stranded_wh(p, eps.pack) + energy_hardware.band_wh(p)
    hardware = longest(usable, energy_hardware.held_above_k(p, [0, 0]))
    careful = longest(usable, energy_hardware.held_above_k(p, [0, 0], foresight=False))
    lived, closer = lives_h(SLOW), lives_h([degc - 0.6 for degc in SLOW])
    assert careful - 1.0 < lived < careful + 0.1
    assert hardware - 1.0 < closer < hardware + 0.1
    assert careful + 0.3 < hardware < alone


def test_with_foresight_a_battery_is_hot_when_its_heater_breaks():
    """Broken at 100 of 130 h: heated up before, it is known to live; broken from dusk it is not."""
    p = EpsParams()
    pack = Pack(p.battery, 0.9)
    warm, energy = [297.0, 280.0] + [230.0] * 6, simulated_wh(pack, 0.9)

    def allows(breaks_h):
        return bound.physics_allows(p, p.thermal, warm, energy, 130.0, 75.0, [2, 0],
                                           breaks_h=breaks_h)  # fmt: skip

    assert allows(100.0) and not allows(0.0)


def test_a_rover_that_lives_but_cannot_charge_is_counted_apart():
    told = summary([Outcome(9, 100.0, [], allowed=True, alive=True)])
    assert told["survived"] == 1 and told["survived_and_resumed"] == 0 and told["lost"] == 0
    assert told["survived_but_not_resumed_seeds"] == [9]


def test_a_battery_without_heater_lives_through_a_late_dawn_and_the_morning():
    """Broken before dusk, 92 h, dawn 8 h late; lost 8 h after dawn before loads stayed on there.

    It cannot take charge in the 96 h of light that are watched, whatever is on and at work.
    """
    night = one_night(156)
    assert night.allowed and night.alive and night.soc_dusk < 0.85
    assert not night.work_allows and math.isnan(night.resumed_h)
    told = summary([night])
    assert told["work_could_resume"] == 0 and told["could_resume_but_did_not_seeds"] == []


def test_a_long_night_is_won_by_the_room_of_second_circuits():
    """334 h; lost by 1.3 h to the first light that wakes a board, when that room was kept."""
    night = one_night(52)
    assert night.allowed and not math.isnan(night.resumed_h)
    assert any("no room for second circuits" in line for line in night.log)


def test_the_bound_of_charge_by_hand():
    """Enough light and time, and the battery comes over 0 degC; too little of either, and not."""
    p = EpsParams()
    pack = Pack(p.battery, 0.9)
    warm, energy = [290.0, 280.0] + [230.0] * 6, simulated_wh(pack, 0.9)

    def allows(ground_k, charge_h, watt=400.0):
        count = int((24.0 + charge_h) * 6)
        lit = np.arange(count) > 24 * 6
        light = energy_hardware.Morning(1.0 * lit, watt * lit, ground_k)
        return bound.physics_allows(
            p, p.thermal, warm, energy, 24.0, 75.0, [2, 0], pack, (0.0, 0.0), light, 0.0, charge_h
        )

    assert allows(200.0, 0.0) and allows(200.0, 96.0)
    assert not allows(200.0, 12.0)  # the chassis is cold, the battery still cools
    assert not allows(100.0, 96.0, watt=90.0)


def test_without_room_for_the_second_circuit_the_first_that_breaks_kills():
    """That room is what the bound's `held_above_k` stands for; it costs hours where none breaks."""
    assert lives_h(SLOW, breaks_h=40.0) > 60.0
    closer = tuple(degc - 0.6 for degc in SLOW)
    assert lives_h(closer, breaks_h=40.0) < 41.0
    assert lives_h(closer) > lives_h(SLOW)


def test_the_bound_allows_what_energy_pays_for_and_nothing_else():
    """By hand: a box held at its limit loses (leak + MLI) * difference; energy lasts so long."""
    p = EpsParams()
    warm = [288.0, 288.0] + [230.0] * 6

    def allows(energy, hours, broken=(0, 0)):
        return bound.physics_allows(p, p.thermal, warm, energy, hours, 75.0, list(broken))

    hours = [h for h in range(50, 601, 25) if allows(2000.0, h)]
    assert allows(2000.0, 100.0) and not allows(2000.0, 500.0)
    # between its ends the answer does not come and go
    assert hours == list(range(50, hours[-1] + 1, 25))
    assert not allows(4000.0, 300.0, (2, 0)) and allows(4000.0, 24.0, (2, 0))


def test_the_charge_that_heats_no_battery_by_hand():
    """Cells 5 mV and I R above 2.5 V each; 2.499 V at 0 and 2.711 V at 1 % by the table."""
    p = EpsParams()
    pack = Pack(p.battery, 0.5)
    current_a = (25.0 + 2.5) / 0.95 / 20.0
    cold = math.exp(20_000.0 / 8.314462618 * (1.0 / 218.15 - 1.0 / 298.15))
    drop_v = current_a * ((0.0346 + 0.0182) * 8.0 / 28.0 * cold + 0.005) + 8.0 * 0.005
    charge = drop_v / 8.0 / 0.212 * 0.01
    wh = charge * 144.2 * (20.0 + 0.5 * drop_v)
    assert 4.0 < wh < 12.0
    assert energy_hardware.stranded_wh(p, pack) == pytest.approx(wh, rel=0.2)
    assert pack.soc == 0.5


def test_the_first_light_that_wakes_a_board_by_hand():
    """Of 1361 W/m2 on 1.2 m2 of cold cells: 20 W at 4 % of the disc; two samples of 10 min gave."""
    p = EpsParams()
    share = np.array([0.5, 0.0, 0.0, 0.01, 0.02, 0.05, 0.5])
    place = Place(-85.0, 0, np.zeros(7), np.zeros(7), share, 1, 3)
    watt = energy_hardware.array_w(place, p, [1.0, 1.0, 1.0])
    full_w = 1.2 * 1361.0 * 0.28 * 1.21 * 0.95 * 0.96
    assert watt == pytest.approx(share * full_w, rel=0.01)
    hours, given_wh = energy_hardware.first_power(place, p, watt)
    assert hours == pytest.approx(4.0 / 6.0)
    assert given_wh == pytest.approx(0.03 * full_w / 6.0, rel=0.01)
    blind = energy_hardware.array_w(place, p, [0.0, 1.0, 1.0])
    assert blind[-1] == pytest.approx(0.75 * watt[-1])


def test_the_bound_lets_a_battery_without_heater_warm_itself():
    """By its own current, from any twelfth hour on; but not for a night of any length."""
    p = EpsParams()
    pack = Pack(p.battery, 0.9)
    warm, energy = [297.0, 280.0] + [230.0] * 6, simulated_wh(pack, 0.9)

    def allows(hours, *pack):
        return bound.physics_allows(p, p.thermal, warm, energy, hours, 75.0, [2, 0], *pack)

    assert not allows(100.0) and allows(100.0, pack)
    assert not allows(150.0, pack)


def test_the_cell_at_rest_and_under_a_step_of_current():
    """By hand: when 1 A ends the voltage rises by R0 at once, then by R1 with 90 s."""
    t = np.arange(0.0, 1800.0, 5.0)
    volts = cell.our_volts((t, np.zeros(t.size), 0.5), 25.0)
    assert np.ptp(volts) == 0.0
    volts = cell.our_volts((t, np.where(t < 600.0, 1.0, 0.0), 0.5), 25.0)
    last = int(np.searchsorted(t, 600.0)) - 1
    assert volts[last + 1] - volts[last] == pytest.approx(0.0346, abs=0.001)
    assert volts[-1] - volts[last] == pytest.approx(0.0346 + 0.0182, abs=0.001)


def test_a_peer_that_is_not_there_is_told_by_name(monkeypatch, tmp_path):
    monkeypatch.setenv("LUPEX_PYBAMM", str(tmp_path / "python"))
    assert "LUPEX_PYBAMM" in cell.measure()["not_measured"]


def test_the_peer_is_asked_in_an_environment_of_its_own(monkeypatch, tmp_path):
    """A stand-in that answers 3.7 V: what comes back is what it said, under its name."""
    (tmp_path / "pybamm.py").write_text(STAND_IN)
    fake = tmp_path / "python"
    fake.write_text(f'#!/bin/sh\nPYTHONPATH={tmp_path} exec {sys.executable} "$@"\n')
    fake.chmod(0o755)
    monkeypatch.setenv("LUPEX_PYBAMM", str(fake))
    t = np.arange(0.0, 50.0, 10.0)
    peer, volts = pybamm_peer.volts({"rest": (t, np.zeros(5), 0.5)}, 25.0)
    assert peer.startswith("PyBaMM 0-stand-in") and np.array_equal(volts["rest"], np.full(5, 3.7))


def test_a_count_that_is_none_is_refused(monkeypatch):
    monkeypatch.setenv("LUPEX_BENCH_NIGHTS", "-3")
    with pytest.raises(UserError, match="LUPEX_BENCH_NIGHTS"):
        measure()
