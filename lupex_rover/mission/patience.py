"""Waiting for a board that is held in SAFE: nothing else is tried meanwhile."""

from __future__ import annotations

from collections.abc import Generator

from lupex_rover.core.time import seconds
from lupex_rover.mission.flight import Flight

HELD = "MIS-013"


class Patience:
    """How long a phase waits, over all its waits, for `board` to be released."""

    def __init__(self, x: Flight, board: str) -> None:
        self._x, self._board = x, board
        self._left_s = x.params.hold_wait_s

    def wait(self) -> Generator[None, None, bool]:
        """Until the board is free; False, with all but the radio off, when it lasts too long."""
        x, board = self._x, self._board
        why = x.held(board)
        if not why:
            return True
        x.say(1, HELD, f"{board} is held: {why}; waiting {self._left_s:.0f} s at most")
        x.detail = f"waiting for {board}, held in SAFE"
        start_ns = x.t_ns
        released = yield from x.until(lambda: not x.held(board), self._left_s)
        self._left_s = max(0.0, self._left_s - seconds(x.t_ns, start_ns))
        if not released:
            x.only_loads("radio")
        return released
