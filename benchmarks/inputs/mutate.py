"""Spoils a file in one to three ways, the same for the same seed."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np

Rng = np.random.Generator
Mutator = Callable[[bytes, Rng], bytes]
BLOCK = 512  # bytes that a disk or a transfer loses at once
EXTREMES = (
    0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 2**63, 2**64 - 1,
)  # fmt: skip
NUMBER = re.compile(rb"-?\d+\.?\d*(?:[eE][-+]?\d+)?")
WORDS = (
    b"nan", b".nan", b"inf", b"-.inf", b"1e400", b"-1", b"0", b"1e-320", b"99999999999999999999",
    b"null", b"~", b"true", b"[]", b"{}", b"''", b"1_000", b"0x10", b"010", b"2020-01-01", b"1:30",
    b"\xff\xfe", "\N{DEGREE SIGN}".encode(), b"!!python/name:os.system", b"*a", b"&a [*a, *a]",
    b'"',
)  # fmt: skip


def mutated(data: bytes, seed: int, text: bool) -> bytes:
    """`data` spoilt; never the same as before.

    Parameters
    ----------
    text : bool
        Lines, words and numbers are spoilt, too, and not bytes alone.
    """
    rng = np.random.default_rng(seed)
    ways = OF_TEXT if text and rng.random() < 0.75 else OF_BYTES
    spoilt = data
    for _ in range(int(rng.integers(1, 4))):
        spoilt = ways[int(rng.integers(len(ways)))](spoilt, rng)
    return spoilt if spoilt != data else data[: len(data) // 2]


def _at(data: bytes, rng: Rng) -> int:
    """A place, half of the time within the first 256 bytes, where heads of files are."""
    return int(rng.integers(max(1, min(len(data), 256) if rng.random() < 0.5 else len(data))))


def _flip(data: bytes, rng: Rng) -> bytes:
    spoilt = bytearray(data)
    for _ in range(int(rng.integers(1, 9))):
        if spoilt:
            spoilt[_at(data, rng)] ^= 1 << int(rng.integers(8))
    return bytes(spoilt)


def _number_field(data: bytes, rng: Rng) -> bytes:
    """A field of 1 to 8 bytes takes a value at the end of its range."""
    width = int(rng.choice((1, 2, 4, 8)))
    value = EXTREMES[int(rng.integers(len(EXTREMES)))] % (1 << (8 * width))
    field = value.to_bytes(width, "little")
    if rng.random() < 0.3:
        field = field[::-1]
    at = _at(data, rng)
    return data[:at] + field + data[at + width :]


def _cut(data: bytes, rng: Rng) -> bytes:
    return data[: _at(data, rng)]


def _lose(data: bytes, rng: Rng) -> bytes:
    at = _at(data, rng)
    return data[:at] + data[at + int(rng.integers(1, BLOCK)) :]


def _zero(data: bytes, rng: Rng) -> bytes:
    at = _at(data, rng)
    n = min(int(rng.integers(1, BLOCK)), len(data) - at)
    return data[:at] + bytes(n) + data[at + n :]


def _repeat(data: bytes, rng: Rng) -> bytes:
    at = _at(data, rng)
    part = data[at : at + int(rng.integers(1, BLOCK))]
    return data[:at] + part * int(rng.integers(2, 5)) + data[at + len(part) :]


def _append(data: bytes, rng: Rng) -> bytes:
    tail = data if rng.random() < 0.3 else rng.bytes(int(rng.integers(1, BLOCK)))
    return data + tail


def _noise(data: bytes, rng: Rng) -> bytes:
    at = _at(data, rng)
    part = rng.bytes(int(rng.integers(1, BLOCK)))
    return data[:at] + part + data[at + len(part) :]


def _word(data: bytes, rng: Rng) -> bytes:
    """A number becomes another word."""
    places = list(NUMBER.finditer(data))
    if not places:
        return data
    found = places[int(rng.integers(len(places)))]
    return data[: found.start()] + WORDS[int(rng.integers(len(WORDS)))] + data[found.end() :]


def _line(data: bytes, rng: Rng) -> bytes:
    """A line is lost, doubled, moved in or out, or changes places with another."""
    lines = data.split(b"\n")
    at, to = (int(rng.integers(len(lines))) for _ in range(2))
    way = int(rng.integers(5))
    if way == 0:
        del lines[at]
    elif way == 1:
        lines.insert(at, lines[at])
    elif way == 2:
        lines[at], lines[to] = lines[to], lines[at]
    else:
        lines[at] = b"  " + lines[at] if way == 3 else lines[at].removeprefix(b"  ")
    return b"\n".join(lines)


def _encode(data: bytes, rng: Rng) -> bytes:
    text = data.decode("utf-8", "replace")
    return text.encode(("utf-8-sig", "utf-16", "utf-16-be", "utf-32")[int(rng.integers(4))])


def _nest(data: bytes, rng: Rng) -> bytes:
    at, deep = _at(data, rng), int(rng.choice((20, 2000, 100_000)))
    opening, closing = (b"[", b"]") if rng.random() < 0.5 else (b'{"a":', b"}")
    return data[:at] + opening * deep + b"0" + closing * deep + data[at:]


OF_BYTES: tuple[Mutator, ...] = (
    _flip, _number_field, _cut, _lose, _zero, _repeat, _append, _noise,
)  # fmt: skip
OF_TEXT: tuple[Mutator, ...] = (_word, _word, _line, _line, _encode, _nest)
