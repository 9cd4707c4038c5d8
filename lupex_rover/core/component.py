"""The component contract: a plain class that a host steps.

A component imports no ROS, opens no file, reads no clock and draws no random number that was
not handed to it. A host calls `step(t_ns, inbox)` and routes what stands in the returned outbox.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Any, ClassVar, Generic, TypeVar

from lupex_rover.core.topic import Action, Topic

# Outcomes of a goal, as in action_msgs/msg/GoalStatus.
SUCCEEDED, CANCELED, ABORTED = 4, 5, 6

M = TypeVar("M")
G = TypeVar("G")
F = TypeVar("F")
R = TypeVar("R")


@dataclass(frozen=True)
class GoalRequest(Generic[G]):
    """A goal that arrived at the component that serves `action`."""

    action: str
    goal_id: str
    goal: G


@dataclass(frozen=True)
class GoalFeedback(Generic[F]):
    action: str
    goal_id: str
    feedback: F


@dataclass(frozen=True)
class GoalResult(Generic[R]):
    """The end of a goal; `status` is SUCCEEDED, CANCELED or ABORTED."""

    action: str
    goal_id: str
    status: int
    result: R


@dataclass(frozen=True)
class CancelRequest:
    action: str
    goal_id: str


@dataclass
class Inbox:
    """What arrived for a component since its last step."""

    messages: dict[str, list[Any]] = field(default_factory=dict)
    rx: bytes = b""
    goals: list[GoalRequest[Any]] = field(default_factory=list)
    cancels: list[CancelRequest] = field(default_factory=list)
    feedback: list[GoalFeedback[Any]] = field(default_factory=list)
    results: list[GoalResult[Any]] = field(default_factory=list)

    def all(self, topic: Topic[M]) -> list[M]:
        """Every message on `topic`, oldest first."""
        return self.messages.get(topic, [])

    def latest(self, topic: Topic[M]) -> M | None:
        """The newest message on `topic`, or None."""
        queue = self.messages.get(topic)
        return queue[-1] if queue else None

    def goals_for(self, action: Action[G, F, R]) -> list[GoalRequest[G]]:
        """Every goal that arrived for `action`, oldest first."""
        return [request for request in self.goals if request.action == action]

    def add(self, later: Inbox) -> None:
        """Take in what arrived after this."""
        for topic, queue in later.messages.items():
            self.messages.setdefault(topic, []).extend(queue)
        self.rx += later.rx
        self.goals += later.goals
        self.cancels += later.cancels
        self.feedback += later.feedback
        self.results += later.results

    def __bool__(self) -> bool:
        return bool(
            self.messages or self.rx or self.goals or self.cancels or self.feedback or self.results
        )


@dataclass
class Outbox:
    """What a component says in one step."""

    messages: list[tuple[str, Any]] = field(default_factory=list)
    tx: bytes = b""
    goals: list[GoalRequest[Any]] = field(default_factory=list)
    cancels: list[CancelRequest] = field(default_factory=list)
    feedback: list[GoalFeedback[Any]] = field(default_factory=list)
    results: list[GoalResult[Any]] = field(default_factory=list)
    persist: dict[str, Any] | None = None

    def publish(self, topic: Topic[M], message: M) -> None:
        self.messages.append((topic, message))

    def send_goal(self, action: Action[G, F, R], goal_id: str, goal: G) -> None:
        self.goals.append(GoalRequest(action, goal_id, goal))

    def give_feedback(self, action: Action[G, F, R], goal_id: str, feedback: F) -> None:
        self.feedback.append(GoalFeedback(action, goal_id, feedback))

    def give_result(self, action: Action[G, F, R], goal_id: str, status: int, result: R) -> None:
        """The end of a goal; `status` is SUCCEEDED, CANCELED or ABORTED."""
        self.results.append(GoalResult(action, goal_id, status, result))


class Component(ABC):
    """Base of every component.

    Class attributes
    ----------------
    name : node name.
    inputs, outputs : topics of `lupex_rover.graph`.
    serves, calls : its actions.
    serial : board name (``"MOB"``) when the component owns a board's byte stream.
    period_s : the least time between two steps; 0 means every tick of the host.
    reactive : step again within the same tick when a message arrives (drivers).
    """

    name: ClassVar[str]
    inputs: ClassVar[tuple[Topic[Any], ...]] = ()
    outputs: ClassVar[tuple[Topic[Any], ...]] = ()
    serves: ClassVar[tuple[Action[Any, Any, Any], ...]] = ()
    calls: ClassVar[tuple[Action[Any, Any, Any], ...]] = ()
    serial: ClassVar[str | None] = None
    period_s: ClassVar[float] = 0.1
    reactive: ClassVar[bool] = False

    def prepare(self) -> None:
        """What the first step would wait for, done before: code compiled, libraries read.

        Changes nothing of the component. A host that keeps time calls it before activation.
        """

    @abstractmethod
    def step(self, t_ns: int, inbox: Inbox) -> Outbox:
        """Take in what arrived, do the work that is due at `t_ns`, say what follows from it."""

    def safe(self, t_ns: int) -> Outbox:
        """What must be said to leave the actuators safe (deactivate, error, shutdown).

        Running goals end here, too: the host aborts those that are not answered, and passes nothing
        on that is said of them later.
        """
        return Outbox()

    def restore(self, state: dict[str, Any]) -> None:
        """Take back what an earlier life of this component put in `Outbox.persist`."""
