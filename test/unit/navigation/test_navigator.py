"""The navigator in closed loop with a kinematic rover."""

from __future__ import annotations

import math

import numpy as np
import pytest

from lupex_rover.core.component import ABORTED, CANCELED, SUCCEEDED, CancelRequest
from lupex_rover.core.errors import UserError
from lupex_rover.core.params import load
from lupex_rover.core.types import PowerState
from lupex_rover.navigation.params import NavigatorParams


def stopped_and_disabled(course) -> bool:
    return not course.active and not course.speed_mps.any()


def test_idle_says_nothing_and_touches_nothing(course) -> None:
    for _ in range(50):
        assert not course.tick().messages


def test_drives_round_obstacles_it_sees_only_on_the_way(course) -> None:
    rng = np.random.default_rng(4)
    goal = (30.0, 12.0)
    for _ in range(60):
        x, y, r = rng.uniform(3, 28), rng.uniform(-6, 18), rng.uniform(0.2, 0.6)
        if math.hypot(x - goal[0], y - goal[1]) > 3.0:
            course.obstacles.append((x, y, r))
    course.go(*goal)
    result = course.run(1500)
    assert result is not None and result.status == SUCCEEDED, course.codes
    assert result.result.code == "NAV-000"
    off = math.hypot(course.xyyaw[0] - goal[0], course.xyyaw[1] - goal[1])
    assert off <= 1.0 and result.result.goal_error_m == pytest.approx(off, abs=0.02)
    tight = NavigatorParams().clearance_tight_m
    for x, y, r in course.obstacles:
        assert course.clearance_m(x, y) > r + tight - 0.6  # cells of 0.5 m
    way = np.hypot(*np.diff(np.array(course.track)[:, :2], axis=0).T).sum()
    assert result.result.distance_driven_m == pytest.approx(way, rel=0.05)
    assert way < 1.5 * math.hypot(*goal)
    assert course.fastest_mps <= NavigatorParams().track_limit_mps + 1e-9
    assert stopped_and_disabled(course)
    assert len(course.feedback) > 100


def test_a_goal_walled_in_is_blocked(course) -> None:
    for a in np.arange(0.0, 2 * math.pi, 0.1):
        course.obstacles.append((15 + 5 * math.cos(a), 5 * math.sin(a), 0.5))
    course.go(15.0, 0.0)
    result = course.run(2000)
    assert result is not None and result.status == ABORTED
    assert result.result.code == "NAV-002"
    assert min(math.hypot(p[0] - 15, p[1]) for p in course.track) > 5.0
    assert stopped_and_disabled(course)


def test_cancel_stops_first_and_disables(course) -> None:
    course.go(30.0, 0.0)
    assert course.run(60) is None
    assert course.speed_mps.any()
    course.inbox.cancels.append(CancelRequest("drive_to", "a"))
    course.tick()
    assert not course.speed_mps.any()
    result = course.run(3)
    assert result is not None and result.status == CANCELED
    assert result.result.code == "NAV-001"
    assert stopped_and_disabled(course)


def test_a_second_goal_is_refused_and_the_first_goes_on(course) -> None:
    course.go(5.0, 0.0)
    course.run(5)
    course.go(0.0, 5.0, goal_id="b")
    refused = course.run(1)
    assert refused is not None and refused.result.code == "NAV-009"
    course.results.clear()
    result = course.run(300)
    assert result is not None and result.goal_id == "a" and result.status == SUCCEEDED


@pytest.mark.parametrize(
    "goal, why",
    [((math.nan, 0.0, 1.0), "(nan, 0) m"), ((1e4, 0.0, 1.0), "is not on the map"),
     ((1.0, 1.0, -1.0), "tolerance -1 m"), ((1.0, 1.0, math.inf), "tolerance inf m")],
)  # fmt: skip
def test_bad_goals_are_refused(course, goal, why) -> None:
    for k in range(3):
        course.go(*goal, goal_id=str(k))
        result = course.run(1)
        assert result is not None and result.result.code == "NAV-010" and why in result.result.text
    assert course.codes == ["NAV-010"]  # told once, answered each time


def test_a_way_that_the_battery_cannot_pay_is_refused_with_the_figure(course) -> None:
    for energy_wh, code in ((8.0, "NAV-015"), (10.0, None)):  # 30 m at 0.3 Wh/m: 9 Wh
        state = PowerState(course.t_ns, 0.01, 0.01, 0.0, 0.0, energy_wh, 0.0, "normal")
        course.inbox.messages["power/state"] = [state]
        course.results.clear()
        course.go(30.0, 0.0)
        result = course.run(1)
        assert (result.result.code if result else None) == code
        if result:
            assert "9 Wh of 8 Wh" in result.result.text


def test_lost_localization_stops_within_a_second_and_ends_the_drive(course) -> None:
    course.go(30.0, 0.0)
    course.run(30)
    course.localized = False
    course.run(1.3)
    assert not course.speed_mps.any()
    here = course.xyyaw.copy()
    result = course.run(60)
    assert result is not None and result.result.code == "NAV-003"
    np.testing.assert_allclose(course.xyyaw, here, atol=1e-6)
    assert stopped_and_disabled(course)


def test_localization_that_comes_back_lets_the_drive_go_on(course) -> None:
    course.go(10.0, 0.0)
    course.run(30)
    course.localized = False
    course.run(10)
    course.localized = True
    result = course.run(300)
    assert result is not None and result.status == SUCCEEDED


def test_stuck_backs_up_and_finds_another_way(course) -> None:
    """Soft ground that no map shows: no motion forwards inside it, backwards it lets go."""

    def grip(x: float, y: float) -> float:
        soft = 6.0 < x < 7.5 and abs(y) < 1.0
        return 0.0 if soft and course.speed_mps.mean() > 0 else 1.0

    course.grip = grip
    course.go(14.0, 0.0)
    result = course.run(1500)
    assert result is not None and result.status == SUCCEEDED, course.codes
    assert "NAV-012" in course.codes


def test_stuck_for_good_ends_with_its_code(course) -> None:
    course.grip = lambda x, y: 0.0
    course.go(14.0, 0.0)
    result = course.run(1500)
    assert result is not None and result.result.code == "NAV-004"
    assert stopped_and_disabled(course)


def test_churning_tracks_count_as_stuck_although_odometry_runs(course) -> None:
    course.current_a = 1.6
    course.go(30.0, 0.0)
    result = course.run(600)
    assert result is not None and result.result.code == "NAV-004"


def test_tilt_survival_and_a_silent_board(course, vehicle, flat) -> None:
    course.tilt_rad = 0.6
    course.go(20.0, 0.0)
    result = course.run(600)
    assert result is not None and result.result.code == "NAV-005"
    course.tilt_rad = 0.0
    course.results.clear()
    course.go(20.0, 0.0)
    course.run(20)
    from lupex_rover.core.types import PowerState

    state = PowerState(course.t_ns, 0.1, 0.01, 0.0, 50.0, 10.0, 0.0, "survival")
    course.inbox.messages.setdefault("power/state", []).append(state)
    result = course.run(2)
    assert result is not None and result.result.code == "NAV-008"
    assert stopped_and_disabled(course)
    normal = PowerState(course.t_ns, 0.5, 0.01, 0.0, 50.0, 10.0, 0.0, "normal")
    course.inbox.messages.setdefault("power/state", []).append(normal)
    course.results.clear()
    course.answers = False
    course.go(20.0, 0.0)
    result = course.run(60)
    assert result is not None and result.result.code == "NAV-007"


def test_a_drive_that_takes_too_long_is_ended(course, vehicle, flat) -> None:
    from lupex_rover.navigation.navigator import Navigator

    course.navigator = Navigator(NavigatorParams(time_factor=1.0, time_extra_s=0.0), vehicle, flat)
    course.grip = lambda x, y: 0.5
    course.go(20.0, 0.0)
    result = course.run(600)
    assert result is not None and result.result.code == "NAV-006"


def test_safe_commands_a_stop(course) -> None:
    course.go(20.0, 0.0)
    course.run(20)
    out = course.navigator.safe(course.t_ns)
    topics = dict(out.messages)
    assert not np.asarray(topics["mobility/command"].track_speed_mps).any()
    assert topics["boards/request"].command == "disable"
    assert out.results[0].status == ABORTED


def test_a_slowest_speed_above_the_speed_is_refused() -> None:
    wrong = {"speed_mps": 0.1, "follower": {"min_speed_mps": 0.2}}
    with pytest.raises(UserError, match=r"min_speed_mps: 0\.2 is above speed_mps 0\.1"):
        load(NavigatorParams, wrong, "nodes.navigator")
