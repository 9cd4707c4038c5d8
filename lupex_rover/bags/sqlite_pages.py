"""Rows of a damaged sqlite3 base, read page by page, whatever leads to the pages.

sqlite stops at the first page that is damaged; the others hold rows all the same. Rows lie on leaf
pages, what does not fit goes on on overflow pages (SQLite's file format, sections 1.6 and 2.1).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO

LEAF = 0x0D  # a page with rows of a table
HEAD = 8  # bytes of the head of a leaf page
FIRST_AT = 100  # bytes before the head of the first page
MOST_PAYLOAD = 2**31  # bytes of a row, more is damage
MOST_COLUMNS = 32  # no table of a bag has half as many; more is noise, which would be read for long
INTEGER_BYTES = (0, 1, 2, 3, 4, 6, 8)  # by serial type
REAL, ZERO, ONE, BLOB, TEXT = 7, 8, 9, 12, 13


@dataclass(frozen=True)
class Row:
    """Where a row lies: its number and its columns, but for what is on overflow pages.

    Attributes
    ----------
    columns : tuple[int, ...]
        Serial type of each.
    """

    number: int
    columns: tuple[int, ...]
    body_at: int  # in the payload
    page: int
    at: int  # of the payload, in its page
    size: int  # of the payload, bytes


class Pages:
    """A base whose head is whole; a context, closed at its end."""

    def __init__(self, path: Path, size: int | None = None) -> None:
        """Of the first `size` bytes of a file, or all.

        Raises
        ------
        ValueError, OSError
            The head does not say how long a page is; the file cannot be read.
        """
        self._file: BinaryIO = path.open("rb")
        head = self._file.read(FIRST_AT)
        if len(head) < FIRST_AT:
            raise ValueError("its head is cut short")
        told = struct.unpack_from(">H", head, 16)[0]
        self._bytes = 65536 if told == 1 else told
        if self._bytes < 512 or self._bytes & (self._bytes - 1):
            raise ValueError(f"its head tells of pages of {told} bytes")
        self._usable = self._bytes - head[20]
        self.count = -(-(path.stat().st_size if size is None else size) // self._bytes)

    def __enter__(self) -> Pages:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        self._file.close()

    def rows(self) -> Iterator[Row]:
        """Rows of all tables, in the order of their pages; what is no row is passed over."""
        for number in range(1, self.count + 1):
            page = self._page(number)
            start = FIRST_AT if number == 1 else 0
            if len(page) < start + HEAD or page[start] != LEAF:
                continue
            cells = struct.unpack_from(">H", page, start + 3)[0]
            for cell in range(cells):
                place = start + HEAD + 2 * cell
                if place + 2 > len(page):
                    break
                row = self._row(page, number, struct.unpack_from(">H", page, place)[0])
                if row is not None:
                    yield row

    def values(self, row: Row) -> list[Any] | None:
        """Its columns: None, int, float, bytes, also of a text; None: it cannot be read whole."""
        payload = self._payload(row)
        return None if payload is None else _values(row, row.columns, payload)

    def start(self, row: Row, columns: int) -> list[Any] | None:
        """Its first columns, which lie on the row's own page; None: they do not."""
        kinds = row.columns[:columns]
        end = row.body_at + sum(map(_size, kinds))
        payload = self._page(row.page)[row.at : row.at + end]
        return _values(row, kinds, payload) if len(payload) == end else None

    def _page(self, number: int) -> bytes:
        self._file.seek((number - 1) * self._bytes)
        return self._file.read(self._bytes)

    def _row(self, page: bytes, number: int, at: int) -> Row | None:
        try:
            size, at = _varint(page, at)
            rowid, at = _varint(page, at)
            head, columns_at = _varint(page, at)
            columns: list[int] = []
            while columns_at < at + head and len(columns) <= MOST_COLUMNS:
                kind, columns_at = _varint(page, columns_at)
                columns.append(kind)
        except IndexError:  # the page is cut short, or these bytes are no row
            return None
        whole = size <= MOST_PAYLOAD and columns_at == at + head and columns
        if not whole or head + sum(map(_size, columns)) != size:
            return None
        rowid -= 2**64 if rowid >= 2**63 else 0
        return Row(rowid, tuple(columns), head, number, at, size)

    def _payload(self, row: Row) -> bytes | None:
        most = self._usable - 35
        page = self._page(row.page)
        if row.size <= most:
            payload = page[row.at : row.at + row.size]
            return payload if len(payload) == row.size else None
        least = (self._usable - 12) * 32 // 255 - 23
        here = least + (row.size - least) % (self._usable - 4)
        here = here if here <= most else least
        pieces, missing = [page[row.at : row.at + here]], row.size - here
        link = page[row.at + here : row.at + here + 4]
        while missing > 0:
            following = int.from_bytes(link, "big")
            if len(link) < 4 or not 1 < following <= self.count:
                return None
            page = self._page(following)
            link, piece = page[:4], page[4 : min(self._usable, 4 + missing)]
            if not piece:
                return None
            pieces.append(piece)
            missing -= len(piece)
        payload = b"".join(pieces)
        return payload if len(payload) == row.size else None


def is_blob(kind: int) -> bool:
    """Is a column of this serial type bytes?"""
    return kind >= BLOB and kind % 2 == 0


def is_text(kind: int) -> bool:
    """Is a column of this serial type a text?"""
    return kind >= TEXT and kind % 2 == 1


def _values(row: Row, kinds: tuple[int, ...], payload: bytes) -> list[Any]:
    values, at = [], row.body_at
    for kind in kinds:
        size = _size(kind)
        values.append(_value(kind, payload[at : at + size]))
        at += size
    return values


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """A number of SQLite's, and where what follows begins; raises IndexError."""
    value = 0
    for k in range(8):
        byte = data[at + k]
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            return value, at + k + 1
    return value << 8 | data[at + 8], at + 9


def _size(kind: int) -> int:
    if kind < len(INTEGER_BYTES):
        return INTEGER_BYTES[kind]
    return 8 if kind == REAL else max(0, kind - BLOB) // 2


def _value(kind: int, data: bytes) -> Any:
    if kind == 0:
        return None
    if kind < len(INTEGER_BYTES):
        return int.from_bytes(data, "big", signed=True)
    if kind == REAL:
        return struct.unpack(">d", data)[0]
    return kind - ZERO if kind in (ZERO, ONE) else data
