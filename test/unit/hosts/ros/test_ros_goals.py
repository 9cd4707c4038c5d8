# ruff: noqa: E402  (what follows needs ROS)
"""A goal is answered whatever becomes of its node, and is not lost where another one's changes."""

import os

import pytest

rclpy = pytest.importorskip("rclpy", reason="needs ROS 2; run through ./lupex")
pytest.importorskip("lupex_rover_interfaces.action", reason="needs our messages; use ./lupex")

from action_msgs.msg import GoalStatus
from lifecycle_msgs.msg import Transition
from lupex_rover_interfaces.action import DriveTo
from rclpy.action import ActionClient
from running import Running

from lupex_rover.core import types
from lupex_rover.core.component import ABORTED, SUCCEEDED, Component, GoalResult, Outbox
from lupex_rover.hosts.ros.host_params import HostParams

T = Transition


@pytest.fixture(scope="module", autouse=True)
def graph():
    os.environ["ROS_AUTOMATIC_DISCOVERY_RANGE"] = "LOCALHOST"
    rclpy.init(domain_id=101 + (os.getpid() + 50) % 100)
    yield
    rclpy.try_shutdown()


class Walker(Component):
    """Ends a goal when `done` is set, or, where it `knows` to, when it is made safe."""

    name, serves, period_s = "navigator", ("drive_to",), 0.0

    def __init__(self, period_s=0.0, knows=True):
        self.period_s, self.knows = period_s, knows
        self.goal, self.done, self.broken, self.safes = None, False, False, 0

    def step(self, t_ns, inbox):
        if self.broken:
            raise RuntimeError("broken")
        out = Outbox()
        if inbox.goals:
            self.goal = inbox.goals[-1]
        if self.goal is not None and self.done:
            self._end(out, SUCCEEDED, "")
        return out

    def safe(self, t_ns):
        out = Outbox()
        self.safes += 1
        if self.goal is not None and self.knows:
            self._end(out, ABORTED, "NAV-001")
        return out

    def _end(self, out, status, code):
        result = types.DriveToResult(code, "", 0.0, 0.0)
        out.results.append(GoalResult("drive_to", self.goal.goal_id, status, result))
        self.goal = None


class Idle(Component):
    name, period_s = "drill", 0.0

    def step(self, t_ns, inbox):
        return Outbox()


class Asking(Running):
    """Navigator and drill; lifecycle requests, and goals from outside."""

    limit_s = 8.0

    def __init__(self, walker, folder, params=None):
        made = {"navigator": lambda: walker, "drill": Idle}
        super().__init__(lambda name, _: made[name](), list(made), folder, params)
        self.action = ActionClient(self.client, DriveTo, "drive_to")

    def close(self):
        self.action.destroy()
        super().close()

    def wait(self, future, limit_s=8.0):
        self.executor.spin_until_future_complete(future, timeout_sec=limit_s)
        assert future.done(), "no answer"
        return future.result()

    def goal(self):
        """The future of a goal's result; the goal is accepted."""
        assert self.action.wait_for_server(10)
        handle = self.wait(self.action.send_goal_async(DriveTo.Goal(x_m=9.0, tolerance_m=1.0)))
        assert handle.accepted
        return handle.get_result_async()

    def transition(self, node, *numbers):
        for number in numbers:
            assert self.wait(self.ask(node, number)).success


@pytest.mark.parametrize("knows", [True, False])
@pytest.mark.parametrize("began", [True, False])
@pytest.mark.parametrize(
    "numbers",
    [
        (T.TRANSITION_DEACTIVATE,),
        (T.TRANSITION_DEACTIVATE, T.TRANSITION_ACTIVATE),
        (T.TRANSITION_DEACTIVATE, T.TRANSITION_CLEANUP),
        (T.TRANSITION_ACTIVE_SHUTDOWN,),
    ],
)
def test_a_goal_ends_aborted_with_its_node(tmp_path, numbers, began, knows):
    """Whether or not the component has begun it, and has an answer of its own."""
    walker = Walker(0.0 if began else 3600.0, knows)
    with Asking(walker, tmp_path) as r:
        if not began:
            r.until(lambda: r.process.scheduler._last_ns.get("navigator"))  # next in an hour
        result = r.goal()
        if began:
            r.until(lambda: walker.goal is not None)
        r.transition("navigator", *numbers)
        end = r.wait(result)
        assert end.status == GoalStatus.STATUS_ABORTED
        assert end.result.code == ("NAV-001" if began and knows else "HST-007")
        assert walker.safes >= 1
        assert r.thread.is_alive()


def test_the_next_life_answers_its_own_goal(tmp_path):
    walker = Walker()
    with Asking(walker, tmp_path) as r:
        first = r.goal()
        r.until(lambda: walker.goal is not None)
        r.transition(
            "navigator", T.TRANSITION_DEACTIVATE, T.TRANSITION_CLEANUP, T.TRANSITION_CONFIGURE,
            T.TRANSITION_ACTIVATE,
        )  # fmt: skip
        walker.done = True
        second = r.goal()
        assert r.wait(first).status == GoalStatus.STATUS_ABORTED
        assert r.wait(second).status == GoalStatus.STATUS_SUCCEEDED


def test_a_goal_lives_through_another_node_s_changes(tmp_path):
    walker = Walker()
    with Asking(walker, tmp_path) as r:
        result = r.goal()
        r.until(lambda: walker.goal is not None)
        r.transition(
            "drill", T.TRANSITION_DEACTIVATE, T.TRANSITION_CLEANUP, T.TRANSITION_CONFIGURE,
            T.TRANSITION_ACTIVATE,
        )  # fmt: skip
        assert not result.done()
        walker.done = True
        assert r.wait(result).status == GoalStatus.STATUS_SUCCEEDED


def test_a_goal_of_a_component_that_is_given_up_is_aborted(tmp_path):
    walker = Walker(knows=False)
    with Asking(walker, tmp_path, HostParams(failures_in_a_row=3)) as r:
        result = r.goal()
        r.until(lambda: walker.goal is not None)
        walker.broken = True
        end = r.wait(result)
        assert end.status == GoalStatus.STATUS_ABORTED and end.result.code == "HST-007"


def test_a_goal_is_answered_when_the_process_ends(tmp_path):
    walker = Walker()
    with Asking(walker, tmp_path) as r:
        result = r.goal()
        r.until(lambda: walker.goal is not None)
        r.process.stopped = True
        assert r.wait(result).result.code == "NAV-001"
