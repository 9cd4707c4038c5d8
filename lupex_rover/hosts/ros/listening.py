"""What a flight process hears from the graph: each message once, whoever else is subscribed."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from lupex_rover.codec.conversion import decode
from lupex_rover.graph import IMAGES
from lupex_rover.hosts.ros.node import ComponentNode
from lupex_rover.hosts.ros.qos import poll, raw_subscription

IMAGE_WAIT_S = 2.0


class Listening:
    """Subscriptions of a process's nodes.

    Where every node of the graph runs here, what one of them says is routed by the scheduler alone
    until somebody else publishes on the same topic: a subscription made before its publisher was
    configured would otherwise hear it a second time.

    Parameters
    ----------
    nodes : Sequence[ComponentNode]
        Those of the process.
    all_here : bool
        Does every node of the graph run here?
    reliable : bool
        Ask for reliable delivery of all topics, as a simulated run needs.
    deliver : Callable[[str, Any], None]
        Is given each message that somebody else has said, with its topic.
    tell : Callable[[str, str], None]
        Is given a code of the hosts and a line for what cannot be read, once a topic.

    Attributes
    ----------
    said_here : Counter[str]
        Publishers of this process by topic.
    topics : set[str]
        Those that are heard from the graph.
    own : Counter[tuple[str, bytes]]
        What went out from here on them and was not heard yet.
    unreadable : Counter[str]
        Messages left out, by topic.
    """

    def __init__(
        self,
        nodes: Sequence[ComponentNode],
        all_here: bool,
        reliable: bool,
        deliver: Callable[[str, Any], None],
        tell: Callable[[str, str], None],
    ) -> None:
        self._nodes, self._all_here, self._reliable = nodes, all_here, reliable
        self._deliver, self._tell = deliver, tell
        self.said_here = Counter[str]()
        self.topics: set[str] = set()
        self.own = Counter[tuple[str, bytes]]()
        self.unreadable = Counter[str]()
        self._outsiders: set[str] = set()  # topics of ours on which others publish too
        self.images = Counter[str]()  # heard or given up, by topic

    def said_by(self, topics: Iterable[str]) -> None:
        """Publishers of this process changed to these: subscribe to what comes from outside."""
        self.said_here = Counter(topics)
        self._subscribe()

    def sent(self, topic: str, data: bytes) -> None:
        """Remember what goes out while we may hear it ourselves."""
        if topic in self.topics:
            self.own[topic, data] += 1

    def look_for_outsiders(self) -> None:
        """Somebody else publishes on a topic of ours, a student's tool for instance: hear it."""
        if not self._all_here:
            return
        count = self._nodes[0].count_publishers
        outsiders = {topic for topic, own in self.said_here.items() if count(topic) > own}
        if outsiders != self._outsiders:
            self._outsiders = outsiders
            self._subscribe()

    def collect(self) -> bool:
        """Messages from other processes, each to all components here that want it.

        True when there were any.
        """
        taken: set[str] = set()
        came = False
        for node in self._nodes:
            for topic, subscription in node.subs.items():
                for data in poll(subscription):
                    if topic not in taken:  # else the scheduler has given it to both nodes
                        self._take(topic, data)
                        came = True
                taken.add(topic)
        return came

    def collect_images(self, sent: dict[str, int]) -> None:
        """What waits, and every picture that was sent on the topics heard here."""
        self.collect()
        wanted = {topic for node in self._nodes for topic in node.subs if topic in sent}
        end = time.monotonic() + IMAGE_WAIT_S
        while any(self.images[t] < sent[t] for t in wanted) and time.monotonic() < end:
            time.sleep(200e-6)
            self.collect()
        self.images = Counter(sent)

    def _subscribe(self) -> None:
        for node in self._nodes:
            for topic in node.gate.inputs if node.gate is not None else ():
                inside = self._all_here and topic in self.said_here
                if inside and topic not in self._outsiders:
                    node.unsubscribe(topic)
                elif topic not in node.subs:
                    node.subs[topic] = raw_subscription(
                        node, topic, reliable=self._reliable, from_now_on=inside
                    )
        self.topics = {topic for node in self._nodes for topic in node.subs}

    def _take(self, topic: str, data: bytes) -> None:
        if self.own[topic, data] > 0:
            self.own[topic, data] -= 1
            if not self.own[topic, data]:
                del self.own[topic, data]
            return
        if topic in IMAGES:
            self.images[topic] += 1
        try:
            message = decode(topic, data)
        except Exception as error:  # whoever published it is not ours
            self.unreadable[topic] += 1
            if self.unreadable[topic] == 1:
                self._tell("HST-005", f"{topic}: {error}")
        else:
            self._deliver(topic, message)
