"""Error-state Kalman filter of the descent.

State: position and velocity in `map`, attitude `map_R_base`, gyro and accelerometer bias, bias of
the altimeter's velocity, two biases of fixes. The error state (22) is additive but for attitude,
whose error is a rotation vector in `map` (Sola 2017, "Quaternion kinematics for the error-state
Kalman filter", ch. 7, global error).

Fixes of about the same view err alike (`fix_bias`): a fix sees the place plus a bias that changes
slowly along the way. Fixes in a row bring down what is independent between them, not what they
share. Of a fix the height is left out: the matcher holds it to the prior's, which is this filter's
own, and the altimeter tells it.

Measurements may come late: the filter goes back to their stamp and lives the rest again. One that
comes twice, or that holds a number that is not finite or that no IMU reads, is refused.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from lupex_rover.core.constants import MOON_GRAVITY_MPS2, NS
from lupex_rover.core.sensor_limits import is_attitude, is_motion
from lupex_rover.core.time import ns
from lupex_rover.core.transforms import (
    quat_inverse,
    quat_multiply,
    quat_to_matrix,
    quat_to_rotvec,
    rotvec_to_quat,
)
from lupex_rover.landing.estimation.filter_state import (
    BA,
    BF,
    BG,
    BV,
    SIZE,
    A,
    Fix,
    Inertial,
    Measurement,
    P,
    Range,
    Star,
    State,
    V,
)
from lupex_rover.landing.estimation.fix_bias import FixBias
from lupex_rover.landing.params import FilterParams

XY = slice(0, 2)  # of P
_GRAVITY = np.array([0.0, 0.0, -MOON_GRAVITY_MPS2])
_EYE3 = np.eye(3)


class FilterStep(NamedTuple):
    """A measurement, what was known after it, and the last fix's step where that was refused."""

    measurement: Measurement | None
    state: State
    refused_step: np.ndarray | None


class LandingFilter:
    """Takes measurements in any order not older than `history_s`.

    Parameters
    ----------
    params : FilterParams
        Noise and gates.
    start : State
        State at the start of the descent.
    map_height : Callable[[float, float], float]
        Onboard map height m at (x, y), NaN off the map.
    fix_bias : FixBias
        What fixes share.

    Attributes
    ----------
    refused : Counter[str]
        How many measurements of each class were refused, by the class's name.
    """

    def __init__(
        self, params: FilterParams, start: State, map_height: Callable[[float, float], float],
        fix_bias: FixBias,
    ) -> None:  # fmt: skip
        self._p = params
        self._height = map_height
        self._bias = fix_bias
        self._now = start
        self._past: list[FilterStep] = []
        self._stamps: list[int] = []
        self._first = FilterStep(None, start, None)
        self._refused_step: np.ndarray | None = None
        self.refused: Counter[str] = Counter()

    @property
    def state(self) -> State:
        return self._now

    def add(self, m: Measurement) -> bool:
        """Take in a measurement; False when it is refused: by its gate, too old, come twice, or
        with a number that is not finite or that no sensor reads."""
        new = m.stamp_ns >= self._first.state.stamp_ns and not self._known(m)
        taken = new and _believable(m) and self._insert(m)
        if not taken:
            self.refused[type(m).__name__] += 1
        return taken

    def _known(self, m: Measurement) -> bool:
        """Whether one of its kind and stamp was taken in."""
        begin, end = bisect_left(self._stamps, m.stamp_ns), bisect_right(self._stamps, m.stamp_ns)
        return any(type(m) is type(past.measurement) for past in self._past[begin:end])

    def _insert(self, m: Measurement) -> bool:
        """Take it in at its stamp, then what was taken after that again."""
        at = bisect_right(self._stamps, m.stamp_ns)
        later = [past.measurement for past in self._past[at:] if past.measurement is not None]
        if later:
            before = self._past[at - 1] if at else self._first
            self._now, self._refused_step = before.state, before.refused_step
            del self._past[at:], self._stamps[at:]
        taken = self._take(m)
        for again in later:
            self._take(again)
        self._forget()
        return taken

    def at(self, stamp_ns: int) -> State:
        """The estimate as it was at `stamp_ns`, or the oldest kept."""
        at = bisect_right(self._stamps, stamp_ns)
        return (self._past[at - 1] if at else self._first).state

    def jolt(self, velocity_mps: float, attitude_rad: float) -> None:
        """Forget velocity and attitude to these sigmas: a shock that the sensors did not follow."""
        covariance = self._now.covariance.copy()
        covariance[V, V] += velocity_mps**2 * _EYE3
        covariance[A, A] += attitude_rad**2 * _EYE3
        self._now = replace(self._now, covariance=covariance)
        self._first = FilterStep(None, self._now, None)
        self._past.clear()
        self._stamps.clear()

    def _take(self, m: Measurement) -> bool:
        taken = True
        if isinstance(m, Inertial):
            self._now = self._propagated(self._now, m)
        elif isinstance(m, Star):
            taken = self._star(m)
        elif isinstance(m, Range):
            taken = self._range(m)
        else:
            taken = self._fix(m)
        self._past.append(FilterStep(m, self._now, self._refused_step))
        self._stamps.append(m.stamp_ns)
        return taken

    def _forget(self) -> None:
        oldest = self._now.stamp_ns - ns(self._p.history_s)
        if len(self._stamps) > 400 or (self._stamps and self._stamps[0] < oldest - NS):
            drop = max(1, bisect_right(self._stamps, oldest))
            drop = max(drop, len(self._stamps) - 400)
            self._first = self._past[drop - 1]
            del self._past[:drop], self._stamps[:drop]

    # --- prediction -----------------------------------------------------------------------------

    def _propagated(self, s: State, m: Inertial) -> State:
        p = self._p
        dt = (m.stamp_ns - s.stamp_ns) / NS
        if dt <= 0.0:
            return s
        rate, force = m.rate_rps - s.gyro_bias, m.force_mps2 - s.accel_bias
        half = quat_multiply(s.quat, rotvec_to_quat(0.5 * dt * rate))
        quat = quat_multiply(s.quat, rotvec_to_quat(dt * rate))
        map_R_base = quat_to_matrix(half)
        force_map = map_R_base @ force
        accel = force_map + _GRAVITY
        f = np.eye(SIZE)
        f[P, V] = dt * _EYE3
        f[V, A] = -dt * _cross_matrix(force_map)
        f[P, A] = 0.5 * dt * f[V, A]
        f[V, BA] = -dt * map_R_base
        f[P, BA] = 0.5 * dt * f[V, BA]
        f[A, BG] = -dt * map_R_base
        way = dt * math.sqrt(float(s.velocity_mps @ s.velocity_mps))
        stays = self._bias.stays(way, self._above_ground(s.position_m))
        f[BF, BF] = np.diag(stays)
        covariance = f @ s.covariance @ f.T
        q = np.zeros(SIZE)
        q[P] = 0.25 * dt**3 * p.accel_noise**2
        q[V], q[A] = dt * p.accel_noise**2, dt * p.gyro_noise**2
        q[BG], q[BA] = dt * p.gyro_walk**2, dt * p.accel_walk**2
        q[BF] = 1.0 - stays**2
        covariance[np.diag_indices(SIZE)] += q
        return State(
            m.stamp_ns,
            s.position_m + dt * s.velocity_mps + 0.5 * dt * dt * accel,
            s.velocity_mps + dt * accel,
            quat / np.sqrt(quat @ quat),
            s.gyro_bias,
            s.accel_bias,
            s.doppler_bias,
            stays * s.fix_bias,
            covariance,
            rate,
        )

    def _above_ground(self, position_m: np.ndarray) -> float:
        """Height over the map, m; off the map it is that over height zero."""
        x, y, z = position_m
        ground = float(self._height(x, y))
        return float(z) - (ground if math.isfinite(ground) else 0.0)

    # --- corrections ----------------------------------------------------------------------------

    def _star(self, m: Star) -> bool:
        here = self._now.pose_at(m.stamp_ns).orientation_xyzw
        off = quat_to_rotvec(quat_multiply(m.quat, quat_inverse(here)))
        h = np.zeros((3, SIZE))
        h[:, A] = _EYE3
        return self._correct(off, h, (m.sigma_rad**2 + self._p.star_floor_rad**2) * _EYE3)

    def _range(self, m: Range) -> bool:
        """Velocity, and range where the map knows the ground; each has its own gate."""
        h = np.zeros((3, SIZE))
        h[:, V] = h[:, BV] = _EYE3
        off = m.velocity_mps - self._now.velocity_mps - self._now.doppler_bias
        taken = self._correct(off, h, self._p.doppler_mps**2 * _EYE3)
        return self._slant(m) and taken

    def _slant(self, m: Range) -> bool:
        """Height over the map. The map's error at the place is no noise that averages out, so
        the filter's height is left alone where it is already better known than that."""
        p, s = self._p, self._now
        pose = s.pose_at(m.stamp_ns)
        ray = -pose.matrix[:, 2]
        if ray[2] > -0.2:
            return True
        x, y, z = pose.position_m + m.slant_m * ray
        ground = float(self._height(x, y))
        if not np.isfinite(ground):
            return True
        spread = float(np.sqrt(s.covariance[0, 0] + s.covariance[1, 1]))
        ground2 = p.map_height_m**2 + (p.map_slope * spread) ** 2
        if s.covariance[2, 2] <= ground2:
            return True
        sigma2 = ((p.range_floor_m + p.range_fraction * m.slant_m) * ray[2]) ** 2 + ground2
        h = np.zeros((1, SIZE))
        h[0, 2] = 1.0
        return self._correct(np.array([ground - z]), h, np.array([[sigma2]]))

    def _fix(self, m: Fix) -> bool:
        """A fix that agrees with the one refused before it is believed: the filter was wrong."""
        here = self._now.pose_at(m.stamp_ns).position_m
        h = np.zeros((2, SIZE))
        h[:, XY], h[:, BF] = np.eye(2), self._bias.spread(self._above_ground(here), m.patches)
        off = (m.position_m - here)[:2] - h[:, BF] @ self._now.fix_bias
        if self._correct(off, h, m.covariance[:2, :2]):
            self._refused_step = None
            return True
        before, self._refused_step = self._refused_step, off
        if before is None or np.linalg.norm(off - before) > 5.0 + 0.1 * np.linalg.norm(off):
            return False
        covariance = self._now.covariance.copy()
        covariance[XY, XY] += np.outer(off, off)
        self._now = replace(self._now, covariance=covariance)
        self._refused_step = None
        return self._correct(off, h, m.covariance[:2, :2])

    def _correct(self, off: np.ndarray, h: np.ndarray, noise: np.ndarray) -> bool:
        """Kalman update, unless `off` is further out than the gate allows."""
        s = self._now
        ph = s.covariance @ h.T
        spread = h @ ph + noise
        gain = np.linalg.solve(spread, ph.T).T
        n = len(off)
        # chi-square of n degrees at the same chance as gate_sigma in one (Wilson and Hilferty 1931)
        gate = n * (1.0 - 2.0 / (9.0 * n) + self._p.gate_sigma * np.sqrt(2.0 / (9.0 * n))) ** 3
        if not float(off @ np.linalg.solve(spread, off)) <= max(gate, self._p.gate_sigma**2):
            return False
        step = gain @ off
        keep = np.eye(SIZE) - gain @ h
        covariance = keep @ s.covariance @ keep.T + gain @ noise @ gain.T
        quat = quat_multiply(rotvec_to_quat(step[A]), s.quat)
        self._now = State(
            s.stamp_ns,
            s.position_m + step[P],
            s.velocity_mps + step[V],
            quat / np.sqrt(quat @ quat),
            s.gyro_bias + step[BG],
            s.accel_bias + step[BA],
            s.doppler_bias + step[BV],
            s.fix_bias + step[BF],
            0.5 * (covariance + covariance.T),
            s.rate_rps,
        )
        return True


def _believable(m: Measurement) -> bool:
    """Every number is finite and can be read. The gates judge what else is wrong."""
    if not all(bool(np.isfinite(value).all()) for value in vars(m).values()):
        return False
    if isinstance(m, Inertial):
        return is_motion(m.rate_rps, m.force_mps2)
    return not isinstance(m, Star) or is_attitude(m.quat, m.sigma_rad)


def _cross_matrix(v: np.ndarray) -> np.ndarray:
    """[v]x, so that [v]x w = v x w."""
    return np.array([[0.0, -v[2], v[1]], [v[2], 0.0, -v[0]], [-v[1], v[0], 0.0]])
