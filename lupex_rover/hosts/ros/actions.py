"""Goals between the scheduler and ROS actions, converted by field name."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Iterable
from typing import Any

from action_msgs.msg import GoalStatus
from rclpy.action import ActionClient, ActionServer, CancelResponse, GoalResponse
from rclpy.node import Node
from rclpy.task import Future

from lupex_rover.core.component import (
    ABORTED,
    CANCELED,
    SUCCEEDED,
    CancelRequest,
    GoalFeedback,
    GoalRequest,
    GoalResult,
)
from lupex_rover.graph import ACTIONS
from lupex_rover.hosts.goals import REFUSED, aborted
from lupex_rover.hosts.ros.qos import ros_class

SERVER_WAIT_S = 10.0
_ENDS = {
    GoalStatus.STATUS_SUCCEEDED: SUCCEEDED,
    GoalStatus.STATUS_CANCELED: CANCELED,
    GoalStatus.STATUS_ABORTED: ABORTED,
}


def to_ros(message: Any, made: Any) -> Any:
    """Copy the fields of our dataclass to the ROS message `made`."""
    for field in dataclasses.fields(message):
        setattr(made, field.name, getattr(message, field.name))
    return made


def from_ros(message: Any, cls: type) -> Any:
    """Our dataclass from a ROS message."""
    return cls(**{f.name: getattr(message, f.name) for f in dataclasses.fields(cls)})


class ActionServers:
    """The ROS side of the actions that one component serves."""

    def __init__(
        self, node: Node, actions: Iterable[str], host: Any, active: Callable[[], bool]
    ) -> None:
        self._host = host
        self._active = active
        self._open: dict[str, tuple[Any, Future]] = {}
        self._servers = [self._server(node, action) for action in actions]

    def _server(self, node: Node, action: str) -> ActionServer:
        cls = ros_class(ACTIONS[action].ros)
        goal_cls = ACTIONS[action].goal

        def accept(_: Any) -> GoalResponse:
            return GoalResponse.ACCEPT if self._active() else GoalResponse.REJECT

        def cancel(handle: Any) -> CancelResponse:
            goal_id = _id(handle)
            self._host.scheduler.cancel(CancelRequest(action, goal_id))
            return CancelResponse.ACCEPT if goal_id in self._open else CancelResponse.REJECT

        async def execute(handle: Any) -> Any:
            goal_id, done = _id(handle), Future()
            self._open[goal_id] = handle, done
            request = GoalRequest(action, goal_id, from_ros(handle.request, goal_cls))
            if not self._host.scheduler.goal(request):  # its node was closed since `accept`
                done.set_result(aborted(request, REFUSED))
            item: GoalResult[Any] = await done
            del self._open[goal_id]
            ends = {SUCCEEDED: handle.succeed, CANCELED: handle.canceled, ABORTED: handle.abort}
            ends[
                item.status if handle.is_cancel_requested or item.status != CANCELED else ABORTED
            ]()
            return to_ros(item.result, cls.Result())

        return ActionServer(
            node, cls, action, execute, goal_callback=accept, cancel_callback=cancel
        )

    @property
    def busy(self) -> bool:
        return bool(self._open)

    def feedback(self, item: GoalFeedback[Any]) -> bool:
        """Send feedback to the client; False when the goal is not one of ours."""
        if item.goal_id not in self._open:
            return False
        cls = ros_class(ACTIONS[item.action].ros)
        self._open[item.goal_id][0].publish_feedback(to_ros(item.feedback, cls.Feedback()))
        return True

    def result(self, item: GoalResult[Any]) -> bool:
        if item.goal_id not in self._open:
            return False
        self._open[item.goal_id][1].set_result(item)
        return True


def _id(handle: Any) -> str:
    return "ros-" + bytes(handle.goal_id.uuid).hex()


class ActionClients:
    """Sends goals to servers of other processes and brings back what they say."""

    def __init__(self, node: Node, host: Any) -> None:
        self._node = node
        self._host = host
        self._clients: dict[str, ActionClient] = {}
        self._waiting: list[tuple[GoalRequest[Any], float]] = []
        self._handles: dict[str, Any] = {}
        self._cancel_early: set[str] = set()

    @property
    def busy(self) -> bool:
        return bool(self._waiting or self._handles)

    def send(self, requests: Iterable[GoalRequest[Any]]) -> None:
        """Queue goals and send those whose server is there."""
        self._waiting += [(r, time.monotonic() + SERVER_WAIT_S) for r in requests]
        still = []
        for request, until in self._waiting:
            client = self._client(request.action)
            if client.server_is_ready():
                self._send(client, request)
            elif time.monotonic() < until:
                still.append((request, until))
            else:
                self._fail(request, f"no server for {request.action}")
        self._waiting = still

    def _client(self, action: str) -> ActionClient:
        if action not in self._clients:
            cls = ros_class(ACTIONS[action].ros)
            self._clients[action] = ActionClient(self._node, cls, action)
        return self._clients[action]

    def _send(self, client: ActionClient, request: GoalRequest[Any]) -> None:
        action, goal_id = request.action, request.goal_id
        self._handles[goal_id] = None

        def heard(message: Any) -> None:
            part = from_ros(message.feedback, ACTIONS[action].feedback)
            self._host.scheduler.feedback(GoalFeedback(action, goal_id, part))

        def answered(future: Future) -> None:
            handle = future.result()
            if handle is None or not handle.accepted:
                self._fail(request, f"{action} refused the goal")
                return
            self._handles[goal_id] = handle
            if goal_id in self._cancel_early:
                handle.cancel_goal_async()
            handle.get_result_async().add_done_callback(ended)

        def ended(future: Future) -> None:
            self._handles.pop(goal_id, None)
            done = future.result()
            result = from_ros(done.result, ACTIONS[action].result)
            status = _ENDS.get(done.status, ABORTED)
            self._host.scheduler.result(GoalResult(action, goal_id, status, result))

        goal = to_ros(request.goal, client._action_type.Goal())
        client.send_goal_async(goal, feedback_callback=heard).add_done_callback(answered)

    def cancel(self, requests: Iterable[CancelRequest]) -> None:
        for request in requests:
            handle = self._handles.get(request.goal_id)
            if handle is not None:
                handle.cancel_goal_async()
            else:
                self._cancel_early.add(request.goal_id)

    def _fail(self, request: GoalRequest[Any], text: str) -> None:
        self._handles.pop(request.goal_id, None)
        self._host.scheduler.result(aborted(request, REFUSED, text))
