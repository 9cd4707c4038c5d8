"""Waiting for a board that is held in SAFE: nothing else is tried meanwhile."""

from __future__ import annotations

from collections.abc import Generator

from lupex_rover.core.time import seconds
from lupex_rover.mission.executive_context import ExecutiveContext

HELD = "MIS-013"


class SafeHoldWait:
    """How long a phase waits, over all its waits, for `board` to be released."""

    def __init__(self, ctx: ExecutiveContext, board: str) -> None:
        self._ctx, self._board = ctx, board
        self._left_s = ctx.params.hold_wait_s

    def wait(self) -> Generator[None, None, bool]:
        """Until the board is free; False, with all but the radio off, when it lasts too long."""
        ctx, board = self._ctx, self._board
        why = ctx.held(board)
        if not why:
            return True
        ctx.say(HELD, f"{board} is held: {why}; waiting {self._left_s:.0f} s at most")
        ctx.detail = f"waiting for {board}, held in SAFE"
        start_ns = ctx.t_ns
        released = yield from ctx.until(lambda: not ctx.held(board), self._left_s)
        self._left_s = max(0.0, self._left_s - seconds(ctx.t_ns, start_ns))
        if not released:
            ctx.only_loads("radio")
        return released
