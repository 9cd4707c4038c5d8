"""Messages of a bag published on the graph, each at its time."""

from __future__ import annotations

import heapq
import importlib
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from builtin_interfaces.msg import Time
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from rosbags.rosbag2.metadata import parse_qos
from rosgraph_msgs.msg import Clock

from lupex_rover.hosts.bag_any import BACK_NS, Line, Record

CLOCK_PERIOD_NS = 10_000_000


def in_order(records: Iterable[Record]) -> Iterator[Record]:
    """By log time, where writers were out of order by less than `BACK_NS`."""
    held: list[tuple[int, int, Record]] = []
    for k, record in enumerate(records):
        heapq.heappush(held, (record[2], k, record))
        while held[0][0] < record[2] - BACK_NS:
            yield heapq.heappop(held)[2]
    while held:
        yield heapq.heappop(held)[2]


def qos_of(line: Line) -> QoSProfile:
    """The QoS that the bag has for a topic: depth, reliability, durability."""
    offered = parse_qos(line.qos) if line.qos else []
    if not offered:
        return QoSProfile(depth=10)
    latched = any(q.durability.name == "TRANSIENT_LOCAL" for q in offered)
    best_effort = all(q.reliability.name == "BEST_EFFORT" for q in offered)
    return QoSProfile(
        depth=max(1, *(q.depth for q in offered)),
        reliability=ReliabilityPolicy.BEST_EFFORT if best_effort else ReliabilityPolicy.RELIABLE,
        durability=DurabilityPolicy.TRANSIENT_LOCAL if latched else DurabilityPolicy.VOLATILE,
    )


@dataclass
class Player:
    """Publishers for the topics of a bag.

    Attributes
    ----------
    refused : topic -> why it is not played.
    late_s : of each message, how long after its time it was published.
    """

    node: Node
    remap: dict[str, str]
    rate: float = 1.0
    clock: bool = False
    refused: dict[str, str] = field(default_factory=dict)
    late_s: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._publishers: dict[Line, Any] = {}
        self._clock = self.node.create_publisher(Clock, "/clock", 10) if self.clock else None
        self._next_clock_ns = 0

    def prepare(self, lines: Iterable[Line]) -> None:
        """Make the publishers; what cannot be played goes to `refused`."""
        for line in lines:
            why = self._add(line)
            if why:
                self.refused[line.topic] = why

    def _add(self, line: Line) -> str:
        if line.encoding != "cdr":
            return f"messages are {line.encoding!r}, not CDR"
        if line.topic == "/clock" and self.clock:
            return "--clock gives the time"
        try:
            package, _, name = line.type.split("/")
            kind = getattr(importlib.import_module(f"{package}.msg"), name)
        except (ImportError, AttributeError, ValueError):
            return f"type {line.type!r} is not installed"
        topic = self.remap.get(line.topic, line.topic)
        self._publishers[line] = self.node.create_publisher(kind, topic, qos_of(line))
        return ""

    def play(self, records: Iterable[Record], start_ns: int, alive: Callable[[], bool]) -> None:
        """Publish each record from `start_ns` on at its time; `late_s` grows by one each."""
        began_ns = time.monotonic_ns()
        self._next_clock_ns = start_ns
        for line, data, t_ns in in_order(records):
            publisher = self._publishers.get(line)
            if publisher is None or t_ns < start_ns:
                continue
            due_ns = began_ns + int((t_ns - start_ns) / self.rate)
            if not self._wait(due_ns, began_ns, start_ns, t_ns, alive):
                break
            publisher.publish(bytes(data))
            self.late_s.append((time.monotonic_ns() - due_ns) / 1e9)

    def _wait(
        self, due_ns: int, began_ns: int, start_ns: int, t_ns: int, alive: Callable[[], bool]
    ) -> bool:
        """Until a message is due, `/clock` going on meanwhile; False when told to stop."""
        while self._clock is not None and self._next_clock_ns <= t_ns and alive():
            tick_ns = began_ns + int((self._next_clock_ns - start_ns) / self.rate)
            time.sleep(max(0.0, (tick_ns - time.monotonic_ns()) / 1e9))
            now = Time(sec=self._next_clock_ns // 10**9, nanosec=self._next_clock_ns % 10**9)
            self._clock.publish(Clock(clock=now))
            self._next_clock_ns += CLOCK_PERIOD_NS
        while (left_s := (due_ns - time.monotonic_ns()) / 1e9) > 0.0 and alive():
            time.sleep(min(left_s, 0.1))
        return alive()
