"""Track travel of the mobility board as steps of motion in base_link."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lupex_rover.core.time import seconds
from lupex_rover.core.types import DriveState
from lupex_rover.core.vehicle import Vehicle
from lupex_rover.navigation.kinematics import body_twist

OVER_MPS = 0.05  # a track may be that much faster than the board takes before it is a jump
GAP_S = 5.0


@dataclass(frozen=True)
class Step:
    """Motion of base_link since the last step, as the tracks tell it (no slip)."""

    dt_s: float
    dx_m: float
    dy_m: float
    dyaw_rad: float
    still: bool


class WheelOdometry:
    """Differences of track travel.

    A board that was off counts from zero again: after a gap, or a jump that no track can make,
    counting begins anew without a step.
    """

    def __init__(self, vehicle: Vehicle, still_speed_mps: float) -> None:
        self._vehicle = vehicle
        self._still = still_speed_mps
        self._last: DriveState | None = None

    def step(self, state: DriveState) -> Step | None:
        """The step to `state`; None for the first one and after a jump."""
        last, self._last = self._last, state
        if last is None:
            return None
        dt = seconds(state.stamp_ns, last.stamp_ns)
        if not 0.0 < dt < GAP_S:
            return None
        delta = state.track_travel_m - last.track_travel_m
        if not np.abs(delta).max() <= (self._vehicle.track_limit_mps + OVER_MPS) * dt + 0.02:
            return None
        still = bool(np.abs(state.track_speed_mps).max() < self._still)
        if not delta.any():
            return Step(dt, 0.0, 0.0, 0.0, still)
        dx, dy, dyaw = body_twist(
            delta, 0.5 * (state.steer_angle_rad + last.steer_angle_rad), self._vehicle
        )
        return Step(dt, dx, dy, dyaw, False)
