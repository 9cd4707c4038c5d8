"""Node `dosimeter_watch`: what the ground would do by hand, in order, once the EPS is heard.

It switches the payload on, then the dosimeter, and has it count for 5 s at a time.
"""

from __future__ import annotations

from collections.abc import Callable

from dosimeter.instrument import INSTRUMENT
from lupex_rover.core.component import Component, Inbox, Outbox
from lupex_rover.core.time import seconds
from lupex_rover.core.types import LoadSwitch
from lupex_rover.graph import POWER_SWITCH, POWER_TELEMETRY
from lupex_rover.instruments.component import InstrumentCommand, topics_of
from lupex_rover.nodes.context import Context
from lupex_rover.nodes.extra import ExtraNode

_, COMMAND = topics_of("dosimeter", INSTRUMENT)
STEPS: tuple[tuple[float, Callable[[Outbox, int], None]], ...] = (
    # s after the first word from the EPS, and what is said then
    (0.0, lambda out, t_ns: out.publish(POWER_SWITCH, LoadSwitch(t_ns, "payload", True))),
    (3.0, lambda out, t_ns: out.publish(COMMAND, InstrumentCommand("on"))),
    (5.0, lambda out, t_ns: out.publish(COMMAND, InstrumentCommand("count", {"seconds": 5.0}))),
)


class DosimeterWatch(Component):
    """Three commands, then silence."""

    name = "dosimeter_watch"
    inputs = (POWER_TELEMETRY,)
    outputs = (POWER_SWITCH, COMMAND)
    period_s = 0.5

    def __init__(self) -> None:
        self._first_ns: int | None = None
        self._left = list(STEPS)

    def step(self, t_ns: int, inbox: Inbox) -> Outbox:
        out = Outbox()
        if self._first_ns is None and inbox.latest(POWER_TELEMETRY) is not None:
            self._first_ns = t_ns
        while self._left and self._first_ns is not None:
            after_s, say = self._left[0]
            if seconds(t_ns, self._first_ns) < after_s:
                break
            say(out, t_ns)
            del self._left[0]
        return out


def build(ctx: Context) -> DosimeterWatch:
    return DosimeterWatch()


NODE = ExtraNode(build)
