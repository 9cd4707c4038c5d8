"""What every board's driver does: confirmed telecommands, housekeeping, common requests."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any, ClassVar, TypeVar

from lupex_rover import graph
from lupex_rover.core.command_order import MOTION_AGE_S, CommandOrder
from lupex_rover.core.complaints import Complaints
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

STALE_COMMAND_NS = ns(MOTION_AGE_S)
FOR_HEALTH = ("release",)  # no telecommand
REQUESTS = {  # set_time is made of the stamp
    "enable": m.Enable(1), "disable": m.Enable(0), "ping": m.Ping(), "set_time": None,
}  # fmt: skip
TARGETS = ("load", "heater", "slot")  # first fields that say what a telecommand acts on
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

    What a command's stamp means stands in `core.command_order`; a refusal is counted, and told
    under its own key. A driver sends a motion telecommand only for a command that came and is
    fresh. When the commander falls silent the driver does too, and the board's dead-man stops the
    actuators.
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
        self.refused = Complaints()
        self._order = CommandOrder()
        self._complaints = Complaints()

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
            field = layout.bad_field(payload)
            if field:
                raise ValueError(f"out of the ICD's range: {field}")
            layout.pack(payload)
            stamp_ns, target = int(message.stamp_ns), _target(payload)
            no = self._order.judge(target, stamp_ns, payload, t_ns, layout.motion)
        except (ValueError, TypeError, OverflowError, struct.error) as error:
            self._refuse(t_ns, type(message).__name__, type(error).__name__, str(error), out)
            return
        if no is not None:
            self._refuse(t_ns, type(message).__name__, no.kind, no.why, out)
        elif layout.motion:
            if self.may_move(t_ns, out):
                self.link.send(payload, stamp_ns + STALE_COMMAND_NS)
        else:
            self.link.send(payload)

    def _refuse(self, t_ns: int, what: str, kind: str, why: str, out: Outbox) -> None:
        """Count and tell a command that is not sent, each kind by itself."""
        key = (what, kind)
        if self.refused.add(key, t_ns):
            text = f"{self.board}: {what} not sent: {why}{self.refused.so_far(key)}"
            out.publish(graph.MISSION_EVENT, CODES.event(t_ns, self.name, "DRV-003", text))

    def may_move(self, t_ns: int, out: Outbox) -> bool:
        """Whether a motion command is passed on now."""
        return True

    def _request(self, request: BoardRequest, t_ns: int, out: Outbox) -> None:
        name = request.command
        if name == "safe":
            self.link.send_now(m.Safe())
        elif name in FOR_HEALTH:
            return
        elif name not in REQUESTS:
            self._refuse(t_ns, "BoardRequest", "unknown", f"unknown command {name[:40]!r}", out)
        elif name == "set_time":
            self._set_time(request.stamp_ns, t_ns, out)
        elif name != "ping" and self.link.safe_pending:
            # Whoever asks this cannot know yet that SAFE was ordered; ENABLE 0 would end it.
            self._refuse(t_ns, "Enable", name, "SAFE was just ordered", out)
        else:
            # these do no more when they are done twice: nothing is a repeat
            no = self._order.judge(("request", name), request.stamp_ns, object(), t_ns)
            if no is not None:
                self._refuse(t_ns, f"BoardRequest {name}", no.kind, no.why, out)
            else:
                self.link.send(REQUESTS[name])

    def _set_time(self, utc_ns: int, t_ns: int, out: Outbox) -> None:
        payload = m.SetTime(*divmod(utc_ns, ns(1)))
        if layouts.of(m.SetTime).in_range(payload):
            self.link.send(payload)
        else:
            why = f"time {seconds(utc_ns):.0f} s is out of the ICD's range"
            self._refuse(t_ns, "BoardRequest", "range", why, out)

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
        """An event; one that repeats soon is left out."""
        if self._complaints.add((code, what), t_ns):
            text = f"{self.board}: {what} {why}"
            out.publish(graph.MISSION_EVENT, CODES.event(t_ns, self.name, code, text))

    def _housekeeping(self, payload: m.Housekeeping, stamp_ns: int) -> BoardHousekeeping:
        return BoardHousekeeping(
            stamp_ns, self.board, payload.state, payload.uptime_s,
            payload.temperature_cdegc / 100.0, payload.packets_received, payload.packets_dropped,
            payload.fault_bits, self.link.received, self.link.dropped, self.link.resends,
        )  # fmt: skip


def _target(payload: Any) -> tuple[Any, ...]:
    """What a telecommand acts on: its type and, where its first field says so, which one."""
    first = payload._fields[0] if payload._fields else ""
    return (type(payload).__name__, payload[0] if first in TARGETS else None)


class MotionDriver(BoardDriver):
    """A driver whose board moves something: its safe state is SAFE, sent at once.

    It passes motion commands on only while every node of `lease.leases` stands behind motion. When
    one falls silent while something moves, it sends ENABLE 0, which stops the board, and tells it.
    """

    def __init__(self, lease: LeaseParams = NONE_NEEDED) -> None:
        super().__init__()
        self._leases = Leases(lease)
        self._board_state: int = m.State.BOOT  # as the board told last

    def step(self, t_ns: int, inbox: Inbox) -> Outbox:
        self._leases.hear(inbox.all(graph.MOTION_LEASE), t_ns)
        missing = self._leases.must_stop(t_ns)
        if missing and not self._in_safe(inbox):
            self.link.send(m.Enable(0))
        out = super().step(t_ns, inbox)
        if missing:
            self._tell_missing(t_ns, missing, out)
        return out

    def _in_safe(self, inbox: Inbox) -> bool:
        """SAFE holds or was ordered: nothing moves, and ENABLE 0 would end it."""
        asked = (r.command == "safe" and r.board == self.board
                 for r in inbox.all(graph.BOARDS_REQUEST))  # fmt: skip
        return self._board_state == m.State.SAFE or self.link.safe_pending or any(asked)

    def _housekeeping(self, payload: m.Housekeeping, stamp_ns: int) -> BoardHousekeeping:
        self._board_state = payload.state
        return super()._housekeeping(payload, stamp_ns)

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
