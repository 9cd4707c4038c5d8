"""Frames: COBS(packet) + 0x00 (Cheshire and Baker 1999), at most 1024 bytes of packet."""

from __future__ import annotations

from cobs import cobs

from lupex_rover.core.saved import SavedFields

MAX_PACKET = 1024
MAX_FRAME = MAX_PACKET + MAX_PACKET // 254 + 1  # COBS adds a byte in 254


def encode(packet: bytes) -> bytes:
    """The frame of one packet, with its closing zero.

    Raises
    ------
    ValueError
        The packet is longer than the ICD allows.
    """
    if len(packet) > MAX_PACKET:
        raise ValueError(f"a packet of {len(packet)} bytes; at most {MAX_PACKET} are allowed")
    return cobs.encode(packet) + b"\x00"


class Deframer(SavedFields):
    """Cuts a byte stream into packets; what is no frame is dropped and counted.

    Attributes
    ----------
    dropped : int
        Frames that were too long or not COBS.
    """

    SAVED = ("dropped", "_rest", "_skipping")

    def __init__(self) -> None:
        self.dropped = 0
        self._rest = b""
        self._skipping = False

    def feed(self, data: bytes) -> list[bytes]:
        """Packets completed by `data`, oldest first."""
        *frames, self._rest = (self._rest + data).split(b"\x00")
        packets = [p for p in map(self._packet, frames) if p]
        if len(self._rest) > MAX_FRAME:
            self._rest = b""
            if not self._skipping:
                self.dropped += 1
            self._skipping = True
        return packets

    def _packet(self, frame: bytes) -> bytes | None:
        if self._skipping:  # the tail of a frame that was already counted as too long
            self._skipping = False
            return None
        if not frame:
            return None
        try:
            packet = cobs.decode(frame) if len(frame) <= MAX_FRAME else b""
        except cobs.DecodeError:
            packet = b""
        if not packet or len(packet) > MAX_PACKET:
            self.dropped += 1
            return None
        return packet
