"""The time of a bag that is played: `/clock`, as every ROS node with `use_sim_time` takes it."""

from __future__ import annotations

from rclpy.node import Node

from lupex_rover import graph
from lupex_rover.codec.conversion import decode
from lupex_rover.hosts.ros.qos import poll, raw_subscription


class PlayedClock:
    """The newest `/clock`; its node is `NAME_clock`."""

    def __init__(self, name: str) -> None:
        self._node = Node(f"{name}_clock", enable_rosout=False)
        self._sub = raw_subscription(self._node, graph.CLOCK)
        self._t_ns: int | None = None

    def now(self) -> int | None:
        """UTC ns; None before the first `/clock`."""
        for data in poll(self._sub):
            self._t_ns = decode(graph.CLOCK, data).stamp_ns
        return self._t_ns
