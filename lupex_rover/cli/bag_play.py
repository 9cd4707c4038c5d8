"""What `lupex bag play` does: the bag's survey, the publishers, waiting, playing, what was late."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from pathlib import Path

from lupex_rover.cli.bag import survey
from lupex_rover.core.errors import UserError
from lupex_rover.core.time import check_stamp
from lupex_rover.hosts.bag_any import AnyBag

NODE = "rosbag2_player"  # rosbag2's name, so that its tools find the services
WAIT_S = 60.0


@dataclass(frozen=True)
class Wishes:
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


def play(path: Path, wishes: Wishes) -> list[str]:
    """Play; what was wrong, one line each.

    Raises
    ------
    UserError
        No bag, its times are beyond those of `/clock` where that is wanted, or it has no messages
        of a topic asked for; with `some`, of any of them.
    """
    import rclpy

    from lupex_rover.hosts.pace import Pace
    from lupex_rover.hosts.ros.play import Player
    from lupex_rover.hosts.ros.play_control import PlayControl

    source, topics = AnyBag(path), wishes.topics
    lines, first_ns, last_ns = survey(source)
    if wishes.clock:
        for t_ns in (first_ns, last_ns):
            check_stamp(t_ns, f"{path}: --clock")
    if topics and (missing := topics - {line.topic for line in lines}):
        text = f"{path}: has no messages of {', '.join(sorted(missing))}"
        if missing == topics or not wishes.some:
            raise UserError(text)
        print(text, flush=True)
    rclpy.init()
    try:
        node = rclpy.create_node(NODE)
        player = Player(node, wishes.remap or {}, Pace(wishes.rate), wishes.clock)
        player.prepare(line for line in lines if topics is None or line.topic in topics)
        refused = [f"{t}: not played, {why}" for t, why in sorted(player.refused.items())]
        for text in refused:
            print(text, file=sys.stderr, flush=True)
        if wishes.paused:
            player.pace.paused.set()
        control = PlayControl(node, player.pace)
        try:
            time.sleep(wishes.delay)
            unheard = player.await_subscribers(wishes.wait_for, WAIT_S, rclpy.ok)
            refused += [f"{t}: nobody listened within {WAIT_S:.0f} s" for t in unheard]
            again = True
            while again and rclpy.ok():
                start_ns = first_ns + int(wishes.start * 1e9)
                player.play(source.records(topics), start_ns, rclpy.ok)
                again = wishes.loop
        finally:  # also when interrupted: what was played is told
            _tell(player.late_s)
            control.close()
        return [*source.problems, *refused]
    finally:
        rclpy.try_shutdown()


def _tell(late_s: list[float]) -> None:
    late = sorted(late_s)
    worst_ms = 1e3 * late[int(0.99 * len(late))] if late else 0.0
    print(f"{len(late)} messages played; 99 of 100 at most {worst_ms:.2f} ms late", flush=True)
