"""The cell against published measurements and the pack against circuit theory."""

import math

import numpy as np
import pytest

from lupex_rover.simulator.power.cell import BatteryParams, Pack, cell_ocv_v

# Measured pseudo-OCV of two other nickel-rich 21700 cells at C/32 and C/20: Sunil et al. (2025),
# IEEE Trans. Instrum. Meas., tables of the data set Piecewise-Battery-OCV.
P42A = [(0.0955, 3.3231), (0.1508, 3.4218), (0.2915, 3.5737), (0.4573, 3.7017), (0.8342, 4.0637),
        (0.9497, 4.1009), (1.0, 4.1932)]  # fmt: skip
S40T = [(0.0854, 3.3182), (0.1357, 3.4193), (0.2915, 3.5826), (0.4523, 3.6941), (0.8392, 4.0664),
        (0.9548, 4.1121), (1.0, 4.2)]  # fmt: skip


@pytest.mark.parametrize("table", [P42A, S40T])
def test_open_circuit_voltage_is_that_of_such_cells(table):
    assert [cell_ocv_v(s) for s, _ in table] == pytest.approx([v for _, v in table], abs=0.08)


def test_open_circuit_voltage_rises_between_the_data_sheet_ends():
    volt = np.array([cell_ocv_v(s) for s in np.linspace(0, 1, 1001)])
    assert np.all(np.diff(volt) > 0)
    assert volt[0] == pytest.approx(2.5, abs=0.01)
    assert volt[-1] == pytest.approx(4.2, abs=0.01)


NEW = BatteryParams(hysteresis_v=0.0, fade_per_cycle=0.0, growth_per_cycle=0.0)


def test_constant_power_discharge_counts_its_coulombs():
    pack = Pack(NEW, 0.8)
    watt = amp_s = 0.0
    while pack.soc > 0.5:
        watt = pack.advance(10.0, -400.0, 25.0)
        amp_s += pack.current_a * 10.0
    assert watt == pytest.approx(-400.0)
    assert amp_s / 3600.0 / pack.capacity_ah == pytest.approx(pack.soc - 0.8, rel=1e-9)


def test_settled_voltage_drop_is_ohms_law():
    p = NEW
    pack = Pack(p, 0.5)
    for _ in range(600):
        pack.advance(10.0, -300.0, 25.0)
    r = (p.cell_resistance_ohm + p.cell_polarisation_ohm) * 8 / 28 + p.harness_ohm
    drop = pack.ocv_v() - pack.terminal_v(25.0)
    assert drop == pytest.approx(-pack.current_a * r, rel=0.01)


def test_a_cell_rests_higher_after_a_charge_than_after_a_discharge():
    p = BatteryParams(hysteresis_v=0.004)
    rest = []
    for watt in (300.0, -300.0):
        pack = Pack(p, 0.5)
        for _ in range(720):
            pack.advance(10.0, watt, 25.0)
        for _ in range(720):
            pack.advance(10.0, 0.0, 25.0)
        rest.append(pack.terminal_v(25.0) - pack.ocv_v())
    turned = 1.0 - math.exp(-abs(pack.soc - 0.5) / p.hysteresis_share)
    assert turned > 0.6
    assert rest[1] == pytest.approx(-8 * 0.004 * turned, rel=0.01)
    assert rest[0] == pytest.approx(8 * 0.004, rel=0.4)


def test_cycles_wear_the_pack():
    p = BatteryParams(fade_per_cycle=0.01, growth_per_cycle=0.02, capacity_left=0.9)
    pack = Pack(p, 0.5)
    before = pack.capacity_ah, pack.resistance_ohm(25.0) - p.harness_ohm
    assert before[0] == pytest.approx(0.9 * 28 * p.cell_capacity_ah)
    through = 0.0
    for k in range(4000):
        pack.advance(10.0, 400.0 if k % 400 < 200 else -400.0, 25.0)
        through += abs(pack.current_a) * 10.0 / 3600.0
    cycles = through / (2.0 * before[0])
    assert cycles > 0.2
    assert pack.capacity_ah / before[0] == pytest.approx(math.exp(-0.01 * cycles), rel=1e-4)
    grown = (pack.resistance_ohm(25.0) - p.harness_ohm) / before[1]
    assert grown == pytest.approx(math.exp(0.02 * cycles), rel=1e-4)


def test_resistance_follows_arrhenius():
    pack = Pack(BatteryParams(harness_ohm=0.0), 0.5)
    ratio = pack.resistance_ohm(-20.0) / pack.resistance_ohm(25.0)
    assert ratio == pytest.approx(math.exp(20_000 / 8.314462618 * (1 / 253.15 - 1 / 298.15)))


@pytest.mark.parametrize("degc, may", [(-0.1, False), (0.1, True), (30.0, True), (45.1, False)])
def test_charge_only_within_the_cells_temperatures(degc, may):
    assert (Pack(BatteryParams(), 0.5).charge_limit_w(degc) > 0.0) is may


def test_charge_ends_at_the_end_of_charge_voltage():
    pack = Pack(BatteryParams(), 0.9)
    for _ in range(5000):
        pack.advance(10.0, min(400.0, pack.charge_limit_w(25.0)), 25.0)
        assert pack.terminal_v(25.0) < pack.full_v + 0.005
    assert 0.99 < pack.soc <= 1.0
