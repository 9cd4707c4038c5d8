"""Opens the bases of a sqlite3 bag so that nothing is written beside them, on read-only media, too.

A base that a crash left in the middle of writing has its last messages in a file beside it: it is
opened as a copy. What lies behind the end of a base, as in files joined by `cat`, is read on.
"""

from __future__ import annotations

import shutil
import sqlite3
import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from lupex_rover.core.errors import UserError

MAGIC = b"SQLite format 3\x00"
HEAD_BYTES = 100
LEFT_OVER = ("-wal", "-journal")
PIECE = 1024 * 1024


@dataclass(frozen=True)
class Base:
    """A base to be opened: bytes of a file as it lies there, or of a copy of our own.

    Attributes
    ----------
    bytes : int or None
        The file's first bytes that are the base's; None: all.
    """

    path: Path
    own: bool = False
    bytes: int | None = None

    def connect(self) -> sqlite3.Connection:
        """Raises sqlite3.Error; a base that is not ours is opened so that no file is made."""
        how = "mode=rw" if self.own else "mode=ro&immutable=1"
        return sqlite3.connect(f"{self.path.resolve().as_uri()}?{how}", uri=True)


def bases(
    path: Path, room: Callable[[], Path], problems: list[str], notes: list[str]
) -> list[Base]:
    """The bases in a file, one behind the other; odd things go to `problems` and `notes`.

    Parameters
    ----------
    room : Callable[[], Path]
        Makes an empty folder for copies.

    Raises
    ------
    UserError
        There is no room for a copy.
    """
    real = path.resolve()
    left = [p for p in (Path(f"{real}{end}") for end in LEFT_OVER) if _holds(p)]
    if left:
        copy = room() / real.name
        for source in (real, *left):
            _copy(source, copy.with_name(source.name))
        names = ", ".join(p.name for p in left)
        notes.append(
            f"{path.name}: {names} was left by a crash, or it is being written; its messages"
            " are read, too"
        )
        return [Base(copy, own=True)]
    size = path.stat().st_size
    at = _end(path, 0)
    found = [Base(path, bytes=at if 0 < at < size else None)]
    while 0 < at < size:
        with path.open("rb") as file:
            file.seek(at)
            joined = file.read(len(MAGIC)) == MAGIC
        if not joined:
            what = "zeros" if _zeros(path, at) else "bytes that are no bag"
            problems.append(
                f"{path.name}: {size - at} {what} behind its end at byte {at}; all before is read,"
                " `lupex bag recover` writes it without them"
            )
            break
        problems.append(
            f"{path.name}: another bag begins at byte {at}, files were joined; it is read, too,"
            " `lupex bag recover` writes one bag of all"
        )
        copy = room() / path.name
        _copy(path, copy, at)
        behind = _end(path, at)
        found.append(Base(copy, own=True, bytes=behind - at if at < behind < size else None))
        at = behind if behind > at else size
    return found


def _holds(path: Path) -> bool:
    try:
        return path.is_file() and path.stat().st_size > 0
    except OSError:
        return False


def _end(path: Path, at: int) -> int:
    """Behind the last page of the base at a byte; 0: it does not say."""
    with path.open("rb") as file:
        file.seek(at)
        head = file.read(HEAD_BYTES)
    if len(head) < HEAD_BYTES or head[24:28] != head[92:96]:  # the size counts for this change only
        return 0
    page = struct.unpack_from(">H", head, 16)[0]
    return at + (65536 if page == 1 else page) * int(struct.unpack_from(">I", head, 28)[0])


def _zeros(path: Path, at: int) -> bool:
    with path.open("rb") as file:
        file.seek(at)
        while data := file.read(PIECE):
            if data.count(0) < len(data):
                return False
    return True


def _copy(source: Path, target: Path, at: int = 0) -> None:
    try:
        with source.open("rb") as file, target.open("wb") as out:
            file.seek(at)
            shutil.copyfileobj(file, out, PIECE)
    except OSError as error:
        raise UserError(
            f"{source}: cannot be copied to {target.parent} ({error.strerror});"
            " set TMPDIR to a folder with more room"
        ) from None
