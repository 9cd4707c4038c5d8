"""Reads an MCAP file that may be damaged: what is bad is skipped, told, and reading goes on.

A record that cannot be read is left out where its length leads to another record. Where it does
not, the next record is looked for whose fields agree with each other. Behind the end of a file
another one may follow, joined by `cat`: it is read, too.
"""

from __future__ import annotations

import zlib
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path

from mcap.opcode import Opcode

from lupex_rover.bags.bag_channel import BagChannel, Entry, Found
from lupex_rover.bags.mcap_parts import (
    BROKEN,
    INDEX,
    MAGIC,
    MESSAGE,
    OF_DATA,
    PARTS,
    PRIVATE,
    RECORD,
    BagChannels,
    parse,
    parse_chunk,
    unpacked,
)
from lupex_rover.bags.mcap_search import McapBytes

TOLD = 5  # places of damage named one by one


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

    def __init__(self, path: Path, found: Found) -> None:
        self._path, self._found = path, found
        self._problems = found.problems
        self._count = self._unknown = 0
        self._losses: list[_Loss] = []
        self._ended = True

    def entries(self) -> Iterator[Entry]:
        """Messages in the order of the file; `problems` gets what was wrong."""
        try:
            with self._path.open("rb") as file:
                self._bytes = McapBytes(file, self._stands_alone)
                at: int | None = self._begin(0)
                while at is not None:
                    at = yield from self._record(at)
        except OSError as error:
            self._broken(f"{error.strerror}")
        self._tell()

    def _begin(self, at: int) -> int:
        """A file begins at a byte, with channels of its own; where its first record is."""
        if at:
            if not self._ended:
                self._broken("another file begins before its end")
            self._problems.append(
                f"{self._path.name}: another bag begins at byte {at}, files were joined; it is"
                " read, too, `lupex bag recover` writes one bag of all"
            )
        self._begun, self._channels = at, BagChannels(self._found)
        self._crc = zlib.crc32(MAGIC)
        self._ended = self._summary_read = self._chunked = False
        return at + len(MAGIC)

    def _record(self, at: int) -> Generator[Entry, None, int | None]:
        """The record at a byte of the file; where the next one is, None after the last."""
        head = self._bytes.read(at, RECORD.size)
        opcode, length = RECORD.unpack(head) if len(head) == RECORD.size else (0, 0)
        end = at + RECORD.size + length
        if opcode == MAGIC[0] and self._bytes.begins(at):
            return self._begin(at)
        if opcode in OF_DATA:
            self._ended = False  # what was taken for the end of the data was none
        if not opcode or end > self._bytes.size:
            return self._look_on(at, at + 1, opcode, "the file ends within it or its length is bad")
        body = self._bytes.read(at + RECORD.size, length)
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
        if opcode == Opcode.FOOTER and self._finish(end):
            return self._behind(end + len(MAGIC))
        return end if taken == length else self._after_padding(at, end, taken)

    def _after_padding(self, at: int, end: int, taken: int) -> int | None:
        """A record longer than its parts: fields of a later specification, or a bad length."""
        if self._bytes.fits(end):
            return end
        rest = at + RECORD.size + taken
        return self._look_on(rest, rest, 0, "the length of the record before it is bad")

    def _after(self, at: int, end: int, search: int, opcode: int, why: str) -> int | None:
        """Where to go on after a record that cannot be read, whose length may be bad, too."""
        if not self._ended and self._bytes.fits(end):
            self._read_summary()
            self._losses.append(_Loss(at, end - at, opcode == Opcode.CHUNK, why))
            return end
        return self._look_on(at, search, opcode, why)

    def _look_on(self, at: int, search: int, opcode: int, why: str) -> int | None:
        """The next record that holds together, from byte `search` on; None: there is no more."""
        self._read_summary()
        found = self._bytes.find(search)
        if self._ended and found is not None and self._bytes.read(found, 1)[0] not in OF_DATA:
            found = self._bytes.find_begin(found)  # there is nothing to be saved in the summary
        if found is None:
            self._broken(why if at < self._bytes.size else "the file ends without an end record")
        else:
            self._losses.append(_Loss(at, found - at, opcode == Opcode.CHUNK, why))
        return found

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
                channel_id, sequence, log_ns, publish_ns = MESSAGE.unpack_from(data, at)
                channel = self._channels.get(channel_id) or self._unknown_channel(channel_id)
                if channel is not None:
                    self._count += 1
                    yield channel, data[at + MESSAGE.size : end], log_ns, publish_ns, sequence
            elif opcode in (Opcode.SCHEMA, Opcode.CHANNEL):
                self._channels.add(parse(opcode, data[at:end])[0])
            at = end

    def _unknown_channel(self, channel_id: int) -> BagChannel | None:
        self._read_summary()
        channel = self._channels.get(channel_id)
        self._unknown += channel is None
        return channel

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
            self._channels.add(record)
        elif opcode in (Opcode.METADATA, Opcode.ATTACHMENT) and self._found.beside:
            self._found.beside(record)
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

    def _finish(self, end: int) -> bool:
        """Whether a footer ends the file; one amid the file is none."""
        if self._bytes.read(end, len(MAGIC)) == MAGIC:
            self._ended = True
            return True
        if end + len(MAGIC) < self._bytes.size:
            return False
        self._ended = True
        self._broken("the magic at the end is missing")
        return True

    def _behind(self, at: int) -> int | None:
        """Where to go on behind the end of a file: what lies there is told; None: nothing."""
        size = self._bytes.size
        if at >= size:
            return None
        found = at if self._bytes.begins(at) else self._bytes.find(at)
        until = size if found is None else found
        if until > at:
            what = "zeros" if self._bytes.only_zeros(at, until) else "bytes that are no bag"
            self._problems.append(
                f"{self._path.name}: {until - at} {what} behind its end at byte {at}; all before"
                " is read, `lupex bag recover` writes it without them"
            )
        return found

    def _stands_alone(self, channel_id: int) -> bool:
        """In a file with chunks no message does: the CRC of its chunk is not known to be right."""
        return not self._chunked and self._channels.get(channel_id) is not None

    def _read_summary(self) -> None:
        """Schemas and channels that the end of the file repeats, for those that were lost."""
        if self._summary_read:
            return
        self._summary_read = True
        end = self._bytes.find_begin(self._begun + len(MAGIC)) or self._bytes.size
        at = self._bytes.summary_start(self._begun, end)
        try:
            while 0 < at < end:
                opcode, length = RECORD.unpack(self._bytes.read(at, RECORD.size))
                if opcode in (Opcode.SCHEMA, Opcode.CHANNEL) and at + length < end:
                    body = self._bytes.read(at + RECORD.size, length)
                    self._channels.add(parse(opcode, body)[0])
                at += RECORD.size + length
        except BROKEN:
            return  # what it said until there is kept

    def _broken(self, why: str) -> None:
        what = "its index is broken" if self._ended else "cut short or damaged"
        self._problems.append(
            f"{self._path.name}: {what} after {self._count} messages ({why});"
            " `lupex bag recover` writes what can be read"
        )

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
