"""What localization takes in: messages whose numbers and stamps can be.

`docs/hazards.md` has the checks of every sensor in one table.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from typing import Any, TypeVar

import numpy as np

from lupex_rover import graph
from lupex_rover.core.complaints import Complaints
from lupex_rover.core.component import Inbox, Outbox
from lupex_rover.core.sensor_limits import (
    FLIGHT_MPS,
    FORCE_MPS2,
    PLACE_M,
    QUATERNION,
    RATE_RPS,
    SIGMA_RAD,
    STEER_RAD,
    TRACK_MPS,
    TRAVEL_M,
)
from lupex_rover.core.time import AHEAD_S, seconds
from lupex_rover.core.topic import Topic
from lupex_rover.navigation.codes import CODES

NOT_FINITE, FROM_AHEAD, BEYOND = "NAV-016", "NAV-017", "NAV-018"
M = TypeVar("M")
Numbers = Callable[[Any], tuple[Any, ...]]
VARIANCE = 1e8  # of visual odometry, which says "lost" with 1e6


def _used(topic: Topic[M], numbers: Callable[[M], tuple[Any, ...]]) -> tuple[str, Numbers]:
    """An entry of `NUMBERS`, with `numbers` checked to take the topic's messages."""
    return topic, numbers


# The numbers that localization uses of each message, each with its greatest.
NUMBERS: dict[str, Numbers] = dict(
    (
        _used(
            graph.IMU_DATA,
            lambda m: ((m.angular_rate_rps, RATE_RPS), (m.specific_force_mps2, FORCE_MPS2)),
        ),
        _used(
            graph.MOBILITY_STATE,
            lambda m: (
                (m.track_travel_m, TRAVEL_M),
                (m.track_speed_mps, TRACK_MPS),
                (m.steer_angle_rad, STEER_RAD),
            ),
        ),
        _used(
            graph.STAR_TRACKER_ATTITUDE,
            lambda m: (
                ((m.orientation_xyzw, QUATERNION), (m.sigma_rad, SIGMA_RAD)) if m.valid else ()
            ),
        ),
        _used(
            graph.LANDING_STATE,
            lambda m: (
                (m.pose.position_m, PLACE_M),
                (m.velocity_mps, FLIGHT_MPS),
                (m.position_sigma_m, PLACE_M),
            ),
        ),
        _used(
            graph.NAVIGATION_VISUAL_ODOMETRY,
            lambda m: ((m.pose.position_m, PLACE_M), (m.pose_covariance, VARIANCE)),
        ),
    )
)


class InputGate:
    """Lets good messages through, counts and tells the others.

    Attributes
    ----------
    refused : Mapping[Hashable, int]
        Messages left out, by (topic, code).
    """

    def __init__(self) -> None:
        self._complaints = Complaints()
        self.refused: Mapping[Hashable, int] = self._complaints.count

    def good(self, topic: Topic[M], t_ns: int, inbox: Inbox, out: Outbox) -> list[M]:
        """The messages on `topic` that may be used, oldest first."""
        return [m for m in inbox.all(topic) if not self._refuse(topic, m, t_ns, out)]

    def _refuse(self, topic: str, message: Any, t_ns: int, out: Outbox) -> bool:
        if seconds(message.stamp_ns, t_ns) > AHEAD_S:
            code = FROM_AHEAD
        else:
            numbers = NUMBERS[topic](message)
            if all(np.abs(values).max() <= most for values, most in numbers):
                return False
            finite = all(np.isfinite(values).all() for values, _ in numbers)
            code = BEYOND if finite else NOT_FINITE
        if self._complaints.add((topic, code), t_ns):
            text = f"{topic}: {CODES[code].text} ({self.refused[topic, code]} so far)"
            out.publish(graph.MISSION_EVENT, CODES.event(t_ns, "localization", code, text))
        return True
