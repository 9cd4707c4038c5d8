"""Writes the `metadata.yaml` that makes a bag's folder one of rosbag2 (its version 9)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rosbags.rosbag2.metadata import dump_qos_v9, parse_qos

from lupex_rover.bags.bag_channel import BagChannel
from lupex_rover.bags.bag_metadata import NAME, SECTION, read_metadata
from lupex_rover.core.config_file import to_yaml
from lupex_rover.core.errors import UserError
from lupex_rover.core.files import write_whole

VERSION = 9
DISTRO = "jazzy"


@dataclass
class BagContents:
    """What has been written to a bag; times in ns."""

    counts: dict[BagChannel, int] = field(default_factory=dict)
    first_ns: int | None = None
    last_ns: int = 0

    def add(self, channel: BagChannel, t_ns: int) -> None:
        self.counts[channel] = self.counts.get(channel, 0) + 1
        if self.first_ns is None or t_ns < self.first_ns:
            self.first_ns = t_ns
        if t_ns > self.last_ns:
            self.last_ns = t_ns


def write_beside(bag: Path, contents: BagContents) -> str:
    """Write the `metadata.yaml` of an MCAP file to its folder; why not: another bag's is there.

    Raises
    ------
    UserError
        It cannot be written.
    """
    path = bag.parent / NAME
    if (path.exists() or path.is_symlink()) and not _is_of(path, bag.name):
        return (
            f"{path} is another bag's and stays; readers that open folders want {bag.name} in a"
            " folder of its own"
        )
    write_whole(path, to_yaml({SECTION: _told({bag.name: contents})}))
    return ""


def write_folder(folder: Path, files: Mapping[str, BagContents]) -> None:
    """Write the `metadata.yaml` of a bag that is split into `files`, which stand in its order.

    Raises
    ------
    UserError
        It cannot be written.
    """
    write_whole(folder / NAME, to_yaml({SECTION: _told(files)}))


def _is_of(path: Path, name: str) -> bool:
    try:
        return read_metadata(path).files == (name,)
    except UserError:
        return False


def _told(files: Mapping[str, BagContents]) -> dict[str, Any]:
    whole = _together(files.values())
    return {
        "version": VERSION,
        "storage_identifier": "mcap",
        **_span(whole),
        "topics_with_message_count": _topics(whole.counts),
        "compression_format": "",
        "compression_mode": "",
        "relative_file_paths": list(files),
        "files": [{"path": name, **_span(contents)} for name, contents in files.items()],
        "custom_data": None,
        "ros_distro": DISTRO,
    }


def _together(parts: Iterable[BagContents]) -> BagContents:
    whole = BagContents()
    for part in parts:
        for channel, count in part.counts.items():
            whole.counts[channel] = whole.counts.get(channel, 0) + count
        firsts = [t for t in (whole.first_ns, part.first_ns) if t is not None]
        whole.first_ns = min(firsts, default=None)
        whole.last_ns = max(whole.last_ns, part.last_ns)
    return whole


def _span(contents: BagContents) -> dict[str, Any]:
    first_ns = contents.first_ns or 0
    return {
        "duration": {"nanoseconds": max(0, contents.last_ns - first_ns)},
        "starting_time": {"nanoseconds_since_epoch": first_ns},
        "message_count": sum(contents.counts.values()),
    }


def _topics(counts: dict[BagChannel, int]) -> list[dict[str, Any]]:
    """One entry for the channels of a topic that differ in nothing told here."""
    topics: dict[tuple[str, ...], dict[str, Any]] = {}
    for channel, count in counts.items():
        key = channel.topic, channel.type, channel.encoding, channel.qos, channel.type_hash
        entry = topics.setdefault(key, {
            "topic_metadata": {
                "name": str(channel.topic), "type": channel.type,  # a topic of ours is more
                "serialization_format": channel.encoding,
                "offered_qos_profiles": _qos(channel.qos),
                "type_description_hash": channel.type_hash,
            },
            "message_count": 0,
        })  # fmt: skip
        entry["message_count"] += count
    return list(topics.values())


def _qos(text: str) -> Any:
    """A list, as from version 9 on; a text that cannot be read stays one."""
    try:
        return dump_qos_v9(parse_qos(text))
    except Exception:  # whatever a foreign text leads rosbags to
        return text
