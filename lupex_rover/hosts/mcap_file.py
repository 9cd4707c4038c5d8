"""Reads an MCAP file that may be damaged: what is bad is skipped, told, and reading goes on.

A record that cannot be read is left out where its length leads to another record. Where it does
not, the next record is looked for whose fields agree with each other.
"""

from __future__ import annotations

import os
import re
import zlib
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path

from mcap.opcode import Opcode

from lupex_rover.hosts.bag_line import Beside, Entry, Line
from lupex_rover.hosts.mcap_parts import (
    BROKEN,
    CRC,
    FOOTER_LENGTH,
    INDEX,
    LENGTH,
    MAGIC,
    MESSAGE,
    PARTS,
    RECORD,
    Lines,
    chunk_holds,
    parse,
    parse_chunk,
    unpacked,
)

HEADS = re.compile(rb"[\x03-\x07\x09\x0c\x0f][\s\S]{5}\0\0\0")  # records with a length below 2^40
WINDOW, PEEK = 1024 * 1024, 64  # bytes
PARSED_LIMIT = 16 * 1024 * 1024  # bytes; a longer record is not tried while looking for the next
SUMMARY_LIMIT = 16 * 1024 * 1024  # bytes; a longer one is not looked for
DATA_END = RECORD.pack(Opcode.DATA_END, 4)  # begins the record; the CRC follows
OF_DATA = (Opcode.CHUNK, Opcode.MESSAGE, Opcode.MESSAGE_INDEX)  # never in the summary
TOLD = 5  # places of damage named one by one
PRIVATE = 0x80  # opcodes from here on are no business of ours


@dataclass(frozen=True)
class _Loss:
    """Bytes that could not be read; `chunk`: they held messages."""

    at: int
    bytes: int
    chunk: bool
    why: str

    def __str__(self) -> str:
        return f"{'chunk' if self.chunk else 'record'} at byte {self.at} ({self.why})"


class McapFile:
    """One reading of a file that begins with MCAP's magic."""

    def __init__(self, path: Path, problems: list[str], beside: Beside | None) -> None:
        self._path, self._problems, self._beside = path, problems, beside
        self._lines = Lines()
        self._count = self._unknown = self._crc = 0
        self._losses: list[_Loss] = []
        self._ended = self._summary_read = self._chunked = False

    def entries(self) -> Iterator[Entry]:
        """Messages in the order of the file; `problems` gets what was wrong."""
        try:
            with self._path.open("rb") as self._file:
                self._size = os.fstat(self._file.fileno()).st_size
                self._crc = zlib.crc32(MAGIC)
                at: int | None = len(MAGIC)
                while at is not None:
                    at = yield from self._record(at)
        except OSError as error:
            self._broken(f"{error.strerror}")
        self._tell()

    def _record(self, at: int) -> Generator[Entry, None, int | None]:
        """The record at a byte of the file; where the next one is, None after the last."""
        head = self._read(at, RECORD.size)
        opcode, length = RECORD.unpack(head) if len(head) == RECORD.size else (0, 0)
        end = at + RECORD.size + length
        if opcode in OF_DATA:
            self._ended = False  # what was taken for the end of the data was none
        if not opcode or end > self._size:
            return self._look_on(at, at + 1, opcode, "the file ends within it or its length is bad")
        body = self._file.read(length)
        taken = length
        try:
            if opcode == Opcode.CHUNK:
                chunk, taken = parse_chunk(body)
                self._chunked |= taken == length
                yield from self._messages(unpacked(chunk))
            elif opcode == Opcode.MESSAGE:
                yield from self._messages(head + body)
            else:
                taken = self._other(opcode, body)
        except BROKEN as error:
            why = str(error) or type(error).__name__
            return self._after(at, end, at + 1, opcode, why)
        self._crc = zlib.crc32(body, zlib.crc32(head, self._crc))
        if opcode == Opcode.FOOTER:
            self._finish(end)
            return None
        return end if taken == length else self._after_padding(at, end, taken)

    def _after_padding(self, at: int, end: int, taken: int) -> int | None:
        """A record longer than its parts: fields of a later specification, or a bad length."""
        if self._holds(end):
            return end
        rest = at + RECORD.size + taken
        return self._look_on(rest, rest, 0, "the length of the record before it is bad")

    def _after(self, at: int, end: int, search: int, opcode: int, why: str) -> int | None:
        """Where to go on after a record that cannot be read, whose length may be bad, too."""
        if not self._ended and self._holds(end):
            self._read_summary()
            self._losses.append(_Loss(at, end - at, opcode == Opcode.CHUNK, why))
            return end
        return self._look_on(at, search, opcode, why)

    def _look_on(self, at: int, search: int, opcode: int, why: str) -> int | None:
        """The next record that holds together, from byte `search` on; None: there is no more."""
        found = None
        if not self._ended:
            self._read_summary()
            found = self._find(search)
        if found is None:
            self._broken(why if at < self._size else "the file ends without an end record")
        else:
            self._losses.append(_Loss(at, found - at, opcode == Opcode.CHUNK, why))
        return found

    def _find(self, start: int) -> int | None:
        while start + RECORD.size <= self._size:
            window = self._read(start, WINDOW)
            hit = HEADS.search(window)
            while hit:
                if self._holds(start + hit.start()):
                    return start + hit.start()
                hit = HEADS.search(window, hit.start() + 1)
            start += max(1, len(window) - RECORD.size + 1)
        return None

    def _holds(self, at: int, followed: bool = True) -> bool:
        """Whether a record is at a byte: what it says of itself agrees.

        A message says little of itself: another record has to follow. In a file with chunks one
        out of its chunk, whose CRC is not known to be right, is none.
        """
        start = self._read(at, PEEK)
        if len(start) < RECORD.size:
            return False
        opcode, length = RECORD.unpack_from(start)
        end, inner = at + RECORD.size + length, start[RECORD.size :]
        if end > self._size:
            return False
        if opcode == Opcode.CHUNK:
            return chunk_holds(inner, length)
        if opcode == Opcode.MESSAGE and self._chunked:
            return False
        if opcode == Opcode.MESSAGE:
            known = length >= MESSAGE.size and self._lines.get(MESSAGE.unpack_from(inner)[0])
            return bool(known) and (not followed or self._holds(end, followed=False))
        if opcode not in PARTS or length > PARSED_LIMIT:
            return False
        try:
            return parse(opcode, self._read(at + RECORD.size, length))[1] == length
        except BROKEN:
            return False

    def _messages(self, data: bytes) -> Iterator[Entry]:
        """Messages among records in a row, taken apart here: twice as fast as by mcap."""
        at, size = 0, len(data)
        while at < size:
            opcode, length = RECORD.unpack_from(data, at)
            at += RECORD.size
            end = at + length
            if end > size:
                raise ValueError("a record is longer than its chunk")
            if opcode == Opcode.MESSAGE:
                channel, sequence, log_ns, publish_ns = MESSAGE.unpack_from(data, at)
                line = self._lines.get(channel) or self._unknown_line(channel)
                if line is not None:
                    self._count += 1
                    yield line, data[at + MESSAGE.size : end], log_ns, publish_ns, sequence
            elif opcode in (Opcode.SCHEMA, Opcode.CHANNEL):
                self._lines.add(parse(opcode, data[at:end])[0])
            at = end

    def _unknown_line(self, channel: int) -> Line | None:
        self._read_summary()
        line = self._lines.get(channel)
        self._unknown += line is None
        return line

    def _other(self, opcode: int, body: bytes) -> int:
        """A record that is neither message nor chunk; how many bytes of `body` it takes."""
        if opcode == Opcode.MESSAGE_INDEX:
            taken = INDEX.size + INDEX.unpack_from(body)[1]
            if taken > len(body):
                raise ValueError("an index of messages that is cut short")
            return int(taken)
        if opcode not in PARTS:
            if opcode < PRIVATE:
                raise ValueError(f"no record of this specification has opcode {opcode}")
            return len(body)
        record, taken = parse(opcode, body)
        if opcode in (Opcode.SCHEMA, Opcode.CHANNEL):
            self._lines.add(record)
        elif opcode in (Opcode.METADATA, Opcode.ATTACHMENT) and self._beside:
            self._beside(record)
        elif opcode == Opcode.DATA_END:
            self._end_data(record.data_section_crc)
        return taken

    def _end_data(self, stated: int) -> None:
        self._ended = True
        if stated and not self._losses and stated != self._crc:
            self._problems.append(
                f"{self._path.name}: damaged, though every record can be read"
                f" (CRC of the data is {self._crc}, stated {stated})"
            )

    def _finish(self, at: int) -> None:
        self._ended = True
        if self._read(at, len(MAGIC)) != MAGIC:
            self._broken("the magic at the end is missing")

    def _read_summary(self) -> None:
        """Schemas and channels that the end of the file repeats, for those that were lost."""
        if self._summary_read:
            return
        self._summary_read = True
        at = self._summary_start()
        try:
            while 0 < at < self._size:
                opcode, length = RECORD.unpack(self._read(at, RECORD.size))
                if opcode in (Opcode.SCHEMA, Opcode.CHANNEL) and at + length < self._size:
                    self._lines.add(parse(opcode, self._file.read(length))[0])
                at += RECORD.size + length
        except BROKEN:
            return  # what it said until there is kept

    def _summary_start(self) -> int:
        """Behind the end of the data: where the footer says, else where it is found; 0: nowhere."""
        tail = RECORD.size + FOOTER_LENGTH + len(MAGIC)
        end = self._read(max(0, self._size - tail), tail)
        if len(end) == tail and end.endswith(MAGIC) and end[0] == Opcode.FOOTER:
            start = LENGTH.unpack_from(end, RECORD.size)[0]
            if self._holds(start):
                return start
        window = min(self._size, SUMMARY_LIMIT)
        found = self._read(self._size - window, window).rfind(DATA_END)
        return 0 if found < 0 else self._size - window + found + len(DATA_END) + CRC.size

    def _read(self, at: int, count: int) -> bytes:
        self._file.seek(at)
        return self._file.read(count)

    def _broken(self, why: str) -> None:
        what = "its index is broken" if self._ended else "cut short or damaged"
        self._problems.append(f"{self._path.name}: {what} after {self._count} messages ({why})")

    def _tell(self) -> None:
        name = self._path.name
        if self._losses:
            chunks = sum(loss.chunk for loss in self._losses)
            others = len(self._losses) - chunks
            kinds = (chunks, "chunk"), (others, "other record" if chunks else "record")
            parts = [f"{n} {word}{'s' * (n > 1)}" for n, word in kinds if n]
            places = [str(loss) for loss in self._losses[:TOLD]]
            if len(self._losses) > TOLD:
                places.append(f"and {len(self._losses) - TOLD} more")
            size = sum(loss.bytes for loss in self._losses)
            self._problems.append(
                f"{name}: damaged, {' and '.join(parts)} lost, {size} bytes: {', '.join(places)}"
            )
        if self._unknown:
            self._problems.append(
                f"{name}: {self._unknown} messages of channels that it does not define"
            )
