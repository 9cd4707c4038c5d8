"""QoS profiles of the graph and raw access to topics."""

from __future__ import annotations

import functools
import importlib
from collections import deque
from collections.abc import Iterator
from typing import Any
from weakref import WeakKeyDictionary

from rclpy.node import Node
from rclpy.qos import (
    DurabilityPolicy,
    HistoryPolicy,
    QoSProfile,
    ReliabilityPolicy,
)
from rclpy.subscription import Subscription

from lupex_rover.core.errors import UserError
from lupex_rover.graph import QOS, TOPICS

# what an executor took from a subscription that is polled
_TAKEN: WeakKeyDictionary[Subscription, deque[bytes]] = WeakKeyDictionary()


def profile(topic: str, *, publish: bool, depth: int | None = None) -> QoSProfile:
    """QoS of a topic of the graph.

    Publishers are always reliable, which serves both kinds of subscriber; a best-effort class
    binds subscribers only.
    """
    own_depth, reliable, latched = QOS[TOPICS[topic].qos]
    return QoSProfile(
        history=HistoryPolicy.KEEP_LAST,
        depth=depth or own_depth,
        reliability=(
            ReliabilityPolicy.RELIABLE if reliable or publish else ReliabilityPolicy.BEST_EFFORT
        ),
        durability=DurabilityPolicy.TRANSIENT_LOCAL if latched else DurabilityPolicy.VOLATILE,
    )


@functools.cache
def ros_class(ros_type: str) -> Any:
    """The rclpy class of `package/msg/Type` or `package/action/Type`.

    Raises
    ------
    UserError
        The interface package is not built or not on the path.
    """
    package, kind, name = ros_type.split("/")
    try:
        return getattr(importlib.import_module(f"{package}.{kind}"), name)
    except (ImportError, AttributeError):
        raise UserError(
            f"{ros_type} is not built; run through ./lupex or source the colcon workspace"
        ) from None


def raw_subscription(
    node: Node,
    topic: str,
    *,
    reliable: bool = False,
    depth: int | None = None,
    from_now_on: bool = False,
) -> Subscription:
    """A subscription to be polled with `poll`.

    `reliable` overrides a best-effort class; `from_now_on` leaves out what a latched topic has
    said before.
    """
    qos = profile(topic, publish=reliable, depth=depth)
    if from_now_on:
        qos.durability = DurabilityPolicy.VOLATILE
    taken: deque[bytes] = deque()
    kind = ros_class(TOPICS[topic].ros)

    def take(data: Any) -> None:  # bytes, whatever rclpy's annotation says of raw ones
        taken.append(data)

    subscription = node.create_subscription(kind, topic, take, qos, raw=True)
    _TAKEN[subscription] = taken
    return subscription


def raw_publisher(node: Node, topic: str) -> Any:
    """A publisher that is given CDR bytes."""
    return node.create_publisher(ros_class(TOPICS[topic].ros), topic, profile(topic, publish=True))


def poll(subscription: Subscription) -> Iterator[bytes]:
    """CDR bytes of every message that waits, oldest first, without an executor.

    An executor's wait set over all entities of a process costs milliseconds; taking from the
    subscription itself costs microseconds (the call that rclpy's executors make). Where the node
    is in an executor too, what that took first is handed out first.
    """
    taken_before = _TAKEN.get(subscription, deque())
    while taken_before:
        yield taken_before.popleft()
    with subscription.handle:
        while True:
            taken = subscription.handle.take_message(subscription.msg_type, True)
            if taken is None:
                return
            yield taken[0]
