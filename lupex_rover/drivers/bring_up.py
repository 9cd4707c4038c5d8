"""One board, talked to by a person: no components, no graph, one byte stream.

It has the driver's own `Link`, so what is confirmed here is confirmed in flight. It is driven by a
clock and a pause that it is given; `lupex board` gives those of the computer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from lupex_rover.core.time import ns
from lupex_rover.drivers.link import NO_ANSWER, CommandOutcome, Link
from lupex_rover.protocol import messages as m
from lupex_rover.protocol.declaration import BoardDeclaration, Telecommand
from lupex_rover.transport import Transport

LOOK_S = 0.002  # from one look for bytes to the next
ANSWER_WAIT_NS = ns(2.0)  # more than all resends take
STOP_TRIES = 3


class BoardSession:
    """Sends telecommands to one board and hears its telemetry.

    Parameters
    ----------
    board : BoardDeclaration
        Its declaration.
    port : Transport
        Its byte stream.
    now_ns : Callable[[], int]
        UTC, nanoseconds; never goes back.
    pause : Callable[[float], None]
        Waits so many seconds.
    """

    def __init__(
        self,
        board: BoardDeclaration,
        port: Transport,
        now_ns: Callable[[], int],
        pause: Callable[[float], None],
    ) -> None:
        self.board = board
        self._port = port
        self._now_ns = now_ns
        self._pause = pause
        self.link = Link(board.name)
        self._heard: list[tuple[Any, int]] = []

    def turn(self) -> list[tuple[Any, int]]:
        """Take in what came, send what is due; telemetry as (payload, UTC ns by the board)."""
        t_ns = self._now_ns()
        heard = self.link.receive(self._port.read(), t_ns)
        data = self.link.transmit(t_ns)
        if data:
            self._port.write(data)
        return heard

    def send(self, payload: Any) -> CommandOutcome:
        """Send one telecommand and wait for how it ends; `NO_ANSWER` where it stays silent."""
        self.link.send(payload)
        return self._await(payload)

    def _await(self, payload: Any) -> CommandOutcome:
        end_ns = self._now_ns() + ANSWER_WAIT_NS
        while True:
            self.turn()
            for outcome in self.link.done:
                if outcome.payload is payload:
                    self.link.done.clear()
                    return outcome
            if self._now_ns() > end_ns:
                return CommandOutcome(payload, 0, NO_ANSWER, 0.0)
            self._pause(LOOK_S)

    def watch(self, duration_s: float) -> Iterator[tuple[Any, int]]:
        """Telemetry as it comes, for that long."""
        end_ns = self._now_ns() + ns(duration_s)
        while self._now_ns() < end_ns:
            yield from self.turn()
            self._pause(LOOK_S)

    def keep(self, command: Telecommand, payload: Any, duration_s: float) -> list[CommandOutcome]:
        """Enable the board, repeat a motion telecommand, and stop the board whatever happens.

        It stops repeating at the first outcome that is not ACCEPTED.

        Returns
        -------
        list[CommandOutcome]
            The outcomes in their order: ENABLE 1, the repeats, and how the stop ended.
        """
        ends = [self.send(m.Enable(1))]
        if ends[0].status not in (m.AckStatus.ACCEPTED, NO_ANSWER):
            return ends  # it did not leave its state, so nothing moves and nothing is to be stopped
        try:
            end_ns = self._now_ns() + ns(duration_s)
            while ends[-1].status == m.AckStatus.ACCEPTED and self._now_ns() < end_ns:
                began_ns = self._now_ns()
                ends.append(self.send(payload))
                for _ in self.watch(self._rest_s(command, began_ns, end_ns)):
                    pass
        finally:
            ends.append(self.stop())
        return ends

    def _rest_s(self, command: Telecommand, began_ns: int, end_ns: int) -> float:
        due_ns = min(began_ns + ns(1.0 / command.repeat_hz), end_ns)
        return max(0.0, (due_ns - self._now_ns()) / 1e9)

    def stop(self) -> CommandOutcome:
        """ENABLE 0, and SAFE where that is not confirmed; the outcome of the last that was sent."""
        end = self.send(m.Enable(0))
        for _ in range(STOP_TRIES):
            if end.status == m.AckStatus.ACCEPTED:
                break
            payload = m.Safe()
            self.link.send_now(payload)
            end = self._await(payload)
        return end
