"""Sun and Earth in Moon-fixed axes, as they appear from the centre of the Moon.

Positions: astronomy-engine (VSOP87 and NOVAS-like lunar theory, good to an arc minute at worst).
Axes: IAU rotation model of the Moon (Archinal et al. 2018, "Report of the IAU Working Group on
Cartographic Coordinates"), which follows the mean-Earth axes to about 150 m on the ground, 0.005
degrees. `test/unit/ephemeris` compares both with JPL DE421.
"""

from __future__ import annotations

import math
from functools import lru_cache

import astronomy
import numpy as np

from lupex_rover.core.constants import AU_M, NS
from lupex_rover.core.errors import UserError

J2000_NS = 946_728_000 * NS  # 2000-01-01T12:00:00 UTC
FIRST_NS = -2_208_988_800 * NS  # 1900-01-01
LAST_NS = 4_102_444_800 * NS  # 2100-01-01
DAY_S = 86400.0
LIGHT_AU_PER_DAY = 173.1446326846693  # exact c over the IAU 2012 au


def check_time(t_ns: float) -> int:
    """`t_ns` as an integer.

    Raises
    ------
    UserError
        NaN, or outside 1900 .. 2100, where the theories of the Moon are not to be trusted.
    """
    if not math.isfinite(t_ns):
        raise UserError(f"t_ns: {t_ns} is not a time")
    if not FIRST_NS <= t_ns < LAST_NS:
        raise UserError(f"t_ns: {t_ns} is outside the years 1900 .. 2100 of the ephemeris")
    return int(t_ns)


def _days(t_ns: int) -> float:
    return (t_ns - J2000_NS) / NS / DAY_S


def moon_axes(t_ns: int) -> np.ndarray:
    """`j2000_R_moon` (3, 3): columns are the Moon-fixed x, y, z axes in J2000 equatorial axes."""
    axis = astronomy.RotationAxis(astronomy.Body.Moon, astronomy.Time(_days(t_ns)))
    z = np.array([axis.north.x, axis.north.y, axis.north.z])
    alpha = math.radians(15.0 * axis.ra)
    node = np.array([-math.sin(alpha), math.cos(alpha), 0.0])  # ascending node on the equator
    w = math.radians(axis.spin)
    x = math.cos(w) * node + math.sin(w) * np.cross(z, node)
    return np.column_stack([x, np.cross(z, x), z])


def _state(body: astronomy.Body, time: astronomy.Time) -> tuple[np.ndarray, np.ndarray]:
    s = astronomy.BaryState(body, time)
    return np.array([s.x, s.y, s.z]), np.array([s.vx, s.vy, s.vz])


@lru_cache(maxsize=100_000)
def _cached(t_ns: int) -> tuple[np.ndarray, np.ndarray]:
    time = astronomy.Time(_days(t_ns))
    eye, velocity = _state(astronomy.Body.Moon, time)
    axes = moon_axes(t_ns)
    beta = velocity / LIGHT_AU_PER_DAY
    seen = []
    for body in (astronomy.Body.Sun, astronomy.Body.Earth):
        position, speed = _state(body, time)
        away = position - eye
        away = away - speed * (np.linalg.norm(away) / LIGHT_AU_PER_DAY)  # light time
        distance = np.linalg.norm(away)
        toward = away / distance + beta  # aberration, first order (20 arc seconds)
        toward *= distance / np.linalg.norm(toward)
        vector = axes.T @ toward * AU_M
        vector.setflags(write=False)
        seen.append(vector)
    return seen[0], seen[1]


def bodies(t_ns: float) -> tuple[np.ndarray, np.ndarray]:
    """Apparent Sun and Earth from the Moon's centre; (3,), (3,) m in Moon-fixed axes."""
    return _cached(check_time(t_ns))
