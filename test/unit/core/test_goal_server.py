"""One goal at a time: begun, told of, ended; others refused."""

import pytest

from lupex_rover import graph
from lupex_rover.core.component import (
    ABORTED,
    SUCCEEDED,
    CancelRequest,
    GoalFeedback,
    GoalRequest,
    GoalResult,
    Inbox,
    Outbox,
)
from lupex_rover.core.goal_server import GoalServer
from lupex_rover.core.types import DriveToFeedback, DriveToGoal, DriveToResult

A = GoalRequest("drive_to", "a", DriveToGoal(1.0, 2.0))
B = GoalRequest("drive_to", "b", DriveToGoal(3.0, 4.0))
PART = DriveToFeedback(1.0, 2.0, 0.0)
DONE = DriveToResult("NAV-000", "", 2.0, 0.1)


def test_a_goal_from_its_arrival_to_its_end():
    server, out = GoalServer(graph.DRIVE_TO), Outbox()
    assert server.arrived(Inbox(goals=[A, B])) == [A, B] and not server.busy
    server.begin(A)
    assert server.busy
    assert server.arrived(Inbox(goals=[A, B])) == [B]  # a repeat is answered with the first
    server.refuse(B, DONE, out)
    server.tell(PART, out)
    server.end(SUCCEEDED, DONE, out)
    assert not server.busy
    assert out.feedback == [GoalFeedback("drive_to", "a", PART)]
    assert out.results == [
        GoalResult("drive_to", "b", ABORTED, DONE),
        GoalResult("drive_to", "a", SUCCEEDED, DONE),
    ]


def test_only_a_cancel_of_the_goal_under_way_counts():
    server = GoalServer(graph.DRIVE_TO)
    cancels = Inbox(cancels=[CancelRequest("drive_to", "a")])
    assert not server.canceled(cancels)
    server.begin(B)
    assert not server.canceled(cancels)
    server.end(ABORTED, DONE, Outbox())
    server.begin(A)
    assert server.canceled(cancels)


def test_no_goal_is_begun_over_another_and_none_ended_twice():
    server = GoalServer(graph.DRIVE_TO)
    server.begin(A)
    with pytest.raises(RuntimeError, match="goal a is not ended"):
        server.begin(B)
    server.end(ABORTED, DONE, Outbox())
    with pytest.raises(RuntimeError, match="no goal is under way"):
        server.end(ABORTED, DONE, Outbox())
