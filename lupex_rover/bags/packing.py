"""Packed files and packed messages of bags, known by their first bytes: zstd, lz4, gzip, bzip2, xz.

rosbag2 packs by zstd, whole files (`b_0.mcap.zstd`) or each message; people pack files otherwise.
"""

from __future__ import annotations

import bz2
import gzip
import lzma
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

import zstandard

from lupex_rover.bags.mcap_parts import DENSEST, UNPACKED_LIMIT
from lupex_rover.core.errors import UserError

ZSTD = b"\x28\xb5\x2f\xfd"
PACKINGS = {
    ZSTD: "zstd", b"\x04\x22\x4d\x18": "lz4", b"\x1f\x8b": "gzip", b"BZh": "bzip2",
    b"\xfd7zXZ\0": "xz",
}  # fmt: skip
OF_MESSAGES = ("zstd", "lz4")
SUFFIXES = (".zstd", ".zst", ".lz4", ".gz", ".bz2", ".xz")
PIECE = 64 * 1024  # bytes; zstd's may unpack to 32 768 times as many
ZSTD_PIECE = 4 * 1024


def packing_of(start: bytes) -> str:
    """How bytes that begin so are packed; "": not at all, or not as we know."""
    return next((name for magic, name in PACKINGS.items() if start.startswith(magic)), "")


def plain_name(name: str) -> str:
    """The name that a file has unpacked."""
    suffix = next((s for s in SUFFIXES if name.lower().endswith(s)), "")
    return name[: len(name) - len(suffix)]


def unpack_message(data: bytes) -> bytes:
    """The bytes of a packed message; others as they are.

    Raises
    ------
    ValueError
        They cannot be unpacked.
    """
    if data[:1] == b"\0":  # CDR, which nothing packed begins as
        return data
    packing = packing_of(data)
    try:
        if packing == "zstd":
            return _zstd_message(data)
        if packing == "lz4":
            return bytes(_lz4().decompress(data))
    except Exception as error:  # whatever foreign bytes lead the libraries to
        raise ValueError(f"{packing}: {error or type(error).__name__}") from None
    return data


def _zstd_message(data: bytes) -> bytes:
    told = zstandard.frame_content_size(data)
    if told > min(UNPACKED_LIMIT, DENSEST * len(data)):
        raise ValueError(f"unpacks to {told} bytes, it says")
    unpacker = zstandard.ZstdDecompressor().decompressobj()
    whole = unpacker.decompress(data)
    if not unpacker.eof:
        raise ValueError("it is cut short")
    return whole


def unpack_file(path: Path, packing: str, target: Path) -> str:
    """Unpack a file to `target`; what was wrong with it, "" for nothing.

    Raises
    ------
    UserError
        `target` cannot be written.
    """
    with target.open("wb") as out:
        pieces = _pieces(path, packing)
        while True:
            try:
                piece = next(pieces, None)
            except Exception as error:  # whatever foreign bytes lead the libraries to
                why = " ".join(str(error).split()) or type(error).__name__
                return f"packed with {packing}, which cannot be unpacked to its end ({why})"
            if piece is None:
                return ""
            try:
                out.write(piece)
            except OSError as error:
                raise UserError(
                    f"{path}: cannot be unpacked to {target.parent} ({error.strerror});"
                    " set TMPDIR to a folder with more room"
                ) from None


def unpacked_start(path: Path, packing: str) -> tuple[bytes, str]:
    """The first bytes of what is packed in a file; why there are none."""
    try:
        return next((piece for piece in _pieces(path, packing) if piece), b""), ""
    except Exception as error:  # whatever foreign bytes lead the libraries to
        why = " ".join(str(error).split()) or type(error).__name__
        return b"", f"packed with {packing}, which cannot be unpacked ({why})"


def _pieces(path: Path, packing: str) -> Iterator[bytes]:
    with path.open("rb") as file:
        if packing == "zstd":
            yield from _zstd_pieces(file)
            return
        opened: dict[str, Callable[[BinaryIO], Any]] = {
            "gzip": lambda f: gzip.GzipFile(fileobj=f), "bzip2": bz2.BZ2File,
            "xz": lzma.LZMAFile, "lz4": lambda f: _lz4().LZ4FrameFile(f),
        }  # fmt: skip
        with opened[packing](file) as unpacked:
            while piece := unpacked.read1(PIECE):  # at the end of a file cut short all there is
                yield piece


def _zstd_pieces(file: BinaryIO) -> Iterator[bytes]:
    """Frames in a row, as files joined have them; the last one has to end."""
    unpacker: Any = None
    while data := file.read(ZSTD_PIECE):
        while data:
            unpacker = unpacker or zstandard.ZstdDecompressor().decompressobj()
            yield unpacker.decompress(data)
            data = unpacker.unused_data if unpacker.eof else b""
            unpacker = None if unpacker.eof else unpacker
    if unpacker is not None:
        raise ValueError("it is cut short")


def _lz4() -> Any:
    import lz4.frame

    return lz4.frame
