"""Goals that a process has taken and not yet answered."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

from lupex_rover.core.component import ABORTED, GoalRequest, GoalResult
from lupex_rover.graph import ACTIONS
from lupex_rover.hosts.codes import CODES

REFUSED, NODE_ENDED = "HST-001", "HST-007"
_EMPTY = {"str": "", "float": 0.0, "int": 0}


@dataclass(frozen=True)
class OpenGoal:
    """A goal at a server of this process; `external` ones came from outside of it."""

    request: GoalRequest[Any]
    external: bool


def aborted(request: GoalRequest[Any], code: str, text: str = "") -> GoalResult[Any]:
    """The host's answer where no component gives one; `text`: other words than the code's."""
    cls = ACTIONS[request.action].result
    values = {f.name: _EMPTY[str(f.type)] for f in dataclasses.fields(cls)}
    result = cls(**{**values, "code": code, "text": text or CODES[code].text})
    return GoalResult(request.action, request.goal_id, ABORTED, result)
