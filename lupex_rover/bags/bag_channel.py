"""What a bag says of a topic, and what reading it gives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

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


@dataclass
class Found:
    """What the files of a bag give beside messages, as it is found.

    Attributes
    ----------
    problems, notes : list[str]
        One plain line each: what is wrong, what is merely to be known.
    channels : dict[BagChannel, None]
        Every topic that the bag has, also those without messages; in order, as keys.
    told_qos : Callable[[str], str]
        Gives the QoS of a topic whose file has none.
    without_definitions : bool
        The format of the files has no place for them.
    beside : Beside or None
        Takes metadata and attachments; it does not fail.
    """

    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    channels: dict[BagChannel, None] = field(default_factory=dict)
    told_qos: Callable[[str], str] = lambda topic: ""
    without_definitions: bool = False
    beside: Beside | None = None


def readable(name: bytes) -> str:
    """A name as text; bytes that are no UTF-8 are shown as `\\xff`."""
    return name.decode("utf-8", "backslashreplace")


def definition_format(told: str, text: str) -> str:
    """The language of a definition; rosbag2 calls it unknown where it found none."""
    return "" if told == "unknown" or (not text.strip() and told not in ("ros2msg", "")) else told
