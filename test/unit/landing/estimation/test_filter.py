"""The filter against exact motion and against statistics."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from lupex_rover.core.constants import MOON_GRAVITY_MPS2, NS
from lupex_rover.landing.estimation.filter import LandingFilter
from lupex_rover.landing.estimation.filter_state import SIZE, Fix, Inertial, Range, Star, State
from lupex_rover.landing.estimation.fix_bias import FixBias
from lupex_rover.landing.params import FilterParams

UP = np.array([0.0, 0.0, 1.0])
LEVEL = np.array([0.0, 0.0, 0.0, 1.0])
ACCEL = np.array([-0.4, 0.1, 0.3])
START, SPEED = np.array([0.0, 0.0, 2000.0]), np.array([40.0, 0.0, -30.0])
SIGMA = np.repeat([50.0, 1.0, 1e-3, 1e-4, 2e-3, 0.03], 3)
SIGMA = np.append(SIGMA, np.ones(4))
NO_BIAS = FixBias(np.eye(2), np.zeros(2), 0.0, 0.0, 1.0, 1.0)
MANY = 50  # patches


def made(offset=None, params=None, bias=NO_BIAS):
    off = np.zeros(6) if offset is None else offset
    zero = np.zeros(3)
    state = State(0, START + off[:3], SPEED + off[3:], LEVEL, zero, zero, zero, np.zeros(4),
                  np.diag(SIGMA**2), zero)  # fmt: skip
    return LandingFilter(params or FilterParams(), state, lambda x, y: 0.0, bias)


def truth(t):
    return START + t * SPEED + 0.5 * t * t * ACCEL, SPEED + t * ACCEL


def inertial(k):
    return Inertial(k * NS // 20, np.zeros(3), ACCEL + MOON_GRAVITY_MPS2 * UP)


def test_constant_acceleration_is_integrated_exactly():
    f = made()
    for k in range(1, 401):
        f.add(inertial(k))
    position, velocity = truth(20.0)
    assert f.state.position_m == pytest.approx(position, abs=1e-6)
    assert f.state.velocity_mps == pytest.approx(velocity, abs=1e-9)
    assert f.state.covariance.shape == (SIZE, SIZE)


def test_a_late_fix_counts_as_if_it_had_come_in_time():
    fix = Fix(NS, truth(1.0)[0] + [20.0, -10.0, 3.0], np.eye(3), MANY)
    sight = Range(NS * 3 // 2, 1970.0, truth(1.5)[1])
    prompt, late = made(), made()
    for k in range(1, 61):
        prompt.add(inertial(k))
        late.add(inertial(k))
        if k == 20:
            assert prompt.add(fix)
        if k == 30:
            prompt.add(sight)
            late.add(sight)
    assert late.add(fix)
    assert late.state.position_m == pytest.approx(prompt.state.position_m, abs=1e-9)
    assert late.state.covariance == pytest.approx(prompt.state.covariance, rel=1e-9, abs=1e-12)


def test_outliers_are_refused_but_two_that_agree_are_believed():
    f = made()
    f.add(Fix(0, START, 0.01 * np.eye(3), MANY))
    sure = f.state.position_m
    assert not f.add(Fix(1, START + [500.0, 0, 0], np.eye(3), MANY))
    assert not f.add(Star(1, np.array([0.5, 0, 0, np.sqrt(0.75)]), 1e-4))
    assert f.state.position_m == pytest.approx(sure)
    assert not f.add(Fix(2, START + [0.0, 400.0, 0], np.eye(3), MANY)), "it does not agree"
    assert f.add(Fix(3, START + [1.0, 401.0, 0], np.eye(3), MANY)), "this one does"
    assert f.state.position_m[1] > 300.0
    assert f.refused == {"Fix": 2, "Star": 1}


@pytest.mark.parametrize("late", [Star(0, LEVEL, 1e-4), Range(0, 2000.0, SPEED)])
def test_a_refused_fix_is_not_its_own_witness_when_something_late_comes_in(late):
    f = made()
    f.add(Fix(0, START, 0.01 * np.eye(3), MANY))
    sure = f.state.position_m
    assert not f.add(Fix(2, START + [400.0, 0, 0], np.eye(3), MANY))
    f.add(replace(late, stamp_ns=1))
    assert f.state.position_m == pytest.approx(sure, abs=1.0)
    assert f.add(Fix(3, START + [401.0, 0, 0], np.eye(3), MANY)), "another one is"


def test_what_two_fixes_agreed_on_stays_when_something_late_comes_in():
    f = made()
    f.add(Fix(0, START, 0.01 * np.eye(3), MANY))
    f.add(Fix(2, START + [0.0, 400.0, 0], np.eye(3), MANY))
    assert f.add(Fix(4, START + [1.0, 401.0, 0], np.eye(3), MANY))
    believed = f.state.position_m
    f.add(Star(3, LEVEL, 1e-4))
    assert f.state.position_m == pytest.approx(believed, abs=1.0)


def test_what_comes_twice_counts_once():
    f = made()
    fix = Fix(0, START, np.eye(3), MANY)
    assert f.add(fix)
    once = f.state.covariance
    assert not f.add(fix) and not f.add(replace(fix, position_m=START + 1.0))
    assert (f.state.covariance == once).all()
    astray = Fix(2, START + [400.0, 0, 0], np.eye(3), MANY)
    assert not f.add(astray) and not f.add(astray)


@pytest.mark.parametrize("wrong", [
    Inertial(5, np.array([np.nan, 0, 0]), UP), Inertial(5, np.zeros(3), np.full(3, np.inf)),
    Star(5, np.full(4, np.nan), 1e-4), Range(5, 2000.0, np.array([0, 0, np.nan])),
    Range(5, np.inf, SPEED), Fix(5, START * np.nan, np.eye(3), MANY),
    Fix(5, START, np.full((3, 3), np.nan), MANY),
])  # fmt: skip
def test_numbers_that_are_not_finite_change_nothing(wrong):
    f = made()
    f.add(Fix(0, START, np.eye(3), MANY))
    before = f.state
    assert not f.add(wrong)
    assert f.state is before and f.refused == {type(wrong).__name__: 1}


def test_what_is_too_old_is_refused_and_counted_once():
    f = made()
    for k in range(1, 201):
        f.add(inertial(k))
    assert not f.add(Fix(NS, truth(1.0)[0], np.eye(3), MANY))
    assert f.refused == {"Fix": 1}


def test_error_is_what_the_covariance_says():
    """Normalised error squared of position and velocity over 30 runs, chi-square bounds."""
    p = FilterParams(map_height_m=0.0, map_slope=0.0, range_floor_m=0.0)
    total = 0.0
    for run in range(30):
        rng = np.random.default_rng(run)
        off = rng.normal(0, SIGMA)
        f = made(off[:6], p)
        bias_a, bias_v = rng.normal(0, SIGMA[12:15]), rng.normal(0, SIGMA[15:18])
        for k in range(1, 201):
            t = k / 20
            position, velocity = truth(t)
            noise = rng.normal(0, p.accel_noise * np.sqrt(20), 3)
            rate = rng.normal(0, p.gyro_noise * np.sqrt(20), 3)
            exact = inertial(k)
            f.add(Inertial(exact.stamp_ns, rate, exact.force_mps2 + bias_a + noise))
            if k % 4 == 0:
                slant = position[2] * (1 + rng.normal(0, p.range_fraction))
                seen = velocity + bias_v + rng.normal(0, p.doppler_mps, 3)
                f.add(Range(exact.stamp_ns, slant, seen))
            if k % 20 == 0:
                f.add(Star(exact.stamp_ns, LEVEL, 1e-4))
                place = position + rng.normal(0, 2.0, 3)
                f.add(Fix(exact.stamp_ns, place, 4.0 * np.eye(3), MANY))
        error = np.concatenate((f.state.position_m - position, f.state.velocity_mps - velocity))
        total += float(error @ np.linalg.solve(f.state.covariance[:6, :6], error))
    low, high = stats.chi2.ppf([0.001, 0.999], 6 * 30)
    assert low < total < high


def test_height_over_unknown_ground_does_not_get_surer_by_repetition():
    """Lost by 300 m, a hundred ranges over a hill of 40 m must not hide the hill."""
    wide = SIGMA.copy()
    wide[:3] = 300.0, 300.0, 40.0
    zero = np.zeros(3)
    state = State(0, START, zero, LEVEL, zero, zero, zero, np.zeros(4), np.diag(wide**2), zero)
    f = LandingFilter(FilterParams(), state, lambda x, y: 0.0, NO_BIAS)
    for k in range(100):
        f.add(Range(k, 1960.0, zero))  # truly 2000 m high, over a hill that the map has elsewhere
    off = START[2] - f.state.position_m[2]
    assert abs(off) < 2.0 * np.sqrt(f.state.covariance[2, 2])


BIAS = FixBias.of(FilterParams(), 5.0, 0.7)  # cells of 5 m, the Sun in the north-east


def hovering(fixes, patches):
    """Sigma of the place, x and y, after so many fixes from one spot; nothing else is known."""
    f = made(bias=BIAS)
    for k in range(fixes):
        f.add(Fix(k, START, 0.25 * np.eye(3), patches))
    return np.sqrt(np.diag(f.state.covariance)[:2])


def test_fixes_from_one_view_do_not_make_the_filter_surer_than_their_common_error():
    shared = np.sqrt(np.diag((s := BIAS.spread(START[2], MANY)) @ s.T))
    assert hovering(400, MANY) == pytest.approx(shared, rel=0.05)


def test_a_view_that_shows_little_counts_little():
    for few, many in zip(hovering(20, 8), hovering(20, 80)):
        assert few > 2.0 * many


def test_what_fixes_share_lies_along_the_sun_grows_with_height_and_fades_along_the_way():
    p = FilterParams()
    low = BIAS.spread(0.0, MANY)[:, :2]
    sunward = np.array([np.sin(0.7), np.cos(0.7)])
    across = np.array([np.cos(0.7), -np.sin(0.7)])
    assert low @ sunward == pytest.approx(5.0 * p.bias_sun_cell * sunward, rel=1e-3)
    assert low @ across == pytest.approx(5.0 * p.bias_across_cell * across, rel=1e-3)
    high = np.linalg.norm(BIAS.spread(3000.0, MANY)[:, :2] @ sunward)
    assert high == pytest.approx(np.hypot(5.0 * p.bias_sun_cell, 3000.0 * p.bias_tilt_rad))
    assert BIAS.spread(100.0, 10)[:, 2:] == pytest.approx(0.5 * p.bias_patch_cell * np.eye(2))
    stays = BIAS.stays(400.0, 200.0)
    assert stays[:2] == pytest.approx(np.exp(-2.0 / p.bias_heights))
    assert stays[2:] == pytest.approx(np.exp(-2.0 / p.bias_view_heights))


def test_the_height_of_a_fix_is_left_out():
    """The matcher holds it to the filter's own, which would grow sure by its own word."""
    f = made()
    before = f.state
    assert f.add(Fix(0, START + [1.0, 1.0, 30.0], 0.01 * np.eye(3), MANY))
    assert f.state.position_m == pytest.approx(START + [1.0, 1.0, 0.0], abs=1e-3)
    assert f.state.covariance[2, 2] == before.covariance[2, 2]
