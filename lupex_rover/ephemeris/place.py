"""Sun and Earth from a latitude and longitude: azimuth from TRUE north, many times at once.

Exact directions come from `bodies`; a dense series is interpolated between exact ones 3 h apart
(cubic, better than 1e-7 rad), which costs some microseconds a time.
"""

from __future__ import annotations

import math

import numpy as np

from lupex_rover.core.constants import EARTH_RADIUS_M, MOON_RADIUS_M, SUN_RADIUS_M
from lupex_rover.core.errors import UserError
from lupex_rover.ephemeris.bodies import bodies, check_time
from lupex_rover.ephemeris.sky import STEP_NS, Sky

Array = np.ndarray


def check_place(latitude_deg: float, longitude_deg: float, height_m: float = 0.0) -> None:
    """Refuse by name what is no place on the Moon.

    Raises
    ------
    UserError
        NaN, latitude outside -90 .. 90, longitude outside -360 .. 360, height outside
        -10 km .. 1000 km.
    """
    for name, value, low, high in (
        ("lat", latitude_deg, -90.0, 90.0),
        ("lon", longitude_deg, -360.0, 360.0),
        ("height-m", height_m, -10e3, 1e6),
    ):
        if not low <= value <= high:
            raise UserError(f"--{name}: {value} is outside {low:.0f} .. {high:.0f}")


def local_axes(latitude_rad: float, longitude_rad: float) -> Array:
    """`moon_R_enu` (3, 3): columns east, true north, up along the radius, in Moon-fixed axes."""
    sin_lat, cos_lat = math.sin(latitude_rad), math.cos(latitude_rad)
    sin_lon, cos_lon = math.sin(longitude_rad), math.cos(longitude_rad)
    east = [-sin_lon, cos_lon, 0.0]
    north = [-sin_lat * cos_lon, -sin_lat * sin_lon, cos_lat]
    up = [cos_lat * cos_lon, cos_lat * sin_lon, sin_lat]
    return np.column_stack([east, north, up])


def bodies_many(t_ns: Array) -> Array:
    """Apparent Sun and Earth from the Moon's centre at many times.

    Parameters
    ----------
    t_ns : (N,) int64 UTC, ns.

    Returns
    -------
    (N, 6) Sun x, y, z, Earth x, y, z; m, Moon-fixed axes.

    Raises
    ------
    UserError
        A time outside the ephemeris.
    """
    times = np.asarray(t_ns, np.int64).ravel()
    for t in (times.min(), times.max()):
        check_time(float(t))
    cells = times // STEP_NS
    first = np.unique(cells)
    nodes = np.unique(np.concatenate([first + k for k in (-1, 0, 1, 2)]))
    if nodes.size >= times.size:
        return np.array([np.concatenate(bodies(t)) for t in times.tolist()])
    rows = np.array([np.concatenate(bodies(int(n) * STEP_NS)) for n in nodes])
    at = np.searchsorted(nodes, cells)
    u = ((times - cells * STEP_NS) / STEP_NS)[:, None]
    return (
        -u * (u - 1.0) * (u - 2.0) / 6.0 * rows[at - 1]
        + (u + 1.0) * (u - 1.0) * (u - 2.0) / 2.0 * rows[at]
        - (u + 1.0) * u * (u - 2.0) / 2.0 * rows[at + 1]
        + (u + 1.0) * u * (u - 1.0) / 6.0 * rows[at + 2]
    )


def place_sky(latitude_rad: float, longitude_rad: float, height_m: float, t_ns: Array) -> Sky:
    """Sun and Earth over a place, azimuth clockwise from true north; fields are (N,) arrays.

    Parameters
    ----------
    latitude_rad, longitude_rad : planetocentric, east positive, mean-Earth axes.
    height_m : of the eye above the sphere of 1737.4 km.
    t_ns : (N,) UTC, ns.
    """
    both = bodies_many(t_ns)
    axes = local_axes(latitude_rad, longitude_rad)
    up = np.array([0.0, 0.0, MOON_RADIUS_M + height_m])
    sun, earth = both[:, :3] @ axes - up, both[:, 3:] @ axes - up
    return Sky(*_polar(sun, SUN_RADIUS_M), *_polar(earth, EARTH_RADIUS_M)[:3])


def _polar(v: Array, radius_m: float) -> tuple[Array, Array, Array, Array]:
    distance = np.sqrt((v * v).sum(axis=-1))
    azimuth = np.arctan2(v[:, 0], v[:, 1]) % (2.0 * np.pi)
    return azimuth, np.arcsin(v[:, 2] / distance), np.arcsin(radius_m / distance), distance
