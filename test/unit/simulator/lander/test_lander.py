"""The stand-in lander: where it comes down with and without knowledge, and its sensors."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from lupex_rover.core.constants import MOON_GRAVITY_MPS2
from lupex_rover.landing.params import DescentParams
from lupex_rover.mission.plan import MissionPlan
from lupex_rover.simulator.lander.physics import LanderParams, LanderPhysics

TARGET = (1000.0, -500.0)
PLAN = MissionPlan(0, TARGET, 2.2, (0.0, 0.0), (0.0, 0.0), (), 0, 0)
BASE_M = 0.6


def hills(x, y):
    return 15.0 * np.sin(x / 300.0) * np.cos(y / 250.0)


def fly(seed, told, ground=hills, dt_s=0.02):
    lander = LanderPhysics(LanderParams(), PLAN, ground, BASE_M, np.random.default_rng(seed))
    target = np.array([*TARGET, ground(*TARGET)])
    impact = None
    for step in range(int(300 / dt_s)):
        if told and step % round(0.5 / dt_s) == 0:
            arrived = [np.float32(v) for v in (lander.position_m, lander.velocity_mps, target)]
            lander.nav_update(*arrived)
        speed = lander.velocity_mps
        lander.advance(dt_s)
        if lander.landed:
            impact = speed
            break
    assert lander.landed, "never came down"
    miss = np.hypot(*(lander.touchdown_position[:2] - TARGET))
    return lander, miss, impact, step * dt_s


def test_without_updates_it_lands_hundreds_of_metres_off_but_softly():
    flights = [fly(seed, told=False) for seed in range(3)]
    assert np.median([f[1] for f in flights]) > 150.0
    assert all(-1.5 < f[2][2] < 0.0 and not f[0].hard for f in flights)


def test_with_true_updates_it_lands_on_the_target():
    for seed in range(2):
        lander, miss, impact, time_s = fly(seed, told=True)
        assert miss < 3.0
        assert -1.5 < impact[2] < -0.5
        assert np.hypot(*impact[:2]) < 0.3
        assert 130.0 < time_s < 200.0
        x, y, z = lander.pose.position_m
        assert z == pytest.approx(hills(x, y) + BASE_M)
        assert lander.pose.matrix[:, 2] == pytest.approx([0, 0, 1])
        forward = [np.sin(PLAN.landing_azimuth_rad), np.cos(PLAN.landing_azimuth_rad), 0]
        assert lander.pose.matrix[:, 0] == pytest.approx(forward)


@pytest.mark.parametrize("height_m", [520.0, 460.0, 400.0, 340.0])
@pytest.mark.parametrize("more_m", [30.0, -25.0])
def test_a_target_that_moves_late_and_once_more_is_still_met(height_m, more_m):
    """45 m at once, and 3 s later again: by the time left it would reach the gate too fast."""
    lander = LanderPhysics(LanderParams(), PLAN, hills, BASE_M, np.random.default_rng(5))
    target = np.array([*TARGET, hills(*TARGET)])
    moves = [(height_m, np.array([32.0, 31.0])), (height_m - 50.0, np.array([0.0, more_m]))]
    for step in range(25000):
        if step % 25 == 0:
            lander.nav_update(lander.position_m, lander.velocity_mps, target)
        lander.advance(0.02)
        if moves and lander.position_m[2] - target[2] < moves[0][0]:
            target[:2] += moves.pop(0)[1]
            target[2] = hills(*target[:2])
        if lander.landed:
            break
    assert lander.landed and not moves
    assert np.hypot(*(lander.touchdown_position - target)[:2]) < 3.0


def test_inertial_truth_integrates_to_the_motion():
    """Rates and forces alone, integrated with scipy, must give attitude and velocity."""
    lander = LanderPhysics(LanderParams(), PLAN, hills, BASE_M, np.random.default_rng(3))
    turn = Rotation.from_quat(lander.pose.orientation_xyzw)
    velocity = lander.velocity_mps.copy()
    for _ in range(3000):
        lander.advance(0.01)
        turn = turn * Rotation.from_rotvec(lander.angular_rps * 0.01)
        accel = turn.apply(lander.specific_force) - [0, 0, MOON_GRAVITY_MPS2]
        velocity += accel * 0.01
    off = turn.inv() * Rotation.from_quat(lander.pose.orientation_xyzw)
    assert off.magnitude() < 1e-6
    assert velocity == pytest.approx(lander.velocity_mps, abs=1e-6)


def test_altimeter_on_flat_ground():
    params = LanderParams(range_fraction=0.0, range_floor_m=0.0)
    lander = LanderPhysics(params, PLAN, lambda x, y: 0.0, BASE_M, np.random.default_rng(1))
    for _ in range(1000):
        lander.advance(0.01)
    slant, velocity, valid, touchdown = lander.altimeter()
    up = Rotation.from_quat(lander.pose.orientation_xyzw).apply([0, 0, 1])
    assert up[2] < 0.99, "it must be tilted for this to say something"
    assert slant == pytest.approx(lander.position_m[2] / up[2], rel=1e-4)
    assert np.abs(velocity - lander.velocity_mps).max() < 0.7
    assert valid and not touchdown


def test_a_hard_touchdown_is_told():
    low = DescentParams(altitude_m=60.0, uprange_m=0.0, speed_mps=0.0, sink_mps=5.0)
    params = LanderParams(descent=low, height_sigma_m=0.0, hard_mps=0.5)
    lander = LanderPhysics(params, PLAN, hills, BASE_M, np.random.default_rng(1))
    while not lander.landed:
        lander.advance(0.01)
    assert lander.hard
    assert lander.altimeter()[3]
    assert lander.specific_force == pytest.approx([0, 0, MOON_GRAVITY_MPS2])


def test_updates_that_are_not_finite_are_ignored():
    lander = LanderPhysics(LanderParams(), PLAN, hills, BASE_M, np.random.default_rng(1))
    before = lander.guidance_state()[0]
    lander.nav_update(np.array([np.nan, 0, 0]), np.zeros(3), np.zeros(3))
    assert lander.guidance_state()[0] == pytest.approx(before)
