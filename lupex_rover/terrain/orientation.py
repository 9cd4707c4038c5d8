"""How a picture is to be shown: tag 274 of TIFF and of EXIF, which GDAL passes over.

Viewers and OpenCV turn a picture by it. What has a place on the ground is not turned: its
geotransform counts pixels as they are stored.
"""

from __future__ import annotations

import logging
import struct
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

Array = np.ndarray
AS_STORED = 1
ORIENTATION = 274
MOST_PARTS, MOST_TAGS = 1000, 4096  # chunks or segments of a file, tags of a directory
SWAPPED = (5, 6, 7, 8)  # rows become columns


def orientation_of(path: Path) -> int:
    """1 to 8 after TIFF 6.0, of a TIFF, JPEG, PNG or WebP; 1 where the file does not tell."""
    try:
        with path.open("rb") as file:
            at = _exif_at(file)
            told = AS_STORED if at is None else _tag(file, at)
    except (OSError, struct.error, ValueError, OverflowError):  # torn, or not of these
        return AS_STORED
    return told if 1 <= told <= 8 else AS_STORED


def shown(pixels: Array, orientation: int) -> Array:
    """(rows, cols) as stored, turned and mirrored as viewers do."""
    if orientation in SWAPPED:
        pixels = pixels.T
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    return np.ascontiguousarray(pixels)


def turn_of(source: Any, path: Path) -> int:
    """How an open picture is to be turned, with a word where its tag asks for it."""
    told = orientation_of(path)
    if told == AS_STORED:
        return AS_STORED
    if has_place(source):
        tell_kept(path, told)
        return AS_STORED
    logging.getLogger(__name__).warning(
        "%s: is turned as its orientation tag (%d) says; pixels are counted in the turned picture",
        path, told,
    )  # fmt: skip
    return told


def has_place(source: Any) -> bool:
    """Whether an open raster tells where on the ground its pixels lie."""
    return source.crs is not None or not source.transform.is_identity or bool(source.gcps[0])


def tell_kept(path: Path, told: int) -> None:
    """A word that pixels stay where the geotransform puts them."""
    if told == AS_STORED:
        return
    logging.getLogger(__name__).warning(
        "%s: its orientation tag (%d) is not followed, as GDAL does not: its place on the ground"
        " counts pixels as they are stored", path, told,
    )  # fmt: skip


def _exif_at(file: BinaryIO) -> int | None:
    """Where in the file a TIFF's head begins; None: it has none."""
    head = file.read(12)
    if head[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"):
        return 0
    if head.startswith(b"\xff\xd8"):
        return _in_jpeg(file)
    if head.startswith(b"\x89PNG"):
        return _in_chunks(file, 8, b"eXIf", ">", name_first=False)
    if head.startswith(b"RIFF") and head.endswith(b"WEBP"):
        return _in_chunks(file, 12, b"EXIF", "<", name_first=True)
    return None


def _in_jpeg(file: BinaryIO) -> int | None:
    at = 2
    for _ in range(MOST_PARTS):
        file.seek(at)
        mark, kind, size = struct.unpack(">BBH", file.read(4))
        if mark != 0xFF or kind == 0xDA:
            return None
        if kind == 0xFF:  # a byte that only fills
            at += 1
            continue
        if kind == 0xE1 and file.read(6) == b"Exif\0\0":
            return at + 10
        at += 2 + size
    return None


def _in_chunks(file: BinaryIO, at: int, wanted: bytes, order: str, name_first: bool) -> int | None:
    for _ in range(MOST_PARTS):
        file.seek(at)
        one, other = struct.unpack("4s4s", file.read(8))
        name, told = (one, other) if name_first else (other, one)
        (size,) = struct.unpack(order + "I", told)
        if name == wanted:
            inside = at + 8
            file.seek(inside)
            return inside + (6 if file.read(6) == b"Exif\0\0" else 0)
        at += 8 + size + (size % 2 if name_first else 4)  # padded, or with a checksum behind
    return None


def _tag(file: BinaryIO, at: int) -> int:
    """The orientation in the first directory of the TIFF whose head is at `at`."""
    file.seek(at)
    head = file.read(16)
    order = "<" if head.startswith(b"II") else ">"
    big = struct.unpack_from(order + "H", head, 2)[0] == 43
    (directory,) = struct.unpack_from(order + ("Q" if big else "I"), head, 8 if big else 4)
    file.seek(at + directory)
    count_form, form, value_at = ("Q", "HHQ", 12) if big else ("H", "HHI", 8)
    count_size = struct.calcsize(order + count_form)
    (count,) = struct.unpack(order + count_form, file.read(count_size))
    size = 20 if big else 12
    for _ in range(min(count, MOST_TAGS)):
        entry = file.read(size)
        tag, kind, _number = struct.unpack_from(order + form, entry)
        if tag == ORIENTATION:
            value = {1: "B", 3: "H", 4: "I"}.get(kind, "H")
            return int(struct.unpack_from(order + value, entry, value_at)[0])
    return AS_STORED
