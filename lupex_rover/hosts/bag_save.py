"""Writes messages of any bag, as they are, to an MCAP file or to a sqlite3 bag of rosbag2."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

from mcap.writer import CompressionType, Writer
from rosbags.rosbag2 import StoragePlugin, WriterError
from rosbags.rosbag2 import Writer as Rosbag2Writer
from rosbags.rosbag2.metadata import parse_qos

from lupex_rover.core.errors import UserError
from lupex_rover.hosts.bag_line import Line
from lupex_rover.hosts.definitions import store_of, type_hash


class Save(Protocol):
    """A bag being written."""

    def write(self, line: Line, data: bytes, t_ns: int) -> None:
        """Add one message."""

    def close(self) -> None:
        """Write what makes the bag whole."""


def save_to(path: Path) -> Save:
    """A new bag: an MCAP file where `path` ends in `.mcap`, else a folder with sqlite3.

    Raises
    ------
    UserError
        Something is there already, or it cannot be written.
    """
    if path.exists():
        raise UserError(f"{path}: is there already; name another, or move it away")
    try:
        return SaveMcap(path) if path.suffix == ".mcap" else SaveSqlite(path)
    except OSError as error:
        raise UserError(f"{path}: cannot be written ({error.strerror})") from None


class SaveMcap:
    """An MCAP file of profile `ros2`; a topic without definition keeps none."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("xb")
        self._mcap = Writer(self._file, compression=CompressionType.ZSTD)
        self._mcap.start(profile="ros2", library="lupex_rover")
        self._schemas: dict[tuple[str, str], int] = {}
        self._channels: dict[Line, int] = {}

    def write(self, line: Line, data: bytes, t_ns: int) -> None:
        """Add one message, logged and published at `t_ns`."""
        channel = self._channels.get(line)
        if channel is None:
            channel = self._channels[line] = self._register(line)
        self._mcap.add_message(channel, t_ns, data, t_ns)

    def _register(self, line: Line) -> int:
        key = line.type, line.definition
        if line.type and key not in self._schemas:
            self._schemas[key] = self._mcap.register_schema(
                line.type,
                line.definition_format,
                line.definition.encode("utf-8", "surrogateescape"),
            )
        metadata = {"offered_qos_profiles": line.qos, "topic_type_hash": line.type_hash}
        schema = self._schemas.get(key, 0)  # 0: none, MCAP specification, "Channel"
        return self._mcap.register_channel(line.topic, line.encoding, schema, metadata)

    def close(self) -> None:
        """Write index and summary."""
        self._mcap.finish()
        self._file.close()


class SaveSqlite:
    """A folder with `metadata.yaml` and a `.db3`; it needs every definition as `ros2msg`."""

    def __init__(self, path: Path) -> None:
        self._writer = Rosbag2Writer(path, version=9, storage_plugin=StoragePlugin.SQLITE3)
        self._writer.open()
        self._connections: dict[Line, Any] = {}

    def write(self, line: Line, data: bytes, t_ns: int) -> None:
        """Add one message.

        Raises
        ------
        UserError
            The topic has no definition that a sqlite3 bag could keep.
        """
        connection = self._connections.get(line)
        if connection is None:
            connection = self._connections[line] = self._register(line)
        self._writer.write(connection, t_ns, data)

    def _register(self, line: Line) -> Any:
        if line.definition_format != "ros2msg" or line.encoding != "cdr":
            raise UserError(
                f"{line.topic}: a sqlite3 bag needs CDR and a ros2msg definition of {line.type!r};"
                " choose the other topics with --topics"
            )
        try:
            return self._writer.add_connection(
                line.topic, line.type, msgdef=line.definition,
                rihs01=_hash(line),
                offered_qos_profiles=parse_qos(line.qos) if line.qos else (),
            )  # fmt: skip
        except (WriterError, KeyError, ValueError, TypeError) as error:
            raise UserError(f"{line.topic}: cannot go into a sqlite3 bag ({error})") from None

    def close(self) -> None:
        """Write `metadata.yaml` and close the base."""
        self._writer.close()


def _hash(line: Line) -> str:
    """The bag's, or its definition's; for a type without fields, as rosbags has it."""
    return line.type_hash or type_hash(line)[0] or store_of(line).hash_rihs01(line.type)
