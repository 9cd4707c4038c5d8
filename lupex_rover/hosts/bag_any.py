"""Any ROS 2 bag, ours or another's: MCAP or sqlite3, whole or cut short.

`AnyBag.records` gives what can be read and notes in `problems` what could not be: a bag that
ends early gives its messages up to there and one problem that says so. Definitions come from the
bag itself.

Formats: MCAP specification 1.0 (mcap.dev); rosbag2_storage_sqlite3 schema versions 1 to 4.
"""

from __future__ import annotations

import sqlite3
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

import yaml
from mcap.data_stream import ReadDataStream
from mcap.exceptions import McapError
from mcap.opcode import Opcode
from mcap.records import Channel, Chunk, DataEnd, Message, Schema
from mcap.stream_reader import StreamReader, get_chunk_data_stream
from zstandard import ZstdError

from lupex_rover.core.errors import UserError

MCAP_MAGIC, SQLITE_MAGIC = b"\x89MCAP0\r\n", b"SQLite format 3\x00"
RECORD = struct.Struct("<BQ")  # opcode, length
MESSAGE = struct.Struct("<HIQQ")  # channel, sequence, log time, publish time; the data follow
PARTS: dict[int, Any] = {Opcode.SCHEMA: Schema, Opcode.CHANNEL: Channel}
BROKEN = (McapError, ValueError, struct.error, EOFError, ZstdError, RuntimeError)
EARLIEST_NS = 631_152_000_000_000_000  # 1990: a stamp before it does not come from a set clock
BACK_NS = 1_000_000_000  # log times may be out of order by less: several writers


@dataclass(frozen=True)
class Line:
    """A topic as a bag describes it; `definition` is empty where the bag has none."""

    topic: str
    type: str
    encoding: str  # of the messages: "cdr"
    definition_format: str  # "ros2msg", "ros2idl"; "": the bag defines no type
    definition: str
    qos: str  # yaml, as rosbag2 stores it
    type_hash: str


Record = tuple[Line, bytes, int]  # CDR, log time in ns


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
        self.problems.clear()
        clock = _ClockWatch(self.problems)
        bare: set[str] = set()
        for path in self.files():
            read = _mcap if self._is_mcap(path) else _sqlite
            for line, data, t_ns in read(path, self.problems):
                if topics is not None and line.topic not in topics:
                    continue
                if not line.definition_format and line.topic not in bare:
                    bare.add(line.topic)
                    self.problems.append(f"{line.topic}: the bag defines no type {line.type!r}")
                clock.see(line.topic, t_ns)
                yield line, data, t_ns

    def files(self) -> list[Path]:
        """The files of the bag, in the order in which `metadata.yaml` has them, or by name."""
        if not self.path.exists():
            raise UserError(f"{self.path}: no such bag")
        if self.path.is_file():
            return [self.path]
        found = sorted(p for p in self.path.iterdir() if p.suffix in (".mcap", ".db3"))
        try:
            told = yaml.safe_load((self.path / "metadata.yaml").read_text(encoding="utf-8"))
            named = told["rosbag2_bagfile_information"]["relative_file_paths"]
            files = [self.path / name for name in named]
        except (OSError, ValueError, yaml.YAMLError, KeyError, TypeError):
            self.problems.append("metadata.yaml is missing or broken: files taken by name")
            files = found
        for path in [p for p in files if not p.is_file()]:
            self.problems.append(f"{path.name}: named in metadata.yaml, not there")
        files = [p for p in files if p.is_file()]
        if not files:
            raise UserError(f"{self.path}: holds no .mcap or .db3 file that can be read")
        return files

    @staticmethod
    def _is_mcap(path: Path) -> bool:
        try:
            with path.open("rb") as file:
                start = file.read(16)
        except OSError as error:
            raise UserError(f"{path}: cannot be read ({error.strerror})") from None
        if start.startswith(MCAP_MAGIC):
            return True
        if start == SQLITE_MAGIC:
            return False
        raise UserError(f"{path}: neither an MCAP nor a sqlite3 bag (its first bytes say so)")


class _ClockWatch:
    """Notes a clock that was not set, and the first time that runs backwards."""

    def __init__(self, problems: list[str]) -> None:
        self._problems = problems
        self._latest = 0
        self._told: set[str] = set()

    def see(self, topic: str, t_ns: int) -> None:
        if t_ns < EARLIEST_NS:
            self._tell("unset", f"{topic}: time {t_ns} ns is before 1990: the clock was not set")
        if t_ns < self._latest - BACK_NS:
            back_s = (self._latest - t_ns) / 1e9
            self._tell("back", f"{topic}: time goes back by {back_s:.3f} s, to {t_ns} ns")
        self._latest = max(self._latest, t_ns)

    def _tell(self, key: str, text: str) -> None:
        if key not in self._told:
            self._told.add(key)
            self._problems.append(text)


def _mcap(path: Path, problems: list[str]) -> Iterator[Record]:
    lines = _McapLines()
    count, ended = 0, False
    with path.open("rb") as file:
        try:
            for record in StreamReader(file, emit_chunks=True, validate_crcs=True).records:
                if isinstance(record, Chunk):
                    for found in _chunk(record, lines):
                        count += 1
                        yield found
                elif isinstance(record, Message):
                    count += 1
                    yield lines.of(record.channel_id), record.data, record.log_time
                elif isinstance(record, (Schema, Channel)):
                    lines.add(record)
                elif isinstance(record, DataEnd):
                    ended = True
        except BROKEN as error:
            what = "its index is broken" if ended else "cut short or damaged"
            why = str(error) or type(error).__name__
            problems.append(f"{path.name}: {what} after {count} messages ({why})")


class _McapLines:
    """Schemas and channels of a file as they come."""

    def __init__(self) -> None:
        self._schemas: dict[int, Schema] = {}
        self._lines: dict[int, Line] = {}

    def add(self, record: Schema | Channel) -> None:
        if isinstance(record, Schema):
            self._schemas[record.id] = record
        elif record.id not in self._lines:
            self._lines[record.id] = _line(record, self._schemas.get(record.schema_id))

    def of(self, channel: int) -> Line:
        if channel not in self._lines:
            raise ValueError(f"message of unknown channel {channel}")
        return self._lines[channel]


def _chunk(chunk: Chunk, lines: _McapLines) -> Iterator[Record]:
    """Messages of a chunk; its records are taken apart here, which is twice as fast as mcap's."""
    stream, size = get_chunk_data_stream(chunk, validate_crc=True)
    data = stream.read(size)
    at = 0
    while at < size:
        opcode, length = RECORD.unpack_from(data, at)
        at += RECORD.size
        end = at + length
        if end > size:
            raise ValueError("a record is longer than its chunk")
        if opcode == Opcode.MESSAGE:
            channel, _, log_ns, _ = MESSAGE.unpack_from(data, at)
            yield lines.of(channel), data[at + MESSAGE.size : end], log_ns
        elif opcode in PARTS:
            lines.add(PARTS[opcode].read(ReadDataStream(BytesIO(data[at:end]))))
        at = end


def _line(channel: Channel, schema: Schema | None) -> Line:
    text = schema.data.decode("utf-8", "replace") if schema else ""
    return Line(
        channel.topic, schema.name if schema else "", channel.message_encoding,
        schema.encoding if schema else "", text,
        channel.metadata.get("offered_qos_profiles", ""),
        channel.metadata.get("topic_type_hash", ""),
    )  # fmt: skip


def _sqlite(path: Path, problems: list[str]) -> Iterator[Record]:
    base = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)
    count = 0
    try:
        lines = _sqlite_lines(base)
        query = "SELECT topic_id, data, timestamp FROM messages ORDER BY timestamp, id"
        for topic, data, t_ns in base.execute(query):
            if topic not in lines:
                raise ValueError(f"message of unknown topic number {topic}")
            count += 1
            yield lines[topic], data, t_ns
    except (sqlite3.Error, ValueError) as error:
        problems.append(f"{path.name}: cut short or damaged after {count} messages ({error})")
    finally:
        base.close()


def _sqlite_lines(base: sqlite3.Connection) -> dict[int, Line]:
    base.row_factory = sqlite3.Row
    rows: list[Any] = list(base.execute("SELECT * FROM topics"))
    try:
        told = list(base.execute("SELECT * FROM message_definitions"))
    except sqlite3.OperationalError:
        told = []  # before schema version 4, definitions were not stored
    texts = {d["topic_type"]: (d["encoding"], d["encoded_message_definition"]) for d in told}
    base.row_factory = None
    lines = {}
    for row in rows:
        kind, text = texts.get(row["type"], ("", ""))
        names = row.keys()
        lines[row["id"]] = Line(
            row["name"], row["type"], row["serialization_format"], kind, text,
            row["offered_qos_profiles"] if "offered_qos_profiles" in names else "",
            row["type_description_hash"] if "type_description_hash" in names else "",
        )  # fmt: skip
    return lines
