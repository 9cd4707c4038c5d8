"""Records the graph: every topic that `graph.py` marks, as the bytes that were published."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Collection
from typing import Any, Protocol

from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node

from lupex_rover import graph
from lupex_rover.codec.conversion import decode, encode
from lupex_rover.codec.seal import Seal
from lupex_rover.core.types import Event, SimDone
from lupex_rover.events.event_store import EventStore
from lupex_rover.graph import TOPICS
from lupex_rover.hosts.codes import CODES
from lupex_rover.hosts.ros.qos import poll, raw_publisher, raw_subscription, ros_class

HELLO_S = 0.2
DEPTH = 500


class Bag(Protocol):
    """What a recorder writes to: `LastingBag`, `SplitBag`."""

    tell: Callable[[str, str], object]

    def write(self, topic: str, cdr: bytes, t_ns: int) -> None: ...

    def turn(self) -> None: ...


class Recorder:
    """Writes to `bag`; decodes the topics in `hear` for `on_message(topic, message)`.

    What it has to tell itself goes to `events`, and is published.

    In simulation it answers the simulator's ticks like any other process, so that nothing is
    lost however fast the simulation runs. `seal` marks and knows the messages of this run.
    """

    def __init__(
        self,
        bag: Bag,
        hear: Collection[str] = (),
        on_message: Callable[[str, Any], None] = lambda topic, message: None,
        name: str = "recorder",
        events: EventStore | None = None,
        seal: Seal | None = None,
    ) -> None:
        self.t_ns = 0
        self._events = events
        self._seal = seal or Seal()
        self._news: list[tuple[str, str]] = []  # of the bag, told as events
        bag.tell = lambda code, text: self._news.append((code, text))
        self._bag = bag
        self._hear = frozenset(hear)
        self._on_message = on_message
        self._node = Node(name, enable_rosout=False)
        self._subs = {
            topic: raw_subscription(self._node, topic, reliable=True, depth=DEPTH)
            for topic, entry in TOPICS.items()
            if entry.record
        }
        self._unreadable: set[str] = set()
        self._done: SimDone | None = None
        self._hello_at = 0.0
        self._ticking = Node(f"{name}_pace", enable_rosout=False)
        self._ticks = SingleThreadedExecutor()
        self._ticks.add_node(self._ticking)
        self._ticking.create_subscription(
            ros_class(TOPICS[graph.SIM_TICK].ros), graph.SIM_TICK, self._on_tick, 50, raw=True
        )
        self._done_pub = raw_publisher(self._ticking, graph.SIM_DONE)
        self._event_pub = raw_publisher(self._ticking, graph.MISSION_EVENT)

    def spin(self, timeout_s: float = 0.1) -> None:
        """Wait for a tick, at most so long, and record what came."""
        if self._done is None and time.monotonic() >= self._hello_at:
            self._hello_at = time.monotonic() + HELLO_S
            self._answer(SimDone(0, self._node.get_name(), 0, 0, (), ()))
        self._ticks.spin_once(timeout_sec=timeout_s)
        self._bag.turn()
        self._say()

    def record(self, t_ns: int) -> None:
        """Record what came, at `t_ns`; where no simulator gives the time."""
        self.t_ns = t_ns
        self.collect()
        self._bag.turn()
        self._say()

    def _say(self) -> None:
        """What the bag has to tell, and who is not of this run, as events of the host."""
        self._news += [("HST-027", text) for text in self._seal.news()]
        for code, text in self._news:
            self._event_pub.publish(encode(graph.MISSION_EVENT, self._kept(code, text)))
        self._news.clear()

    def _kept(self, code: str, text: str) -> Event:
        """In the log and in the store."""
        event = CODES.event(self.t_ns, "host", code, f"{text}: {CODES[code].text}")
        print(f"lupex: {code} {text}", file=sys.stderr, flush=True)
        if self._events is not None:
            self._events.add([event])
        return event

    def collect(self) -> None:
        """Write everything that waits."""
        for topic, subscription in self._subs.items():
            for data in poll(subscription):
                if not self._seal.holds(topic, data):
                    continue
                data = self._seal.recorded(topic, data)
                self._bag.write(topic, data, self.t_ns)
                if topic in self._hear:
                    self._hand_out(topic, data)

    def add(self, topic: str, message: Any) -> None:
        """Record what this process itself has to say; nobody else hears it."""
        if self._events is not None and topic == graph.MISSION_EVENT:
            self._events.add([message])
        self._bag.write(topic, encode(topic, message), self.t_ns)
        if topic in self._hear:
            self._on_message(topic, message)

    def _hand_out(self, topic: str, data: bytes) -> None:
        try:
            message = decode(topic, data)
        except Exception as error:  # of a foreign publisher; the bag has its bytes
            if topic not in self._unreadable:
                self._unreadable.add(topic)
                text = f"{topic}: a message cannot be read ({error}); correct or stop its publisher"
                self._node.get_logger().warning(text)
            return
        self._on_message(topic, message)

    def close(self) -> None:
        self.collect()
        self._say()
        self._bag.tell = self._kept  # nobody hears it any more
        self._node.destroy_node()
        self._ticking.destroy_node()

    def _on_tick(self, data: bytes) -> None:
        if not self._seal.holds(graph.SIM_TICK, data):
            return
        tick = decode(graph.SIM_TICK, data)
        self.t_ns = tick.stamp_ns
        if self._events is not None:
            self._events.boot = tick.boot
        if tick.round == 0:
            self.collect()
        self._done = SimDone(tick.stamp_ns, self._node.get_name(), tick.tick, tick.round, (), ())
        self._answer(self._done)

    def _answer(self, done: SimDone) -> None:
        self._done_pub.publish(self._seal.encode(graph.SIM_DONE, done))
