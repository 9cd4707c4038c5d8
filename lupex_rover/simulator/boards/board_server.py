"""Serves simulated boards on pseudo-terminals in real time."""

from __future__ import annotations

import json
import selectors
import signal
import time
from collections.abc import Callable
from types import FrameType

from lupex_rover.simulator.boards import Board
from lupex_rover.transport.pty_port import PtyPort

STEP_S = 0.01  # of the physics; a telecommand is answered as soon as it comes
CATCH_UP_S = 1.0  # a machine that stood still for longer does not make up for it


class BoardServer:
    """Boards, each behind its own pseudo-terminal.

    Simulated time is UTC when the server starts and then runs evenly, whatever is done to the
    machine's clock.

    Parameters
    ----------
    boards : dict[str, Board]
        By name.
    advance : Callable[[float, int], None]
        Called with (dt_s, t_ns) for each physics step.
    catch_up_s : float
        Longest such step; what real time ran ahead by more is lost to the physics.
    """

    def __init__(
        self,
        boards: dict[str, Board],
        advance: Callable[[float, int], None],
        catch_up_s: float = CATCH_UP_S,
    ) -> None:
        self._catch_up_s = catch_up_s
        self.boards = boards
        self._advance = advance
        self.ports = {name: PtyPort() for name in boards}
        self._stop = False
        self._zero_ns = time.time_ns() - time.monotonic_ns()

    @property
    def paths(self) -> dict[str, str]:
        return {name: port.path for name, port in self.ports.items()}

    def serve(self) -> None:
        """Print where the boards are, then run in real time until SIGINT or SIGTERM."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._on_signal)
        print(json.dumps({"boards": self.paths}), flush=True)
        selector = selectors.DefaultSelector()
        for name, port in self.ports.items():
            selector.register(port, selectors.EVENT_READ, name)
        last = due = time.monotonic()
        while not self._stop:
            for key, _ in selector.select(max(0.0, due - time.monotonic())):
                self._listen(key.data)
            now = time.monotonic()
            if now >= due:
                self._step(min(now - last, self._catch_up_s))
                last, due = now, max(due + STEP_S, now)
        selector.close()
        for port in self.ports.values():
            port.close()

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self._stop = True

    def _now_ns(self) -> int:
        return self._zero_ns + time.monotonic_ns()

    def _listen(self, name: str) -> None:
        board, port = self.boards[name], self.ports[name]
        board.feed(port.read(), self._now_ns())
        port.write(board.take())

    def _step(self, dt_s: float) -> None:
        t_ns = self._now_ns()
        self._advance(dt_s, t_ns)
        for name, board in self.boards.items():
            board.advance(t_ns)
            data = board.take()
            if data:
                self.ports[name].write(data)
