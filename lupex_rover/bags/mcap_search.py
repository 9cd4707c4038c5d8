"""Bytes of an MCAP file in which records are looked for that hold together."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from typing import BinaryIO

from mcap.opcode import Opcode

from lupex_rover.bags.mcap_parts import (
    BROKEN,
    CRC,
    FOOTER_LENGTH,
    LENGTH,
    MAGIC,
    MESSAGE,
    OF_DATA,
    PARTS,
    PRIVATE,
    RECORD,
    chunk_holds,
    parse,
)

HEADS = re.compile(rb"[\x03-\x07\x09\x0c\x0f][\s\S]{5}\0\0\0")  # records with a length below 2^40
WINDOW, PEEK = 1024 * 1024, 64  # bytes
PARSED_LIMIT = 16 * 1024 * 1024  # bytes; a longer record is not tried while looking for the next
SUMMARY_LIMIT = 16 * 1024 * 1024  # bytes; a longer one is not looked for
DATA_END = RECORD.pack(Opcode.DATA_END, 4)  # begins the record; the CRC follows


class McapBytes:
    """An open file. `known`: whether messages of a channel may stand outside chunks."""

    def __init__(self, file: BinaryIO, known: Callable[[int], bool]) -> None:
        self._file, self._known = file, known
        self.size = os.fstat(file.fileno()).st_size

    def fits(self, at: int) -> bool:
        """Whether the bytes can be the head of a record: those of packed data hardly ever can."""
        head = self.read(at, RECORD.size)
        if len(head) < RECORD.size:
            return False
        opcode, length = RECORD.unpack(head)
        known = opcode in PARTS or opcode in OF_DATA or opcode >= PRIVATE
        return known and at + RECORD.size + length <= self.size

    def find(self, start: int) -> int | None:
        while start + RECORD.size <= self.size:
            window = self.read(start, WINDOW)
            hit = HEADS.search(window)
            while hit:
                if self.holds(start + hit.start()):
                    return start + hit.start()
                hit = HEADS.search(window, hit.start() + 1)
            start += max(1, len(window) - RECORD.size + 1)
        return None

    def holds(self, at: int, followed: bool = True) -> bool:
        """Whether a record is at a byte: what it says of itself agrees.

        A message says little of itself: its channel has to be known, another record to follow.
        """
        start = self.read(at, PEEK)
        if len(start) < RECORD.size:
            return False
        opcode, length = RECORD.unpack_from(start)
        end, inner = at + RECORD.size + length, start[RECORD.size :]
        if end > self.size:
            return False
        if opcode == Opcode.CHUNK:
            return chunk_holds(inner, length)
        if opcode == Opcode.MESSAGE:
            known = length >= MESSAGE.size and self._known(MESSAGE.unpack_from(inner)[0])
            return known and (not followed or self.holds(end, followed=False))
        if opcode not in PARTS or length > PARSED_LIMIT:
            return False
        try:
            return parse(opcode, self.read(at + RECORD.size, length))[1] == length
        except BROKEN:
            return False

    def summary_start(self) -> int:
        """Behind the end of the data: where the footer says, else where it is found; 0: nowhere."""
        tail = RECORD.size + FOOTER_LENGTH + len(MAGIC)
        end = self.read(max(0, self.size - tail), tail)
        if len(end) == tail and end.endswith(MAGIC) and end[0] == Opcode.FOOTER:
            start = LENGTH.unpack_from(end, RECORD.size)[0]
            if self.holds(start):
                return start
        window = min(self.size, SUMMARY_LIMIT)
        found = self.read(self.size - window, window).rfind(DATA_END)
        return 0 if found < 0 else self.size - window + found + len(DATA_END) + CRC.size

    def read(self, at: int, count: int) -> bytes:
        self._file.seek(at)
        return self._file.read(count)
