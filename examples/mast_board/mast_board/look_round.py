"""Node `look_round`: what the ground would do by hand, in order, once the EPS is heard.

It switches the mast's load on, enables the board, turns the mast for four seconds, and falls silent
without saying so: the board's dead-man stops the motors, and health sees the fault bit.
"""

from __future__ import annotations

from lupex_rover.core.component import Component, Inbox, Outbox
from lupex_rover.core.time import seconds
from lupex_rover.core.types import BoardRequest, LoadSwitch
from lupex_rover.graph import BOARDS_REQUEST, POWER_SWITCH, POWER_TELEMETRY
from lupex_rover.nodes.context import Context
from lupex_rover.nodes.extra import ExtraNode
from mast_board.declaration import MAST
from mast_board.driver import COMMAND, MastCommand

ENABLE_S, TURN_S, SILENT_S = 3.0, 5.0, 9.0  # after the first word from the EPS
PAN_RAD, TILT_RAD = 0.5, 0.2


class LookRound(Component):
    name = "look_round"
    inputs = (POWER_TELEMETRY,)
    outputs = (POWER_SWITCH, BOARDS_REQUEST, COMMAND)
    period_s = 0.2

    def __init__(self) -> None:
        self._first_ns: int | None = None
        self._asked = False

    def step(self, t_ns: int, inbox: Inbox) -> Outbox:
        out = Outbox()
        if self._first_ns is None:
            if inbox.latest(POWER_TELEMETRY) is not None:
                self._first_ns = t_ns
                out.publish(POWER_SWITCH, LoadSwitch(t_ns, MAST.load, True))
            return out
        since_s = seconds(t_ns, self._first_ns)
        if since_s >= ENABLE_S and not self._asked:
            self._asked = True
            out.publish(BOARDS_REQUEST, BoardRequest(t_ns, MAST.name, "enable"))
        elif TURN_S <= since_s < SILENT_S:
            out.publish(COMMAND, MastCommand(t_ns, PAN_RAD, TILT_RAD))
        return out


def build(ctx: Context) -> LookRound:
    return LookRound()


NODE = ExtraNode(build)
