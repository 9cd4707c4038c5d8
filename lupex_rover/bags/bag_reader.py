"""Any ROS 2 bag, ours or another's: MCAP or sqlite3, whole, damaged or cut short.

`AnyBag.records` gives what can be read and notes in `problems` what could not be. Definitions come
from the bag itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from lupex_rover.bags import sqlite_file
from lupex_rover.bags.bag_channel import BagChannel, Beside, Entry, Record
from lupex_rover.bags.mcap_file import McapFile
from lupex_rover.bags.mcap_parts import MAGIC
from lupex_rover.core.config_file import read_yaml
from lupex_rover.core.errors import UserError

SQLITE_MAGIC = b"SQLite format 3\x00"
EARLIEST_NS = 631_152_000_000_000_000  # 1990: a stamp before it does not come from a set clock
BACK_NS = 1_000_000_000  # log times may be out of order by less: several writers


@dataclass
class AnyBag:
    """A bag to be read once or more.

    Attributes
    ----------
    path : a `.mcap` or `.db3` file, or the folder that rosbag2 made round them.
    problems : what the last reading found wrong, one plain line each.
    """

    path: Path
    problems: list[str] = field(default_factory=list)

    def records(self, topics: set[str] | None = None) -> Iterator[Record]:
        """Messages in the order of the files; `problems` is whole once all have been taken.

        Parameters
        ----------
        topics : only these names, as the bag has them; None: all.

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
        beside : is given the metadata and attachments of MCAP files as they come.
        """
        self.problems.clear()
        watch = _Watch(self.problems)
        for path, is_mcap in self.files():
            if is_mcap:
                found = McapFile(path, self.problems, beside).entries()
            else:
                found = sqlite_file.entries(path, self.problems)
            for entry in found:
                if topics is not None and entry[0].topic not in topics:
                    continue
                watch.see(entry[0], entry[2])
                yield entry

    def files(self) -> list[tuple[Path, bool]]:
        """Files that can be read, in the order of `metadata.yaml`, or by name; whether MCAP.

        Raises
        ------
        UserError
            There is none.
        """
        if not self.path.exists():
            raise UserError(f"{self.path}: no such bag")
        if self.path.is_file():
            return [(self.path, _is_mcap(self.path))]
        if not self.path.is_dir():
            raise UserError(f"{self.path}: neither a regular file nor a folder; copy it to a file")
        files = []
        for path in self._named():
            try:
                files.append((path, _is_mcap(path)))
            except UserError as error:
                self.problems.append(str(error).removeprefix(f"{path.parent}/"))
        if not files:
            raise UserError(f"{self.path}: holds no .mcap or .db3 file that can be read")
        return files

    def _named(self) -> list[Path]:
        try:
            told = read_yaml(self.path / "metadata.yaml")
            named = told["rosbag2_bagfile_information"]["relative_file_paths"]
            if not isinstance(named, list):
                raise ValueError("relative_file_paths is no list")
            return [self.path / name for name in named]
        except (UserError, ValueError, KeyError, TypeError):
            self.problems.append("metadata.yaml is missing or broken: files taken by name")
            return sorted(p for p in self.path.iterdir() if p.suffix in (".mcap", ".db3"))


def _is_mcap(path: Path) -> bool:
    """False: sqlite3.

    Raises
    ------
    UserError
        It is neither, or not there.
    """
    if not path.exists():
        raise UserError(f"{path}: named in metadata.yaml, not there")
    if not path.is_file():
        raise UserError(f"{path}: not a regular file")
    try:
        with path.open("rb") as file:
            start = file.read(16)
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror})") from None
    if start.startswith(MAGIC):
        return True
    if start == SQLITE_MAGIC:
        return False
    why = "its first bytes say so" if start else "it is empty, 0 bytes"
    raise UserError(f"{path}: neither an MCAP nor a sqlite3 bag ({why})")


class _Watch:
    """Notes topics that a bag describes badly, a clock that was not set or runs backwards."""

    def __init__(self, problems: list[str]) -> None:
        self._problems = problems
        self._latest = 0
        self._told: set[str] = set()
        self._channels: dict[str, BagChannel] = {}  # the last of each topic

    def see(self, channel: BagChannel, t_ns: int) -> None:
        if self._channels.get(channel.topic) is not channel:
            self._look(channel)
        if t_ns < EARLIEST_NS:
            self._tell(
                "unset", f"{channel.topic}: time {t_ns} ns is before 1990: the clock was not set"
            )
        if t_ns < self._latest - BACK_NS:
            back_s = (self._latest - t_ns) / 1e9
            self._tell("back", f"{channel.topic}: time goes back by {back_s:.3f} s, to {t_ns} ns")
        self._latest = max(self._latest, t_ns)

    def _look(self, channel: BagChannel) -> None:
        name = channel.topic
        before = self._channels.setdefault(name, channel)
        self._channels[name] = channel
        if before.type != channel.type:
            text = f"{name}: more than one type, {before.type!r} and {channel.type!r}"
            self._tell(f"types {name}", text)
        if not channel.definition_format:
            self._tell(f"bare {name}", f"{name}: the bag defines no type {channel.type!r}")
        if "\\x" in name + channel.type:
            self._tell(f"name {name}", f"{name}: topic or type {channel.type!r} is not UTF-8")

    def _tell(self, key: str, text: str) -> None:
        if key not in self._told:
            self._told.add(key)
            self._problems.append(text)
