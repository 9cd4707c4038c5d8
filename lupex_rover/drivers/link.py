"""Confirmed telecommands over one board's byte stream (ICD, `Telecommands are confirmed`)."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Any

from lupex_rover.core.time import ns, seconds
from lupex_rover.protocol import frame, messages, packet

ACK_TIMEOUT_NS = ns(0.050)
MAX_RESENDS = 3
NO_ANSWER = 255
MAX_QUEUE = 64


@dataclass
class _Outstanding:
    payload: Any
    sequence: int
    raw: bytes
    first_ns: int
    sent_ns: int
    resends: int = 0


@dataclass(frozen=True)
class Done:
    """The end of one telecommand; `status` is the board's, or NO_ANSWER."""

    payload: Any
    message_id: int
    sequence: int
    status: int
    latency_s: float


class Link:
    """One telecommand under way at a time, the rest in a queue; telemetry as it comes.

    Motion telecommands that still wait are replaced by a newer one of their kind.

    Attributes
    ----------
    received, dropped, resends : counts of this side.
    """

    def __init__(self, board: str) -> None:
        self._apid = messages.APIDS[board]
        self._deframer = frame.Deframer()
        self._queue: deque[Any] = deque()
        self._waiting: _Outstanding | None = None
        self._sequence = 0
        self._tx = b""
        self._bad = 0
        self.received = 0
        self.resends = 0
        self.done: list[Done] = []

    @property
    def dropped(self) -> int:
        return self._bad + self._deframer.dropped

    def send(self, payload: Any) -> None:
        """Queue a telecommand."""
        if messages.layout_of(payload).motion:
            kind = type(payload)
            self._queue = deque(p for p in self._queue if type(p) is not kind)
        if len(self._queue) >= MAX_QUEUE:
            self._queue.popleft()
        self._queue.append(payload)

    def send_first(self, payload: Any) -> None:
        """Queue a telecommand ahead of all others, and drop motion that still waits (SAFE)."""
        self._queue = deque(p for p in self._queue if not messages.layout_of(p).motion)
        self._queue.appendleft(payload)

    def receive(self, data: bytes, t_ns: int) -> list[tuple[Any, int]]:
        """Telemetry (payload, its time) in `data`; ACKs end the telecommand they name."""
        told = []
        for raw in self._deframer.feed(data):
            try:
                got = packet.decode(raw)
            except packet.PacketError:
                self._bad += 1
                continue
            layout = messages.LAYOUTS.get((got.apid, False, got.message_id))
            payload = layout.unpack(got.payload) if layout is not None else None
            if got.is_tc or got.apid != self._apid or payload is None:
                self._bad += 1
                continue
            self.received += 1
            if isinstance(payload, messages.Ack):
                self._acknowledged(payload, t_ns)
            else:
                told.append((payload, got.t_ns))
        return told

    def _acknowledged(self, ack: messages.Ack, t_ns: int) -> None:
        waiting = self._waiting
        if waiting is not None and ack.sequence == waiting.sequence:
            self._end(waiting, ack.status, t_ns)

    def _end(self, waiting: _Outstanding, status: int, t_ns: int) -> None:
        message_id = messages.layout_of(waiting.payload).message_id
        latency_s = seconds(t_ns, waiting.first_ns)
        self.done.append(Done(waiting.payload, message_id, waiting.sequence, status, latency_s))
        self._waiting = None

    def transmit(self, t_ns: int) -> bytes:
        """Bytes to send now: a resend that is due, or the next telecommand."""
        waiting = self._waiting
        if waiting is not None and t_ns - waiting.sent_ns >= ACK_TIMEOUT_NS:
            if waiting.resends >= MAX_RESENDS:
                self._end(waiting, NO_ANSWER, t_ns)
            else:
                waiting.resends += 1
                waiting.sent_ns = t_ns
                self.resends += 1
                return waiting.raw
        if self._waiting is None and self._queue:
            return self._start(self._queue.popleft(), t_ns)
        return b""

    def _start(self, payload: Any, t_ns: int) -> bytes:
        layout = messages.layout_of(payload)
        self._sequence = self._sequence + 1 & packet.SEQUENCE_MASK
        out = packet.Packet(
            self._apid, True, self._sequence, layout.message_id, t_ns, layout.pack(payload)
        )
        raw = frame.encode(packet.encode(out))
        self._waiting = _Outstanding(payload, self._sequence, raw, t_ns, t_ns)
        return raw
