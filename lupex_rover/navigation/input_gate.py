"""What localization takes in: messages whose numbers are finite and whose stamps can be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from lupex_rover import graph
from lupex_rover.core.component import Inbox, Outbox
from lupex_rover.core.time import AHEAD_S, due, seconds
from lupex_rover.core.topic import Topic
from lupex_rover.navigation.codes import CODES

NOT_FINITE, FROM_AHEAD = "NAV-016", "NAV-017"
TELL_S = 10.0  # the same complaint is told again after this long
M = TypeVar("M")
Numbers = Callable[[Any], tuple[Any, ...]]


def _used(topic: Topic[M], numbers: Callable[[M], tuple[Any, ...]]) -> tuple[str, Numbers]:
    """An entry of `NUMBERS`, with `numbers` checked to take the topic's messages."""
    return topic, numbers


# The numbers that localization uses of each message.
NUMBERS: dict[str, Numbers] = dict(
    (
        _used(graph.IMU_DATA, lambda m: (m.angular_rate_rps, m.specific_force_mps2)),
        _used(
            graph.MOBILITY_STATE,
            lambda m: (m.track_travel_m, m.track_speed_mps, m.steer_angle_rad),
        ),
        _used(
            graph.STAR_TRACKER_ATTITUDE,
            lambda m: (m.orientation_xyzw, m.sigma_rad) if m.valid else (),
        ),
        _used(
            graph.LANDING_STATE,
            lambda m: (m.pose.position_m, m.velocity_mps, m.position_sigma_m),
        ),
        _used(
            graph.NAVIGATION_VISUAL_ODOMETRY,
            lambda m: (m.pose.position_m, m.pose_covariance),
        ),
    )
)


class InputGate:
    """Lets good messages through, counts and tells the others.

    Attributes
    ----------
    refused : Counter[tuple[str, str]]
        Messages left out, by (topic, code).
    """

    def __init__(self) -> None:
        self.refused: Counter[tuple[str, str]] = Counter()
        self._told_ns: dict[tuple[str, str], int] = {}

    def good(self, topic: Topic[M], t_ns: int, inbox: Inbox, out: Outbox) -> list[M]:
        """The messages on `topic` that may be used, oldest first."""
        return [m for m in inbox.all(topic) if not self._refuse(topic, m, t_ns, out)]

    def _refuse(self, topic: str, message: Any, t_ns: int, out: Outbox) -> bool:
        if seconds(message.stamp_ns, t_ns) > AHEAD_S:
            code = FROM_AHEAD
        elif not all(np.isfinite(numbers).all() for numbers in NUMBERS[topic](message)):
            code = NOT_FINITE
        else:
            return False
        self.refused[topic, code] += 1
        last_ns = self._told_ns.get((topic, code))
        if last_ns is None or due(t_ns, last_ns, TELL_S):
            self._told_ns[topic, code] = t_ns
            text = f"{topic}: {CODES[code].text} ({self.refused[topic, code]} so far)"
            out.publish(graph.MISSION_EVENT, CODES.event(t_ns, "localization", code, text))
        return True
