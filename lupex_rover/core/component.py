"""The component contract: a plain class that a host steps.

A component imports no ROS, opens no file, reads no clock and draws no random number that was
not handed to it. A host calls `step(t_ns, inbox)` and routes what stands in the returned outbox.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, ClassVar

# Outcomes of a goal, as in action_msgs/msg/GoalStatus.
SUCCEEDED, CANCELED, ABORTED = 4, 5, 6


@dataclass(frozen=True)
class GoalRequest:
    """A goal that arrived at the component that serves `action`."""

    action: str
    goal_id: str
    goal: Any


@dataclass(frozen=True)
class GoalFeedback:
    action: str
    goal_id: str
    feedback: Any


@dataclass(frozen=True)
class GoalResult:
    """The end of a goal; `status` is SUCCEEDED, CANCELED or ABORTED."""

    action: str
    goal_id: str
    status: int
    result: Any


@dataclass(frozen=True)
class CancelRequest:
    action: str
    goal_id: str


@dataclass
class Inbox:
    """What arrived for a component since its last step."""

    messages: dict[str, list[Any]] = field(default_factory=dict)
    rx: bytes = b""
    goals: list[GoalRequest] = field(default_factory=list)
    cancels: list[CancelRequest] = field(default_factory=list)
    feedback: list[GoalFeedback] = field(default_factory=list)
    results: list[GoalResult] = field(default_factory=list)

    def all(self, topic: str) -> list[Any]:
        """Every message on `topic`, oldest first."""
        return self.messages.get(topic, [])

    def latest(self, topic: str) -> Any | None:
        """The newest message on `topic`, or None."""
        queue = self.messages.get(topic)
        return queue[-1] if queue else None

    def __bool__(self) -> bool:
        return bool(
            self.messages or self.rx or self.goals or self.cancels or self.feedback or self.results
        )


@dataclass
class Outbox:
    """What a component says in one step."""

    messages: list[tuple[str, Any]] = field(default_factory=list)
    tx: bytes = b""
    goals: list[GoalRequest] = field(default_factory=list)
    cancels: list[CancelRequest] = field(default_factory=list)
    feedback: list[GoalFeedback] = field(default_factory=list)
    results: list[GoalResult] = field(default_factory=list)
    persist: dict[str, Any] | None = None

    def publish(self, topic: str, message: Any) -> None:
        self.messages.append((topic, message))

    def publish_all(self, topic: str, messages: Iterable[Any]) -> None:
        self.messages.extend((topic, m) for m in messages)


class Component(ABC):
    """Base of every component.

    Class attributes
    ----------------
    name : node name.
    inputs, outputs : topic names as in `lupex_rover.graph`.
    serves, calls : action names.
    serial : board name (``"MOB"``) when the component owns a board's byte stream.
    period_s : the least time between two steps; 0 means every tick of the host.
    reactive : step again within the same tick when a message arrives (drivers).
    """

    name: ClassVar[str]
    inputs: ClassVar[tuple[str, ...]] = ()
    outputs: ClassVar[tuple[str, ...]] = ()
    serves: ClassVar[tuple[str, ...]] = ()
    calls: ClassVar[tuple[str, ...]] = ()
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
