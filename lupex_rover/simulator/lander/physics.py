"""The lander in powered descent: a thrust-limited point mass whose thrust follows its attitude.

Flat, non-rotating `map` with constant gravity: over the 4 km of the descent curvature takes 5 m
of height and rotation 1e-4 m/s2, both below the navigation errors that are modelled.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from lupex_rover.core.constants import MOON_GRAVITY_MPS2
from lupex_rover.core.saved import SavedFields
from lupex_rover.core.transforms import (
    Pose,
    matrix_to_quat,
    quat_multiply,
    quat_to_matrix,
    rotvec_to_quat,
)
from lupex_rover.landing.params import along_track, nominal_start
from lupex_rover.mission.plan import MissionPlan
from lupex_rover.simulator.lander.guidance import LANDED, LanderGuidance
from lupex_rover.simulator.lander.params import LanderParams

__all__ = ["LanderParams", "LanderPhysics"]

GUIDANCE_S = 0.1  # guidance and altimeter samples
_UP = np.array([0.0, 0.0, 1.0])
_GRAVITY = -MOON_GRAVITY_MPS2 * _UP


class LanderPhysics(SavedFields):
    """Satisfies `plants.LanderPlant` and `plants.GuidancePlant`.

    Parameters
    ----------
    params : LanderParams
        Capability and error of the lander.
    plan : MissionPlan
        Target and ground track.
    ground_height : Callable[[float, float], float]
        Height of the ground m at (x, y) of `map`.
    base_height_m : float
        Of base_link over the ground when the vehicle stands.
    rng : np.random.Generator
        Draws dispersion, biases and altimeter noise.

    Attributes
    ----------
    velocity_mps : ndarray, shape (3,)
        In `map`.
    angular_rps, specific_force : ndarray, shape (3,)
        In base_link.
    landed, hard : bool
        On the ground; and it was hit faster than `hard_mps`.
    touchdown_position : ndarray or None, shape (3,)
        Of base_link in `map`, None before.
    """

    SAVED = (
        "position_m", "velocity_mps", "angular_rps", "specific_force", "landed", "hard",
        "touchdown_position", "_rng", "_wanted", "_quat", "_matrix", "_to_guidance_s",
        "_range_noise", "_doppler_noise",
    )  # fmt: skip
    PARTS = ("guidance",)
    FIXED = ("_p", "_ground", "_base_height_m", "_along", "_doppler_bias")

    def __init__(
        self,
        params: LanderParams,
        plan: MissionPlan,
        ground_height: Callable[[float, float], float],
        base_height_m: float,
        rng: np.random.Generator,
    ) -> None:
        self._p = params
        self._ground = ground_height
        self._base_height_m = base_height_m
        self._rng = rng
        self._along = along_track(plan.landing_azimuth_rad)
        x, y = plan.landing_target
        target = np.array([x, y, float(ground_height(x, y))])
        position, velocity = nominal_start(params.descent, target, plan.landing_azimuth_rad)
        self.guidance = LanderGuidance(
            params, position, velocity, target, rng.normal(0, params.accel_bias_mps2, 3)
        )
        self.position_m = position + self._dispersion()
        self.velocity_mps = velocity + rng.normal(0, params.velocity_sigma_mps, 3)
        self._doppler_bias = rng.normal(0, params.doppler_bias_mps, 3)
        self._wanted = self.guidance.thrust(1e4, -velocity[2], 0.0)
        self._quat = matrix_to_quat(self._attitude_for(self._wanted))
        self._matrix = quat_to_matrix(self._quat)
        self.angular_rps = np.zeros(3)
        self.specific_force = np.array([0.0, 0.0, float(np.linalg.norm(self._wanted))])
        self.landed = self.hard = False
        self.touchdown_position: np.ndarray | None = None
        self._to_guidance_s = 0.0
        self._noise()

    def _dispersion(self) -> np.ndarray:
        p = self._p
        offset = self._rng.normal(0, p.position_sigma_m, 2)
        offset *= min(1.0, p.position_clip_m / max(float(np.hypot(*offset)), 1e-9))
        return np.array([*offset, self._rng.normal(0, p.height_sigma_m)])

    def _noise(self) -> None:
        """Fresh altimeter noise, once per sample, so that reading twice changes nothing."""
        self._range_noise = float(self._rng.normal())
        self._doppler_noise = self._rng.normal(0, self._p.doppler_noise_mps, 3)

    @property
    def pose(self) -> Pose:
        """`map_T_base`."""
        return Pose(self.position_m, self._quat)

    # --- plants ---------------------------------------------------------------------------------

    def altimeter(self) -> tuple[float, np.ndarray, bool, bool]:
        """Slant range m along body -z, velocity m/s in `map` (3,), valid, touchdown."""
        if self.landed:
            return self._base_height_m, np.zeros(3), True, True
        slant = self._slant_range()
        valid = 0.0 < slant <= self._p.max_range_m
        sigma = max(self._p.range_floor_m, self._p.range_fraction * slant)
        velocity = self.velocity_mps + self._doppler_bias + self._doppler_noise
        return max(slant + sigma * self._range_noise, 0.0), velocity, valid, False

    def _slant_range(self) -> float:
        """Along body -z to the ground, by fixed-point steps; 0 when it looks at the sky."""
        ray = -self._matrix[:, 2]
        if ray[2] > -0.2:
            return 0.0
        slant = 0.0
        for _ in range(8):
            x, y, z = self.position_m + slant * ray
            step = (z - float(self._ground(x, y))) / -ray[2]
            slant += step
            if abs(step) < 0.01:
                break
        return slant

    def nav_update(
        self, position_m: np.ndarray, velocity_mps: np.ndarray, target_m: np.ndarray
    ) -> None:
        """Best knowledge of position, velocity and target, (3,) in `map`."""
        if not self.landed:
            self.guidance.update(position_m, velocity_mps, target_m)

    def guidance_state(self) -> tuple[np.ndarray, np.ndarray, int]:
        """The lander's own position, velocity and phase: 0 approach, 1 vertical, 2 landed."""
        return self.guidance.position_m, self.guidance.velocity_mps, self.guidance.phase

    # --- motion ---------------------------------------------------------------------------------

    def advance(self, dt_s: float) -> None:
        """One step of motion; 10 ms is fine."""
        if self.landed:
            return
        self._to_guidance_s -= dt_s
        if self._to_guidance_s <= 1e-9:
            self._to_guidance_s += GUIDANCE_S
            self._guide()
        self._turn(dt_s)
        force = self._matrix[:, 2] * float(self.specific_force[2])
        self.guidance.propagate(force, dt_s)
        accel = force + _GRAVITY
        self.position_m = self.position_m + self.velocity_mps * dt_s + 0.5 * dt_s**2 * accel
        self.velocity_mps = self.velocity_mps + accel * dt_s
        x, y, z = self.position_m
        if z - float(self._ground(x, y)) <= self._base_height_m:
            self._touch_down()

    def _guide(self) -> None:
        self._noise()
        slant, velocity, valid, _ = self.altimeter()
        height = slant * self._matrix[2, 2] - self._base_height_m if valid else 1e4
        self._wanted = self.guidance.thrust(height, -float(velocity[2]), GUIDANCE_S)

    def _turn(self, dt_s: float) -> None:
        """Attitude and thrust follow the wanted force, within the rate limit."""
        p = self._p
        wanted = self._attitude_for(self._wanted)
        a, b = self._matrix, wanted
        error = 0.5 * (
            _cross(a[:, 0], b[:, 0]) + _cross(a[:, 1], b[:, 1]) + _cross(a[:, 2], b[:, 2])
        )
        rate = (a.T @ error) / p.attitude_lag_s
        most = np.radians(p.max_rate_dps)
        norm = float(np.sqrt(rate @ rate))
        if norm > most:
            rate *= most / norm
        self.angular_rps = self.angular_rps + (rate - self.angular_rps) * min(
            1.0, dt_s / p.rate_lag_s
        )
        quat = quat_multiply(self._quat, rotvec_to_quat(self.angular_rps * dt_s))
        self._quat = quat / np.sqrt(quat @ quat)
        self._matrix = quat_to_matrix(self._quat)
        thrust = min(max(float(self._wanted @ a[:, 2]), p.min_thrust_mps2), p.max_thrust_mps2)
        self.specific_force = np.array([0.0, 0.0, thrust])

    def _attitude_for(self, force: np.ndarray) -> np.ndarray:
        """`map_R_base` with z along `force` and x as near the track as that allows."""
        z = force / np.sqrt(force @ force)
        y = _cross(z, self._along)
        y /= np.sqrt(y @ y)
        return np.column_stack((_cross(y, z), y, z))

    def _touch_down(self) -> None:
        self.landed = True
        self.hard = bool(-self.velocity_mps[2] > self._p.hard_mps)
        self.guidance.phase = LANDED
        x, y, _ = self.position_m
        self.position_m = np.array([x, y, float(self._ground(x, y)) + self._base_height_m])
        self.touchdown_position = self.position_m.copy()
        self.velocity_mps = np.zeros(3)
        self.angular_rps = np.zeros(3)
        self._quat = matrix_to_quat(self._attitude_for(_UP))
        self._matrix = quat_to_matrix(self._quat)
        self.specific_force = -_GRAVITY


def _cross(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """`np.cross` of two (3,) without its overhead."""
    return np.array(
        [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
    )
