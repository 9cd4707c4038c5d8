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
    path : a `.mcap` or `.db3` file, rosbag2's folder of such, or the folder of a run.
    problems : takes what was wrong with the bag, one plain line each.

    Raises
    ------
    UserError
        No bag, an MCAP file that is not whole, or a topic of another type than the graph's.
    """
    own = path / "mission.mcap"
    if own.is_file() and not (path / "metadata.yaml").exists():
        path = own  # the folder of a run
    if path.is_dir() or path.suffix == ".db3":
        yield from _any(path, problems)
    else:
        yield from BagReader(path).records()


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
