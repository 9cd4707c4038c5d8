"""A computer that dies while the drill works, at an instant of choice."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from drill_loop import Died, Loop

DEPTH_M = 0.06
Dies = Callable[[Loop, list[Any]], bool]


def die_in(phase: str) -> Dies:
    """Dies at the second tick of a phase."""
    ticks = []

    def dies(loop: Loop, messages: list[Any]) -> bool:
        if loop.drill.run is not None and loop.drill.run.phase == phase:
            ticks.append(loop.t_ns)
        return len(ticks) > 1

    return dies


def die_at(topic: str, done: bool, opened: bool | None = None) -> Dies:
    """Before the first message on `topic` (a gate's: that wants it so) is said, or just after."""
    said = []

    def dies(loop: Loop, messages: list[Any]) -> bool:
        mine = [m for t, m in messages if t == topic and opened in (None, getattr(m, "open", None))]
        if mine and not done:
            return True
        was, said[:] = bool(said), said or mine
        return was

    return dies


def killed(loop: Loop, dies: Dies) -> None:
    loop.dies = dies
    with pytest.raises(Died):
        loop.run(DEPTH_M, 0)
    loop.reboot()
