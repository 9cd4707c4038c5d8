"""What the crawlers are told to do, whatever physics moves them."""

from __future__ import annotations

import numpy as np

from lupex_rover.core.saved import SavedFields

Array = np.ndarray
STEER_EPS_RAD = 1e-3  # a crawler this near its set point need not turn


class SetPoints(SavedFields):
    """Track speeds and steering angles that are wanted, (4,) each."""

    SAVED = ("track_mps", "steer_rad")
    FIXED = ("_limit_rad",)

    def __init__(self, steer_limit_rad: float) -> None:
        self._limit_rad = steer_limit_rad
        self.reset()

    def reset(self) -> None:
        """Tracks at rest, crawlers straight ahead."""
        self.track_mps, self.steer_rad = np.zeros(4), np.zeros(4)

    def take(self, track_speed_mps: Array, steer_angle_rad: Array) -> None:
        """A command; angles are held to what the crawlers can turn."""
        self.track_mps = np.asarray(track_speed_mps, float).copy()
        angles = np.asarray(steer_angle_rad, float)
        self.steer_rad = np.clip(angles, -self._limit_rad, self._limit_rad)

    def halt(self, steer_now_rad: Array) -> None:
        """Tracks to zero; crawlers stay as they are steered."""
        self.track_mps = np.zeros(4)
        self.steer_rad = steer_now_rad.copy()

    def rolling(self, track_now_mps: Array) -> bool:
        """Whether a track moves or shall move."""
        return bool(np.any(self.track_mps) or np.any(track_now_mps))

    def reached(self, steer_now_rad: Array, track_now_mps: Array) -> bool:
        """Whether nothing is left to do: tracks at rest, crawlers as steered."""
        off = np.abs(self.steer_rad - steer_now_rad).max()
        return not (off > STEER_EPS_RAD or self.rolling(track_now_mps))
