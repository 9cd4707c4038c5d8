"""Goals that a process has taken and not yet answered."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from lupex_rover.core import types
from lupex_rover.core.component import ABORTED, GoalRequest, GoalResult
from lupex_rover.graph import ACTIONS
from lupex_rover.hosts.codes import CODES

REFUSED, NODE_ENDED = "HST-001", "HST-007"
_EMPTY = {"str": "", "float": 0.0, "int": 0}


@dataclass(frozen=True)
class OpenGoal:
    """A goal at a server of this process; `external` ones came from outside of it."""

    request: GoalRequest
    external: bool


def our_class(action: str, part: str) -> type:
    """Class of an action's "Goal", "Feedback" or "Result"."""
    entry = ACTIONS[action]
    own: type | None = getattr(entry, part.lower())
    return own or getattr(types, entry.ros.split("/")[-1] + part)


def aborted(request: GoalRequest, code: str, text: str = "") -> GoalResult:
    """The host's answer where no component gives one; `text`: other words than the code's."""
    cls = our_class(request.action, "Result")
    values = {f.name: _EMPTY[str(f.type)] for f in dataclasses.fields(cls)}
    result = cls(**{**values, "code": code, "text": text or CODES[code]})
    return GoalResult(request.action, request.goal_id, ABORTED, result)
