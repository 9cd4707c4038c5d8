"""Confirmed telecommands over one board's byte stream (ICD, `Telecommands are confirmed`)."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Any

from lupex_rover.core.time import ns, seconds
from lupex_rover.protocol import frame, layouts, messages, packet

ACK_TIMEOUT_NS = ns(0.050)
MAX_RESENDS = 3
NO_ANSWER = 255
MAX_QUEUE = 64  # telecommands that wait; beyond it the oldest that is not SAFE is given up
NEVER_NS = 2**63
LONGEST_LIFE_NS = ns(1.0)  # of a telecommand that expires; one with longer to go is from before
# the clock was set back


@dataclass(frozen=True)
class _Waiting:
    """A telecommand in the queue; it is not sent once `_is_expired`."""

    payload: Any
    body: bytes
    expires_ns: int


def _is_safe(waiting: _Waiting) -> bool:
    return isinstance(waiting.payload, messages.Safe)


def _is_overruled(waiting: _Waiting) -> bool:
    """SAFE makes it void: it moves, or would let the board move."""
    return isinstance(waiting.payload, messages.Enable) or layouts.of(type(waiting.payload)).motion


def _is_expired(expires_ns: int, t_ns: int) -> bool:
    return expires_ns != NEVER_NS and not 0 <= expires_ns - t_ns <= LONGEST_LIFE_NS


@dataclass
class _Outstanding:
    """A telecommand that was sent and not yet confirmed."""

    payload: Any
    sequence: int
    raw: bytes
    expires_ns: int
    first_ns: int
    sent_ns: int
    resends: int = 0

    def is_timed_out(self, t_ns: int) -> bool:
        """Without an ACK for too long; also where the clock was set back meanwhile."""
        return not 0 <= t_ns - self.sent_ns < ACK_TIMEOUT_NS


@dataclass(frozen=True)
class CommandOutcome:
    """The end of one telecommand; `status` is the board's, or NO_ANSWER."""

    payload: Any
    sequence: int
    status: int
    latency_s: float


class Link:
    """One telecommand under way at a time, the rest in a queue; telemetry as it comes.

    Motion telecommands that still wait are replaced by a newer one of their kind. Ahead of the
    first telecommand goes a PING: a board may still remember the sequence count of the last one
    of an earlier life of this link, and would take a new one of the same count for a resend.

    Call `receive` before `transmit`, so that an ACK that came is never overtaken by its timeout.

    Attributes
    ----------
    received, dropped, resends : int
        Counts of this side.
    refused : int
        Packets that were received and of which the owner can make nothing; it counts them.
    done : list[CommandOutcome]
        Telecommands that ended; the owner reads and clears it.
    given_up : list[Any]
        Telecommands that were never sent, as too many waited; read and cleared likewise.
    """

    def __init__(self, board: str) -> None:
        self._apid = layouts.APIDS[board]
        self._deframer = frame.Deframer()
        self._queue: deque[_Waiting] = deque()
        self._now: _Outstanding | None = None
        self._overtaken: list[_Outstanding] = []
        self._sequence = 0
        self._greeted = False
        self._bad = 0
        self.received = 0
        self.refused = 0
        self.resends = 0
        self.done: list[CommandOutcome] = []
        self.given_up: list[Any] = []

    @property
    def dropped(self) -> int:
        return self._bad + self.refused + self._deframer.dropped

    @property
    def safe_pending(self) -> bool:
        """SAFE waits or is under way: the board has not confirmed it."""
        if self._now is not None and isinstance(self._now.payload, messages.Safe):
            return True
        return bool(self._queue) and _is_safe(self._queue[0])

    # --- telemetry ------------------------------------------------------------------------------

    def receive(self, data: bytes, t_ns: int) -> list[tuple[Any, int]]:
        """Telemetry (payload, its time) in `data`; ACKs end the telecommand they name."""
        told = []
        for raw in self._deframer.feed(data):
            try:
                got = packet.decode(raw)
            except packet.PacketError:
                self._bad += 1
                continue
            layout = layouts.LAYOUTS.get((got.apid, False, got.message_id))
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
        now = self._now
        if now is not None and ack.sequence == now.sequence:
            self._end(now, ack.status, t_ns)
            self._now = None
            return
        for old in self._overtaken:
            if ack.sequence == old.sequence:
                self._end(old, ack.status, t_ns)
                self._overtaken.remove(old)
                return

    def _end(self, sent: _Outstanding, status: int, t_ns: int) -> None:
        latency_s = max(0.0, seconds(t_ns, sent.first_ns))  # the clock may have been set back
        self.done.append(CommandOutcome(sent.payload, sent.sequence, status, latency_s))

    # --- telecommands ---------------------------------------------------------------------------

    def send(self, payload: Any, expires_ns: int = NEVER_NS) -> None:
        """Queue a telecommand.

        Raises
        ------
        struct.error
            A field that its layout cannot hold.
        """
        layout = layouts.of(type(payload))
        waiting = _Waiting(payload, layout.pack(payload), expires_ns)
        if layout.motion:
            kind = type(payload)
            self._queue = deque(w for w in self._queue if type(w.payload) is not kind)
        self._queue.append(waiting)
        self._limit()

    def _limit(self) -> None:
        """Too many wait: give up the oldest, but not SAFE, which stands first."""
        if len(self._queue) <= MAX_QUEUE:
            return
        safe = self._queue.popleft() if _is_safe(self._queue[0]) else None
        self.given_up.append(self._queue.popleft().payload)
        if safe is not None:
            self._queue.appendleft(safe)

    def send_now(self, payload: messages.Safe) -> None:
        """Put SAFE ahead of all others; drop what waits to move or to enable, as asked before it.

        It does not wait for the one under way either, which is then not sent again. One SAFE that
        waits or is under way is enough.
        """
        self._queue = deque(w for w in self._queue if not _is_overruled(w))
        if self.safe_pending:
            return
        self._queue.appendleft(_Waiting(payload, b"", NEVER_NS))
        self._limit()
        if self._now is not None:
            self._overtaken.append(self._now)
            self._now = None

    def transmit(self, t_ns: int) -> bytes:
        """Bytes to send now: a resend that is due, or the next telecommand."""
        for old in [o for o in self._overtaken if o.is_timed_out(t_ns)]:
            self._overtaken.remove(old)
            self._end(old, NO_ANSWER, t_ns)
        now = self._now
        if now is not None and now.is_timed_out(t_ns):
            if now.resends < MAX_RESENDS and not _is_expired(now.expires_ns, t_ns):
                now.resends += 1
                now.sent_ns = t_ns
                self.resends += 1
                return now.raw
            self._end(now, NO_ANSWER, t_ns)
            self._now = None
        while self._now is None and self._queue:
            waiting = self._queue.popleft()
            if not _is_expired(waiting.expires_ns, t_ns):
                return self._start(waiting, t_ns)
        return b""

    def _start(self, waiting: _Waiting, t_ns: int) -> bytes:
        hello = b""
        if not self._greeted:
            self._greeted = True
            hello = self._frame(layouts.of(messages.Ping).message_id, b"", t_ns)
        message_id = layouts.of(type(waiting.payload)).message_id
        raw = self._frame(message_id, waiting.body, t_ns)
        self._now = _Outstanding(
            waiting.payload, self._sequence, raw, waiting.expires_ns, t_ns, t_ns
        )
        return hello + raw

    def _frame(self, message_id: int, body: bytes, t_ns: int) -> bytes:
        self._sequence = self._sequence + 1 & packet.SEQUENCE_MASK
        out = packet.Packet(self._apid, True, self._sequence, message_id, t_ns, body)
        return frame.encode(packet.encode(out))
