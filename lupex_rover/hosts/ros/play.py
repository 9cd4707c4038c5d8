"""Messages of a bag published on the graph, each at its time."""

from __future__ import annotations

import gc
import re
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from builtin_interfaces.msg import Time
from rclpy.exceptions import InvalidTopicNameException
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from rclpy.serialization import deserialize_message
from rosbags.interfaces import Qos
from rosbags.rosbag2.metadata import parse_qos
from rosgraph_msgs.msg import Clock

from lupex_rover.bags.bag_channel import BagChannel, Record
from lupex_rover.bags.definitions import type_hash
from lupex_rover.bags.latched import from_cut
from lupex_rover.bags.playback_pace import PlaybackPace
from lupex_rover.bags.prefetch import Prefetch, in_order
from lupex_rover.core.errors import UserError
from lupex_rover.hosts.ros.qos import ros_class

CLOCK_PERIOD_NS = 10_000_000
SWITCH_S = 0.0005  # the thread of the services may hold the interpreter no longer than this
LOOK_S = 0.05
KNOWN_S = 5.0  # a known subscriber is matched within this time or not waited for
FILL_S = 2.0
TYPE_NAME = re.compile(r"[A-Za-z]\w*/(msg|srv|action)/[A-Za-z]\w*", re.ASCII)
SOURCE = "; source the workspace that has it"
LATCHED = ("tf_static", "robot_description")
LONGEST = 160  # characters of what others say of an error


def qos_of(channel: BagChannel) -> QoSProfile:
    """The QoS that the bag has for a topic: depth, reliability, durability.

    Raises
    ------
    ValueError
        What the bag has cannot be read, or is no QoS.
    """
    try:
        return _profile(_offered(channel), _latched_by_name(channel))
    except Exception as error:  # whatever a foreign text leads rosbags and rclpy to
        text = " ".join(str(error).split())[:LONGEST]
        raise ValueError(
            f"its QoS in the bag cannot be read ({type(error).__name__}: {text})"
        ) from None


def latched_publishers(channel: BagChannel) -> int:
    """How many latched publishers a topic had by its QoS in the bag, which can be read."""
    latched = sum(q.durability.name == "TRANSIENT_LOCAL" for q in _offered(channel))
    return latched or _latched_by_name(channel)


def _offered(channel: BagChannel) -> list[Qos]:
    return parse_qos(channel.qos) if channel.qos else []


def _latched_by_name(channel: BagChannel) -> bool:
    """By ROS's convention, where the bag has no QoS."""
    return not channel.qos and channel.topic.split("/")[-1] in LATCHED


def _profile(offered: list[Qos], by_name: bool) -> QoSProfile:
    latched = sum(q.durability.name == "TRANSIENT_LOCAL" for q in offered) or by_name
    durability = DurabilityPolicy.TRANSIENT_LOCAL if latched else DurabilityPolicy.VOLATILE
    if not offered:
        return QoSProfile(depth=10, durability=durability)
    best_effort = all(q.reliability.name == "BEST_EFFORT" for q in offered)
    return QoSProfile(
        depth=max(1, latched, *(q.depth for q in offered)),  # the last of each is to be had
        reliability=ReliabilityPolicy.BEST_EFFORT if best_effort else ReliabilityPolicy.RELIABLE,
        durability=durability,
    )


@dataclass
class Player:
    """Publishers for the topics of a bag; the bytes go out as they were recorded.

    Attributes
    ----------
    refused : dict[str, str]
        Topic -> why it is not played.
    undecoded : dict[str, int]
        Topic -> messages left out because their bytes are none of its type.
    late_s : list[float]
        Of each message, how long after its time it had been published.
    """

    node: Node
    remap: dict[str, str]
    pace: PlaybackPace = field(default_factory=PlaybackPace)
    clock: bool = False
    refused: dict[str, str] = field(default_factory=dict)
    undecoded: dict[str, int] = field(default_factory=dict)
    late_s: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._publishers: dict[BagChannel, Any] = {}
        self._clock = self.node.create_publisher(Clock, "/clock", 10) if self.clock else None
        self._next_clock_ns = 0

    def prepare(self, channels: Iterable[BagChannel]) -> None:
        """Make the publishers; what cannot be played goes to `refused`."""
        for channel in channels:
            why = self._add(channel)
            if why:
                self.refused[channel.topic] = why

    def _add(self, channel: BagChannel) -> str:
        if channel.encoding != "cdr":
            return f"messages are {channel.encoding!r}, not CDR"
        if channel.topic == "/clock" and self.clock:
            return "--clock gives the time"
        try:
            publisher = self._publisher(channel)
        except ValueError as error:
            return str(error)
        installed = self._installed_hash(publisher)
        recorded, why = type_hash(channel)
        if recorded and installed and installed not in (recorded, channel.type_hash):
            why = f"type {channel.type!r} of the bag ({recorded[:15]}) is not the installed one"
            why += f" ({installed[:15]})"
        if why:
            self.node.destroy_publisher(publisher)
            return why
        self._publishers[channel] = publisher
        return ""

    def _publisher(self, channel: BagChannel) -> Any:
        """A publisher; ValueError says why there can be none."""
        topic = self.remap.get(channel.topic, channel.topic)
        qos = qos_of(channel)
        if not TYPE_NAME.fullmatch(channel.type):
            raise ValueError(f"type {channel.type!r} is not installed{SOURCE}")
        try:
            return self.node.create_publisher(ros_class(channel.type), topic, qos)
        except UserError:
            raise ValueError(f"type {channel.type!r} is not installed{SOURCE}") from None
        except InvalidTopicNameException:
            raise ValueError(f"ROS refuses the name {topic!r}; give another with --remap") from None
        except Exception as error:  # what is under rclpy may refuse, too: a topic of two types
            text = " ".join(str(error).split())[:LONGEST]
            raise ValueError(f"ROS refuses {topic!r} as {channel.type!r} ({text})") from None

    def _decodes(self, channel: BagChannel, data: bytes) -> bool:
        """Whether a subscriber could take a message; costs 20 us, in the time to spare."""
        try:
            deserialize_message(bytes(data), self._publishers[channel].msg_type)
        except Exception:  # rclpy's, or of what is under it
            self.undecoded[channel.topic] = self.undecoded.get(channel.topic, 0) + 1
            return False
        return True

    def _installed_hash(self, publisher: Any) -> str:
        """RIHS01 of the type that a publisher of ours has; "" where it is not told."""
        for info in self.node.get_publishers_info_by_topic(publisher.topic_name):
            if info.node_name == self.node.get_name() and info.topic_type_hash.version == 1:
                return "RIHS01_" + bytes(info.topic_type_hash.value).hex()
        return ""

    def await_subscribers(
        self, wanted: Iterable[str], limit_s: float, alive: Callable[[], bool]
    ) -> list[str]:
        """Until who is known to listen is matched, and somebody listens on each of `wanted`.

        Returns
        -------
        list[str]
            Those of `wanted` on which nobody listens after `limit_s`.
        """
        known_until = time.monotonic() + KNOWN_S
        until = time.monotonic() + limit_s
        names = {p.topic_name: p for p in self._publishers.values()}
        while alive():
            matched = {t: p.get_subscription_count() for t, p in names.items()}
            missing = sorted(t for t in wanted if not matched.get(t))
            behind = any(matched[t] < self.node.count_subscribers(t) for t in names)
            now = time.monotonic()
            if (not missing or now > until) and (not behind or now > known_until):
                return missing
            time.sleep(LOOK_S)
        return []

    def play(self, records: Iterable[Record], start_ns: int, alive: Callable[[], bool]) -> None:
        """Publish each record from `start_ns` on at its time; `late_s` grows by one each.

        What latched topics said before `start_ns` comes first.
        """
        latched = {c: n for c in self._publishers if (n := latched_publishers(c))}
        ahead = Prefetch(
            r
            for r in from_cut(in_order(records), start_ns, latched)
            if r[0] in self._publishers and self._decodes(r[0], r[1])
        )
        until = time.monotonic() + FILL_S
        while time.monotonic() < until and ahead.fill():
            pass
        with _undisturbed():
            self.pace.begin(start_ns)
            self._next_clock_ns = start_ns
            for channel, data, t_ns in ahead:
                if not self._wait(t_ns, alive, ahead.fill):
                    break
                self._publishers[channel].publish(bytes(data))
                self.late_s.append((time.monotonic_ns() - self.pace.due_ns(t_ns)) / 1e9)

    def _wait(self, t_ns: int, alive: Callable[[], bool], idle: Callable[[], bool]) -> bool:
        """Until a message is due, `/clock` going on meanwhile; False when told to stop."""
        while self._clock is not None and self._next_clock_ns <= t_ns:
            if not self.pace.wait(self._next_clock_ns, alive, idle):
                return False
            now = Time(sec=self._next_clock_ns // 10**9, nanosec=self._next_clock_ns % 10**9)
            self._clock.publish(Clock(clock=now))
            self._next_clock_ns += CLOCK_PERIOD_NS
        return self.pace.wait(t_ns, alive, idle)


@contextmanager
def _undisturbed() -> Iterator[None]:
    """No pauses of the garbage collector, and other threads take short turns."""
    turn_s = sys.getswitchinterval()
    gc.collect()
    gc.disable()
    sys.setswitchinterval(SWITCH_S)
    try:
        yield
    finally:
        sys.setswitchinterval(turn_s)
        gc.enable()
