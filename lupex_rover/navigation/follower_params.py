"""Parameters of the path follower."""

from __future__ import annotations

from dataclasses import dataclass

from lupex_rover.core.constants import TRACK_LIMIT_MPS
from lupex_rover.core.params import ordered, param


@dataclass(frozen=True)
class FollowerParams:
    """The speed on a straight path is the navigator's `speed_mps`."""

    min_speed_mps: float = param(
        0.05, "slowest speed on the way", unit="m/s", low=0.01, high=TRACK_LIMIT_MPS,
    )  # fmt: skip
    acceleration_mps2: float = param(
        0.15, "greatest growth of the commanded speed", unit="m/s2", low=0.01, high=1,
    )  # fmt: skip
    lookahead_m: float = param(
        0.9, "distance on the path to the point that is steered to", unit="m", low=0.3, high=5,
    )  # fmt: skip
    full_speed_radius_m: float = param(
        2.0, "radius below which a curve is driven slower", unit="m", low=0.2, high=20,
    )  # fmt: skip
    approach_m: float = param(
        1.0, "distance from the end of the path at which the rover slows down",
        unit="m", low=0.1, high=10,
    )  # fmt: skip
    tolerance_m: float = param(
        0.15, "distance from the end of the path that counts as there; a goal with a wide"
        " tolerance has more", unit="m", low=0.02, high=5,
    )  # fmt: skip
    turn_start_rad: float = param(
        0.7, "heading error above which the rover turns on the spot", unit="rad", low=0.2, high=3,
    )  # fmt: skip
    turn_stop_rad: float = param(
        0.12, "heading error below which a turn on the spot ends", unit="rad", low=0.02, high=1,
    )  # fmt: skip
    turn_rate_rps: float = param(
        0.12, "yaw rate of a turn on the spot", unit="rad/s", low=0.01, high=0.35,
    )  # fmt: skip
    yaw_rate_limit_rps: float = param(
        0.20, "greatest yaw rate while driving", unit="rad/s", low=0.01, high=0.5,
    )  # fmt: skip
    slip_limit: float = param(
        0.6, "greatest slip that is compensated for", unit="1", low=0, high=0.9,
    )  # fmt: skip
    search_m: float = param(
        3.0, "distance ahead on the path within which the nearest point is searched",
        unit="m", low=0.5, high=50,
    )  # fmt: skip

    def check(self) -> None:
        ordered(self, "turn_stop_rad", "turn_start_rad")
