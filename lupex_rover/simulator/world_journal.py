"""A simulated world that outlives its process: snapshots, and what went to the boards since.

The journal stands in a folder of the run. A generation is a snapshot of the engine between two
ticks (`snapshot-N.json`) and a file of records (`journal-N.bin`) that begins there: a tick, bytes
to a board, or what an injected fault waits for and flight has told. A record is written before it
is acted on. To resume, the newest snapshot that is whole is restored and its records are
re-executed; as the engine is deterministic, truth goes on from the instant of the kill. Two
generations are kept, so that a damaged newest one costs nothing.
"""

from __future__ import annotations

import json
import os
import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from lupex_rover.core.errors import UserError
from lupex_rover.core.files import write_whole

TICKS = 500  # between two snapshots
KEPT = 2  # generations
HEAD = struct.Struct("<BBII")  # kind, length of the board's name, length of data, CRC-32 of both
TICK, BYTES, HEARD = 1, 2, 3
LONGEST = 1 << 20  # bytes of one record; more is damage


class World(Protocol):
    """What is kept: the simulator's engine."""

    boards: dict[str, Any]

    def save(self) -> dict[str, Any]: ...

    def restore(self, state: dict[str, Any]) -> None: ...

    def advance(self) -> int: ...

    def outputs(self) -> list[Any]: ...

    def feed(self, board: str, data: bytes) -> None: ...

    def hear(self, what: str, name: str) -> None: ...


@dataclass(frozen=True)
class Record:
    """One line of the journal.

    Attributes
    ----------
    kind : int
        TICK, BYTES or HEARD.
    board : str
        That the bytes went to, or what was heard ("phase", "event").
    data : bytes
        The bytes, or the name that was heard.
    """

    kind: int = TICK
    board: str = ""
    data: bytes = b""


@dataclass(frozen=True)
class Restored:
    """How far a world was taken.

    Attributes
    ----------
    ticks : int
        Since the start of the run.
    executed : int
        Of them re-executed from the journal.
    bad : tuple[str, ...]
        Files that were put aside, each with its reason.
    """

    ticks: int
    executed: int
    bad: tuple[str, ...]


class WorldJournal:
    """Writes the journal of an engine; the engine calls `tick` and `fed` (its attribute `journal`).

    Parameters
    ----------
    folder : Path
        Of the journal; made when it is not there.
    ticks : int
        Ticks that the world has had already, of a run that goes on.
    every : int
        Ticks between two snapshots.
    tell : Callable[[str], None]
        Is told once when nothing can be kept any more (the disk is full, the engine cannot be
        saved); the world goes on.

    Raises
    ------
    UserError
        The folder cannot be written.
    """

    def __init__(
        self,
        folder: Path,
        ticks: int = 0,
        every: int = TICKS,
        tell: Callable[[str], None] = lambda text: None,
    ) -> None:
        self._folder, self._every, self._tell = folder, every, tell
        self._ended = False
        self._ticks = ticks
        self._file: Any = None
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UserError(f"{folder}: cannot be made ({error.strerror})") from None

    def tick(self, world: World) -> None:
        """Before `world` moves on by a tick; its outputs were taken."""
        if not self._ended and (self._file is None or self._ticks % self._every == 0):
            try:
                self._begin(world)
            except (OSError, UserError) as error:
                self._end(error)
        self._write(TICK, b"", b"")
        self._ticks += 1

    def fed(self, board: str, data: bytes) -> None:
        """Before `board` is given `data`."""
        self._write(BYTES, board.encode(), data)

    def heard(self, what: str, name: str) -> None:
        """Before a fault that waits for it hears that a phase began or an event was told."""
        self._write(HEARD, what.encode(), name.encode())

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def _begin(self, world: World) -> None:
        """A new generation; the oldest ones go."""
        self.close()
        text = json.dumps(world.save(), allow_nan=False)
        crc = zlib.crc32(text.encode())
        path = self._folder / f"snapshot-{self._ticks}.json"
        write_whole(path, json.dumps({"ticks": self._ticks, "crc32": crc}) + "\n" + text + "\n")
        self._file = (self._folder / f"journal-{self._ticks}.bin").open("wb", buffering=0)
        for old in generations(self._folder)[:-KEPT]:
            for name in (f"snapshot-{old}.json", f"journal-{old}.bin"):
                (self._folder / name).unlink(missing_ok=True)

    def _write(self, kind: int, board: bytes, data: bytes) -> None:
        if self._file is None:  # the first tick begins the journal
            return
        crc = zlib.crc32(board + data, kind)
        try:
            self._file.write(HEAD.pack(kind, len(board), len(data), crc) + board + data)
        except OSError as error:
            self._end(error)

    def _end(self, error: Exception) -> None:
        """A journal with a gap would lead elsewhere: nothing more is kept."""
        self._ended = True
        self.close()
        self._tell(
            f"{self._folder}: the world is kept no more, the run cannot be resumed ({error})"
        )


def generations(folder: Path) -> list[int]:
    """Ticks at which snapshots in `folder` were made, the oldest first."""
    names = (path.stem.removeprefix("snapshot-") for path in folder.glob("snapshot-*.json"))
    return sorted(int(name) for name in names if name.isdecimal())


def restore(world: World, folder: Path, on_tick: Callable[[int, int], None]) -> Restored:
    """Take `world`, made of the same scenario and seed, to where the journal in `folder` ends.

    Parameters
    ----------
    on_tick : Callable[[int, int], None]
        Called after each tick that is re-executed with its number and the time, UTC ns.

    Raises
    ------
    UserError
        There is no snapshot, none is whole, or it is of another scenario, seed or vehicle.
    """
    found = generations(folder)
    bad: list[str] = []
    for first in reversed(found):
        try:
            state = _snapshot(folder / f"snapshot-{first}.json", first)
        except UserError as error:
            bad.append(str(error))
            continue
        world.restore(state)
        last = _replay(world, folder, [g for g in found if g >= first], on_tick, bad)
        _put_aside(folder, last)
        return Restored(last, last - first, tuple(bad))
    why = "; ".join(bad) or "no snapshot is there"
    raise UserError(f"{folder}: this run's world cannot be taken up again ({why})")


def _snapshot(path: Path, ticks: int) -> dict[str, Any]:
    try:
        head_text, text = path.read_text(encoding="utf-8").rstrip("\n").split("\n")
        head = json.loads(head_text)
        if head != {"ticks": ticks, "crc32": zlib.crc32(text.encode())}:
            raise UserError(f"{path}: damaged (checksum)")
        state: dict[str, Any] = json.loads(text)
    except (OSError, ValueError, TypeError) as error:
        raise UserError(f"{path}: cannot be read ({error})") from None
    return state


def _replay(
    world: World,
    folder: Path,
    chain: list[int],
    on_tick: Callable[[int, int], None],
    bad: list[str],
) -> int:
    """Re-execute the journals of `chain` as far as they hang together; the ticks reached."""
    ticks = chain[0]
    for first in chain:
        if first != ticks:
            break
        path = folder / f"journal-{first}.bin"
        for record in records(path, bad):
            if record.kind == BYTES:
                world.feed(record.board, record.data)
            elif record.kind == HEARD:
                world.hear(record.board, record.data.decode())
            else:
                ticks += 1
                t_ns = world.advance()
                world.outputs()
                on_tick(ticks, t_ns)
            for board in world.boards.values():
                board.take()  # its reader is gone
    return ticks


def records(path: Path, bad: list[str]) -> Iterator[Record]:
    """Whole records of a journal; what a kill has cut off at its end is left out.

    `bad` gets a line for damage before the end.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        bad.append(f"{path}: cannot be read ({error.strerror})")
        return
    at = 0
    while at + HEAD.size <= len(data):
        kind, name_length, length, crc = HEAD.unpack_from(data, at)
        end = at + HEAD.size + name_length + length
        body = data[at + HEAD.size : end]
        if end > len(data) and length <= LONGEST and kind in (TICK, BYTES, HEARD):
            return  # cut off by the kill
        if zlib.crc32(body, kind) != crc:
            bad.append(f"{path}: damaged at byte {at}; what follows is left out")
            return
        at = end
        yield Record(kind, body[:name_length].decode(), body[name_length:])


def _put_aside(folder: Path, reached: int) -> None:
    """Nothing of a future that is not reached may be taken for this run's later."""
    for ticks in generations(folder):
        if ticks > reached:
            for name in (f"snapshot-{ticks}.json", f"journal-{ticks}.bin"):
                path = folder / name
                if path.exists():
                    os.replace(path, path.with_name(name + ".bad"))
