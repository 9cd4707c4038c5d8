"""Reads a sqlite3 bag: rosbag2_storage_sqlite3 schema versions 1 to 4."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lupex_rover.bags.bag_channel import BagChannel, Entry, readable


def entries(path: Path, problems: list[str]) -> Iterator[Entry]:
    """Messages by time; the publish time, which these bags have not, is the log time."""
    count = odd = 0
    base: sqlite3.Connection | None = None
    try:
        base = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)
        base.text_factory = readable
        channels = _channels(base)
        query = "SELECT topic_id, data, timestamp FROM messages ORDER BY timestamp, id"
        for topic, data, t_ns in base.execute(query):
            channel = channels.get(topic)
            if channel is None or not isinstance(data, bytes) or not isinstance(t_ns, int):
                odd += 1
                continue
            count += 1
            yield channel, data, t_ns, t_ns, 0
    except (sqlite3.Error, ValueError, IndexError) as error:
        problems.append(f"{path.name}: cut short or damaged after {count} messages ({error})")
    finally:
        if base is not None:
            base.close()
    if odd:
        problems.append(f"{path.name}: {odd} messages without topic, data or time, not read")


def _channels(base: sqlite3.Connection) -> dict[int, BagChannel]:
    base.row_factory = sqlite3.Row
    rows: list[Any] = list(base.execute("SELECT * FROM topics"))
    try:
        told = list(base.execute("SELECT * FROM message_definitions"))
    except sqlite3.OperationalError:
        told = []  # before schema version 4, definitions were not stored
    texts = {
        _text(d["topic_type"]): (_text(d["encoding"]), _text(d["encoded_message_definition"]))
        for d in told
    }
    base.row_factory = None
    channels = {}
    for row in rows:
        names = row.keys()
        kind, text = texts.get(_text(row["type"]), ("", ""))
        channels[row["id"]] = BagChannel(
            _text(row["name"]), _text(row["type"]), _text(row["serialization_format"]), kind, text,
            _text(row["offered_qos_profiles"]) if "offered_qos_profiles" in names else "",
            _text(row["type_description_hash"]) if "type_description_hash" in names else "",
        )  # fmt: skip
    return {number: channel for number, channel in channels.items() if channel.topic}


def _text(value: Any) -> str:
    """A column that should be text; NULL is nothing."""
    if isinstance(value, bytes):
        return readable(value)
    return "" if value is None else str(value)
