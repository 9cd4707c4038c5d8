"""`lupex bag info|play|recover|convert`: any ROS 2 bag, whole or cut short.

Exit 1 when something in the bag was wrong: it is named, with what was still read.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from lupex_rover.bags.survey import require, survey
from lupex_rover.core.errors import UserError

bag = typer.Typer(help="Look into, play, mend and convert ROS 2 bags, MCAP or sqlite3.")
Bag = Annotated[
    Path, typer.Argument(metavar="BAG", help="Read this .mcap or .db3 file, or their folder.")
]
Out = Annotated[
    Path, typer.Option(help="Write NAME.mcap; another name makes a folder with sqlite3.")
]
Topics = Annotated[list[str] | None, typer.Option(help="Take only this topic; you may repeat it.")]


@bag.command()
def info(
    path: Bag,
    check: Annotated[
        bool, typer.Option("--check", help="Decode every message by the bag's definitions.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Tell topics, types, counts and times of a bag, and what is wrong with it."""
    told = summary(path)
    if check:
        told["problems"] += undecoded(path)
    if as_json:
        print(json.dumps(told, indent=1))
    else:
        print(f"{path}: {told['messages']} messages in {told['duration_s']:.3f} s")
        for name, topic in told["topics"].items():
            print(f"  {topic['messages']:8d}  {name}  {topic['type'] or '(no type)'}")
    _finish(told["problems"], told["notes"])


@bag.command()
def recover(path: Bag, out: Out) -> None:
    """Write all that can be read of a damaged bag to a new one, with `metadata.yaml` beside it."""
    _copy(path, out, None, metadata=True)


@bag.command()
def convert(path: Bag, out: Out, topics: Topics = None) -> None:
    """Write a bag, or some topics of it, in the other format."""
    _copy(path, out, set(topics) if topics else None)


@bag.command()
def play(
    path: Bag,
    rate: Annotated[float, typer.Option(help="Play this many times as fast as recorded.")] = 1.0,
    start: Annotated[float, typer.Option(help="Begin this many s into the bag.")] = 0.0,
    clock: Annotated[bool, typer.Option("--clock", help="Publish /clock, 100 per s.")] = False,
    loop: Annotated[
        bool, typer.Option("--loop", help="Play it again and again until Ctrl-C.")
    ] = False,
    topics: Topics = None,
    some: Annotated[
        bool,
        typer.Option("--some", help="Play those of --topics that are there, and name the others."),
    ] = False,
    paused: Annotated[
        bool, typer.Option("--paused", help="Begin paused; the space bar or a service goes on.")
    ] = False,
    wait_for: Annotated[
        list[str] | None, typer.Option(help="Begin when somebody listens on this topic.")
    ] = None,
    delay: Annotated[
        float, typer.Option(help="Wait at least this long for subscribers to be discovered, s.")
    ] = 1.0,
    remap: Annotated[
        list[str] | None, typer.Option(metavar="A:=B", help="Publish topic A as B.")
    ] = None,
) -> None:
    """Publish a bag on the ROS graph, each message at its time, with the bag's QoS.

    The space bar pauses, and so do rosbag2's services, /rosbag2_player/toggle_paused and others.
    """
    for name, value, least, most in (
        ("--rate", rate, 1e-6, 1e6), ("--start", start, 0.0, 1e10), ("--delay", delay, 0.0, 1e6),
    ):  # fmt: skip
        if not least <= value <= most:  # nor what is no number
            raise UserError(f"{name} {value:g}: must be from {least:g} to {most:g}")
    pairs = [text.split(":=") for text in remap or ()]
    for pair in [p for p in pairs if len(p) != 2 or not all(p)]:
        raise UserError(f"--remap {':='.join(pair)!r}: write A:=B")
    from lupex_rover.cli.bag_play import PlayOptions
    from lupex_rover.cli.bag_play import play as play_bag

    names = set(topics) if topics else None
    _finish(play_bag(path, PlayOptions(
        rate, start, clock, loop, names, dict(pairs), delay, paused, tuple(wait_for or ()),
        some,
    )))  # fmt: skip


def summary(path: Path) -> dict[str, Any]:
    """What `info` tells; times in ns as the bag has them.

    Raises
    ------
    UserError
        No such bag, or not a bag.
    """
    from lupex_rover.bags.bag_reader import AnyBag

    source = AnyBag(path)
    channels, first, last = survey(source)
    topics: dict[str, dict[str, Any]] = {
        channel.topic: {"type": channel.type, "messages": 0} for channel in channels
    }
    for channel, count in channels.items():
        topics[channel.topic]["messages"] += count
    return {
        "bag": str(path),
        "messages": sum(channels.values()),
        "start_ns": first,
        "end_ns": last,
        "duration_s": (last - first) / 1e9,
        "topics": dict(sorted(topics.items())),
        "problems": list(source.problems),
        "notes": list(source.notes),
    }


def undecoded(path: Path) -> list[str]:
    """One line for each topic whose messages do not all decode by the bag's own definition."""
    from lupex_rover.bags.bag_reader import AnyBag
    from lupex_rover.bags.definitions import decoder, why_undecoded

    bad: dict[Any, int] = {}
    why: dict[Any, str] = {}
    decoders: dict[Any, Any] = {}
    for channel, data, _ in AnyBag(path).records():
        if channel not in decoders:
            decoders[channel], why[channel] = decoder(channel)
        try:
            if decoders[channel] is not None:
                decoders[channel](data)
                continue
        except Exception as error:  # whatever a foreign definition leads rosbags to
            why[channel] = why_undecoded(channel, data, error)
        bad[channel] = bad.get(channel, 0) + 1
    return [
        f"{channel.topic}: {n} messages not decoded: {why[channel]}" for channel, n in bad.items()
    ]


def _copy(path: Path, out: Path, topics: set[str] | None, metadata: bool = False) -> None:
    from lupex_rover.bags.bag_copy import copy
    from lupex_rover.bags.bag_reader import AnyBag

    source = AnyBag(path)
    if topics:
        require(path, survey(source)[0], topics)
    done = copy(source, out, topics, metadata)
    print(f"{out}: {done.messages} messages of {len(done.topics)} topics")
    if done.not_kept:
        told = ", ".join(done.not_kept)
        print(f"{out}: not kept, a sqlite3 bag has no place for it: {told}", file=sys.stderr)
    _finish(done.problems, done.notes)


def _finish(problems: list[str], notes: list[str] | None = None) -> None:
    for text in notes or ():
        print(f"note: {text}", file=sys.stderr)
    for text in problems:
        print(f"problem: {text}", file=sys.stderr)
    if problems:
        raise typer.Exit(1)
