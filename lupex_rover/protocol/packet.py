"""Packets: CCSDS 133.0-B-2 Space Packets with a CUC time and a CRC, big-endian."""

from __future__ import annotations

import struct
from binascii import crc_hqx
from typing import NamedTuple

from lupex_rover.core.constants import NS

SEQUENCE_MASK = 0x3FFF
_HEADER = struct.Struct(">HHHBIH")  # id, sequence, length, message id, CUC seconds, fraction
_PRIMARY = 6
_SMALLEST = _HEADER.size + 2


class PacketError(ValueError):
    """Bytes that are no packet of this ICD; the text says why."""


class Packet(NamedTuple):
    """One packet.

    Attributes
    ----------
    sequence : int
        0..16383, per APID and direction.
    t_ns : int
        UTC, rounded to 1/65536 s on the wire.
    """

    apid: int
    is_tc: bool
    sequence: int
    message_id: int
    t_ns: int
    payload: bytes = b""


def crc16(data: bytes) -> int:
    """CRC-16/CCITT, polynomial 0x1021, initial 0xFFFF (ECSS-E-ST-70-41C annex B)."""
    return crc_hqx(data, 0xFFFF)


def encode(packet: Packet) -> bytes:
    """The packet's bytes with its CRC."""
    seconds, rest = divmod(packet.t_ns, NS)
    fraction = (rest * 65536 + NS // 2) // NS
    if fraction == 65536:
        seconds, fraction = seconds + 1, 0
    head = _HEADER.pack(
        packet.is_tc << 12 | 1 << 11 | packet.apid,
        3 << 14 | packet.sequence & SEQUENCE_MASK,
        _HEADER.size - _PRIMARY + len(packet.payload) + 2 - 1,
        packet.message_id,
        seconds & 0xFFFFFFFF,
        fraction,
    )
    body = head + packet.payload
    return body + crc16(body).to_bytes(2, "big")


def decode(data: bytes) -> Packet:
    """The packet in `data`.

    Raises
    ------
    PacketError
        Wrong length, CRC, version, secondary header flag or sequence flags.
    """
    if len(data) < _SMALLEST:
        raise PacketError(f"{len(data)} bytes are too few for a packet")
    first, second, length, message_id, seconds, fraction = _HEADER.unpack_from(data)
    if length + 1 != len(data) - _PRIMARY:
        raise PacketError(f"data length says {length + 1} bytes, {len(data) - _PRIMARY} came")
    if crc16(data) != 0:
        raise PacketError("CRC is wrong")
    if first >> 13 != 0 or not first >> 11 & 1 or second >> 14 != 3:
        raise PacketError("version or flags are wrong")
    return Packet(
        apid=first & 0x7FF,
        is_tc=bool(first >> 12 & 1),
        sequence=second & SEQUENCE_MASK,
        message_id=message_id,
        t_ns=seconds * NS + (fraction * NS + 32768) // 65536,
        payload=data[_HEADER.size : -2],
    )
