"""Places of the south polar stereographic grid on the sphere of the Moon.

x = rho sin(longitude), y = rho cos(longitude), rho = 2 R tan(colatitude / 2): Snyder 1987, "Map
projections, a working manual", USGS PP 1395, eq. 21-1 to 21-4 on the sphere, true at the pole.
"""

from __future__ import annotations

import math

import numpy as np

from lupex_rover.core.constants import MOON_RADIUS_M
from lupex_rover.core.errors import UserError


def latlon_of(x_m: float, y_m: float) -> tuple[float, float]:
    """Latitude and east longitude, rad, of a point of `map`.

    Raises
    ------
    UserError
        Not finite.
    """
    for name, value in (("x_m", x_m), ("y_m", y_m)):
        if not math.isfinite(value):
            raise UserError(f"{name}: {value} is not a place on the map")
    colatitude = 2.0 * math.atan2(math.hypot(x_m, y_m), 2.0 * MOON_RADIUS_M)
    return colatitude - math.pi / 2, math.atan2(x_m, y_m)


def xy_of(latitude_rad: float, longitude_rad: float) -> tuple[float, float]:
    """x, y of `map`, m, of a place; the inverse of `latlon_of`."""
    rho = 2.0 * MOON_RADIUS_M * math.tan((latitude_rad + math.pi / 2) / 2.0)
    return rho * math.sin(longitude_rad), rho * math.cos(longitude_rad)


def site_frame(x_m: float, y_m: float) -> np.ndarray:
    """`moon_R_map` (3, 3): Moon-fixed mean-Earth axes from grid axes at the place.

    z is up along the radius of the sphere; y is grid north, which lies at azimuth -longitude
    from true north, in the horizontal plane; x is grid east.
    """
    latitude, longitude = latlon_of(x_m, y_m)
    sin_lat, cos_lat = math.sin(latitude), math.cos(latitude)
    sin_lon, cos_lon = math.sin(longitude), math.cos(longitude)
    up = np.array([cos_lat * cos_lon, cos_lat * sin_lon, sin_lat])
    north = np.array([-sin_lat * cos_lon, -sin_lat * sin_lon, cos_lat])
    east = np.array([-sin_lon, cos_lon, 0.0])
    grid_north = cos_lon * north - sin_lon * east
    grid_east = sin_lon * north + cos_lon * east
    return np.column_stack([grid_east, grid_north, up])
