"""Where Sun and Earth stand in the sky of a place.

Azimuth is from GRID north (+y of `map`), clockwise; elevation above the plane normal to the
radius of the sphere at the place. Light time and aberration are in; there is no air to refract.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numba import njit

from lupex_rover.core.constants import EARTH_RADIUS_M, MOON_RADIUS_M, SUN_RADIUS_M
from lupex_rover.core.discs import Disc, share_uncovered
from lupex_rover.core.errors import UserError
from lupex_rover.ephemeris.bodies import STEP_NS, bodies, bodies_many, check_time
from lupex_rover.ephemeris.site_frame import site_frame


@dataclass(frozen=True)
class Sky:
    """Directions and apparent radii; floats, or arrays of the shape of the times asked for."""

    sun_azimuth_rad: Any
    sun_elevation_rad: Any
    sun_radius_rad: Any
    sun_distance_m: Any
    earth_azimuth_rad: Any
    earth_elevation_rad: Any
    earth_radius_rad: Any

    @property
    def sun(self) -> Disc:
        """The Sun's disc."""
        return Disc(self.sun_azimuth_rad, self.sun_elevation_rad, self.sun_radius_rad)

    @property
    def earth(self) -> Disc:
        """Earth's disc."""
        return Disc(self.earth_azimuth_rad, self.earth_elevation_rad, self.earth_radius_rad)

    @cached_property
    def sun_uncovered(self) -> Any:
        """Share of the Sun's disc that Earth leaves uncovered, 0..1, horizons apart."""
        return share_uncovered(self.sun, self.earth)


def sky(x_m: float, y_m: float, t_ns: Any) -> Sky:
    """Sun and Earth at the place and time(s).

    Parameters
    ----------
    x_m, y_m : float
        Place in `map`, m.
    t_ns : Any
        UTC, ns; a number or an array.

    Raises
    ------
    UserError
        Place or time is NaN, or the time is outside 1900 .. 2100.
    """
    map_R_moon = site_frame(x_m, y_m).T
    times = np.asarray(t_ns)
    if times.ndim == 0:
        return _sky(_local(map_R_moon, np.concatenate(bodies(t_ns))))
    for t in times.ravel().tolist() if times.dtype.kind == "f" else ():
        check_time(t)
    return _sky(_local(map_R_moon, bodies_many(times)).reshape(*times.shape, 6))


def _local(map_R_moon: np.ndarray, both: np.ndarray) -> np.ndarray:
    """(..., 6) Sun and Earth from the place, m in map axes, from those of `bodies`."""
    apart = both.reshape(*both.shape[:-1], 2, 3) @ map_R_moon.T
    apart[..., 2] -= MOON_RADIUS_M
    return apart.reshape(both.shape)


def _sky(local: np.ndarray) -> Sky:
    sun, earth = local[..., :3], local[..., 3:]
    values = [*_polar(sun, SUN_RADIUS_M), *_polar(earth, EARTH_RADIUS_M)]
    if local.ndim == 1:
        values = [float(v) for v in values]
    sun_az, sun_el, sun_radius, sun_distance, earth_az, earth_el, earth_radius, _ = values
    return Sky(sun_az, sun_el, sun_radius, sun_distance, earth_az, earth_el, earth_radius)


def _polar(v: np.ndarray, radius_m: float) -> tuple[Any, Any, Any, Any]:
    distance = np.sqrt((v * v).sum(axis=-1))
    azimuth = np.arctan2(v[..., 0], v[..., 1]) % (2 * np.pi)
    return azimuth, np.arcsin(v[..., 2] / distance), np.arcsin(radius_m / distance), distance


@njit(cache=True)
def _cubic(rows: np.ndarray, u: float, out: np.ndarray) -> None:
    """Lagrange through four equally spaced rows; `u` in 0..1 between the middle two."""
    a = -u * (u - 1.0) * (u - 2.0) / 6.0
    b = (u + 1.0) * (u - 1.0) * (u - 2.0) / 2.0
    c = -(u + 1.0) * u * (u - 2.0) / 2.0
    d = (u + 1.0) * u * (u - 1.0) / 6.0
    for k in range(out.size):
        out[k] = a * rows[0, k] + b * rows[1, k] + c * rows[2, k] + d * rows[3, k]


class SkyTable:
    """The sky of one place between two times, interpolated: some microseconds a call.

    Cubic between samples 3 h apart: better than 1e-7 rad against `sky`.
    """

    def __init__(
        self, x_m: float, y_m: float, t0_ns: int, t1_ns: int, step_ns: int = STEP_NS
    ) -> None:
        self.t0_ns, self.t1_ns = check_time(t0_ns), check_time(t1_ns)
        if self.t1_ns < self.t0_ns or step_ns <= 0:
            raise UserError("t1_ns: the end of the table is before its start")
        self._step = step_ns
        self._first = self.t0_ns // step_ns - 1
        count = self.t1_ns // step_ns + 3 - self._first
        nodes = (self._first + np.arange(count, dtype=np.int64)) * step_ns
        self._rows = _local(site_frame(x_m, y_m).T, bodies_many(nodes))

    def at(self, t_ns: int) -> Sky:
        """The sky at one time.

        Raises
        ------
        UserError
            The time is outside the table.
        """
        if not self.t0_ns <= t_ns <= self.t1_ns:
            raise UserError(f"t_ns: {t_ns} is outside the table {self.t0_ns} .. {self.t1_ns}")
        i, rest = divmod(int(t_ns), self._step)
        i -= self._first
        v = np.empty(6)
        _cubic(self._rows[i - 1 : i + 3], rest / self._step, v)
        sx, sy, sz, ex, ey, ez = v.tolist()
        sun = math.sqrt(sx * sx + sy * sy + sz * sz)
        earth = math.sqrt(ex * ex + ey * ey + ez * ez)
        turn = 2.0 * math.pi
        return Sky(
            math.atan2(sx, sy) % turn, math.asin(sz / sun), math.asin(SUN_RADIUS_M / sun), sun,
            math.atan2(ex, ey) % turn, math.asin(ez / earth), math.asin(EARTH_RADIUS_M / earth),
        )  # fmt: skip

    def many(self, t_ns: np.ndarray) -> Sky:
        """The sky at many times: fields are arrays of the shape of `t_ns`."""
        times = np.asarray(t_ns, np.int64)
        if times.min() < self.t0_ns or times.max() > self.t1_ns:
            raise UserError(f"t_ns: outside the table {self.t0_ns} .. {self.t1_ns}")
        out = np.empty((times.size, 6))
        for n, t in enumerate(times.ravel().tolist()):
            i, rest = divmod(t, self._step)
            i -= self._first
            _cubic(self._rows[i - 1 : i + 3], rest / self._step, out[n])
        return _sky(out.reshape(*times.shape, 6))
