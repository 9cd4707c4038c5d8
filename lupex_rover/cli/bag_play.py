"""What `lupex bag play` does: the bag's survey, the publishers, waiting, playing, what was late."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from pathlib import Path

from lupex_rover.bags.bag_reader import AnyBag
from lupex_rover.bags.survey import require, survey
from lupex_rover.core.errors import UserError

NODE = "rosbag2_player"  # rosbag2's name, so that its tools find the services
WAIT_S = 60.0
CLOCK_END_NS = 2**31 * 10**9  # seconds of a ROS time have 32 bits


@dataclass(frozen=True)
class PlayOptions:
    """The options of `lupex bag play`; times in s."""

    rate: float = 1.0
    start: float = 0.0
    clock: bool = False
    loop: bool = False
    topics: set[str] | None = None
    remap: dict[str, str] | None = None
    delay: float = 1.0
    paused: bool = False
    wait_for: tuple[str, ...] = ()
    some: bool = False


def play(path: Path, options: PlayOptions) -> list[str]:
    """Play; what was wrong, one line each.

    Raises
    ------
    UserError
        No bag, or it has no messages of a topic asked for (with `some`, of any of them); a name or
        time that ROS cannot tell.
    """
    import rclpy

    from lupex_rover.bags.playback_pace import PlaybackPace
    from lupex_rover.hosts.ros.play import Player
    from lupex_rover.hosts.ros.play_control import PlayControl

    source, topics = AnyBag(path), options.topics
    found, first_ns, last_ns = survey(source)
    channels = {channel: count for channel, count in found.items() if count}
    for text in source.notes:
        print(f"note: {text}", file=sys.stderr, flush=True)
    if options.some and topics and (there := topics & {channel.topic for channel in channels}):
        if there != topics:
            print(f"{path}: has no messages of {', '.join(sorted(topics - there))}", flush=True)
    else:
        require(path, channels, topics)
    if options.clock and last_ns >= CLOCK_END_NS:
        raise UserError(f"{path}: has times after 2038-01-19; /clock ends there, so play it"
                        " without --clock")  # fmt: skip
    for name, target in (options.remap or {}).items():
        _check_target(name, target)
    rclpy.init(args=[])  # ours are not ROS's: it would remap by them once more
    try:
        node = rclpy.create_node(NODE)
        player = Player(node, options.remap or {}, PlaybackPace(options.rate), options.clock)
        player.prepare(channel for channel in channels if topics is None or channel.topic in topics)
        refused = [f"{t}: not played, {why}" for t, why in sorted(player.refused.items())]
        for text in refused:
            print(text, file=sys.stderr, flush=True)
        if options.paused:
            player.pace.paused.set()
        control = PlayControl(node, player.pace)
        try:
            time.sleep(options.delay)
            unheard = player.await_subscribers(options.wait_for, WAIT_S, rclpy.ok)
            refused += [f"{t}: nobody listened within {WAIT_S:.0f} s" for t in unheard]
            again = True
            while again and rclpy.ok():
                start_ns = first_ns + int(options.start * 1e9)
                player.play(source.records(topics), start_ns, rclpy.ok)
                again = options.loop
        finally:  # also when interrupted: what was played is told
            _tell(player.late_s)
            control.close()
        types = {channel.topic: channel.type for channel in channels}
        skipped = [
            f"{t}: {n} messages not played, their bytes are no {types[t]}"
            for t, n in sorted(player.undecoded.items())
        ]
        return [*source.problems, *refused, *skipped]
    finally:
        rclpy.try_shutdown()


def _check_target(name: str, target: str) -> None:
    """Raise UserError where ROS would not have a topic of that name."""
    from rclpy.exceptions import InvalidTopicNameException
    from rclpy.validate_topic_name import validate_topic_name

    try:
        validate_topic_name(target)
    except InvalidTopicNameException as error:
        why = str(error).splitlines()[0]
        raise UserError(f"--remap {f'{name}:={target}'!r}: {why}") from None


def _tell(late_s: list[float]) -> None:
    late = sorted(late_s)
    worst_ms = 1e3 * late[int(0.99 * len(late))] if late else 0.0
    print(f"{len(late)} messages played; 99 of 100 at most {worst_ms:.2f} ms late", flush=True)
