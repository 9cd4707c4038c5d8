"""What `metadata.yaml` tells of a bag: rosbag2's versions 1 to 9. It is a hint, no more."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lupex_rover.core.config_file import read_yaml, to_yaml
from lupex_rover.core.errors import UserError

NAME = "metadata.yaml"
SECTION = "rosbag2_bagfile_information"


@dataclass(frozen=True)
class ToldTopic:
    """A topic as `metadata.yaml` tells it."""

    name: str
    type: str
    encoding: str
    offered: Any  # QoS: yaml text, from version 9 on a list of sections
    type_hash: str

    @property
    def qos(self) -> str:
        """As the files of a bag have it: yaml text."""
        if isinstance(self.offered, str):
            return self.offered
        return to_yaml(self.offered) if self.offered else ""


@dataclass(frozen=True)
class BagMetadata:
    """What was found of what it should tell.

    Attributes
    ----------
    files : tuple[str, ...]
        As written there, in the bag's order.
    messages : int or None
        Of the whole bag; None where it does not tell.
    packed_messages : str
        Name of the packing, "" where messages are not packed.
    """

    files: tuple[str, ...] = ()
    messages: int | None = None
    packed_messages: str = ""
    topics: tuple[ToldTopic, ...] = ()

    def qos_of(self, topic: str) -> str:
        return next((told.qos for told in self.topics if told.name == topic), "")


def read_metadata(path: Path) -> BagMetadata:
    """Read a `metadata.yaml`; a field that is missing or odd counts as not told.

    Raises
    ------
    UserError
        It cannot be read, or is no such file.
    """
    if not path.is_file():
        raise UserError(f"{path}: not a regular file")
    told = read_yaml(path).get(SECTION)
    if not isinstance(told, dict):
        raise UserError(f"{path}: has no section {SECTION}")
    files = told.get("relative_file_paths")
    count = told.get("message_count")
    packed = str(told.get("compression_mode") or "").lower() == "message"
    topics = told.get("topics_with_message_count")
    return BagMetadata(
        tuple(str(name) for name in _list(files) if name),
        count if isinstance(count, int) and not isinstance(count, bool) else None,
        str(told.get("compression_format") or "a packing not named") if packed else "",
        tuple(topic for t in _list(topics) if (topic := _topic(t))),
    )


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _topic(told: Any) -> ToldTopic | None:
    told = told.get("topic_metadata") if isinstance(told, dict) else None
    if not isinstance(told, dict) or not told.get("name"):
        return None
    return ToldTopic(
        str(told["name"]), str(told.get("type") or ""),
        str(told.get("serialization_format") or "cdr"),
        told.get("offered_qos_profiles"),
        str(told.get("type_description_hash") or ""),
    )  # fmt: skip
