"""A crater catalogue from CSV on the grid of an elevation map."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from lupex_rover.core.constants import MOON_RADIUS_M
from lupex_rover.core.errors import UserError
from lupex_rover.landing.crater_catalogue import CraterCatalogue, on_map, read_catalogue
from lupex_rover.terrain.dem import Dem


def catalogue_on(map_: Path, dem: Dem, path: Path) -> CraterCatalogue:
    """Craters of `path` that lie on `map_`, whose heights are `dem`.

    Raises
    ------
    UserError
        The file or a column is wrong, or no crater lies on the map.
    """
    catalogue = read_catalogue(path, dem.height)
    if not (catalogue.normal[:, 2] == 1.0).all():  # from Lon, Lat: in axes of the Moon
        catalogue = _projected(map_, dem, catalogue)
    x, y, _ = catalogue.centre_m.T
    inside = np.asarray(dem.contains(x, y), bool)
    if not inside.any():
        extent = ", ".join(f"{v:.0f}" for v in dem.extent)
        raise UserError(f"--catalogue: {path}: no crater lies on the map, which covers {extent} m")
    return catalogue.part(inside)


def _projected(map_: Path, dem: Dem, moon: CraterCatalogue) -> CraterCatalogue:
    """Places and radii in the map's grid, heights its own."""
    import rasterio
    from rasterio.crs import CRS
    from rasterio.warp import transform

    sphere = CRS.from_proj4(f"+proj=longlat +R={MOON_RADIUS_M} +no_defs")
    lat = np.arcsin(np.clip(moon.normal[:, 2], -1.0, 1.0))
    lon = np.degrees(np.arctan2(moon.normal[:, 1], moon.normal[:, 0]))
    pole = np.where(lat < 0.0, 1.0, -1.0)  # the rim on the side away from the nearer pole
    rim = np.degrees(lat + pole * moon.radius_m / MOON_RADIUS_M)
    with rasterio.open(map_) as source:
        x, y = map(np.array, transform(sphere, source.crs, lon, np.degrees(lat)))
        rim_x, rim_y = map(np.array, transform(sphere, source.crs, lon, rim))
    radius = np.hypot(rim_x - x, rim_y - y)
    good = np.isfinite(x) & np.isfinite(y) & np.isfinite(radius) & (radius > 0.0)
    x, y, radius = x[good], y[good], radius[good]
    return on_map(x, y, dem.height(x, y), radius)
