"""Sun and Earth in Moon-fixed axes, as they appear from the centre of the Moon.

Positions: astronomy-engine (VSOP87 and NOVAS-like lunar theory, good to an arc minute at worst),
from `table` for the years it covers. Axes: `moon_axes`. `test/unit/ephemeris` compares both with
JPL DE421.
"""

from __future__ import annotations

import math
from functools import lru_cache

import astronomy
import numpy as np

from lupex_rover.core.constants import AU_M, NS
from lupex_rover.core.errors import UserError
from lupex_rover.ephemeris import table
from lupex_rover.ephemeris.moon_axes import days_tt, moon_axes

Array = np.ndarray
FIRST_NS = -2_208_988_800 * NS  # 1900-01-01
LAST_NS = 4_102_444_800 * NS  # 2100-01-01
STEP_NS = 3 * 3600 * NS
LIGHT_AU_PER_DAY = 173.1446326846693  # exact c over the IAU 2012 au


def check_time(t_ns: float, what: str = "t_ns") -> int:
    """`t_ns` as an integer; `what` is its name in the message.

    Raises
    ------
    UserError
        NaN, or outside 1900 .. 2100, where the theories of the Moon are not to be trusted.
    """
    if not math.isfinite(t_ns):
        raise UserError(f"{what}: {t_ns} is not a time")
    if not FIRST_NS <= t_ns < LAST_NS:
        years = t_ns / (365.2425 * 86400 * NS) + 1970
        raise UserError(
            f"{what}: the year {years:.1f} is outside 1900 .. 2100, which the ephemeris covers"
        )
    return int(t_ns)


def _state(body: astronomy.Body, time: astronomy.Time) -> tuple[Array, Array]:
    s = astronomy.BaryState(body, time)
    return np.array([s.x, s.y, s.z]), np.array([s.vx, s.vy, s.vz])


@lru_cache(maxsize=100_000)
def by_theory(t_ns: int) -> Array:
    """(6,) apparent Sun and Earth from the Moon's centre, m in J2000 equatorial axes; 0.6 ms."""
    time = astronomy.Time.FromTerrestrialTime(float(days_tt(t_ns)))
    eye, velocity = _state(astronomy.Body.Moon, time)
    beta = velocity / LIGHT_AU_PER_DAY
    seen = []
    for body in (astronomy.Body.Sun, astronomy.Body.Earth):
        position, speed = _state(body, time)
        away = position - eye
        away = away - speed * (np.linalg.norm(away) / LIGHT_AU_PER_DAY)  # light time
        distance = np.linalg.norm(away)
        toward = away / distance + beta  # aberration, first order (20 arc seconds)
        seen.append(toward * (distance * AU_M / np.linalg.norm(toward)))
    vector = np.concatenate(seen)
    vector.setflags(write=False)
    return vector


def bodies_many(t_ns: Array) -> Array:
    """Apparent Sun and Earth from the Moon's centre at many times, some microseconds each.

    Within the years of `table` from its polynomials; outside them by theory, a dense series by
    cubics through points 3 h apart (better than 1e-7 rad).

    Parameters
    ----------
    t_ns : ndarray, shape (N,)
        int64 UTC, ns.

    Returns
    -------
    ndarray, shape (N, 6)
        Sun x, y, z, Earth x, y, z; m, Moon-fixed axes.

    Raises
    ------
    UserError
        A time outside the ephemeris.
    """
    times = np.asarray(t_ns, np.int64).ravel()
    if times.size == 0:
        return np.empty((0, 6))
    for t in (times.min(), times.max()):
        check_time(float(t))
    inside = table.covers(times)
    far = np.empty((times.size, 6))
    far[inside] = table.apparent(times[inside])
    if not inside.all():
        far[~inside] = _outside(times[~inside])
    axes = moon_axes(times)
    return np.einsum("nbj,nji->nbi", far.reshape(-1, 2, 3), axes).reshape(-1, 6)


def _outside(times: Array) -> Array:
    """(N, 6) by theory, J2000 axes."""
    cells = times // STEP_NS
    first = np.unique(cells)
    nodes = np.unique(np.concatenate([first + k for k in (-1, 0, 1, 2)]))
    if nodes.size >= times.size:
        return np.array([by_theory(t) for t in times.tolist()])
    rows = np.array([by_theory(n * STEP_NS) for n in nodes.tolist()])
    at = np.searchsorted(nodes, cells)
    u = ((times - cells * STEP_NS) / STEP_NS)[:, None]
    return (
        -u * (u - 1.0) * (u - 2.0) / 6.0 * rows[at - 1]
        + (u + 1.0) * (u - 1.0) * (u - 2.0) / 2.0 * rows[at]
        - (u + 1.0) * u * (u - 2.0) / 2.0 * rows[at + 1]
        + (u + 1.0) * u * (u - 1.0) / 6.0 * rows[at + 2]
    )


def bodies(t_ns: float) -> tuple[Array, Array]:
    """Apparent Sun and Earth from the Moon's centre; (3,), (3,) m in Moon-fixed axes."""
    return _cached(check_time(t_ns))


@lru_cache(maxsize=100_000)
def _cached(t_ns: int) -> tuple[Array, Array]:
    both = bodies_many(np.array([t_ns]))[0]
    both.setflags(write=False)
    return both[:3], both[3:]
