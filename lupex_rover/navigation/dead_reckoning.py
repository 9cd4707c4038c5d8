"""Position by dead reckoning with delayed displacement fixes.

The odometry position `o(t)` runs on smoothly; the position in `map` is `o(t) + c`. A fix says how
far the rover went between two past times; it changes `c` and the covariance only. The error of
dead reckoning is a constant part of the distance (a wrong slip stays wrong for a while), so it is
kept as three error vectors, the columns of `S`, that add up along the way; what a fix explains is
taken out of them again and replaced by the fix's own noise and scale error.
"""

from __future__ import annotations

import math
from collections import deque
from typing import Any

import numpy as np

Array = np.ndarray
BACK_NS = 1_000_000_000  # a mark so long before the newest entry: the clock was set back


class DeadReckoning:
    """Position, its covariance, and the recent past.

    Attributes
    ----------
    odom_m : ndarray, shape (3,)
        Odometry position.
    correction_m : ndarray, shape (3,)
        Position in map minus odometry position.
    travel_m : float
        Track travel, without slip, along the way.
    """

    def __init__(self, along: float, lateral: float, vertical: float, visual_scale: float) -> None:
        self._along, self._lateral, self._vertical = along, lateral, vertical
        self._visual_scale = visual_scale
        self.odom_m = np.zeros(3)
        self.correction_m = np.zeros(3)
        self.travel_m = 0.0
        self._white = np.zeros((3, 3))
        self._s = np.zeros((3, 3))
        self._past: deque[tuple[int, Array, float, Array]] = deque(maxlen=400)

    def reset(self, position_m: Array, covariance: Array) -> None:
        """Start at a position in map."""
        self.odom_m = np.asarray(position_m, float).copy()
        self.correction_m = np.zeros(3)
        self._white = np.asarray(covariance, float).copy()
        self._s = np.zeros((3, 3))
        self._past.clear()

    @property
    def position_m(self) -> Array:
        """(3,) in map."""
        return self.odom_m + self.correction_m

    @property
    def covariance(self) -> Array:
        """(3, 3) of the position in map."""
        return self._white + self._s @ self._s.T

    def move(self, t_ns: int, step_m: Array, travel_m: float) -> None:
        """Add a displacement (3,) in map axes; `travel_m` is what the tracks ran, signed."""
        self.odom_m = self.odom_m + step_m
        self.travel_m += travel_m
        x, y, z = step_m
        length = math.sqrt(x * x + y * y + z * z)
        s = self._s.copy()
        s[:, 0] += self._along * step_m
        s[0, 1] -= self._lateral * y
        s[1, 1] += self._lateral * x
        s[2, 2] += self._vertical * length
        self._s = s
        self._drop_later(t_ns)
        self._past.append((t_ns, self.odom_m, self.travel_m, s))

    def loosen(self, sigma_m: float) -> None:
        """The place is less sure by so much in the plane."""
        self._white = self._white + np.diag([sigma_m**2, sigma_m**2, 0.0])

    def mark(self, t_ns: int) -> None:
        """Note that nothing moved up to `t_ns`."""
        if self._past and self._past[-1][0] - t_ns > BACK_NS:
            self._drop_later(t_ns)
        if not self._past or t_ns - self._past[-1][0] > 500_000_000:
            self._past.append((t_ns, self.odom_m, self.travel_m, self._s))

    def _drop_later(self, t_ns: int) -> None:
        """Times after the newest are of a clock that was set back since: the past stays sorted."""
        while self._past and self._past[-1][0] > t_ns:
            self._past.pop()

    def between(self, t0_ns: int, t1_ns: int) -> tuple[Array, float, Array] | None:
        """Odometry displacement (3,), track travel and error vectors (3, 3) of that time.

        None when the past does not reach back to `t0_ns` or forward to `t1_ns`.
        """
        if len(self._past) < 2 or self._past[0][0] > t0_ns or self._past[-1][0] < t1_ns:
            return None
        o0, w0, s0 = self._at(t0_ns)
        o1, w1, s1 = self._at(t1_ns)
        return o1 - o0, w1 - w0, s1 - s0

    def _at(self, t_ns: int) -> tuple[Array, float, Array]:
        later = self._past[-1]
        for entry in reversed(self._past):
            if entry[0] <= t_ns:
                span = later[0] - entry[0]
                f = (t_ns - entry[0]) / span if span > 0 else 0.0
                return (
                    entry[1] + f * (later[1] - entry[1]),
                    entry[2] + f * (later[2] - entry[2]),
                    entry[3] + f * (later[3] - entry[3]),
                )
            later = entry
        return later[1], later[2], later[3]

    def fuse(self, t0_ns: int, t1_ns: int, moved_m: Array, covariance: Array) -> Array | None:
        """A measured displacement (3,) with its (3, 3) covariance between two past times.

        Returns
        -------
        ndarray or None
            The odometry displacement it replaced, or None when it could not be used.
        """
        span = self.between(t0_ns, t1_ns)
        if span is None:
            return None
        moved_dr, _, s = span
        q = s @ s.T + np.eye(3) * 1e-6
        k = np.linalg.solve(q + covariance, q).T
        self.correction_m = self.correction_m + k @ (moved_m - moved_dr)
        self._white = self._white + (np.eye(3) - k) @ q
        self._white = 0.5 * (self._white + self._white.T)
        self._s = self._s - s
        self._s[:, 0] += self._visual_scale * np.asarray(moved_m)
        shift = self._s - self._past[-1][3]
        self._past = deque(
            ((t, o, w, sv + shift) for t, o, w, sv in self._past),
            maxlen=self._past.maxlen,
        )
        return moved_dr

    def fuse_height(self, height_m: float, sigma_m: float) -> None:
        """A height in map; only the vertical is changed."""
        p = float(self.covariance[2, 2])
        k = p / (p + sigma_m**2)
        self.correction_m = self.correction_m.copy()
        self.correction_m[2] += k * (height_m - float(self.position_m[2]))
        keep = 1.0 - k
        self._white[2, :] *= math.sqrt(keep)
        self._white[:, 2] *= math.sqrt(keep)
        self._s = self._s.copy()
        self._s[2, :] *= math.sqrt(keep)

    def state(self) -> dict[str, Any]:
        """What `restore` needs, as plain lists."""
        return {
            "odom_m": self.odom_m.tolist(),
            "correction_m": self.correction_m.tolist(),
            "covariance": self.covariance.tolist(),
            "travel_m": self.travel_m,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take back `state()`."""
        self.reset(np.array(state["odom_m"]), np.array(state["covariance"]))
        self.correction_m = np.array(state["correction_m"], float)
        self.travel_m = float(state["travel_m"])
