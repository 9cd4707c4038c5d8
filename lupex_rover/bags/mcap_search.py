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

BEGIN = MAGIC + bytes([Opcode.HEADER])  # of a file, also of one joined to another
HEADS = re.compile(  # records with a length below 2^40, or a file
    rb"[\x03-\x07\x09\x0c\x0f][\s\S]{5}\0\0\0|" + re.escape(BEGIN)
)
WINDOW, PEEK = 1024 * 1024, 64  # bytes
PARSED_LIMIT = 16 * 1024 * 1024  # bytes; a longer record is not tried while looking for the next
SUMMARY_LIMIT = 16 * 1024 * 1024  # bytes; a longer one is not looked for
DATA_END = RECORD.pack(Opcode.DATA_END, 4)  # begins the record; the CRC follows


class McapBytes:
    """An open file. `known`: whether messages of a channel may stand outside chunks."""

    def __init__(self, file: BinaryIO, known: Callable[[int], bool]) -> None:
        self._file, self._known = file, known
        self.size = os.fstat(file.fileno()).st_size

    def begins(self, at: int) -> bool:
        """Whether a file, or one joined to it, begins at a byte."""
        return self.read(at, len(BEGIN)) == BEGIN

    def fits(self, at: int) -> bool:
        """Whether the bytes can be the head of a record: those of packed data hardly ever can."""
        head = self.read(at, RECORD.size)
        if head == BEGIN:
            return True
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

    def find_begin(self, start: int) -> int | None:
        """Where the next file begins that was joined to this one."""
        while start + len(BEGIN) <= self.size:
            window = self.read(start, WINDOW)
            if (hit := window.find(BEGIN)) >= 0:
                return start + hit
            start += max(1, len(window) - len(BEGIN) + 1)
        return None

    def only_zeros(self, start: int, end: int) -> bool:
        """Whether there is nothing else between two bytes of the file."""
        for at in range(start, end, WINDOW):
            data = self.read(at, min(WINDOW, end - at))
            if data.count(0) < len(data):
                return False
        return True

    def holds(self, at: int, followed: bool = True) -> bool:
        """Whether a record is at a byte: what it says of itself agrees.

        A message says little of itself: its channel has to be known, another record to follow.
        """
        start = self.read(at, PEEK)
        if len(start) < RECORD.size:
            return False
        if start.startswith(BEGIN):
            return True
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

    def summary_start(self, begin: int, end: int) -> int:
        """Behind the end of the data of the file between two bytes: where its footer says, else
        where it is found; 0: nowhere.
        """
        tail = RECORD.size + FOOTER_LENGTH + len(MAGIC)
        last = self.read(max(begin, end - tail), min(tail, end - begin))
        if len(last) == tail and last.endswith(MAGIC) and last[0] == Opcode.FOOTER:
            start = int(begin + LENGTH.unpack_from(last, RECORD.size)[0])
            if self.holds(start):
                return start
        window = min(end - begin, SUMMARY_LIMIT)
        found = self.read(end - window, window).rfind(DATA_END)
        return 0 if found < 0 else end - window + found + len(DATA_END) + CRC.size

    def read(self, at: int, count: int) -> bytes:
        self._file.seek(at)
        return self._file.read(count)


def require_one_end(file: BinaryIO) -> None:
    """Raise ValueError where a file that has an end goes on behind it, as joined files do.

    Readers that begin at the end of a file would take another file's summary for its own.
    """
    size = os.fstat(file.fileno()).st_size
    footer = size - RECORD.size - FOOTER_LENGTH - len(MAGIC)
    file.seek(max(0, footer))
    end = file.read()
    if end[:1] != bytes([Opcode.FOOTER]) or not end.endswith(MAGIC):
        file.seek(0)
        return  # it has none; that is told by who reads it
    at = LENGTH.unpack_from(end, RECORD.size)[0] or len(MAGIC)
    while at < footer:
        file.seek(at)
        head = file.read(RECORD.size)
        if len(head) < RECORD.size or head[0] == Opcode.FOOTER:
            break
        at += RECORD.size + RECORD.unpack(head)[1]
    file.seek(0)
    if at != footer:
        raise ValueError("more bytes behind its end, or a damaged summary")
