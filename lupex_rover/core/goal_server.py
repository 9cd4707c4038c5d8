"""The server's half of an action that takes one goal at a time."""

from __future__ import annotations

from typing import Generic, TypeVar

from lupex_rover.core.component import ABORTED, GoalRequest, Inbox, Outbox
from lupex_rover.core.topic import Action

G = TypeVar("G")
F = TypeVar("F")
R = TypeVar("R")


class GoalServer(Generic[G, F, R]):
    """Which goal of `action` is under way, and what is said of it.

    A component asks for the goals that `arrived`, refuses each or begins it, and ends the one that
    it began. What a goal is and when it may run is the component's to say.
    """

    def __init__(self, action: Action[G, F, R]) -> None:
        self.action = action
        self._goal_id: str | None = None

    @property
    def busy(self) -> bool:
        """A goal was begun and not yet ended."""
        return self._goal_id is not None

    def arrived(self, inbox: Inbox) -> list[GoalRequest[G]]:
        """Every goal that came, oldest first.

        A repeat of the one under way is left out: the one result that is given answers both.
        """
        return [r for r in inbox.goals_for(self.action) if r.goal_id != self._goal_id]

    def refuse(self, request: GoalRequest[G], result: R, out: Outbox) -> None:
        out.give_result(self.action, request.goal_id, ABORTED, result)

    def begin(self, request: GoalRequest[G]) -> None:
        """Raise a RuntimeError while another goal is under way: it would never be answered."""
        if self._goal_id is not None:
            raise RuntimeError(f"{self.action}: goal {self._goal_id} is not ended")
        self._goal_id = request.goal_id

    def canceled(self, inbox: Inbox) -> bool:
        """The goal under way was asked to end."""
        return self.busy and any(cancel.goal_id == self._goal_id for cancel in inbox.cancels)

    def tell(self, feedback: F, out: Outbox) -> None:
        """Feedback of the goal under way."""
        out.give_feedback(self.action, self._under_way(), feedback)

    def end(self, status: int, result: R, out: Outbox) -> None:
        """The goal under way ends with `status` (SUCCEEDED, CANCELED or ABORTED)."""
        out.give_result(self.action, self._under_way(), status, result)
        self._goal_id = None

    def _under_way(self) -> str:
        if self._goal_id is None:
            raise RuntimeError(f"{self.action}: no goal is under way")
        return self._goal_id
