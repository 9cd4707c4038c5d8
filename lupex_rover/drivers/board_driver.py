"""What every board's driver does: confirmed telecommands, housekeeping, common requests."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from lupex_rover.core.component import Component, Inbox, Outbox
from lupex_rover.core.time import ns
from lupex_rover.core.types import BoardAck, BoardHousekeeping, BoardRequest, Event
from lupex_rover.drivers.link import NO_ANSWER, Link
from lupex_rover.protocol import messages as m

STALE_COMMAND_NS = ns(0.5)
COMMON_INPUTS = ("boards/request",)
COMMON_OUTPUTS = ("boards/housekeeping", "boards/ack", "mission/event")


class BoardDriver(Component):
    """Base of the drivers.

    Subclasses name their `board`, map command topics to a function that makes a telecommand
    (`commands`), and telemetry types to a function that publishes (`telemetry`).
    """

    period_s = 0.0
    reactive = True
    board: ClassVar[str]

    def __init__(self) -> None:
        self.link = Link(self.board)
        self.commands: dict[str, Callable[[Any], Any | None]] = {}
        self.telemetry: dict[type, Callable[[Any, int, Outbox], None]] = {}
        self._refused: list[Any] = []

    def step(self, t_ns: int, inbox: Inbox) -> Outbox:
        """First what came, then what is asked, then what goes out."""
        out = Outbox()
        for payload, stamp_ns in self.link.receive(inbox.rx, t_ns):
            if isinstance(payload, m.Housekeeping):
                out.publish("boards/housekeeping", self._housekeeping(payload, stamp_ns))
            elif type(payload) in self.telemetry:
                self.telemetry[type(payload)](payload, stamp_ns, out)
        for request in inbox.all("boards/request"):
            if request.board == self.board:
                self._request(request)
        for topic, make in self.commands.items():
            for message in inbox.all(topic):
                self._command(make, message, t_ns)
        self.extra(t_ns, inbox)
        out.tx = self.link.transmit(t_ns)
        self._tell_ends(t_ns, out)
        return out

    def extra(self, t_ns: int, inbox: Inbox) -> None:
        """For drivers that send of their own accord."""

    def _command(self, make: Callable[[Any], Any | None], message: Any, t_ns: int) -> None:
        payload = make(message)
        if payload is None:
            return
        stale = t_ns - message.stamp_ns > STALE_COMMAND_NS
        layout = m.layout_of(payload)
        if not layout.in_range(payload):
            self._refused.append(payload)
        elif not (layout.motion and stale):
            self.link.send(payload)

    def _request(self, request: BoardRequest) -> None:
        if request.command == "safe":
            self.link.send_first(m.Safe())
        elif request.command in ("enable", "disable"):
            self.link.send(m.Enable(int(request.command == "enable")))
        elif request.command == "ping":
            self.link.send(m.Ping())
        elif request.command == "set_time":
            whole, rest = divmod(request.stamp_ns, ns(1))
            self.link.send(m.SetTime(whole, rest))

    def _tell_ends(self, t_ns: int, out: Outbox) -> None:
        for end in self.link.done:
            ack = BoardAck(
                t_ns, self.board, end.message_id, end.sequence, end.status, end.latency_s
            )
            out.publish("boards/ack", ack)
            if end.status == NO_ANSWER:
                text = f"{self.board}: {type(end.payload).__name__} was not confirmed"
                out.publish("mission/event", Event(t_ns, 2, self.name, "DRV-001", text))
            elif end.status != m.AckStatus.ACCEPTED and not isinstance(end.payload, m.Deliver):
                why = m.AckStatus(end.status).name.lower() if end.status <= 5 else end.status
                text = f"{self.board}: {type(end.payload).__name__} refused: {why}"
                out.publish("mission/event", Event(t_ns, 1, self.name, "DRV-002", text))
        self.link.done.clear()
        for payload in self._refused:
            text = f"{self.board}: {payload} is out of range"
            out.publish("mission/event", Event(t_ns, 1, self.name, "DRV-003", text))
        self._refused.clear()

    def _housekeeping(self, payload: m.Housekeeping, stamp_ns: int) -> BoardHousekeeping:
        return BoardHousekeeping(
            stamp_ns, self.board, payload.state, payload.uptime_s,
            payload.temperature_cdegc / 100.0, payload.packets_received, payload.packets_dropped,
            payload.fault_bits, self.link.received, self.link.dropped, self.link.resends,
        )  # fmt: skip
