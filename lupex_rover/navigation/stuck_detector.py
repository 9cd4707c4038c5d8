"""Does the rover get on as commanded?"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass

import numpy as np

from lupex_rover.core.time import ns
from lupex_rover.core.transforms import wrap_angle
from lupex_rover.core.types import DriveState
from lupex_rover.navigation.params import NavigatorParams

LEAST_COMMAND_M = 0.6  # less is too little to judge by
LEAST_TURN_RAD = 1.0
SLIP_OVER_M = 0.5  # slip is told over this much track travel


@dataclass(frozen=True)
class _Mark:
    t_ns: int
    x: float
    y: float
    yaw: float  # wrapped
    turned_rad: float  # unwrapped since the drive began
    asked_m: float
    asked_rad: float
    travel_m: float


class StuckDetector:
    """Compares what was commanded with what localization measured.

    Attributes
    ----------
    driven_m : float
        Length of the way the rover has gone.
    slip : float
        1 - way over ground / track travel, over the last half metre.
    """

    def __init__(self, params: NavigatorParams) -> None:
        self._p = params
        self._marks: deque[_Mark] = deque()
        self.driven_m = 0.0
        self.slip = 0.0
        self._asked_m = self._asked_rad = self._travel_m = 0.0
        self._last_travel: np.ndarray | None = None
        self._stall_since: int | None = None
        self._stalled = False
        self._slip_from: tuple[float, float, float] | None = None

    def clear(self) -> None:
        """Judge from now on (after a stop or a recovery)."""
        self._marks.clear()
        self._stall_since = None
        self._stalled = False
        self._slip_from = None

    def wheels(self, state: DriveState) -> None:
        """Telemetry of the mobility board."""
        if self._last_travel is not None:
            step = np.abs(state.track_travel_m - self._last_travel)
            if step.max() < 1.0:
                self._travel_m += float(step.mean())
        self._last_travel = state.track_travel_m
        if float(np.abs(state.motor_current_a).mean()) < self._p.stall_current_a:
            self._stall_since, self._stalled = None, False
        elif self._stall_since is None:
            self._stall_since = state.stamp_ns
        else:
            self._stalled = state.stamp_ns - self._stall_since >= ns(self._p.stall_s)

    def update(
        self,
        t_ns: int,
        x: float,
        y: float,
        yaw: float,
        v_mps: float,
        omega: float,
        dt_s: float,
    ) -> None:
        """Where the rover is now and what it is told to do for the next `dt_s`."""
        turned = 0.0
        if self._marks:
            last = self._marks[-1]
            self.driven_m += math.hypot(x - last.x, y - last.y)
            turned = last.turned_rad + wrap_angle(yaw - last.yaw)
        self._slip(x, y)
        self._asked_m += abs(v_mps) * dt_s
        self._asked_rad += omega * dt_s
        self._marks.append(
            _Mark(t_ns, x, y, yaw, turned, self._asked_m, self._asked_rad, self._travel_m)
        )
        window = ns(self._p.progress_window_s)
        while len(self._marks) > 2 and t_ns - self._marks[1].t_ns >= window:
            self._marks.popleft()

    def _slip(self, x: float, y: float) -> None:
        if self._slip_from is None:
            self._slip_from = (x, y, self._travel_m)
            return
        x0, y0, travel0 = self._slip_from
        travel = self._travel_m - travel0
        if travel >= SLIP_OVER_M:
            self.slip = max(-1.0, min(1.0, 1.0 - math.hypot(x - x0, y - y0) / travel))
            self._slip_from = (x, y, self._travel_m)

    @property
    def stuck(self) -> str:
        """Why the rover counts as stuck; empty when it does not."""
        if self._stalled:
            return f"the track motors drew more than {self._p.stall_current_a:.1f} A on the mean"
        if len(self._marks) < 2:
            return ""
        first, last = self._marks[0], self._marks[-1]
        if last.t_ns - first.t_ns < ns(0.9 * self._p.progress_window_s):
            return ""
        asked, turn = (
            last.asked_m - first.asked_m,
            abs(last.asked_rad - first.asked_rad),
        )
        gone = math.hypot(last.x - first.x, last.y - first.y)
        turned = abs(last.turned_rad - first.turned_rad)
        least = self._p.progress_min
        if asked > LEAST_COMMAND_M and turn < LEAST_TURN_RAD and gone < least * asked:
            return f"{gone:.2f} m made good of {asked:.2f} m commanded"
        if asked < LEAST_COMMAND_M and turn > LEAST_TURN_RAD and turned < least * turn:
            return f"{turned:.2f} rad turned of {turn:.2f} rad commanded"
        return ""
