"""Track travel of the mobility board as steps of motion in base_link."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from lupex_rover.core.kept_numbers import numbers
from lupex_rover.core.time import seconds
from lupex_rover.core.types import DriveState
from lupex_rover.core.vehicle import Vehicle
from lupex_rover.navigation.kinematics import body_twist

OVER_MPS = 0.05  # a track may be that much faster than the board takes before it is a jump
GAP_S = 5.0
ANEW_M = 0.05  # a board that was off has counted no farther when it is heard again
STOPS_S = 2.0  # a rover that nobody commands stands within that; with room
TRAVEL_M = 1e6
SPEED_MPS = 10.0


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

    def kept(self) -> dict[str, Any] | None:
        """What `Gap` needs, as plain lists; None: nothing was heard."""
        if self._last is None:
            return None
        return {
            "travel_m": self._last.track_travel_m.tolist(),
            "speed_mps": self._last.track_speed_mps.tolist(),
            "steer_rad": self._last.steer_angle_rad.tolist(),
        }

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


@dataclass(frozen=True)
class Gap:
    """The tracks when a pose was kept: how far the rover went from there until it is heard again.

    The board counts on while the computer is away, so a process that is started again knows what
    it missed. A board that was off as well counts from zero: then nothing is known.
    """

    travel_m: np.ndarray  # (4,)
    speed_mps: np.ndarray  # (4,)
    steer_rad: np.ndarray  # (4,)

    @classmethod
    def of(cls, state: dict[str, Any] | None) -> Gap | None:
        """From `WheelOdometry.kept`.

        Raises
        ------
        ValueError, KeyError, TypeError
            It cannot be; the text names the field.
        """
        if state is None:
            return None
        travel, speed = numbers(state, "travel_m", 4), numbers(state, "speed_mps", 4)
        if np.abs(travel).max() > TRAVEL_M or np.abs(speed).max() > SPEED_MPS:
            raise ValueError("travel or speed of the tracks cannot be")
        return cls(travel, speed, numbers(state, "steer_rad", 4))

    def longest_m(self, vehicle: Vehicle, persist_s: float) -> float:
        """No track ran farther since the pose was kept, m."""
        return float((vehicle.track_limit_mps + OVER_MPS) * (persist_s + STOPS_S))

    def ahead_m(
        self, state: DriveState, vehicle: Vehicle, persist_s: float
    ) -> tuple[float, float] | None:
        """Motion (x, y) of base_link, m, along its axes when kept; None: the board tells nothing.

        `persist_s`: a pose that is kept is at most so old when the computer is lost.
        """
        anew = np.abs(state.track_travel_m).max() < ANEW_M <= np.abs(self.travel_m).max()
        delta = state.track_travel_m - self.travel_m
        if anew or not np.abs(delta).max() <= self.longest_m(vehicle, persist_s):
            return None
        dx, dy, _ = body_twist(delta, 0.5 * (state.steer_angle_rad + self.steer_rad), vehicle)
        return float(dx), float(dy)
