"""What every board's driver does: confirmed telecommands, housekeeping, common requests."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any, ClassVar, TypeVar

from lupex_rover import graph
from lupex_rover.core.component import Component, Inbox, Outbox
from lupex_rover.core.time import ns, seconds
from lupex_rover.core.topic import Topic
from lupex_rover.core.types import BoardAck, BoardHousekeeping, BoardRequest
from lupex_rover.drivers import finite
from lupex_rover.drivers.clock import BoardClock
from lupex_rover.drivers.codes import CODES
from lupex_rover.drivers.lease import NONE_NEEDED, LeaseParams, Leases
from lupex_rover.drivers.link import NO_ANSWER, CommandOutcome, Link
from lupex_rover.protocol import layouts
from lupex_rover.protocol import messages as m
from lupex_rover.protocol.declaration import message_name

# A motion command older than this is not sent: the ICD's dead-man. Nor is one from farther in the
# future: its stamp cannot tell that it is fresh.
STALE_COMMAND_NS = ns(0.5)
REPEAT_EVENT_NS = ns(10.0)  # the same complaint is told again after this long
FOR_HEALTH = ("release",)  # no telecommand
COMMON_INPUTS = (graph.BOARDS_REQUEST,)
MOTION_INPUTS = (*COMMON_INPUTS, graph.MOTION_LEASE)  # of boards that move something
COMMON_OUTPUTS = (graph.BOARDS_HOUSEKEEPING, graph.BOARDS_ACK, graph.MISSION_EVENT)

M = TypeVar("M")
Make = Callable[[Any], Any]
Publish = Callable[[Any, int, Outbox], None]


class BoardDriver(Component):
    """Base of the drivers: bytes come in `Inbox.rx` and leave in `Outbox.tx`.

    Subclasses name their `board`, say which command topics they take and the function that makes a
    telecommand of a message (`takes`; it raises ValueError for what no telecommand can say), and
    map telemetry types to a function that publishes (`telemetry`). Messages carry the time that
    stands in the packet, unless it lies in the future.

    A driver sends a motion telecommand only for a command that came and is fresh. When the
    commander falls silent the driver does too, and the board's dead-man stops the actuators.
    """

    period_s = 0.0
    reactive = True
    board: ClassVar[str]
    may_be_refused: ClassVar[tuple[str, ...]] = ()  # telecommands whose refusal is no event

    def __init__(self) -> None:
        self.link = Link(self.board)
        self._clock = BoardClock()
        self.commands: dict[Topic[Any], Make] = {}
        self.telemetry: dict[type, Publish] = {}
        self._told_ns: dict[tuple[str, str], int] = {}

    def takes(self, topic: Topic[M], make: Callable[[M], Any]) -> None:
        """`make` makes the telecommand of a message on `topic`."""
        self.commands[topic] = make

    def step(self, t_ns: int, inbox: Inbox) -> Outbox:
        """First what came, then what is asked, then what goes out."""
        out = Outbox()
        if inbox:
            for payload, said_ns in self.link.receive(inbox.rx, t_ns):
                self._telemetry(payload, self._clock.stamp(said_ns, t_ns), t_ns, out)
                self._judge_clock(t_ns, out)
            self._asked(t_ns, inbox, out)
            self.extra(t_ns, inbox, out)
        out.tx = self.link.transmit(t_ns)
        for end in self.link.done:
            self._end(end, t_ns, out)
        self.link.done.clear()
        for payload in self.link.given_up:
            why = "not sent: too many telecommands waited"
            self._tell(t_ns, "DRV-005", type(payload).__name__, why, out)
        self.link.given_up.clear()
        return out

    def _asked(self, t_ns: int, inbox: Inbox, out: Outbox) -> None:
        """SAFE first, ENABLE 0 last: who asks for it does not know of commands of this step."""
        asked = [r for r in inbox.all(graph.BOARDS_REQUEST) if r.board == self.board]
        asked.sort(key=lambda r: r.command != "safe")
        for request in (r for r in asked if r.command != "disable"):
            self._request(request, t_ns, out)
        for topic, make in self.commands.items():
            for message in inbox.all(topic):
                self.command(make, message, t_ns, out)
        for request in (r for r in asked if r.command == "disable"):
            self._request(request, t_ns, out)

    def extra(self, t_ns: int, inbox: Inbox, out: Outbox) -> None:
        """For drivers that send of their own accord."""

    def _judge_clock(self, t_ns: int, out: Outbox) -> None:
        if self._clock.ahead_ns:
            ahead_s = seconds(self._clock.ahead_ns)
            self._tell(t_ns, "DRV-006", "clock", f"is {ahead_s:.1f} s ahead of ours", out)

    def _telemetry(self, payload: Any, stamp_ns: int, t_ns: int, out: Outbox) -> None:
        """Publish one message of the board; one with a number that is not finite is dropped."""
        if isinstance(payload, m.Housekeeping):
            out.publish(graph.BOARDS_HOUSEKEEPING, self._housekeeping(payload, stamp_ns))
        elif type(payload) in self.telemetry:
            payload = finite.cleared(payload)
            field = finite.bad_field(payload)
            if field is None:
                self.telemetry[type(payload)](payload, stamp_ns, out)
                return
            self.link.refused += 1
            what = f"{type(payload).__name__}.{field}"
            self._tell(t_ns, "DRV-004", what, "is not a finite number; message dropped", out)

    def command(self, make: Make, message: Any, t_ns: int, out: Outbox) -> None:
        """Send what `make` makes of `message`, or tell why it cannot be sent."""
        try:
            payload = make(message)
            layout = layouts.of(type(payload))
            if not layout.in_range(payload):
                raise ValueError("out of the ICD's range")
            age_ns = t_ns - message.stamp_ns
            if not layout.motion:
                self.link.send(payload)
            elif age_ns < -STALE_COMMAND_NS:
                raise ValueError(f"stamped {seconds(-age_ns):.1f} s in the future; set the clocks")
            elif age_ns <= STALE_COMMAND_NS and self.may_move(t_ns, out):
                self.link.send(payload, message.stamp_ns + STALE_COMMAND_NS)
        except (ValueError, TypeError, struct.error) as error:
            self._tell(t_ns, "DRV-003", type(message).__name__, f"not sent: {error}", out)

    def may_move(self, t_ns: int, out: Outbox) -> bool:
        """Whether a motion command is passed on now."""
        return True

    def _request(self, request: BoardRequest, t_ns: int, out: Outbox) -> None:
        if request.command == "safe":
            self.link.send_now(m.Safe())
        elif request.command in FOR_HEALTH:
            return
        elif request.command in ("enable", "disable") and self.link.safe_pending:
            # Whoever asks this cannot know yet that SAFE was ordered; ENABLE 0 would end it.
            self._tell(t_ns, "DRV-003", "Enable", "not sent: SAFE was just ordered", out)
        elif request.command in ("enable", "disable"):
            self.link.send(m.Enable(int(request.command == "enable")))
        elif request.command == "ping":
            self.link.send(m.Ping())
        elif request.command == "set_time":
            self._set_time(request.stamp_ns, t_ns, out)
        else:
            why = f"not sent: unknown command {request.command[:40]!r}"
            self._tell(t_ns, "DRV-003", "BoardRequest", why, out)

    def _set_time(self, utc_ns: int, t_ns: int, out: Outbox) -> None:
        payload = m.SetTime(*divmod(utc_ns, ns(1)))
        if layouts.of(m.SetTime).in_range(payload):
            self.link.send(payload)
        else:
            why = f"not sent: time {seconds(utc_ns):.0f} s is out of the ICD's range"
            self._tell(t_ns, "DRV-003", "BoardRequest", why, out)

    def _end(self, end: CommandOutcome, t_ns: int, out: Outbox) -> None:
        name = type(end.payload).__name__
        out.publish(
            graph.BOARDS_ACK,
            BoardAck(
                t_ns, self.board, message_name(type(end.payload)), end.sequence, end.status,
                end.latency_s,
            ),
        )  # fmt: skip
        if end.status == NO_ANSWER:
            self._tell(t_ns, "DRV-001", name, "was not confirmed", out)
        elif end.status != m.AckStatus.ACCEPTED and name not in self.may_be_refused:
            status = end.status
            why = m.AckStatus(status).name.lower() if status <= 5 else f"status {status}"
            self._tell(t_ns, "DRV-002", name, f"was refused: {why}", out)

    def _tell(self, t_ns: int, code: str, what: str, why: str, out: Outbox) -> None:
        """An event; one that repeats within `REPEAT_EVENT_NS` is left out."""
        last_ns = self._told_ns.get((code, what))
        if last_ns is not None and 0 <= t_ns - last_ns < REPEAT_EVENT_NS:
            return
        self._told_ns[code, what] = t_ns
        text = f"{self.board}: {what} {why}"
        out.publish(graph.MISSION_EVENT, CODES.event(t_ns, self.name, code, text))

    def _housekeeping(self, payload: m.Housekeeping, stamp_ns: int) -> BoardHousekeeping:
        return BoardHousekeeping(
            stamp_ns, self.board, payload.state, payload.uptime_s,
            payload.temperature_cdegc / 100.0, payload.packets_received, payload.packets_dropped,
            payload.fault_bits, self.link.received, self.link.dropped, self.link.resends,
        )  # fmt: skip


class MotionDriver(BoardDriver):
    """A driver whose board moves something: its safe state is SAFE, sent at once.

    It passes motion commands on only while every node of `lease.leases` stands behind motion. When
    one falls silent while something moves, it sends ENABLE 0, which stops the board, and tells it.
    """

    def __init__(self, lease: LeaseParams = NONE_NEEDED) -> None:
        super().__init__()
        self._leases = Leases(lease)

    def step(self, t_ns: int, inbox: Inbox) -> Outbox:
        self._leases.hear(inbox.all(graph.MOTION_LEASE), t_ns)
        missing = self._leases.must_stop(t_ns)
        if missing:
            self.link.send(m.Enable(0))
        out = super().step(t_ns, inbox)
        if missing:
            self._tell_missing(t_ns, missing, out)
        return out

    def may_move(self, t_ns: int, out: Outbox) -> bool:
        missing = self._leases.missing(t_ns)
        if missing:
            self._tell_missing(t_ns, missing, out)
        else:
            self._leases.moved(t_ns)
        return not missing

    def _tell_missing(self, t_ns: int, missing: list[str], out: Outbox) -> None:
        why = f"ends, for there is no lease of {', '.join(missing)}"
        self._tell(t_ns, "DRV-007", "motion", why, out)

    def safe(self, t_ns: int) -> Outbox:
        self.link.send_now(m.Safe())
        return Outbox(tx=self.link.transmit(t_ns))
