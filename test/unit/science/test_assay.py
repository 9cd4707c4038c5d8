"""The assay: closed loop with the simulated analyser, and its parts against outside truth."""

from __future__ import annotations

import math

import numpy as np
import pytest
from science_bench import Bench
from scipy.integrate import solve_ivp
from scipy.stats import chi2

from lupex_rover.core.component import ABORTED, CANCELED, SUCCEEDED, GoalRequest, Inbox
from lupex_rover.core.errors import Fault
from lupex_rover.core.types import AnalyzeSampleGoal
from lupex_rover.science import records as rec
from lupex_rover.science.assay import Curve, make_curve, released_mol
from lupex_rover.science.codes import CODES
from lupex_rover.simulator.drill.physics import CupSample
from lupex_rover.simulator.payload.instruments import InstrumentParams, Instruments


def sample(water_wt: float, mass_g: float = 15.0) -> CupSample:
    return CupSample(1.0, mass_g, water_wt, 110.0, 0.0)


def test_measured_water_agrees_with_truth_as_its_sigma_says() -> None:
    rng = np.random.default_rng(2029)
    scores = []
    for seed in range(50):
        water = float(rng.uniform(0.0, 5.0) if seed % 5 else rng.uniform(0.0, 0.1))
        mass = float(rng.uniform(8.0, 18.0))
        bench = Bench(seed, {4: sample(water, mass)})
        done = bench.analyse(4, mass)
        assert done.status == SUCCEEDED, done.result
        assert done.result.sigma_wt_pct < 0.1
        scores.append((done.result.water_wt_pct - water) / done.result.sigma_wt_pct)
        assert 600 < bench.duration_s < 900
    score = np.array(scores)
    low, high = chi2.ppf([0.001, 0.999], score.size)
    assert low < float(score @ score) < high
    assert np.abs(score).max() < 4.0
    assert abs(score.mean()) < 0.5


def test_several_cups_one_after_another_and_a_second_look_finds_it_dry() -> None:
    bench = Bench(3, {0: sample(1.0), 1: sample(4.0)})
    for cup, water in ((0, 1.0), (1, 4.0)):
        assert bench.analyse(cup, 15.0).result.water_wt_pct == pytest.approx(water, abs=0.15)
    dry = bench.analyse(1, 15.0, action="analyze_again").result
    assert dry.water_wt_pct == pytest.approx(0.0, abs=0.02)


def test_chamber_pressure_is_that_of_the_ideal_gas() -> None:
    quiet = InstrumentParams(
        volume_sigma=0.0, gauge_offset_pa=0.0, gauge_sigma_pa=0.0, gauge_scale_sigma=0.0,
        outgas_paps=0.0, h2s_share=0.0, co2_share=0.0, so2_share=0.0,
        leak_low_s=1e7, leak_high_s=1e8,
    )  # fmt: skip
    payload = Instruments({0: sample(3.0)}, quiet, np.random.default_rng(0))
    payload.slot_power(0, True)
    for opcode, data in (
        (rec.OP_LOAD, b"\0"), (rec.OP_SEAL, b""), (rec.OP_READ, b"\1"),
        (rec.OP_HEAT, rec.pack_heat(1.0, 330.0)),
    ):  # fmt: skip
        assert payload.slot_command(0, opcode, data) == 0
        payload.advance(15.0)
    payload.advance(700.0)
    gas = [rec.unpack(kind, data) for _, kind, data in payload.records()][-1]
    assert isinstance(gas, rec.Gas)
    moles = 0.450 / 18.0153  # 3 % of 15 g
    assert gas.pressure_pa == pytest.approx(moles * 8.314462618 * 423.0 / 5e-3, rel=1e-3)


@pytest.mark.parametrize("leak_ps", [0.0, 1e-5, 1e-4])
def test_leak_is_found_and_made_up_for(leak_ps: float) -> None:
    """Against scipy's solution of dn/dt = dr/dt - leak n with a sigmoid release."""
    total, volume, kelvin = 0.02, 5e-3, 423.0

    def rate(t: float) -> float:
        x = math.exp(-(t - 250.0) / 20.0)
        return total * x / 20.0 / (1.0 + x) ** 2

    t = np.arange(0.0, 600.0)
    n = solve_ivp(
        lambda s, y: [rate(s) - leak_ps * y[0]], (0.0, 600.0), [0.0], t_eval=t, rtol=1e-9,
        atol=1e-12, max_step=2.0,
    ).y[0]  # fmt: skip
    noise = np.random.default_rng(1).standard_normal(t.size)
    pressure = n * 8.314462618 * kelvin / volume + 30.0 + 0.01 * t + 0.5 * noise
    curve = Curve(t, pressure, np.full(t.size, kelvin), np.zeros((t.size, 4)), t < 60, t > 450)
    found, sigma, leak = released_mol(curve, volume)
    assert abs(found - total) < 4.0 * sigma and sigma < 0.005 * total
    assert leak == pytest.approx(leak_ps, abs=1e-5)


def test_hostile_records_are_dropped_and_counted() -> None:
    bench = Bench(5, {0: sample(2.0)})
    rng = np.random.default_rng(1)

    def spoil(kind: int, data: bytes) -> bytes | None:
        if kind != rec.KIND_GAS or rng.random() > 0.2:
            return data
        nan = data[:8] + b"\x7f\xc0\x00\x00" + data[12:]
        return (data[:7], b"", nan, None, data + b"\0")[int(rng.integers(5))]

    bench.spoil = spoil
    done = bench.analyse(0, 15.0)
    assert done.status == SUCCEEDED and "SCI-013" in bench.codes()
    assert done.result.water_wt_pct == pytest.approx(2.0, abs=0.1)


def test_silent_analyser_and_silent_board_end_with_their_codes() -> None:
    bench = Bench(6, {0: sample(2.0)})
    bench.spoil = lambda kind, data: None if kind == rec.KIND_GAS else data
    done = bench.analyse(0, 15.0)
    assert (done.status, done.result.code) == (ABORTED, "SCI-004")
    assert not bench.payload.analyser.on
    bench = Bench(6, {0: sample(2.0)})
    bench.deaf = True
    assert bench.analyse(0, 15.0).result.code == "SCI-004"


def test_empty_cup_and_bad_cup() -> None:
    bench = Bench(7, {0: sample(2.0)})
    assert bench.analyse(5, 15.0).result.code == "SCI-007"
    assert bench.analyse(12, 15.0).result.code == "SCI-002"
    for mass_g in (math.nan, math.inf, -1.0, 1e30):
        refused = bench.analyse(0, mass_g).result
        assert refused.code == "SCI-015" and f"mass {mass_g:.4g} g is not in 0" in refused.text
    assert bench.codes().count("SCI-015") == 1  # told once, answered each time
    assert not bench.payload.analyser.on


def test_cancel_turns_the_heater_off_and_says_nothing_more() -> None:
    bench = Bench(8, {0: sample(2.0)})
    done = bench.analyse(0, 15.0, cancel_after_s=300.0)
    assert (done.status, done.result.code) == (CANCELED, "SCI-012")
    assert not bench.payload.analyser.on and bench.payload.power_w == 0.0
    count = len(bench.said)
    for _ in range(20):
        bench.tick(Inbox())
    assert len(bench.said) == count


def test_second_goal_is_refused_while_busy() -> None:
    bench = Bench(9, {0: sample(2.0)})
    goal = GoalRequest("analyze_sample", "a", AnalyzeSampleGoal(0, 1.0, 15.0))
    assert not bench.tick(Inbox(goals=[goal]))
    other = GoalRequest("analyze_sample", "b", AnalyzeSampleGoal(1, 1.0, 15.0))
    assert [r.result.code for r in bench.tick(Inbox(goals=[other]))] == ["SCI-003"]
    assert set(bench.codes()) <= set(CODES)


def test_too_few_readings_are_not_fitted() -> None:
    with pytest.raises(Fault, match="SCI-009"):
        make_curve([], 0.0, 1.0)


def test_records_survive_the_wire_and_wrong_lengths_do_not() -> None:
    gas = rec.Gas(1.0, -150.0, 150.0, 1e4, (1e-9, 2e-10, 3e-11, 4e-12))
    kind, data = rec.pack(gas)
    back = rec.unpack(kind, data)
    assert isinstance(back, rec.Gas) and back.ion_a == pytest.approx(gas.ion_a, rel=1e-6)
    assert rec.unpack(kind, data[:-1]) is None and rec.unpack(99, data) is None


def test_analyser_refuses_what_its_state_does_not_allow() -> None:
    payload = Instruments({0: sample(2.0)}, InstrumentParams(), np.random.default_rng(0))
    assert payload.slot_command(0, rec.OP_STATUS, b"") == 4  # no power
    payload.slot_power(0, True)
    assert payload.slot_command(0, rec.OP_SEAL, b"") == 4  # no cup
    assert payload.slot_command(0, rec.OP_HEAT, rec.pack_heat(1.0, 300.0)) == 4  # not sealed
    assert payload.slot_command(0, rec.OP_LOAD, b"\x0c") == 3  # no such cup
    assert payload.slot_command(0, rec.OP_HEAT, b"\0") == 3
    assert payload.slot_command(0, 99, b"") == 3
    assert payload.slot_command(6, 0, b"") == 3  # no such slot


def test_partner_payloads_send_housekeeping_only_while_powered() -> None:
    payload = Instruments({}, InstrumentParams(), np.random.default_rng(0))
    payload.advance(100.0)
    assert not payload.records()
    payload.slot_power(1, True)
    for _ in range(100):
        payload.advance(1.0)
    records = payload.records()
    assert len(records) == 10 and {slot for slot, _, _ in records} == {1}
    counts = int.from_bytes(records[-1][2][4:], "big")
    assert counts == pytest.approx(3000, abs=5 * math.sqrt(3000))  # Poisson, 30 per second
