"""The mobility board's ENABLE: sent, confirmed, lost, taken back."""

from __future__ import annotations

from lupex_rover import graph
from lupex_rover.core.component import Outbox
from lupex_rover.core.time import ns, seconds
from lupex_rover.core.types import (
    BoardRequest,
)
from lupex_rover.core.types.boards import STATE_ACTIVE
from lupex_rover.navigation.navigator_inputs import ANSWER_S, BOARD, ENABLE, NavigatorInputs


class BoardEnable:
    """Enables the mobility board and sees whether it is active.

    It never takes the board out of SAFE: only ENABLE 0 does, and that is not sent to a board which
    may be in it (ENABLE 1 is refused there).
    """

    def __init__(self, wait_s: float, tries: int) -> None:
        self._wait_s, self._tries = wait_s, tries
        self._asked_ns: int | None = None
        self._asks = 0

    @property
    def used(self) -> bool:
        """ENABLE was sent at least once: the board must be disabled in the end."""
        return self._asked_ns is not None

    def active(self, heard: NavigatorInputs) -> bool:
        """The board answered the last ENABLE, or reports that it is active."""
        asked = self._asked_ns
        if asked is None:
            return False
        acked = any(
            a.board == BOARD and a.telecommand == ENABLE and a.status == 0
            and a.stamp_ns >= asked
            for a in heard.acks
        )  # fmt: skip
        board = heard.board
        told = board is not None and board.state == STATE_ACTIVE and board.stamp_ns > asked
        if acked or told:
            self._asks = 0
        return acked or told

    def ask(self, heard: NavigatorInputs, out: Outbox) -> bool:
        """Send ENABLE when the last one has had its time; False when all tries are used up."""
        if self._asked_ns is not None and self._asks > 0:
            if seconds(heard.t_ns, self._asked_ns) < self._wait_s:
                return True
            if self._asks >= self._tries:
                return False
        out.publish(graph.BOARDS_REQUEST, BoardRequest(heard.t_ns, BOARD, "enable"))
        self._asked_ns = heard.t_ns
        self._asks += 1
        return True

    def lost(self, heard: NavigatorInputs) -> bool:
        """A report that is newer than the last ENABLE says that the board is not active."""
        if heard.board is None or heard.board.state == STATE_ACTIVE or self._asked_ns is None:
            return False
        return heard.board_ns >= self._asked_ns + ns(ANSWER_S)

    @staticmethod
    def off(heard: NavigatorInputs, out: Outbox) -> None:
        """Send ENABLE 0, which would leave SAFE: not to a board that may be in it."""
        if heard.may_be_safe:
            return
        out.publish(graph.BOARDS_REQUEST, BoardRequest(heard.t_ns, BOARD, "disable"))
