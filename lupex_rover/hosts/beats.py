"""Beats: what each component of a process is doing, in memory that who watches can read.

`RUN/beats/PROCESS` is mapped by its process, which writes around each turn, and by its watchers.
There is no socket, topic or lock in it: a process that hangs in foreign code is seen all the same.
"""

from __future__ import annotations

import mmap
import os
import shutil
import struct
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

FOLDER = "beats"
LOOP = "."  # the host's own loop, as a name among those of components
_MEMORY = Path("/dev/shm")
_PREFIX = "lupex-beats-"
_HEAD = struct.Struct("<8sqq")  # magic, process id, number of entries
_ENTRY = struct.Struct("<64sqqq")  # name, turn began, turn ended, turns; all but the name move
_TIMES = struct.Struct("<q")
_MAGIC = b"LXBEATS1"
_BEGAN, _ENDED, _COUNT = 64, 72, 80  # within an entry

Turn = Callable[[str, int], AbstractContextManager[None]]


@dataclass(frozen=True)
class Beat:
    """One component.

    Attributes
    ----------
    began_ns, ended_ns : int
        When its last turn began and its last whole turn ended, CLOCK_MONOTONIC; 0: never.
    count : int
        Turns that ended.
    """

    name: str
    began_ns: int
    ended_ns: int
    count: int

    @property
    def in_turn(self) -> bool:
        """A turn has begun and not ended."""
        return self.began_ns > self.ended_ns


class Beats:
    """The writer's end, of the process that beats.

    Parameters
    ----------
    path : Path
        The file; its folder is made.
    names : Sequence[str]
        Components; the loop is added.
    """

    def __init__(self, path: Path, names: Sequence[str]) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        names = [LOOP, *names]
        size = _HEAD.size + len(names) * _ENTRY.size
        part = path.with_name(f".{path.name}.{os.getpid()}")  # readers see it whole or not at all
        with part.open("w+b") as file:
            file.truncate(size)
            self._map = mmap.mmap(file.fileno(), size)
        _HEAD.pack_into(self._map, 0, _MAGIC, os.getpid(), len(names))
        self._at: dict[str, int] = {}
        for k, name in enumerate(names):
            self._at[name] = _HEAD.size + k * _ENTRY.size
            _ENTRY.pack_into(self._map, self._at[name], name.encode()[:64], 0, 0, 0)
        part.replace(path)

    def begin(self, name: str) -> None:
        """A turn of `name` begins now."""
        _TIMES.pack_into(self._map, self._at[name] + _BEGAN, time.monotonic_ns())

    def end(self, name: str) -> None:
        """It has ended."""
        at = self._at[name]
        _TIMES.pack_into(self._map, at + _ENDED, time.monotonic_ns())
        count = _TIMES.unpack_from(self._map, at + _COUNT)[0]
        _TIMES.pack_into(self._map, at + _COUNT, count + 1)

    def loop(self) -> None:
        """The host's loop went round once more."""
        self.begin(LOOP)
        self.end(LOOP)

    def around(self, turn: Turn) -> Turn:
        """`turn` with a beat before and after it."""

        @contextmanager
        def beating(name: str, t_ns: int) -> Iterator[None]:
            self.begin(name)
            try:
                with turn(name, t_ns):
                    yield
            finally:
                self.end(name)

        return beating


@dataclass(frozen=True)
class Seen:
    """What the file of one process says.

    Attributes
    ----------
    pid : int
        Of the process that wrote it.
    beats : tuple[Beat, ...]
        The loop's first, then one for each component.
    """

    pid: int
    beats: tuple[Beat, ...]

    @property
    def loop(self) -> Beat:
        """Of the host's own loop."""
        return self.beats[0]


def read(run: Path, process: str) -> Seen | None:
    """What `process` of the run in folder `run` wrote last; None where it has written nothing."""
    try:
        data = (run / FOLDER / process).read_bytes()
        magic, pid, number = _HEAD.unpack_from(data, 0)
        if magic != _MAGIC or number < 1:
            return None
        entries = [_ENTRY.unpack_from(data, _HEAD.size + k * _ENTRY.size) for k in range(number)]
    except (OSError, struct.error):
        return None
    return Seen(pid, tuple(Beat(name.rstrip(b"\0").decode(errors="replace"), began, ended, count)
                           for name, began, ended, count in entries))  # fmt: skip


def alive(pid: int) -> bool:
    """The process is there and may run: neither gone, nor waiting to be buried, nor stopped."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return False
    return text.rpartition(")")[2].split()[0] not in "ZXTt"


def file_of(run: Path, process: str) -> Path:
    """Where `process` of the run in folder `run` writes."""
    return run / FOLDER / process


@contextmanager
def kept(run: Path) -> Iterator[None]:
    """The folder of beats while a run is watched: in memory, so that no flash is worn by it.

    Where there is no folder in memory it is one of the run's own. It goes when this is left; what
    an earlier run left, that was killed, goes first.
    """
    folder = run / FOLDER
    _remove(folder)
    made: Path | None = None
    with suppress(OSError):
        if _MEMORY.is_dir():
            made = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=_MEMORY))
            folder.symlink_to(made)
    folder.mkdir(parents=True, exist_ok=True)
    try:
        yield
    finally:
        _remove(folder)
        if made is not None:
            shutil.rmtree(made, ignore_errors=True)


def _remove(folder: Path) -> None:
    """The folder, or the link and what it leads to if that is one of ours."""
    if folder.is_symlink():
        target = folder.readlink()
        if target.parent == _MEMORY and target.name.startswith(_PREFIX):
            shutil.rmtree(target, ignore_errors=True)
        folder.unlink(missing_ok=True)
    else:
        shutil.rmtree(folder, ignore_errors=True)
