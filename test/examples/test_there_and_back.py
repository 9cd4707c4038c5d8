"""An action server out of tree: two drives for one goal, on the scheduler and as a ROS action."""

import sys
import threading
import time

import numpy as np
import pytest
from flying import EXAMPLES

from lupex_rover import graph
from lupex_rover.core.component import (
    ABORTED,
    CANCELED,
    SUCCEEDED,
    CancelRequest,
    Component,
    GoalRequest,
    GoalResult,
    Outbox,
)
from lupex_rover.core.transforms import Pose
from lupex_rover.core.types import DriveToGoal, DriveToResult, Odometry
from lupex_rover.hosts.scheduler import Scheduler
from lupex_rover.nodes.build import components
from lupex_rover.nodes.context import Context

TICK_NS = 500_000_000


@pytest.fixture
def node(monkeypatch):
    monkeypatch.syspath_prepend(str(EXAMPLES / "there_and_back"))
    before = dict(graph.ACTIONS)
    extra = {"there_and_back": "there_and_back.node:NODE"}
    yield components(Context(None, None, None, 1, extra_nodes=extra), ["there_and_back"])[0]
    graph.ACTIONS.clear()
    graph.ACTIONS.update(before)
    for name in [n for n in sys.modules if n.startswith("there_and_back")]:
        del sys.modules[name]


class Drives(Component):
    """Stands for the navigator: arrives at once, or never when it is to wait for a cancel."""

    name, serves, period_s = "navigator", ("drive_to",), 0.0

    def __init__(self, arrives=True):
        self.goals, self.arrives = [], arrives

    def step(self, t_ns, inbox):
        out = Outbox()
        for request in inbox.goals:
            self.goals.append((request.goal.x_m, request.goal.y_m))
            if self.arrives:
                self._end(out, request.goal_id, SUCCEEDED, "NAV-000")
        for cancel in inbox.cancels:
            self._end(out, cancel.goal_id, CANCELED, "NAV-001")
        return out

    @staticmethod
    def _end(out, goal_id, status, code):
        result = DriveToResult(code, "", 7.0, 0.4)
        out.results.append(GoalResult("drive_to", goal_id, status, result))


def pose_at(x, y):
    pose = Pose(np.array([x, y, 0.0]), np.array([0.0, 0.0, 0.0, 1.0]))
    return Odometry(0, "map", "base_link", pose, np.zeros(3), np.zeros(3), np.eye(6), np.eye(6))


def run(node, drives, goals=(), cancel=None, placed=True):
    scheduler = Scheduler([drives, node], lambda *_: None, {})
    if placed:
        scheduler.deliver("localization/pose", pose_at(3.0, 4.0))
    for goal_id in goals:
        request = GoalRequest("there_and_back", goal_id, DriveToGoal(10.0, 5.0, 1.0))
        assert scheduler.goal(request)
    for k in range(8):
        scheduler.tick((k + 1) * TICK_NS)
        if cancel and k == 3:
            scheduler.cancel(CancelRequest("there_and_back", cancel))
    return {r.goal_id: r for r in scheduler.outgoing_results}


def test_it_drives_out_and_back_and_adds_both_ways(node):
    drives = Drives()
    done = run(node, drives, ["g"])["g"]
    assert drives.goals == [(10.0, 5.0), (3.0, 4.0)]
    assert done.status == SUCCEEDED and done.result.distance_driven_m == 14.0


def test_a_cancel_reaches_the_drive_and_ends_the_goal(node):
    done = run(node, Drives(arrives=False), ["g"], cancel="g")["g"]
    assert done.status == CANCELED and done.result.code == "NAV-001"


def test_it_refuses_a_second_goal_and_one_without_a_position(node):
    second = run(node, Drives(arrives=False), ["g", "h"])["h"]
    assert (second.status, second.result.code) == (ABORTED, "OUT-001")
    fresh = type(node)()
    lost = run(fresh, Drives(), ["g"], placed=False)["g"]
    assert (lost.status, lost.result.code) == (ABORTED, "OUT-002")


class Place(Component):
    """Stands for localization."""

    name, outputs = "localization", ("localization/pose",)

    def step(self, t_ns, inbox):
        out = Outbox()
        out.publish("localization/pose", pose_at(3.0, 4.0))
        return out


def test_it_is_a_ros_action(node, tmp_path):
    rclpy = pytest.importorskip("rclpy", reason="needs ROS 2; run through ./lupex")
    pytest.importorskip("lupex_rover_interfaces.action", reason="needs our messages; use ./lupex")
    from lupex_rover_interfaces.action import DriveTo
    from rclpy.action import ActionClient

    from lupex_rover.hosts.ros.ports import Ports
    from lupex_rover.hosts.ros.process import FlightProcess

    made = {"navigator": Drives(), "localization": Place(), "there_and_back": node}
    rclpy.init(domain_id=90)
    process = FlightProcess(
        "flight", list(made), lambda name, _: made[name], Ports({}), tmp_path, False,
        extra=["there_and_back"],
    )  # fmt: skip
    process.configure()
    process.activate()
    thread = threading.Thread(target=process.run)
    thread.start()
    client = rclpy.create_node("client")
    try:
        action = ActionClient(client, DriveTo, "there_and_back")
        assert action.wait_for_server(10)
        time.sleep(1.0)  # the first pose
        sent = action.send_goal_async(DriveTo.Goal(x_m=10.0, y_m=5.0, tolerance_m=1.0))
        rclpy.spin_until_future_complete(client, sent, timeout_sec=15)
        done = sent.result().get_result_async()
        rclpy.spin_until_future_complete(client, done, timeout_sec=15)
        assert done.result().result.code == "NAV-000"
        assert done.result().result.distance_driven_m == 14.0
    finally:
        process.stopped = True
        thread.join(20)
        client.destroy_node()
        rclpy.try_shutdown()
    assert made["navigator"].goals == [(10.0, 5.0), (3.0, 4.0)]
