"""Writes messages of any bag, as they are, to an MCAP file or to a sqlite3 bag of rosbag2."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
from abc import ABC, abstractmethod
from collections import Counter
from pathlib import Path
from typing import Any

from mcap.records import Attachment, Metadata
from mcap.writer import CompressionType, Writer
from rosbags.rosbag2 import StoragePlugin, WriterError
from rosbags.rosbag2 import Writer as Rosbag2Writer
from rosbags.rosbag2.metadata import parse_qos

from lupex_rover.bags.bag_channel import BagChannel
from lupex_rover.bags.definitions import IDL, portable, store_of, type_hash
from lupex_rover.bags.metadata_yaml import BagContents
from lupex_rover.bags.ros2msg import full_name
from lupex_rover.core.errors import UserError

LONGEST = 200  # characters of what others say of an error
NAMED = 5  # what is not kept, one by one
SQLITE_END_NS = 2**63
IN_URIS = "?#%"  # rosbags opens its base by a URI and does not escape them


class Save(ABC):
    """A bag being written.

    Attributes
    ----------
    left_out : Counter[tuple[str, str]]
        (topic, why) -> messages that the format cannot hold.
    """

    def __init__(self) -> None:
        self.left_out: Counter[tuple[str, str]] = Counter()

    @abstractmethod
    def write(
        self,
        channel: BagChannel,
        data: bytes,
        t_ns: int,
        publish_ns: int | None = None,
        sequence: int = 0,
    ) -> None:
        """Add one message, logged at `t_ns`; without `publish_ns` published then, too."""

    @abstractmethod
    def declare(self, channel: BagChannel) -> None:
        """Add a topic that may have no messages."""

    @abstractmethod
    def beside(self, record: Metadata | Attachment) -> None:
        """Add what an MCAP has besides messages."""

    def not_kept(self) -> list[str]:
        """What the format has no place for, in a few words each."""
        return []

    @abstractmethod
    def close(self) -> None:
        """Write what makes the bag whole."""

    @abstractmethod
    def discard(self) -> None:
        """Remove what has been written."""


def save_to(path: Path) -> Save:
    """A new bag: an MCAP file where `path` ends in `.mcap`, else a folder with sqlite3.

    Raises
    ------
    UserError
        Something is there already, or it cannot be written.
    """
    if path.exists() or path.is_symlink():
        raise UserError(f"{path}: is there already; name another, or move it away")
    if not path.parent.is_dir():
        raise UserError(f"{path}: there is no folder {path.parent}; make it, or name another")
    try:
        return SaveMcap(path) if path.suffix == ".mcap" else SaveSqlite(path)
    except (OSError, sqlite3.Error, WriterError) as error:
        raise cannot_write(path, error) from None


def cannot_write(path: Path, error: Exception) -> UserError:
    """The error to raise when writing a bag has failed; nothing of it is left then."""
    why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return UserError(
        f"{path}: cannot be written ({why}); it is removed, what it was made from is as it was"
    )


class SaveMcap(Save):
    """An MCAP file of profile `ros2`; a topic without definition keeps none.

    Attributes
    ----------
    contents : BagContents
        What has been written.
    """

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path
        self._file = path.open("xb")
        self._mcap = Writer(self._file, compression=CompressionType.ZSTD)
        self._mcap.start(profile="ros2", library="lupex_rover")
        self._schemas: dict[tuple[str, str], int] = {}
        self._channels: dict[BagChannel, int] = {}
        self.contents = BagContents()

    def write(
        self,
        channel: BagChannel,
        data: bytes,
        t_ns: int,
        publish_ns: int | None = None,
        sequence: int = 0,
    ) -> None:
        if t_ns < 0:
            self.left_out[channel.topic, "their time is below 0"] += 1
            return
        self.declare(channel)
        published_ns = t_ns if publish_ns is None else publish_ns
        self._mcap.add_message(self._channels[channel], t_ns, data, published_ns, sequence)
        self.contents.add(channel, t_ns)

    def declare(self, channel: BagChannel) -> None:
        if channel not in self._channels:
            self._channels[channel] = self._register(channel)
            self.contents.counts[channel] = 0

    def _register(self, channel: BagChannel) -> int:
        key = channel.type, channel.definition
        if channel.type and key not in self._schemas:
            self._schemas[key] = self._mcap.register_schema(
                channel.type,
                channel.definition_format,
                channel.definition.encode("utf-8", "surrogateescape"),
            )
        metadata = {"offered_qos_profiles": channel.qos, "topic_type_hash": channel.type_hash}
        schema = self._schemas.get(key, 0)  # 0: none, MCAP specification, "Channel"
        return self._mcap.register_channel(channel.topic, channel.encoding, schema, metadata)

    def beside(self, record: Metadata | Attachment) -> None:
        if isinstance(record, Metadata):
            self._mcap.add_metadata(record.name, record.metadata)
        else:
            self._mcap.add_attachment(
                record.create_time, record.log_time, record.name, record.media_type, record.data
            )

    def close(self) -> None:
        """Write index and summary."""
        self._mcap.finish()
        self._file.close()

    def discard(self) -> None:
        with contextlib.suppress(OSError):  # closing writes what was not written yet
            self._file.close()
        self._path.unlink(missing_ok=True)


class SaveSqlite(Save):
    """A folder with `metadata.yaml` and a `.db3`; it needs every definition.

    Channels of one topic become one where type and hash agree; the QoS is the first one's.
    """

    def __init__(self, path: Path) -> None:
        super().__init__()
        if set(IN_URIS).intersection(str(path)):
            raise UserError(f"{path}: no sqlite3 bag can have one of {IN_URIS} in its path")
        self._path = path
        self._writer = Rosbag2Writer(path, version=9, storage_plugin=StoragePlugin.SQLITE3)
        try:
            self._writer.open()
        except sqlite3.Error:  # the folder is ours: had it been there, it were no such error
            shutil.rmtree(path, ignore_errors=True)
            raise
        self._connections: dict[BagChannel, Any] = {}
        self._topics: dict[str, tuple[BagChannel, str, Any]] = {}  # first, its hash, connection
        self._types: dict[str, str] = {}  # hash of each type, of which the base has one definition
        self._published = 0
        self._unkept: dict[str, None] = {}

    def write(
        self,
        channel: BagChannel,
        data: bytes,
        t_ns: int,
        publish_ns: int | None = None,
        sequence: int = 0,
    ) -> None:
        """Add one message.

        Raises
        ------
        UserError
            The topic has no definition that a sqlite3 bag could keep.
        """
        if t_ns >= SQLITE_END_NS:
            self.left_out[channel.topic, "their time is beyond 2^63 ns"] += 1
            return
        connection = self._connections.get(channel)
        if connection is None:
            connection = self._connections[channel] = self._register(channel)
        try:
            self._writer.write(connection, t_ns, data)
        except (sqlite3.DataError, OverflowError):
            self.left_out[channel.topic, "they are larger than sqlite3 takes"] += 1
            return
        self._published += publish_ns not in (None, t_ns)

    def declare(self, channel: BagChannel) -> None:
        if channel not in self._connections:
            try:
                self._connections[channel] = self._register(channel)
            except UserError:  # it has no messages, so nothing of the bag is lost
                self._unkept[f"topic {channel.topic}, which has no messages"] = None

    def _register(self, channel: BagChannel) -> Any:
        """The connection of a topic, made or joined."""
        if channel.definition_format not in ("ros2msg", *IDL) or channel.encoding != "cdr":
            raise UserError(
                f"{channel.topic}: a sqlite3 bag needs CDR and a definition of"
                f" {channel.type!r}; choose the other topics with --topics"
            )
        try:
            made_of = _hash(channel)
            if channel.topic in self._topics:
                return self._joined(channel, made_of)
            self._require_one_type(channel, made_of)
            text, bare = portable(channel)
            connection = self._writer.add_connection(
                channel.topic, channel.type, msgdef=text, rihs01=made_of,
                offered_qos_profiles=self._qos(channel),
            )  # fmt: skip
        except (OSError, sqlite3.Error, UserError):
            raise
        except Exception as error:  # whatever a foreign QoS or definition leads rosbags to
            why = " ".join(f"{type(error).__name__}: {error}".split())[:LONGEST]
            raise UserError(
                f"{channel.topic}: cannot go into a sqlite3 bag ({why});"
                " choose the other topics with --topics"
            ) from None
        if bare:
            self._unkept[f"constants and comments of {channel.type}"] = None
        self._topics[channel.topic] = channel, made_of, connection
        return connection

    def _qos(self, channel: BagChannel) -> Any:
        """Offered profiles; none where those of the bag cannot be read."""
        try:
            return parse_qos(channel.qos) if channel.qos else ()
        except Exception:  # whatever a foreign text leads rosbags to
            self._unkept[f"QoS of {channel.topic}, which cannot be read"] = None
            return ()

    def _require_one_type(self, channel: BagChannel, made_of: str) -> None:
        before = self._types.setdefault(channel.type, made_of)
        if before != made_of:
            raise UserError(
                f"{channel.topic}: its {channel.type!r} ({made_of[:15]}) is another than before"
                f" ({before[:15]}); a sqlite3 bag has one of each type: write an .mcap, or choose"
                " the other topics with --topics"
            )

    def _joined(self, channel: BagChannel, made_of: str) -> Any:
        first, its_hash, connection = self._topics[channel.topic]
        if (first.type, its_hash) != (channel.type, made_of):
            raise UserError(
                f"{channel.topic}: has two types, {first.type!r} ({its_hash[:15]}) and"
                f" {channel.type!r} ({made_of[:15]}); a sqlite3 bag has one of each topic: write an"
                " .mcap, or choose the other topics with --topics"
            )
        if first.qos != channel.qos:
            self._unkept[f"another QoS of {channel.topic}"] = None
        return connection

    def beside(self, record: Metadata | Attachment) -> None:
        kind = "metadata" if isinstance(record, Metadata) else "attachment"
        self._unkept[f"{kind} {record.name!r}"] = None

    def not_kept(self) -> list[str]:
        published = [f"{self._published} publish times"] if self._published else []
        more = len(self._unkept) - NAMED
        named = list(self._unkept)[:NAMED]
        return [*published, *named, *([f"{more} more"] if more > 0 else [])]

    def close(self) -> None:
        """Write `metadata.yaml` and close the base."""
        self._writer.close()

    def discard(self) -> None:
        with contextlib.suppress(OSError, sqlite3.Error):
            self._writer.abort()
        shutil.rmtree(self._path, ignore_errors=True)


def _hash(channel: BagChannel) -> str:
    """The definition's, else the one that the bag states; for a type without fields, rosbags'."""
    return type_hash(channel)[0] or store_of(channel).hash_rihs01(full_name(channel.type))
