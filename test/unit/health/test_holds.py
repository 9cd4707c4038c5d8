"""Boards held in SAFE: what begins a hold, keeps it, and ends it."""

import math

import pytest
from health_world import RULES, World

from lupex_rover.health.monitor import HealthMonitor
from lupex_rover.health.params import HealthParams


@pytest.fixture
def world():
    w = World()
    w.run(20)
    return w


def tilted(world):
    """Stopped for a tilt that is over since."""
    world.tilt_deg = 33.0
    world.run(5)
    assert world.states["MOB"] == world.states["DRL"] == 3
    world.tilt_deg = 5.0
    world.run(60)
    world.safed.clear()
    return world


def codes(world):
    return [e.code for e in world.events]


def test_a_board_taken_out_of_safe_is_ordered_back_as_often_as_it_takes(world):
    tilted(world)
    for _ in range(5):
        world.ask("MOB", "disable")
        world.states["MOB"] = 2
        world.run(2)
        assert world.states["MOB"] == 3
    assert world.safed == ["MOB"] * 5
    assert "MOB left SAFE" in world.events[-1].text and "tilt_imu" in world.events[-1].text
    assert codes(world).count("HLT-015") == 1  # at most once in quiet_s


def test_a_power_cycle_ends_no_hold(world):
    tilted(world)
    world.loads.discard("mobility")
    world.run(30)
    assert world.safed == [] and "MOB" in world.held()
    world.loads.add("mobility")
    world.run(2)
    assert world.safed == ["MOB"] and world.states["MOB"] == 3


def test_a_board_that_was_off_when_the_fault_came_is_held_once_it_is_on(world):
    world.loads.discard("drill")
    world.run(5)
    world.tilt_deg = 33.0
    world.run(5)
    assert "DRL" not in world.safed
    world.loads.add("drill")
    world.run(2)
    assert world.states["DRL"] == 3


def test_only_the_ground_releases_a_tilt_and_health_then_leaves_safe(world):
    tilted(world)
    world.run(4000)
    assert world.left == [] and set(world.held()) == {"MOB", "DRL"}
    assert "ground" in world.held()["MOB"]
    world.ask("MOB", "release")
    world.run(3)
    assert world.left == ["MOB"] and world.states == {**world.states, "MOB": 1, "DRL": 3}
    assert set(world.held()) == {"DRL"}
    assert world.events[-1].code == "HLT-015" and world.events[-1].severity == 0
    world.run(100)
    assert world.safed == [] and world.left == ["MOB"]


def test_the_ground_may_release_a_fault_that_is_not_over_and_is_told_so(world):
    world.tilt_deg = 33.0
    world.run(5)
    world.ask("MOB", "release")
    world.run(3)
    assert world.states["MOB"] == 1 and world.states["DRL"] == 3
    assert world.events[-1].severity == 1 and "not over" in world.events[-1].text
    world.run(60)
    assert world.states["MOB"] == 1


def test_a_fault_that_comes_again_holds_again(world):
    tilted(world)
    world.ask("MOB", "release")
    world.run(60)
    world.tilt_deg = 33.0
    world.run(5)
    assert world.states["MOB"] == 3 and "MOB" in world.held()


def test_a_hot_motor_is_released_once_it_has_been_cool_for_a_minute(world):
    world.motor_degc = 120.0
    world.run(10)
    assert world.safed == ["MOB"] and set(world.held()) == {"MOB"}
    world.run(600)
    assert world.left == []
    world.motor_degc = 60.0
    world.run(5 + 55)
    assert world.left == [] and world.states["MOB"] == 3
    world.run(10)
    assert world.left == ["MOB"] and world.states["MOB"] == 1 and world.held() == {}
    assert world.kept == {}


def test_time_in_which_the_fault_is_there_or_cannot_be_seen_does_not_count(world):
    world.motor_degc = 120.0
    world.run(10)
    world.motor_degc = 60.0
    world.run(40)
    world.motor_degc = 111.0  # bad, not for long enough to be told
    world.run(2)
    world.motor_degc = 60.0
    world.run(40)
    assert world.left == []
    world.loads.discard("mobility")
    world.run(300)
    world.loads.add("mobility")
    world.run(5)
    assert world.left == [] and world.states["MOB"] == 3
    world.run(40)
    assert world.left == ["MOB"]


def test_a_board_that_two_faults_hold_waits_for_both(world):
    world.motor_degc, world.tilt_deg = 120.0, 33.0
    world.run(10)
    world.motor_degc, world.tilt_deg = 60.0, 5.0
    world.run(200)
    assert world.left == [] and "tilt_imu" in world.held()["MOB"]
    assert "motor_hot" not in world.held()["MOB"]
    world.ask("MOB", "release")
    world.run(2)
    assert world.left == ["MOB"]


def test_a_release_by_itself_does_not_undo_the_grounds_own_safe(world):
    world.motor_degc = 120.0
    world.run(10)
    world.ask("MOB", "safe")
    world.motor_degc = 60.0
    world.run(200)
    assert world.held() == {} and world.left == [] and world.states["MOB"] == 3
    world.ask("MOB", "release")
    world.run(2)
    assert world.left == ["MOB"] and world.states["MOB"] == 1


def test_a_hold_outlasts_a_restart_of_the_computer(world):
    tilted(world)
    again = World()
    again.t_ns, again.states = world.t_ns, dict.fromkeys(world.states, 1)
    again.monitor = HealthMonitor(HealthParams(), RULES)
    again.monitor.restore(world.kept)
    again.run(2)
    assert sorted(again.safed) == ["DRL", "MOB"] and "ground" in again.held()["MOB"]
    again.ask("MOB", "release")
    again.ask("DRL", "release")
    again.run(3)
    assert again.held() == {} and again.kept == {}


def test_a_board_that_does_not_leave_safe_is_asked_three_times(world):
    tilted(world)
    world.obey = lambda request: world.left.append(request.command)
    world.ask("MOB", "release")
    world.run(20)
    assert world.left == ["disable"] * 3


def test_a_clock_set_back_silences_no_event(world):
    world.soc = 0.05
    world.run(20)
    world.soc = 0.7
    world.run(20)
    world.t_ns -= 7200 * 10**9
    world.soc = 0.05
    world.run(30)
    assert codes(world).count("HLT-011") == 2


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_is_no_sign_that_a_fault_is_over(world, bad):
    world.motor_degc = 120.0
    world.run(10)
    world.motor_degc = bad
    world.run(300)
    assert "HLT-000" not in codes(world)
    assert world.left == [] and "MOB" in world.held()
