"""The navigator and SAFE: whoever ordered it, the navigator never takes its board out of it."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from lupex_rover.core import holds
from lupex_rover.core.component import ABORTED, CANCELED, SUCCEEDED, CancelRequest
from lupex_rover.core.types import BoardHousekeeping, Diagnostic, Diagnostics, Odometry


@pytest.mark.parametrize("told", [True, False])
def test_safe_ends_the_drive_and_the_board_stays_in_it(course, told) -> None:
    """Told by the ACK of SAFE, or only by refusals and housekeeping."""
    course.go(30.0, 0.0)
    assert course.run(30) is None and course.speed_mps.any()
    course.order_safe(told)
    here = course.xyyaw.copy()
    result = course.run(5)
    assert result is not None and result.status == ABORTED
    assert result.result.code == "NAV-007" and "SAFE" in result.result.text
    for _ in range(50):
        course.tick()
    assert course.safed and course.left_safe == 0
    assert math.dist(course.xyyaw[:2], here[:2]) < 0.02


def test_a_goal_for_a_board_in_safe_is_given_up_and_the_board_stays_in_it(course) -> None:
    course.order_safe(told=False)
    for _ in range(20):
        course.tick()
    for name in "abc":
        course.go(10.0, 0.0, goal_id=name)
        course.results.clear()
        result = course.run(5)
        assert result is not None and result.result.code == "NAV-007"
        assert "SAFE" in result.result.text
    assert course.safed and course.left_safe == 0 and len(course.track) > 0
    assert not course.xyyaw.any()


def test_released_the_board_is_enabled_again(course) -> None:
    course.order_safe()
    for _ in range(20):
        course.tick()
    course.safed = False  # the ground's ENABLE 0; the newest housekeeping still says SAFE
    course.go(5.0, 0.0)
    result = course.run(300)
    assert result is not None and result.status == SUCCEEDED


def test_a_board_in_safe_that_falls_silent_is_not_waited_for(course) -> None:
    course.order_safe()
    course.tick()
    course.ticks = 1  # the next housekeeping is 9 ticks away
    course.go(5.0, 0.0)
    for _ in range(60):
        course.ticks = 1
        course.tick()
    assert course.results and course.results[-1].result.code == "NAV-007"
    assert course.safed and course.left_safe == 0


def test_cancel_and_the_hosts_stop_leave_safe_alone(course) -> None:
    course.go(30.0, 0.0)
    course.run(20)
    course.inbox.cancels.append(CancelRequest("drive_to", "a"))
    course.order_safe()
    result = course.run(3)
    assert result is not None and result.status == CANCELED and course.left_safe == 0
    course.safed = False
    course.results.clear()
    course.go(30.0, 0.0, goal_id="b")
    assert course.run(20) is None
    course.order_safe()
    course.navigator._hear(course.t_ns, course.inbox)
    out = course.navigator.safe(course.t_ns)
    assert "boards/request" not in dict(out.messages)


def say_held(course, *boards: str) -> None:
    """What health tells."""
    statuses = [*(holds.status(b, "tilt_imu until the ground") for b in boards)]
    told = Diagnostics(course.t_ns, (*statuses, Diagnostic(2, "rover", "")))
    course.inbox.messages["/diagnostics"] = [told, Diagnostics(course.t_ns, ())]


def test_a_board_that_health_holds_is_not_enabled_though_it_is_idle(course) -> None:
    """Its power came back a moment ago: health has not seen it yet."""
    say_held(course, "MOB")
    course.tick()
    course.go(10.0, 0.0)
    result = course.run(3)
    assert result is not None and result.result.code == "NAV-007"
    assert "tilt_imu" in result.result.text
    assert not course.active and not course.xyyaw.any()
    say_held(course, "DRL")
    course.tick()
    course.results.clear()
    course.go(10.0, 0.0, goal_id="b")
    result = course.run(300)
    assert result is not None and result.status == SUCCEEDED


def test_a_hold_ends_a_drive_though_the_board_has_not_obeyed_yet(course) -> None:
    course.go(30.0, 0.0)
    assert course.run(30) is None
    say_held(course, "MOB")
    course.tick()
    assert not course.speed_mps.any()
    result = course.run(3)
    assert result is not None and result.result.code == "NAV-007"


def test_a_board_that_merely_restarted_is_still_enabled_again(course) -> None:
    course.go(12.0, 0.0)
    course.run(20)
    course.active = False  # its power came back: idle
    result = course.run(400)
    assert result is not None and result.status == SUCCEEDED


def test_a_pose_or_wheels_stamped_in_the_future_are_not_fresh_for_ever(course) -> None:
    """As after a clock that was set back: nothing new comes and the old seems to be of later."""
    course.go(30.0, 0.0)
    assert course.run(20) is None
    ahead = course.t_ns + 3600 * 10**9
    pose = course.navigator._senses.pose
    assert isinstance(pose, Odometry)
    course.navigator._senses.pose = replace(pose, stamp_ns=ahead)
    course.localized = False
    course.run(1.3)
    assert not course.speed_mps.any()
    result = course.run(60)
    assert result is not None and result.result.code == "NAV-003"


def test_a_board_that_left_active_is_noticed_though_its_clock_was_set_back(course) -> None:
    course.go(30.0, 0.0)
    assert course.run(20) is None
    early = BoardHousekeeping(course.t_ns - 3600 * 10**9, "MOB", 1, 1, 20.0, 0, 0, 0)
    course.inbox.messages["boards/housekeeping"] = [early]
    course.active = False
    course.tick()
    assert "NAV-007" in course.codes
