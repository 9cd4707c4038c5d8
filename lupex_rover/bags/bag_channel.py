"""What a bag says of a topic, and what reading it gives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mcap.records import Attachment, Metadata


@dataclass(frozen=True)
class BagChannel:
    """A topic as a bag describes it; `definition` is empty where the bag has none."""

    topic: str
    type: str
    encoding: str  # of the messages: "cdr"
    definition_format: str  # "ros2msg", "ros2idl"; "": the bag defines no type
    definition: str  # bytes that are not UTF-8 are surrogates (PEP 383)
    qos: str  # yaml, as rosbag2 stores it
    type_hash: str


Record = tuple[BagChannel, bytes, int]  # CDR, log time in ns
Entry = tuple[BagChannel, bytes, int, int, int]  # a record, publish time in ns, sequence number
Beside = Callable[[Metadata | Attachment], None]  # takes what an MCAP holds beside messages


def readable(name: bytes) -> str:
    """A name as text; bytes that are no UTF-8 are shown as `\\xff`."""
    return name.decode("utf-8", "backslashreplace")
