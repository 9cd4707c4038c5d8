"""Short forms of `lupex bench energy`, which holds these limits over a month and 200 nights."""

import math

import numpy as np
import pytest

from lupex_rover.cli import energy_bound, energy_cell, energy_month, energy_shed
from lupex_rover.cli.bench_energy import measure
from lupex_rover.cli.energy_campaign import one_night, summary
from lupex_rover.core.errors import UserError
from lupex_rover.simulator.eps_params import EpsParams


def test_charge_capacity_and_resistance_of_an_aged_pack_within_days():
    """Limits as for the month: 2 % of charge, 5 % of capacity and resistance."""
    told = energy_month.figures(energy_month.use(4, days=4.0))
    assert told["charge_range"][1] - told["charge_range"][0] > 0.4
    assert told["charge_error_max_after"] < 0.02
    assert abs(told["capacity_error_at_end"]) < 0.05
    assert abs(told["resistance_error_at_end"]) < 0.05
    assert told["share_within_2_sigma"] > 0.6


def test_the_first_belief_of_that_pack_was_wrong():
    """Or the test above would show nothing: its capacity is a fifth below the new pack's."""
    rows = energy_month.use(4, days=0.01)
    assert rows[0, 3] > 1.15


def test_loads_go_within_two_seconds_and_do_not_come_back():
    told = energy_shed.measure()
    assert told["under_voltage_s"] <= 2.0
    assert told["overload_s"] <= 2.0 + energy_shed.STEP_S
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


def test_the_bound_allows_what_energy_pays_for_and_nothing_else():
    """By hand: a box held at its limit loses (leak + MLI) * difference; energy lasts so long."""
    p = EpsParams()
    warm = [288.0, 288.0] + [230.0] * 6

    def allows(energy, hours, broken=(0, 0)):
        return energy_bound.physics_allows(p, p.thermal, warm, energy, hours, 75.0, list(broken))

    hours = [h for h in range(50, 601, 25) if allows(2000.0, h)]
    assert allows(2000.0, 100.0) and not allows(2000.0, 500.0)
    # between its ends the answer does not come and go
    assert hours == list(range(50, hours[-1] + 1, 25))
    assert not allows(4000.0, 300.0, (2, 0)) and allows(4000.0, 24.0, (2, 0))


def test_the_cell_at_rest_and_under_a_step_of_current():
    """By hand: when 1 A ends the voltage rises by R0 at once, then by R1 with 90 s."""
    t = np.arange(0.0, 1800.0, 5.0)
    volts = energy_cell.our_volts((t, np.zeros(t.size), 0.5), 25.0)
    assert np.ptp(volts) == 0.0
    volts = energy_cell.our_volts((t, np.where(t < 600.0, 1.0, 0.0), 0.5), 25.0)
    last = int(np.searchsorted(t, 600.0)) - 1
    assert volts[last + 1] - volts[last] == pytest.approx(0.0346, abs=0.001)
    assert volts[-1] - volts[last] == pytest.approx(0.0346 + 0.0182, abs=0.001)


def test_against_pybamm_where_it_is_installed():
    pytest.importorskip("pybamm", reason="a dependency of the bench only")
    told = energy_cell.measure(seed=11)
    for cycle in ("day", "pulses", "walk"):
        assert told[cycle]["max_mv"] < 20.0


def test_a_missing_peer_is_told_by_name(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pybamm", None)
    assert "pybamm" in energy_cell.measure()["not_measured"]


def test_a_count_that_is_none_is_refused(monkeypatch):
    monkeypatch.setenv("LUPEX_BENCH_NIGHTS", "-3")
    with pytest.raises(UserError, match="LUPEX_BENCH_NIGHTS"):
        measure()
