"""Any ROS 2 bag, ours or another's: MCAP or sqlite3, packed, whole, damaged or cut short.

`AnyBag.records` gives what can be read and notes in `problems` what could not be. Definitions come
from the bag itself. Files are known by their bytes; `metadata.yaml` is a hint. Nothing is written
beside a bag: what has to be unpacked or copied goes to a temporary folder.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import weakref
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from lupex_rover.bags import bag_metadata, sqlite_file
from lupex_rover.bags.bag_channel import BagChannel, Beside, Entry, Found, Record
from lupex_rover.bags.bag_folder import SQLITE_MAGIC, BagFolder, look_into
from lupex_rover.bags.bag_watch import BagWatch
from lupex_rover.bags.mcap_file import McapFile
from lupex_rover.bags.mcap_parts import MAGIC
from lupex_rover.bags.packing import packing_of, unpack_file, unpacked_start
from lupex_rover.core.errors import UserError

NESTED = 3  # a file may be packed so many times


@dataclass
class AnyBag:
    """A bag to be read once or more.

    Attributes
    ----------
    path : Path
        A `.mcap` or `.db3` file, also packed, or the folder that rosbag2 made round them.
    problems : list[str]
        What the last reading found wrong, one plain line each, with its cure.
    notes : list[str]
        What it found that is not wrong.
    channels : list[BagChannel]
        Every topic that the bag has, also those without messages.
    """

    path: Path
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    channels: list[BagChannel] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._room: Path | None = None
        self._unpacked: dict[Path, tuple[Path, str]] = {}  # where a packed file is, what was wrong

    def records(self, topics: set[str] | None = None) -> Iterator[Record]:
        """Messages in the order of the files; `problems` is whole once all have been taken.

        Parameters
        ----------
        topics : set[str] or None
            Only these names, as the bag has them; None: all.

        Raises
        ------
        UserError
            The path is missing, or is no bag.
        """
        for channel, data, t_ns, _, _ in self.entries(topics):
            yield channel, data, t_ns

    def entries(
        self, topics: set[str] | None = None, beside: Beside | None = None
    ) -> Iterator[Entry]:
        """As `records`, with publish time and sequence number.

        Parameters
        ----------
        beside : Beside or None
            Is given the metadata and attachments of MCAP files as they come; it may not fail.
        """
        folder = self._look()
        told = folder.told
        self.problems[:], self.notes[:] = folder.problems, folder.notes
        found = Found(self.problems, self.notes, told_qos=told.qos_of, beside=beside)
        watch = BagWatch(found, told.packed_messages)
        files = self._readable(folder, self.problems)
        for path in files if folder.ordered else self._by_time(files):
            yield from self._file(path, found, watch, topics)
            if len(files) > 1:
                self._forget(path)
        there = {channel.topic for channel in found.channels}
        silent = [
            BagChannel(t.name, t.type, t.encoding, "", "", t.qos, t.type_hash)
            for t in told.topics
            if t.name not in there
        ]
        self.channels[:] = [*found.channels, *silent]
        watch.finish(told.messages if topics is None else None)

    def files(self) -> list[Path]:
        """Files that can be read, in the order of `metadata.yaml`, or by name; sets `problems`.

        Raises
        ------
        UserError
            There is none.
        """
        folder = self._look()
        self.problems[:] = folder.problems
        return self._readable(folder, self.problems)

    def _look(self) -> BagFolder:
        if not self.path.exists():
            raise UserError(f"{self.path}: no such bag{_link(self.path)}")
        path = self.path.parent if self.path.name == bag_metadata.NAME else self.path
        if path.is_file():
            return BagFolder(path, [path])
        if not path.is_dir():
            raise UserError(f"{path}: neither a regular file nor a folder; copy it to a file")
        return look_into(path)

    def _readable(self, folder: BagFolder, problems: list[str]) -> list[Path]:
        """Files that begin as a bag, or as a packed file; the others go to `problems`."""
        files, told = [], []
        for path in folder.files:
            why = _unlike_a_bag(path)
            if why:
                told.append(f"{path.name}: {why}")
            else:
                files.append(path)
        if not files and folder.path.is_file():
            raise UserError(f"{folder.path}: {told[0].removeprefix(f'{folder.path.name}: ')}")
        if not files:
            raise UserError(
                f"{folder.path}: holds no .mcap or .db3 file that can be read: {'; '.join(told)}"
            )
        problems += [f"{text}; it is left out, the others are read" for text in told]
        return files

    def _file(
        self, path: Path, found: Found, watch: BagWatch, topics: set[str] | None
    ) -> Iterator[Entry]:
        """Messages of one file; whatever its bytes lead a library to is a problem of the file."""
        before, packed = watch.count, watch.packed
        try:
            plain, why = self._plain(path)
            if why:
                self.problems.append(f"{path.name}: {why}; what was unpacked is read")
            for entry in self._open(plain, found):
                channel = entry[0]
                if topics is not None and channel.topic not in topics:
                    continue
                watch.see(channel, entry[1], entry[2])
                if packed and channel in packed:
                    data = watch.unpacked(channel, entry[1])
                    if data is None:
                        continue
                    entry = (channel, data, *entry[2:])
                yield entry
        except UserError:
            raise
        except Exception as error:
            why = " ".join(f"{type(error).__name__}: {error}".split())
            self.problems.append(
                f"{path.name}: cannot be read on after {watch.count - before} messages ({why});"
                " `lupex bag recover` writes what can be read"
            )

    def _open(self, plain: Path, found: Found) -> Iterator[Entry]:
        if _start(plain).startswith(MAGIC):
            return McapFile(plain, found).entries()
        return sqlite_file.entries(plain, found, self._new_folder)

    def _plain(self, path: Path) -> tuple[Path, str]:
        """Where the file lies unpacked, and what was wrong with it as a packed one."""
        if path not in self._unpacked:
            plain, why = path, ""
            for _ in range(NESTED):
                packing = packing_of(_start(plain))
                if packing and not why:
                    target = self._new_folder() / path.name
                    why = unpack_file(plain, packing, target)
                    plain = target
            self._unpacked[path] = plain, why
        return self._unpacked[path]

    def _forget(self, path: Path) -> None:
        """Make room where a file was unpacked."""
        plain, _ = self._unpacked.pop(path, (path, ""))
        if plain != path:
            shutil.rmtree(plain.parent, ignore_errors=True)

    def _by_time(self, files: Iterable[Path]) -> list[Path]:
        """Files by the time of their first message; those without one come last."""

        def begins(path: Path) -> tuple[bool, int, str]:
            try:
                first = next(iter(self._open(self._plain(path)[0], Found())), None)
            except Exception:  # it is told when the file is read
                first = None
            return first is None, first[2] if first else 0, path.name

        return sorted(files, key=begins)

    def _new_folder(self) -> Path:
        """An empty folder that lives as long as this object."""
        if self._room is None:
            self._room = Path(tempfile.mkdtemp(prefix="lupex-bag-"))
            weakref.finalize(self, shutil.rmtree, self._room, ignore_errors=True)
        return Path(tempfile.mkdtemp(dir=self._room))


def _unlike_a_bag(path: Path) -> str:
    """Why a file is none that we read; "" for one that may be."""
    if not path.is_file():
        return "not a regular file; copy it to one"
    try:
        start = _start(path)
    except OSError as error:
        return f"cannot be read ({error.strerror})"
    packing, why = packing_of(start), ""
    if packing:
        start, why = unpacked_start(path, packing)
    if why or start.startswith((MAGIC, SQLITE_MAGIC)) or (packing and packing_of(start)):
        return why
    if start.startswith(b"#ROSBAG"):
        return "a bag of ROS 1, which is not read; `rosbags-convert` makes one of ROS 2 from it"
    what = f"packed with {packing}, " if packing else ""
    why = "its first bytes say so" if start else "it is empty, 0 bytes"
    return f"{what}neither an MCAP nor a sqlite3 bag ({why})"


def _link(path: Path) -> str:
    """Where a link leads that leads nowhere, in words."""
    return f"; it is a link to {os.readlink(path)}, which is not there" if path.is_symlink() else ""


def _start(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(16)
