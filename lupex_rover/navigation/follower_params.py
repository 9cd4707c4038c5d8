"""Parameters of the path follower."""

from __future__ import annotations

from dataclasses import dataclass

from lupex_rover.core.params import ordered, param


@dataclass(frozen=True)
class FollowerParams:
    """The speed on a straight path is the navigator's `speed_mps`."""

    min_speed_mps: float = param(0.05, "slowest speed on the way", unit="m/s", low=0.01, high=0.30)
    acceleration_mps2: float = param(
        0.15, "the commanded speed grows by this much at most", unit="m/s2", low=0.01, high=1
    )
    lookahead_m: float = param(0.9, "distance of the point steered to", unit="m", low=0.3, high=5)
    full_speed_radius_m: float = param(
        2.0, "curves tighter than this are driven slower", unit="m", low=0.2, high=20
    )
    approach_m: float = param(1.0, "slow down this far from the end", unit="m", low=0.1, high=10)
    tolerance_m: float = param(0.15, "this near the end is there", unit="m", low=0.02, high=5)
    turn_start_rad: float = param(
        0.7, "heading error that asks for a turn on the spot", unit="rad", low=0.2, high=3
    )
    turn_stop_rad: float = param(
        0.12, "heading error at which the turn ends", unit="rad", low=0.02, high=1
    )
    turn_rate_rps: float = param(0.12, "yaw rate on the spot", unit="rad/s", low=0.01, high=0.35)
    yaw_rate_limit_rps: float = param(0.20, "yaw rate limit", unit="rad/s", low=0.01, high=0.5)
    slip_limit: float = param(0.6, "slip compensated for at most", low=0, high=0.9)
    search_m: float = param(
        3.0, "the nearest point is searched this far ahead on the path", unit="m", low=0.5, high=50
    )

    def check(self) -> None:
        ordered(self, "turn_stop_rad", "turn_start_rad")
