"""Bags: MCAP files of the ROS 2 profile with whole message definitions.

What is written opens in Foxglove, `ros2 bag`, `rosbags` and `mcap-ros2-support`. A writer that
is closed (also by Ctrl-C, through `with`) leaves a complete file with summary and index.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mcap.reader import make_reader
from mcap.writer import CompressionType, Writer

from lupex_rover.bags.bag_channel import BagChannel
from lupex_rover.bags.mcap_parts import BROKEN
from lupex_rover.bags.mcap_search import require_one_end
from lupex_rover.bags.metadata_yaml import BagContents, write_beside
from lupex_rover.bags.packing import unpack_message
from lupex_rover.codec.conversion import decode_recorded, definition, encode
from lupex_rover.core.errors import UserError
from lupex_rover.graph import QOS, TOPICS

CHUNK_BYTES = 1024 * 1024


def absolute(topic: str) -> str:
    """The name of a graph topic on the ROS graph when no namespace is given."""
    return topic if topic.startswith("/") else "/" + topic


def relative(name: str) -> str | None:
    """The graph's name of a topic in a bag; None when the graph does not have it."""
    for topic in (name, name.removeprefix("/")):
        if topic in TOPICS:
            return topic
    return None


def qos_yaml(qos: str) -> str:
    """A QoS class as rosbag2 stores it in `offered_qos_profiles` (Jazzy)."""
    depth, reliable, latched = QOS[qos]
    forever = "{sec: 9223372036, nsec: 854775807}"
    return (
        f"- history: keep_last\n  depth: {depth}\n"
        f"  reliability: {'reliable' if reliable else 'best_effort'}\n"
        f"  durability: {'transient_local' if latched else 'volatile'}\n"
        f"  deadline: {forever}\n  lifespan: {forever}\n  liveliness: automatic\n"
        f"  liveliness_lease_duration: {forever}\n  avoid_ros_namespace_conventions: false\n"
    )


class BagWriter:
    """Writes messages of the graph to an MCAP file as they come.

    Parameters
    ----------
    alone : bool
        It is the one bag of its folder, which gets rosbag2's `metadata.yaml` at the end.

    Attributes
    ----------
    contents : BagContents
        What has been written so far.
    """

    def __init__(self, path: Path | str, alone: bool = False) -> None:
        self._path, self._alone = Path(path), alone
        self.contents = BagContents()
        self._bag_channels: dict[int, BagChannel] = {}
        try:
            self._file: Any = self._new_file(self._path)
        except OSError as error:
            raise UserError(f"{path}: cannot be written ({error.strerror})") from None
        self._mcap = Writer(self._file, chunk_size=CHUNK_BYTES, compression=CompressionType.ZSTD)
        self._mcap.start(profile="ros2", library="lupex_rover")
        self._schemas: dict[str, tuple[int, str]] = {}
        self._channels: dict[str, int] = {}
        self._counts: dict[int, int] = {}
        self._open = True

    def _new_file(self, path: Path) -> Any:
        """What the bytes go to; raises OSError where it cannot be made."""
        return path.open("wb")

    def write_message(self, topic: str, message: Any, t_ns: int) -> None:
        """Encode and write one message, published and logged at `t_ns`."""
        self.write(topic, encode(topic, message), t_ns)

    def write(self, topic: str, cdr: bytes, t_ns: int) -> None:
        """Write one message that is already CDR."""
        channel = self._channels.get(topic)
        if channel is None:
            channel = self._register(topic)
        count = self._counts[channel] = self._counts.get(channel, -1) + 1
        self._mcap.add_message(channel, t_ns, cdr, t_ns, count)
        self.contents.add(self._bag_channels[channel], t_ns)

    def flush(self) -> None:
        """Close the chunk: what was written can be read, also when the process is killed now."""
        self._mcap.flush()

    def _register(self, topic: str) -> int:
        entry = TOPICS[topic]
        if entry.ros not in self._schemas:
            text, type_hash = definition(entry.ros)
            schema = self._mcap.register_schema(entry.ros, "ros2msg", text.encode())
            self._schemas[entry.ros] = schema, type_hash
        schema, type_hash = self._schemas[entry.ros]
        qos = qos_yaml(entry.qos)
        metadata = {"offered_qos_profiles": qos, "topic_type_hash": type_hash}
        channel = self._mcap.register_channel(absolute(topic), "cdr", schema, metadata)
        self._channels[topic] = channel
        self._bag_channels[channel] = BagChannel(
            absolute(topic), entry.ros, "cdr", "ros2msg", "", qos, type_hash
        )
        return channel

    def close(self) -> None:
        """Write index, summary and `metadata.yaml` and close; a second call does nothing."""
        if self._open:
            self._open = False
            self._mcap.finish()
            self._file.close()
            if self._alone:
                write_beside(self._path, self.contents)

    def __enter__(self) -> BagWriter:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class BagReader:
    """Reads a bag that `BagWriter` wrote."""

    def __init__(self, path: Path | str) -> None:
        self._path = Path(path)

    def messages(self, topics: set[str] | None = None) -> Iterator[tuple[str, Any, int]]:
        """Topic (as the graph names it), message and time, UTC ns, in order of time.

        Parameters
        ----------
        topics : set[str] or None
            Only these; None: every topic of the graph.

        Raises
        ------
        UserError
            The file is missing, damaged, or holds what is no message of the graph.
        """
        for topic, data, t_ns in self.records(topics):
            try:
                message = decode_recorded(topic, data, t_ns)
            except UserError as error:
                raise UserError(f"{self._path}: {error}") from None
            yield topic, message, t_ns

    def records(self, topics: set[str] | None = None) -> Iterator[tuple[str, bytes, int]]:
        """As `messages`, not decoded."""
        if self._path.exists() and not self._path.is_file():
            raise UserError(f"{self._path}: not a regular file")
        names = None if topics is None else [absolute(t) for t in topics]
        try:
            with self._path.open("rb") as file:
                require_one_end(file)
                reader = make_reader(file, validate_crcs=True)
                for _, channel, record in reader.iter_messages(topics=names):
                    topic = relative(channel.topic)
                    if topic is not None:
                        yield topic, unpack_message(record.data), record.log_time
        except OSError as error:
            raise UserError(f"{self._path}: cannot be read ({error.strerror})") from None
        except (*BROKEN, KeyError) as error:
            why = str(error) or type(error).__name__
            raise UserError(
                f"{self._path}: not a complete MCAP bag ({why});"
                " `lupex bag recover` saves what can be read"
            ) from None
