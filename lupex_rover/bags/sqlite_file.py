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
from lupex_rover.bags.sqlite_pages import Pages, Row, is_blob, is_text

LANGUAGES = ("ros2msg", "ros2idl", "unknown", "")  # of definitions


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
    channels: dict[int, BagChannel] = {}
    try:
        with contextlib.closing(opened.connect()) as base:
            base.text_factory = readable
            base.execute("PRAGMA writable_schema=ON")  # a base with fewer pages than it says opens
            channels.update(_channels(base, found))
            yield from read.messages(base, channels)
    except (sqlite3.Error, ValueError, IndexError) as error:
        before = read.count
        yield from read.rest(opened, channels, found)
        found.problems.append(
            f"{name}: cut short or damaged after {before} messages ({error});{read.told(before)}"
            " `lupex bag recover` writes what can be read"
        )
    if read.odd:
        found.problems.append(f"{name}: {read.odd} messages without topic, data or time, not read")


class _Reading:
    """Messages of a base, counted."""

    def __init__(self) -> None:
        self.count = self.odd = self.nameless = 0
        self._last: tuple[int, int] | None = None  # time and number of the last one
        self._most = 0  # the highest number; rosbag2 counts from 1

    def messages(
        self, base: sqlite3.Connection, channels: dict[int, BagChannel]
    ) -> Iterator[Entry]:
        query = "SELECT topic_id, data, timestamp, id FROM messages ORDER BY timestamp, id"
        for topic, data, t_ns, number in base.execute(query):
            channel = channels.get(topic)
            if channel is None or not isinstance(data, bytes) or not isinstance(t_ns, int):
                self.odd += 1
                continue
            self.count += 1
            self._last = t_ns, number
            yield channel, data, t_ns, t_ns, 0

    def rest(self, opened: Base, channels: dict[int, BagChannel], found: Found) -> Iterator[Entry]:
        """What sqlite did not give, by time: messages on pages that are whole."""
        try:
            with Pages(opened.path, opened.bytes) as pages:
                if not channels:
                    channels.update(_channels_on(pages, found))
                places = []
                for at, topic, row in _messages_on(pages):
                    self._most = max(self._most, row.number)
                    self.nameless += topic not in channels
                    if topic in channels and (self._last is None or at > self._last):
                        places.append((at, topic, row))
                for at, topic, row in sorted(places, key=lambda place: place[0]):
                    data = pages.values(row)
                    if data is not None and at != self._last:
                        self.count += 1
                        self._last = at
                        yield channels[topic], data[3], at[0], at[0], 0
        except (OSError, ValueError):
            return  # the head of the base is bad: the caller tells

    def told(self, before: int) -> str:
        """What became of the messages that did not come in order, in words.

        Parameters
        ----------
        before : int
            Messages that did.
        """
        text = f" {self.count - before} more read from whole pages;" * (self.count > before)
        if self.nameless:
            text += f" {self.nameless} whose topic is lost are left out;"
        lost = self._most - self.count - self.nameless - self.odd
        return text + (f" {lost} lost, by their numbers;" if lost > 0 else "")


Place = tuple[tuple[int, int], int, Row]  # time and number of a message, its topic, where it lies


def _messages_on(pages: Pages) -> Iterator[Place]:
    for row in pages.rows():
        kinds = row.columns
        if len(kinds) != 4 or not is_blob(kinds[3]):
            continue
        values = pages.start(row, 3)
        if values is not None:
            topic, t_ns = values[1:]
            if isinstance(t_ns, int) and isinstance(topic, int):
                yield (t_ns, row.number), topic, row


def _channels_on(pages: Pages, found: Found) -> dict[int, BagChannel]:
    """Topics and definitions on pages that are whole, known by what they say."""
    topics: dict[int, list[str]] = {}
    texts: dict[str, tuple[str, str]] = {}
    for row in pages.rows():
        if not 4 <= len(row.columns) <= 6 or any(not is_text(kind) for kind in row.columns[1:]):
            continue
        told = [_text(value) for value in pages.values(row) or ()][1:]
        if told and told[1] in LANGUAGES and len(told) == 4:
            texts[told[0]] = told[1], told[2]
        elif told and "/" in told[1] and "\n" not in told[0]:
            topics[row.number] = [*told, "", ""]
    channels = {}
    for number, (topic, kind, encoding, qos, type_hash, *_) in topics.items():
        language, text = texts.get(kind) or ("ros2msg", standard_text(kind))
        channels[number] = BagChannel(
            topic, kind, encoding, definition_format(language, text) if text else "", text,
            qos or found.told_qos(topic), type_hash,
        )  # fmt: skip
    found.channels.update(dict.fromkeys(channels.values()))
    return channels


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
