"""The device side of one board: speaks the ICD, leaves the physics to its plant."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Protocol

from lupex_rover.core.constants import NS
from lupex_rover.core.saved import SavedFields
from lupex_rover.protocol import frame, layouts, messages, packet
from lupex_rover.protocol.boards import declaration
from lupex_rover.protocol.messages import AckStatus, State

BACKLOG_NS = 2 * NS  # telemetry older than this is not made up for after a jump of time
DEAD_MAN_NS = NS // 2
DEAD_MAN_FAULT = 1  # bit 0
U32 = 0xFFFFFFFF

Telemetry = Callable[[], list[Any]]
Action = Callable[[Any], AckStatus]


class Wire(Protocol):
    """What lies between a board and the host while a fault of its link is injected."""

    def down(self, data: bytes) -> bytes:
        """What arrives at the board of bytes that the host sent."""
        ...

    def up(self, data: bytes) -> bytes:
        """What the host reads of bytes that the board sent."""
        ...


class Board(SavedFields):
    """State machine, confirmation and telemetry that every board shares.

    The board's declaration says what it has (`protocol.boards`). Subclasses set `name`, `telemetry`
    (payload type to a function that gives payloads) and `actions` (telecommand type to a function
    that acts and returns an ACK status), one for each message that is declared.

    Attributes
    ----------
    powered : bool
        False makes the board silent and deaf; it boots when power returns.
    state, faults : int
        As in HOUSEKEEPING.
    temperature_degc : float
        Reported in HOUSEKEEPING; set from outside.
    next_due_ns : int
        When `advance` has something to do next.
    wire : Wire or None
        Spoils bytes; a fault sets it.
    spoil : Callable[[Any], Any] or None
        Makes of a payload what a sensor at fault would tell; a fault sets it.
    """

    name: ClassVar[str]

    SAVED: ClassVar[tuple[str, ...]] = (
        "temperature_degc", "_powered", "state", "faults", "received", "dropped", "next_due_ns",
        "_out", "_sequence", "_last", "_clock_offset_ns", "_booted_ns", "_now_ns", "_motion_ns",
        "_due_ns",
    )  # fmt: skip
    PARTS: ClassVar[tuple[str, ...]] = ("_deframer",)
    FIXED: ClassVar[tuple[str, ...]] = (
        "telemetry", "actions", "_declared", "_apid", "_streams", "wire", "spoil",
    )  # fmt: skip

    def __init__(self) -> None:
        self.temperature_degc = 15.0
        self.telemetry: dict[type, Telemetry] = {}
        self.actions: dict[type, Action] = {}
        self._declared = declaration(self.name)
        self._apid = self._declared.apid
        self._powered = True
        self.wire: Wire | None = None
        self.spoil: Callable[[Any], Any] | None = None
        self._reset()

    def _reset(self) -> None:
        self.state = State.BOOT
        self.faults = 0
        self.received = 0
        self.dropped = 0
        self.next_due_ns = 0
        self._deframer = frame.Deframer()
        self._out = b""
        self._sequence = 0
        self._last: tuple[int, AckStatus] | None = None
        self._clock_offset_ns = 0
        self._booted_ns: int | None = None
        self._now_ns = 0
        self._motion_ns = 0
        self._streams: list[tuple[int, Telemetry]] = []
        self._due_ns: list[int] = []

    def restore(self, state: Mapping[str, Any]) -> None:
        """See `Saved`; the plant is restored by its owner."""
        super().restore(state)
        self.state = State(self.state)
        if self._last is not None:
            self._last = (self._last[0], AckStatus(self._last[1]))
        self._streams = []
        if self._booted_ns is not None:
            self._make_streams()

    # --- power ----------------------------------------------------------------------------------

    @property
    def powered(self) -> bool:
        return self._powered

    @powered.setter
    def powered(self, on: bool) -> None:
        if on == self._powered:
            return
        self._powered = on
        self.lose_power()
        self._reset()

    @property
    def active(self) -> bool:
        return self.state == State.ACTIVE

    def stop(self) -> None:
        """Make the actuators stop; boards that move override it."""

    def move(self, dt_s: float) -> None:
        """Physics of a board that brings its own, by one step; an added board overrides it."""

    def lose_power(self) -> None:
        """What the loss of power does to the plant."""
        self.stop()

    # --- bytes ----------------------------------------------------------------------------------

    def feed(self, data: bytes, t_ns: int) -> None:
        """Bytes from the host: valid telecommands are acted on and confirmed at once."""
        self.take_in(data if self.wire is None else self.wire.down(data), t_ns)

    def take_in(self, data: bytes, t_ns: int) -> None:
        """Bytes that have arrived."""
        if not self._powered:
            return
        if self._booted_ns is None:
            self._boot(t_ns)
        self._watch(t_ns)
        for raw in self._deframer.feed(data):
            try:
                command = packet.decode(raw)
            except packet.PacketError:
                self.dropped += 1
                continue
            if not command.is_tc or command.apid != self._apid:
                self.dropped += 1
                continue
            self.received += 1
            self._confirm(command, t_ns)

    def take(self) -> bytes:
        """Bytes for the host since the last call."""
        out, self._out = self._out, b""
        return out if self.wire is None else self.wire.up(out)

    def set_ahead(self, ahead_ns: int) -> None:
        """A fault: the board's clock jumps; SET_TIME sets it right."""
        self._clock_offset_ns += ahead_ns

    def _confirm(self, command: packet.Packet, t_ns: int) -> None:
        if self._last is not None and self._last[0] == command.sequence:
            status = self._last[1]
        else:
            status = self._act(command, t_ns)
            self._last = (command.sequence, status)
        self._send(messages.Ack(command.sequence, status), t_ns)

    def _act(self, command: packet.Packet, t_ns: int) -> AckStatus:
        """Checks in the order of the ICD's status codes, then the deed."""
        layout = layouts.LAYOUTS.get((command.apid, True, command.message_id))
        if layout is None:
            return AckStatus.UNKNOWN
        payload = layout.unpack(command.payload)
        if payload is None:
            return AckStatus.LENGTH
        if not layout.in_range(payload):
            return AckStatus.RANGE
        if layout.motion:
            if not self.active:
                return AckStatus.STATE
            self._motion(t_ns)
        if isinstance(payload, messages.SetTime):
            self._clock_offset_ns = payload.seconds * NS + payload.nanoseconds - t_ns
        elif isinstance(payload, messages.Enable):
            return self._enable(bool(payload.on), t_ns)
        elif isinstance(payload, messages.Safe):
            self.stop()
            self.state = State.SAFE
        elif not isinstance(payload, messages.Ping):
            return self.actions[type(payload)](payload)
        return AckStatus.ACCEPTED

    def _enable(self, on: bool, t_ns: int) -> AckStatus:
        """ENABLE; where the dead-man has stopped the board, ENABLE 1 clears that and arms it anew.

        To a board that moves ENABLE 1 says nothing new: it is no motion telecommand.
        """
        if on and self.state == State.SAFE:
            return AckStatus.STATE
        if on and (not self.active or self.faults & DEAD_MAN_FAULT):
            self.state = State.ACTIVE
            self._motion(t_ns)
        elif not on:
            self.stop()
            self.state = State.IDLE
        return AckStatus.ACCEPTED

    # --- dead-man -------------------------------------------------------------------------------

    def _motion(self, t_ns: int) -> None:
        """The commander is there: the dead-man counts anew, its fault bit goes."""
        self._motion_ns = t_ns
        self.faults &= ~DEAD_MAN_FAULT
        self._schedule()

    def _watch(self, t_ns: int) -> None:
        if self._dead_man_armed and t_ns - self._motion_ns >= DEAD_MAN_NS:
            self.stop()
            self.faults |= DEAD_MAN_FAULT

    @property
    def _dead_man_armed(self) -> bool:
        return self.active and self._declared.moves and not self.faults & DEAD_MAN_FAULT

    # --- time -----------------------------------------------------------------------------------

    def _boot(self, t_ns: int) -> None:
        self._require_declared()
        self._booted_ns = t_ns
        self.state = State.IDLE
        self._make_streams()
        self._due_ns = [t_ns + period for period, _ in self._streams]
        self._schedule()

    def _make_streams(self) -> None:
        self._streams = [(NS, self._housekeeping)]
        for told in self._declared.telemetry:
            self._streams.append((round(NS / told.rate_hz), self.telemetry[told.kind]))

    def _require_declared(self) -> None:
        """Refuse a device that lacks what its declaration promises, or has more."""
        board = self._declared
        for have, messages_of in ((self.actions, board.telecommands),
                                  (self.telemetry, board.telemetry)):  # fmt: skip
            odd = set(have) ^ {message.kind for message in messages_of}
            if odd:
                names = ", ".join(sorted(kind.__name__ for kind in odd))
                raise TypeError(f"{type(self).__name__} and the declaration differ in: {names}")

    def _schedule(self) -> None:
        self.next_due_ns = min(self._due_ns)
        if self._dead_man_armed:
            self.next_due_ns = min(self.next_due_ns, self._motion_ns + DEAD_MAN_NS)

    def advance(self, t_ns: int) -> None:
        """Send every telemetry due up to `t_ns`, stamped when it was due; watch the dead-man."""
        if t_ns < self.next_due_ns or not self._powered:
            return
        if self._booted_ns is None:
            self._boot(t_ns)
        self._watch(t_ns)
        self._now_ns = t_ns
        for k, (period, make) in enumerate(self._streams):
            due = self._due_ns[k]
            if t_ns - due > BACKLOG_NS:
                due += (t_ns - BACKLOG_NS - due) // period * period
            while due <= t_ns:
                for payload in make():
                    self._send(payload if self.spoil is None else self.spoil(payload), due)
                due += period
            self._due_ns[k] = due
        self._schedule()

    def _housekeeping(self) -> list[Any]:
        uptime_ns = self._now_ns - (self._booted_ns or 0)
        return [
            messages.Housekeeping(
                int(self.state),
                max(0, uptime_ns) // NS & U32,
                round(max(-327.0, min(327.0, self.temperature_degc)) * 100),
                self.received & U32,
                self.dropped + self._deframer.dropped & U32,
                self.faults,
            )
        ]

    def _send(self, payload: Any, t_ns: int) -> None:
        layout = layouts.of(type(payload))
        out = packet.Packet(
            self._apid, False, self._sequence, layout.message_id, t_ns + self._clock_offset_ns,
            layout.pack(payload),
        )  # fmt: skip
        self._out += frame.encode(packet.encode(out))
        self._sequence = self._sequence + 1 & packet.SEQUENCE_MASK
