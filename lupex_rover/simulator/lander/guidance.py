"""How the stand-in lander steers: by its own inertial navigation and what the rover tells it."""

from __future__ import annotations

import math

import numpy as np

from lupex_rover.core.constants import MOON_GRAVITY_MPS2
from lupex_rover.core.saved import SavedFields
from lupex_rover.simulator.lander.params import LanderParams

APPROACH, VERTICAL, LANDED = 0, 1, 2
MOVED_M = 1.0  # a target that moves less is the same
_G = np.array([0.0, 0.0, -MOON_GRAVITY_MPS2])


class LanderGuidance(SavedFields):
    """Inertial navigation and the two guidance phases.

    The horizontal channel flies by `position_m` and `velocity_mps`, which start wrong, drift and
    are corrected by `update` alone. In vertical descent the sink rate follows the altimeter.
    """

    SAVED = ("position_m", "velocity_mps", "target_m", "_left_s", "_sink_mps", "phase")
    FIXED = ("_p", "_bias")

    def __init__(
        self,
        params: LanderParams,
        position_m: np.ndarray,
        velocity_mps: np.ndarray,
        target_m: np.ndarray,
        accel_bias_mps2: np.ndarray,
    ) -> None:
        self._p = params
        self.position_m = np.array(position_m, float)
        self.velocity_mps = np.array(velocity_mps, float)
        self.target_m = np.array(target_m, float)
        self._bias = accel_bias_mps2
        self._left_s = params.approach_s
        self._sink_mps = -self.velocity_mps[2]
        self.phase = APPROACH

    def update(
        self, position_m: np.ndarray, velocity_mps: np.ndarray, target_m: np.ndarray
    ) -> None:
        """Take the rover's better knowledge; values that are not finite are ignored.

        A target that moves in the approach gets the time that the way to it takes: 6 / t^2 of it
        is the greatest push sideways of the approach's law.
        """
        if not np.all(np.isfinite([position_m, velocity_mps, target_m])):
            return
        self.position_m = np.array(position_m, float)
        self.velocity_mps = np.array(velocity_mps, float)
        moved = float(np.hypot(*(np.asarray(target_m, float) - self.target_m)[:2]))
        self.target_m = np.array(target_m, float)
        if self.phase == APPROACH and moved > MOVED_M:
            self._left_s = max(self._left_s, math.sqrt(6.0 * moved / self._p.divert_mps2))

    def propagate(self, force_map_mps2: np.ndarray, dt_s: float) -> None:
        """Integrate the measured specific force, (3,) in `map`."""
        accel = force_map_mps2 + self._bias + _G
        self.position_m = self.position_m + self.velocity_mps * dt_s + 0.5 * dt_s**2 * accel
        self.velocity_mps = self.velocity_mps + accel * dt_s

    def thrust(self, height_m: float, sink_mps: float, dt_s: float) -> np.ndarray:
        """Wanted specific force in `map`, m/s2, (3,).

        Parameters
        ----------
        height_m : float
            Over the ground below, from the altimeter.
        sink_mps : float
            Downward speed from the altimeter, noisy.
        dt_s : float
            Time since the last call.
        """
        self._left_s -= dt_s
        # a light filter takes the altimeter's noise off; inertial velocity fills in between
        self._sink_mps += 0.2 * (sink_mps - self._sink_mps)
        gate = self._p.gate_m
        if self.phase == APPROACH and (self._left_s < 1.0 or height_m < gate):
            self.phase = VERTICAL
        if self.phase == APPROACH:
            return self._approach()
        return self._vertical(height_m)

    def _approach(self) -> np.ndarray:
        """Quadratic guidance to the gate above the target.

        a = 6 ZEM / t^2 - 2 ZEV / t (Ebrahimi, Bahrami, Roshanian 2008, energy optimal).
        """
        t = max(self._left_s, 6.0)  # frozen at the end, where 1/t^2 would amplify noise
        gate = self.target_m + np.array([0.0, 0.0, self._p.gate_m])
        gate_velocity = np.array([0.0, 0.0, -self._p.gate_sink_mps])
        miss = gate - (self.position_m + self.velocity_mps * t + 0.5 * t * t * _G)
        miss_v = gate_velocity - (self.velocity_mps + t * _G)
        return self._limited(6.0 * miss / t**2 - 2.0 * miss_v / t, self._p.max_tilt_deg)

    def _vertical(self, height_m: float) -> np.ndarray:
        """Hold over the target; sink in proportion to the height, at last steadily."""
        p = self._p
        wanted = 0.12 * (self.target_m - self.position_m)[:2]
        speed = float(np.hypot(*wanted))
        if speed > p.divert_speed_mps:
            wanted *= p.divert_speed_mps / speed
        side = 0.4 * (wanted - self.velocity_mps[:2])
        sink = min(max(p.sink_rate_hz * height_m, p.final_sink_mps), p.gate_sink_mps)
        braking = p.sink_rate_hz * sink if p.final_sink_mps < sink < p.gate_sink_mps else 0.0
        up = MOON_GRAVITY_MPS2 + braking + 0.8 * (self._sink_mps - sink)
        return self._limited(np.array([side[0], side[1], up]), p.final_tilt_deg)

    def _limited(self, force: np.ndarray, tilt_deg: float) -> np.ndarray:
        """Within tilt and thrust; the vertical part comes first."""
        p = self._p
        up = min(max(float(force[2]), p.min_thrust_mps2), p.max_thrust_mps2)
        side = float(np.hypot(force[0], force[1]))
        most = min(up * math.tan(math.radians(tilt_deg)), math.sqrt(p.max_thrust_mps2**2 - up * up))
        scale = min(1.0, most / side) if side > 1e-9 else 1.0
        return np.array([force[0] * scale, force[1] * scale, up])
