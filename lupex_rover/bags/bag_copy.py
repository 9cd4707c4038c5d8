"""Copies what can be read of a bag to a new one."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, field
from pathlib import Path

from mcap.records import Attachment, Metadata

from lupex_rover.bags.bag_reader import AnyBag
from lupex_rover.bags.bag_writers import Save, SaveMcap, cannot_write, save_to
from lupex_rover.bags.metadata_yaml import write_beside
from lupex_rover.core.errors import UserError


@dataclass
class CopyReport:
    """What a copy holds.

    Attributes
    ----------
    problems : list[str]
        What could not be read, and messages that the new bag cannot hold.
    not_kept : list[str]
        What its format has no place for.
    notes : list[str]
        What is odd about the source and not wrong.
    """

    messages: int = 0
    topics: set[str] = field(default_factory=set)
    problems: list[str] = field(default_factory=list)
    not_kept: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def copy(
    source: AnyBag, out: Path, topics: set[str] | None = None, metadata: bool = False
) -> CopyReport:
    """Write a bag, or some of its topics, to `out`; interrupted, what was written opens.

    Parameters
    ----------
    metadata : bool
        An MCAP file gets a `metadata.yaml` beside it, unless another bag's is there.

    Raises
    ------
    UserError
        `out` is taken, cannot be written (then it is removed), or cannot hold a topic.
    """
    if source.path.is_dir() and source.path.resolve() in out.resolve().parents:
        raise UserError(f"--out {out}: is in the bag's own folder; name another place")
    source.files()  # a missing bag is named before anything is written
    save = save_to(out)
    copied = CopyReport()
    whole = False
    try:
        try:
            _fill(save, source, topics, copied)
        except KeyboardInterrupt:
            save.close()
            whole = True
            raise
        save.close()
        whole = True
    except (OSError, sqlite3.Error) as error:
        raise cannot_write(out, error) from None
    finally:
        if not whole:
            save.discard()
    if metadata and isinstance(save, SaveMcap):
        why = write_beside(out, save.contents)
        copied.notes += [why] if why else []
    return copied


def _fill(save: Save, source: AnyBag, topics: set[str] | None, copied: CopyReport) -> None:
    waiting: list[Metadata | Attachment] = []  # so that what fails here is no fault of the bag
    for channel, data, t_ns, publish_ns, sequence in source.entries(topics, waiting.append):
        if waiting:
            _keep(save, waiting)
        save.write(channel, data, t_ns, publish_ns, sequence)
        copied.topics.add(channel.topic)
        copied.messages += 1
    _keep(save, waiting)
    for channel in source.channels:
        if topics is None or channel.topic in topics:
            save.declare(channel)
    copied.messages -= save.left_out.total()
    left_out = save.left_out.items()
    copied.problems = source.problems + [
        f"{topic}: {count} messages left out, {why}" for (topic, why), count in left_out
    ]
    copied.not_kept = save.not_kept()
    copied.notes = list(source.notes)


def _keep(save: Save, waiting: list[Metadata | Attachment]) -> None:
    for record in waiting:
        save.beside(record)
    waiting.clear()
