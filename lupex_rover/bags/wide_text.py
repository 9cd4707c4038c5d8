"""Decodes messages of types with `wstring` fields, which rosbags does not.

Middlewares write a character of a `wstring` in 4 bytes or in 2, and its length as a count of
characters or of bytes; the bytes of a message do not say which. The form is taken that ends where
the message does.
"""

from __future__ import annotations

import struct
from typing import Any

from rosbags.interfaces import Nodetype

from lupex_rover.bags.ros2msg import Types

FORMS = ((4, 1), (2, 1), (2, 2), (4, 4))  # bytes of a character, of what the length counts
PADDING = 3  # bytes that may follow a message
CODES = {
    "bool": "?", "byte": "B", "char": "B", "float32": "f", "float64": "d", "int8": "b",
    "uint8": "B", "octet": "B", "int16": "h", "uint16": "H", "int32": "i", "uint32": "I",
    "int64": "q", "uint64": "Q", "wchar": "H",
}  # fmt: skip


def is_wide(types: Types) -> bool:
    """Whether one of the types has a `wstring`."""
    return any(_has_wide(d) for _, fields in types.values() for _, d in fields)


def _has_wide(description: Any) -> bool:
    node, inner = description
    if node in (Nodetype.ARRAY, Nodetype.SEQUENCE):
        return _has_wide(inner[0])
    return bool(node == Nodetype.BASE and inner[0] == "wstring")


def decode(data: bytes, types: Types, name: str) -> dict[str, Any]:
    """Field -> value of a message.

    Raises
    ------
    ValueError
        In no form of `wstring` do the bytes make a message of the type.
    """
    if len(data) < 4 or data[0] != 0 or data[1] not in (0, 1):
        raise ValueError("Invalid or unsupported CDR encapsulation.")
    best: tuple[int, dict[str, Any]] | None = None
    for width, unit in FORMS:
        reader = _Reader(data, width, unit, types)
        try:
            message = reader.message(name)
        except (ValueError, struct.error, KeyError, OverflowError):
            continue
        left = len(data) - 4 - reader.at
        if 0 <= left <= PADDING and (best is None or left < best[0]):
            best = left, message
    if best is None:
        raise ValueError("its bytes end before or behind its fields")
    return best[1]


class _Reader:
    """A place in a message; alignment counts from behind the 4 bytes of its head."""

    def __init__(self, data: bytes, width: int, unit: int, types: Types) -> None:
        self._data, self._order = data[4:], "<" if data[1] else ">"
        self._width, self._unit, self._types = width, unit, types
        self.at = 0

    def message(self, name: str) -> dict[str, Any]:
        fields = self._types[name][1]
        if not fields:
            self._number("uint8")  # a type without fields has one of no name
        return {field: self._value(description) for field, description in fields}

    def _value(self, description: Any) -> Any:
        node, inner = description
        if node == Nodetype.NAME:
            return self.message(inner)
        if node == Nodetype.BASE:
            return self._base(inner[0])
        element, count = inner
        if node == Nodetype.SEQUENCE:
            count = self._number("uint32")
        if count > len(self._data) - self.at:
            raise ValueError("more elements than bytes")
        return [self._value(element) for _ in range(count)]

    def _base(self, base: str) -> Any:
        if base == "string":
            return self._take(self._number("uint32")).rstrip(b"\0").decode()
        if base == "wstring":
            data = self._take(self._number("uint32") * self._width // self._unit)
            if self._width == 4:
                units = struct.unpack(f"{self._order}{len(data) // 4}I", data)
                if any(unit > 0xFFFF for unit in units):
                    raise ValueError("no UTF-16 in 4 bytes each")
                data = struct.pack(f"{self._order}{len(units)}H", *units)
            return data.decode("utf-16-le" if self._order == "<" else "utf-16-be").rstrip("\0")
        return self._number(base)

    def _number(self, base: str) -> Any:
        code = CODES[base]
        size = struct.calcsize(code)
        self.at = (self.at + size - 1) & -size
        return struct.unpack(self._order + code, self._take(size))[0]

    def _take(self, count: int) -> bytes:
        data = self._data[self.at : self.at + count]
        if len(data) < count:
            raise ValueError("cut short")
        self.at += count
        return data
