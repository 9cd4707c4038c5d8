"""The graph's messages of any bag: an MCAP file of ours, or a sqlite3 or split bag of rosbag2."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from lupex_rover.bags.bag_reader import AnyBag
from lupex_rover.bags.own_bag import BagReader, relative
from lupex_rover.bags.prefetch import in_order
from lupex_rover.core.errors import UserError
from lupex_rover.graph import TOPICS

Record = tuple[str, bytes, int]  # topic, CDR, log time in ns


def graph_records(path: Path, problems: list[str]) -> Iterator[Record]:
    """Records of the graph's topics, oldest first.

    Parameters
    ----------
    path : Path
        A `.mcap` or `.db3` file, also packed, or the folder of such, also that of a run.
    problems : list[str]
        Takes what was wrong with the bag, one plain line each.

    Raises
    ------
    UserError
        No bag, an MCAP file that is not whole, or a topic of another type than the graph's.
    """
    only = _only_file(path)
    if only is None:
        yield from _any(path, problems)
    else:
        yield from BagReader(only).records()


def _only_file(path: Path) -> Path | None:
    """The MCAP file that is the whole bag, as ours are; None: it is another bag."""
    if not path.is_dir():
        return path if path.suffix == ".mcap" or not path.exists() else None
    source = AnyBag(path)
    files = source.files()
    own = len(files) == 1 and files[0].suffix == ".mcap" and not source.problems
    return files[0] if own else None


def _any(path: Path, problems: list[str]) -> Iterator[Record]:
    source = AnyBag(path)
    for channel, data, t_ns in in_order(source.records()):
        topic = relative(channel.topic)
        if topic is None:
            continue
        if channel.type != TOPICS[topic].ros:
            raise UserError(
                f"{path}: {channel.topic} is of type {channel.type!r}, not of {TOPICS[topic].ros!r}"
            )
        yield topic, data, t_ns
    problems += source.problems
