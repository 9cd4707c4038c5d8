"""Node `there_and_back`: serves an action of its own, and calls `drive_to` twice for it."""

from __future__ import annotations

import math

from lupex_rover.core.component import (
    ABORTED,
    CANCELED,
    SUCCEEDED,
    CancelRequest,
    Component,
    GoalRequest,
    GoalResult,
    Inbox,
    Outbox,
)
from lupex_rover.core.topic import Action
from lupex_rover.core.types import DriveToFeedback, DriveToGoal, DriveToResult
from lupex_rover.graph import DRIVE_TO, LOCALIZATION_POSE
from lupex_rover.nodes.context import Context
from lupex_rover.nodes.extra import ExtraNode

# The ROS type of another action serves, for its goal, feedback and result are what is wanted here.
ACTION = Action("there_and_back", DRIVE_TO.ros, DriveToGoal, DriveToFeedback, DriveToResult)
BUSY, LOST = "OUT-001", "OUT-002"  # refused: one goal at a time; no position known yet


class ThereAndBack(Component):
    """One goal at a time: out to its place, then back to where the rover stood."""

    name = "there_and_back"
    inputs = (LOCALIZATION_POSE,)
    serves = (ACTION,)
    calls = (DRIVE_TO,)
    period_s = 0.5

    def __init__(self) -> None:
        self._goal: GoalRequest[DriveToGoal] | None = None
        self._home: tuple[float, float] | None = None
        self._here: tuple[float, float] | None = None
        self._leg = ""  # id of the drive that is under way
        self._sent = 0
        self._driven_m = 0.0

    def step(self, t_ns: int, inbox: Inbox) -> Outbox:
        out = Outbox()
        pose = inbox.latest(LOCALIZATION_POSE)
        if pose is not None:
            x, y, _ = pose.pose.position_m
            self._here = float(x), float(y)
        for request in inbox.goals:
            self._accept(request, out)
        for cancel in inbox.cancels:
            if self._goal is not None and cancel.goal_id == self._goal.goal_id:
                out.cancels.append(CancelRequest(DRIVE_TO, self._leg))
        for item in inbox.feedback:
            if self._goal is not None and item.goal_id == self._leg:
                out.give_feedback(ACTION, self._goal.goal_id, item.feedback)
        for result in inbox.results:
            if result.goal_id == self._leg:
                self._arrived(result, out)
        return out

    def safe(self, t_ns: int) -> Outbox:
        """The drive is canceled; the host aborts the goal."""
        out = Outbox()
        if self._goal is not None:
            out.cancels.append(CancelRequest(DRIVE_TO, self._leg))
            self._goal = None
        return out

    def _accept(self, request: GoalRequest[DriveToGoal], out: Outbox) -> None:
        if self._goal is not None or self._here is None:
            code, text = (BUSY, "one goal at a time") if self._goal else (LOST, "no position yet")
            refused = DriveToResult(code, text, 0.0, math.nan)
            out.give_result(ACTION, request.goal_id, ABORTED, refused)
            return
        self._goal, self._home, self._driven_m = request, self._here, 0.0
        self._drive(request.goal, out)

    def _drive(self, goal: DriveToGoal, out: Outbox) -> None:
        self._sent += 1
        assert self._goal is not None
        self._leg = f"{self._goal.goal_id}-leg-{self._sent}"
        out.send_goal(DRIVE_TO, self._leg, goal)

    def _arrived(self, result: GoalResult[DriveToResult], out: Outbox) -> None:
        """The way back follows the way out; anything but success ends the goal."""
        if self._goal is None:
            return
        self._driven_m += result.result.distance_driven_m
        if result.status == SUCCEEDED and self._home is not None:
            home, self._home = self._home, None
            self._drive(DriveToGoal(*home, self._goal.goal.tolerance_m), out)
            return
        end = result.status if result.status in (SUCCEEDED, CANCELED) else ABORTED
        told = result.result
        whole = DriveToResult(told.code, told.text, self._driven_m, told.goal_error_m)
        out.give_result(ACTION, self._goal.goal_id, end, whole)
        self._goal = None


def build(ctx: Context) -> ThereAndBack:
    return ThereAndBack()


NODE = ExtraNode(build, actions=(ACTION,))
