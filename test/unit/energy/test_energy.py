"""Short forms of `lupex bench power`, which holds these limits over a month and 200 nights."""

import math
import sys

import numpy as np
import pytest

from lupex_rover.cli import energy_bound, energy_cell, energy_month, energy_shed, pybamm_peer
from lupex_rover.cli.bench_power import measure
from lupex_rover.cli.energy_campaign import one_night, summary
from lupex_rover.core.errors import UserError
from lupex_rover.simulator.eps_params import EpsParams

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


def test_a_peer_that_is_not_there_is_told_by_name(monkeypatch, tmp_path):
    monkeypatch.setenv("LUPEX_PYBAMM", str(tmp_path / "python"))
    assert "LUPEX_PYBAMM" in energy_cell.measure()["not_measured"]


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
