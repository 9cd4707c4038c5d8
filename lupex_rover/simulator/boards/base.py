"""The device side of one board: speaks the ICD, leaves the physics to its plant."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lupex_rover.core.constants import NS
from lupex_rover.protocol import frame, messages, packet
from lupex_rover.protocol.messages import AckStatus, State

BACKLOG_NS = 10 * NS  # telemetry older than this is not made up for after a jump of time
DEAD_MAN_NS = NS // 2
DEAD_MAN_FAULT = 1  # bit 0
Telemetry = Callable[[], list[Any]]


class Board:
    """State machine, confirmation and telemetry that every board shares.

    Subclasses set `name`, `telemetry` (period in ns and a function that gives payloads) and
    `actions` (telecommand type to a function that acts and returns an ACK status).

    Attributes
    ----------
    powered : False makes the board silent and deaf; it boots when power returns.
    state, faults : as in HOUSEKEEPING.
    temperature_degc : reported in HOUSEKEEPING; set from outside.
    next_due_ns : when `advance` has something to do next.
    """

    name = ""

    def __init__(self) -> None:
        self.temperature_degc = 15.0
        self.telemetry: list[tuple[int, Telemetry]] = []
        self.actions: dict[type, Callable[[Any], AckStatus]] = {}
        self._powered = True
        self._reset()

    def _reset(self) -> None:
        self.state = State.BOOT
        self.faults = 0
        self.received = 0
        self.dropped = 0
        self._deframer = frame.Deframer()
        self._out = b""
        self._sequence = 0
        self._last: tuple[int, AckStatus] | None = None
        self._clock_offset_ns = 0
        self._booted_ns: int | None = None
        self._due: list[int] = []
        self._motion_ns = 0
        self.next_due_ns = 0

    # --- power ----------------------------------------------------------------------------------

    @property
    def powered(self) -> bool:
        return self._powered

    @powered.setter
    def powered(self, on: bool) -> None:
        if on == self._powered:
            return
        self._powered = on
        self.stop()
        self._reset()

    @property
    def active(self) -> bool:
        return self.state == State.ACTIVE

    def stop(self) -> None:
        """Make the actuators stop; boards that move override it."""

    # --- bytes ----------------------------------------------------------------------------------

    def feed(self, data: bytes, t_ns: int) -> None:
        """Bytes from the host: valid telecommands are acted on and confirmed at once."""
        if not self._powered:
            return
        if self._booted_ns is None:
            self._boot(t_ns)
        for raw in self._deframer.feed(data):
            try:
                command = packet.decode(raw)
            except packet.PacketError:
                self.dropped += 1
                continue
            if not command.is_tc or command.apid != messages.APIDS[self.name]:
                self.dropped += 1
                continue
            self.received += 1
            self._confirm(command, t_ns)

    def take(self) -> bytes:
        """Bytes for the host since the last call."""
        out, self._out = self._out, b""
        return out

    def _confirm(self, command: packet.Packet, t_ns: int) -> None:
        if self._last is not None and self._last[0] == command.sequence:
            status = self._last[1]
        else:
            status = self._act(command, t_ns)
            self._last = (command.sequence, status)
        self._send(messages.Ack(command.sequence, status), t_ns)

    def _act(self, command: packet.Packet, t_ns: int) -> AckStatus:
        layout = messages.LAYOUTS.get((command.apid, True, command.message_id))
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
            self._motion_ns = t_ns
        if isinstance(payload, messages.SetTime):
            self._clock_offset_ns = payload.seconds * NS + payload.nanoseconds - t_ns
            return AckStatus.ACCEPTED
        if isinstance(payload, messages.Enable):
            return self._enable(bool(payload.on), t_ns)
        if isinstance(payload, messages.Safe):
            self.stop()
            self.state = State.SAFE
            return AckStatus.ACCEPTED
        if isinstance(payload, messages.Ping):
            return AckStatus.ACCEPTED
        return self.actions[type(payload)](payload)

    def _enable(self, on: bool, t_ns: int) -> AckStatus:
        if on and self.state == State.SAFE:
            return AckStatus.STATE
        if on and not self.active:
            self.faults &= ~DEAD_MAN_FAULT
            self._motion_ns = t_ns
        if not on:
            self.stop()
        self.state = State.ACTIVE if on else State.IDLE
        self._schedule()
        return AckStatus.ACCEPTED

    # --- time -----------------------------------------------------------------------------------

    @property
    def _moves(self) -> bool:
        return any(messages.layout_of_type(kind).motion for kind in self.actions)

    def _boot(self, t_ns: int) -> None:
        self._booted_ns = t_ns
        self.state = State.IDLE
        self.telemetry_all = [(NS, self._housekeeping), *self.telemetry]
        self._due = [t_ns + period for period, _ in self.telemetry_all]
        self._dead_man = self._moves
        self._schedule()

    def _schedule(self) -> None:
        self.next_due_ns = min(self._due) if self._due else 0
        if self.active and self._dead_man and not self.faults & DEAD_MAN_FAULT:
            self.next_due_ns = min(self.next_due_ns, self._motion_ns + DEAD_MAN_NS)

    def advance(self, t_ns: int) -> None:
        """Send every telemetry due up to `t_ns`, watch the dead-man."""
        if t_ns < self.next_due_ns or not self._powered:
            return
        if self._booted_ns is None:
            self._boot(t_ns)
        self._watch(t_ns)
        self._now_ns = t_ns
        for k, (period, make) in enumerate(self.telemetry_all):
            due = self._due[k]
            if t_ns - due > BACKLOG_NS:
                due += (t_ns - BACKLOG_NS - due) // period * period
            while due <= t_ns:
                for payload in make():
                    self._send(payload, due)
                due += period
            self._due[k] = due
        self._schedule()

    def _watch(self, t_ns: int) -> None:
        if not (self.active and self._dead_man) or self.faults & DEAD_MAN_FAULT:
            return
        if t_ns - self._motion_ns >= DEAD_MAN_NS:
            self.stop()
            self.faults |= DEAD_MAN_FAULT

    def _housekeeping(self) -> list[Any]:
        assert self._booted_ns is not None
        return [
            messages.Housekeeping(
                int(self.state),
                max(0, self._now_ns - self._booted_ns) // NS,
                round(max(-327.0, min(327.0, self.temperature_degc)) * 100),
                self.received & 0xFFFFFFFF,
                (self.dropped + self._deframer.dropped) & 0xFFFFFFFF,
                self.faults,
            )
        ]

    def _send(self, payload: Any, t_ns: int) -> None:
        layout = messages.layout_of(payload)
        self._out += frame.encode(
            packet.encode(
                packet.Packet(
                    messages.APIDS[self.name], False, self._sequence, layout.message_id,
                    t_ns + self._clock_offset_ns, layout.pack(payload),
                )
            )
        )  # fmt: skip
        self._sequence = self._sequence + 1 & packet.SEQUENCE_MASK
