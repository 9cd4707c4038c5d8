"""What the drill component knows: telemetry that makes sense, its age, answers of the board."""

from __future__ import annotations

import math
from collections import deque

from lupex_rover import graph
from lupex_rover.core.component import Inbox
from lupex_rover.core.time import seconds
from lupex_rover.core.types import DrillTelemetry, PowerState
from lupex_rover.core.types.boards import REFUSED, STATE_SAFE

ENABLE, DRILL, DELIVER = "ENABLE", "DRILL", "DELIVER"  # telecommands, ICD
RATE_WINDOW_S = 2.0


class Watch:
    """The newest good telemetry and what follows from the last two seconds of it.

    Attributes
    ----------
    last, last_ns : DrillTelemetry or None and int
        Newest telemetry whose numbers are all finite, or None, and when it came.
    bad : int
        Messages dropped because a number was not finite.
    acks : dict[str, int]
        Newest ACK status by telecommand since `forget`.
    board_state, board_ns : int
        From housekeeping and when it came; -1 before the first since `forget`.
    refused : int
        DRILL commands in a row that the board did not accept.
    """

    def __init__(self) -> None:
        self.last: DrillTelemetry | None = None
        self.last_ns = 0
        self.bad = 0
        self.acks: dict[str, int] = {}
        self.board_state, self.board_ns = -1, 0
        self.refused = 0
        self.power: PowerState | None = None
        self._track: deque[tuple[int, float]] = deque()

    def take(self, t_ns: int, inbox: Inbox) -> None:
        """Ages count from arrival: a board's clock may be wrong, its steps are not.

        After our own time was set back they count from then.
        """
        self.last_ns, self.board_ns = min(self.last_ns, t_ns), min(self.board_ns, t_ns)
        for report in inbox.all(graph.BOARDS_HOUSEKEEPING):
            if report.board == "DRL":
                self._take_state(report.state, t_ns)
        for message in inbox.all(graph.DRILL_TELEMETRY):
            if _finite(message):
                self.last, self.last_ns = message, t_ns
                self._follow(message)
            else:
                self.bad += 1
        self._forget_old()
        for ack in inbox.all(graph.BOARDS_ACK):
            if ack.board == "DRL":
                self.acks[ack.telecommand] = ack.status
                if ack.telecommand == DRILL:
                    self.refused = self.refused + 1 if ack.status else 0
        self.power = inbox.latest(graph.POWER_STATE) or self.power

    def _follow(self, message: DrillTelemetry) -> None:
        """Into the track; one stamped before the last begins a new track: a clock was set."""
        if self._track and message.stamp_ns < self._track[-1][0]:
            self._track.clear()
        self._track.append((message.stamp_ns, message.depth_m))

    def _take_state(self, state: int, t_ns: int) -> None:
        """Housekeeping says in which state the board is: older refusals no longer count."""
        self.board_state, self.board_ns = state, t_ns
        for telecommand in (ENABLE, DRILL):
            if self.acks.get(telecommand) == REFUSED:
                del self.acks[telecommand]

    @property
    def safe(self) -> bool:
        """The board is in SAFE, or may be: it refused a command and no housekeeping came since.

        A board that refuses is not active in any case: nothing moves, nothing need be disabled.
        """
        refused = REFUSED in (self.acks.get(ENABLE), self.acks.get(DRILL))
        return refused or self.board_state == STATE_SAFE

    def _forget_old(self) -> None:
        if self.last is None:
            return
        newest = self.last.stamp_ns
        while self._track and seconds(newest, self._track[0][0]) > RATE_WINDOW_S:
            self._track.popleft()

    def forget(self) -> None:
        """A new goal begins: old answers say nothing about it."""
        self.acks.clear()
        self.board_state, self.board_ns = -1, 0
        self.refused = 0

    def age_s(self, t_ns: int) -> float:
        """Age of the newest good telemetry; infinite without any."""
        return seconds(t_ns, self.last_ns) if self.last else math.inf

    @property
    def rop_mps(self) -> float:
        """Rate of penetration over the last two seconds, m/s, down positive."""
        if len(self._track) < 2:
            return 0.0
        (t0, d0), (t1, d1) = self._track[0], self._track[-1]
        return (d1 - d0) / seconds(t1, t0) if t1 > t0 else 0.0

    @property
    def withdrawn(self) -> bool:
        """The power manager wants the drill to stop."""
        return self.power is not None and (
            self.power.mode == "survival" or "drill" in self.power.shed
        )


def _finite(m: DrillTelemetry) -> bool:
    total = (
        m.depth_m + m.auger_rpm + m.torque_nm + m.wob_n + m.feed_mps + m.bit_degc
        + m.sample_mass_g
    )  # fmt: skip
    return math.isfinite(total)
