"""Reads a sqlite3 bag: rosbag2_storage_sqlite3 schema versions 1 to 4."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from lupex_rover.bags.bag_channel import BagChannel, Entry, Found, definition_format, readable
from lupex_rover.bags.definitions import standard_text
from lupex_rover.bags.sqlite_open import Base, bases


def entries(path: Path, found: Found, room: Callable[[], Path]) -> Iterator[Entry]:
    """Messages by time; the publish time, which these bags have not, is the log time.

    Parameters
    ----------
    room : Callable[[], Path]
        Makes an empty folder for copies, where the base cannot be read in place.

    Raises
    ------
    UserError
        There is no room for a copy.
    """
    for base in bases(path, room, found.problems, found.notes):
        yield from _base(path.name, base, found)


def _base(name: str, opened: Base, found: Found) -> Iterator[Entry]:
    read = _Reading()
    try:
        with contextlib.closing(opened.connect()) as base:
            base.text_factory = readable
            base.execute("PRAGMA writable_schema=ON")  # a base with fewer pages than it says opens
            channels = _channels(base, found)
            try:
                yield from read.messages(base, channels, "timestamp, id")
            except sqlite3.DatabaseError:
                if read.count:
                    raise
                yield from read.messages(base, channels, "rowid")  # without its index
                raise
    except (sqlite3.Error, ValueError, IndexError) as error:
        found.problems.append(
            f"{name}: cut short or damaged after {read.count} messages ({error});"
            " `lupex bag recover` writes what can be read"
        )
    if read.odd:
        found.problems.append(f"{name}: {read.odd} messages without topic, data or time, not read")


class _Reading:
    """Messages of a base, counted."""

    def __init__(self) -> None:
        self.count = self.odd = 0

    def messages(
        self, base: sqlite3.Connection, channels: dict[int, BagChannel], order: str
    ) -> Iterator[Entry]:
        query = f"SELECT topic_id, data, timestamp FROM messages ORDER BY {order}"
        for topic, data, t_ns in base.execute(query):
            channel = channels.get(topic)
            if channel is None or not isinstance(data, bytes) or not isinstance(t_ns, int):
                self.odd += 1
                continue
            self.count += 1
            yield channel, data, t_ns, t_ns, 0


def _channels(base: sqlite3.Connection, found: Found) -> dict[int, BagChannel]:
    base.row_factory = sqlite3.Row
    rows: list[Any] = list(base.execute("SELECT * FROM topics"))
    texts = _definitions(base, {_text(row["type"]) for row in rows}, found)
    base.row_factory = None
    channels = {}
    for row in rows:
        names = row.keys()
        kind, text = texts.get(_text(row["type"]), ("", ""))
        topic = _text(row["name"])
        qos = _text(row["offered_qos_profiles"]) if "offered_qos_profiles" in names else ""
        channels[row["id"]] = BagChannel(
            topic, _text(row["type"]), _text(row["serialization_format"]),
            definition_format(kind, text), text, qos or found.told_qos(topic),
            _text(row["type_description_hash"]) if "type_description_hash" in names else "",
        )  # fmt: skip
    channels = {number: channel for number, channel in channels.items() if channel.topic}
    found.channels.update(dict.fromkeys(channels.values()))
    return channels


def _definitions(
    base: sqlite3.Connection, types: set[str], found: Found
) -> dict[str, tuple[str, str]]:
    """Language and text by type: the base's; before schema version 4, which has none, ROS's."""
    try:
        told = list(base.execute("SELECT * FROM message_definitions"))
    except sqlite3.OperationalError:
        found.without_definitions = True
        known = {name: ("ros2msg", text) for name in types if (text := standard_text(name))}
        note = "rosbag2 before Iron stored no definitions: those of ROS 2 Jazzy are taken"
        if known and note not in found.notes:
            found.notes.append(note)
        return known
    return {
        _text(d["topic_type"]): (_text(d["encoding"]), _text(d["encoded_message_definition"]))
        for d in told
    }


def _text(value: Any) -> str:
    """A column that should be text; NULL is nothing."""
    if isinstance(value, bytes):
        return readable(value)
    return "" if value is None else str(value)
