"""Sun and Earth from a latitude and longitude: azimuth from TRUE north, many times at once."""

from __future__ import annotations

import math

import numpy as np

from lupex_rover.core.constants import EARTH_RADIUS_M, MOON_RADIUS_M, SUN_RADIUS_M
from lupex_rover.core.errors import UserError
from lupex_rover.ephemeris.bodies import bodies_many
from lupex_rover.ephemeris.sky import Sky

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


def place_sky(latitude_rad: float, longitude_rad: float, height_m: float, t_ns: Array) -> Sky:
    """Sun and Earth over a place, azimuth clockwise from true north; fields are (N,) arrays.

    Parameters
    ----------
    latitude_rad, longitude_rad : float
        Planetocentric, east positive, mean-Earth axes.
    height_m : float
        Of the eye above the sphere of 1737.4 km.
    t_ns : ndarray, shape (N,)
        UTC, ns.
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
