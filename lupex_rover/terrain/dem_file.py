"""Elevation maps in files that GDAL reads, through rasterio."""

from __future__ import annotations

import logging
import math
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from rasterio import warp
from rasterio._err import CPLE_BaseError
from rasterio.crs import CRS
from rasterio.errors import NotGeoreferencedWarning, RasterioError
from rasterio.transform import from_origin
from rasterio.windows import Window
from scipy import ndimage

from lupex_rover.core.constants import MOON_RADIUS_M
from lupex_rover.core.errors import UserError
from lupex_rover.terrain.dem import SOUTH_POLAR_CRS, Dem

GDAL_ERRORS = (RasterioError, CPLE_BaseError)  # grids of two bodies raise the latter
Bounds = tuple[float, float, float, float]
SAME_GRID_M = 0.1  # coordinates of one place on one grid differ by less
KILOMETRES = ("km", "kilometer", "kilometre", "kilometers", "kilometres")
MOST_RELIEF_M = 30_000.0  # the Moon's heights lie within 11 km of its sphere
MANY_EMPTY = 0.01  # of the cells: worth a word on stderr
MAX_CELLS = 100_000_000  # 400 MB of float32; more needs `bounds`


def read_dem(path: Path | str, bounds: Bounds | None = None) -> Dem:
    """The first band of `path` as heights, m.

    Parameters
    ----------
    bounds : x_min, y_min, x_max, y_max in the map's own grid, m; None: all of it.

    Raises
    ------
    UserError
        Missing, not a map, not projected in metres, rotated or oblong cells, no height in the
        box. Cells without a value (nodata, NaN) take that of the nearest cell with one; a map
        with more than half of its cells empty is refused.
    """
    path = Path(path)
    with _opened(path) as source:
        _check(source, path)
        return _read(source, path, bounds)


def check_south_polar(path: Path) -> None:
    """Refuse a map whose grid is not that of `map`, lunar south polar stereographic.

    Its coordinates are compared, so that any way to write the projection will do.

    Raises
    ------
    UserError
        Another projection, centre, false origin or body.
    """
    with _opened(path) as source:
        if source.crs is None:
            return  # refused with more to say when it is read
        corners = [(b, a) for b in source.bounds[::2] for a in source.bounds[1::2]]
        x, y = (list(v) for v in zip(*corners))
        there = transformed(source.crs, CRS.from_proj4(SOUTH_POLAR_CRS), x, y)
        if not np.abs(there - (x, y)).max() < SAME_GRID_M:
            found = source.crs.to_proj4() or source.crs
            raise UserError(
                f"{path}: its grid is not the lunar south polar stereographic one; project it"
                f" with gdalwarp -t_srs '{SOUTH_POLAR_CRS}' (it is {found})"
            )


def transformed(crs: Any, to_crs: Any, x: Any, y: Any) -> np.ndarray:
    """(2, N) places of one grid on another; infinite where no way leads, as between two bodies."""
    try:
        return np.array(warp.transform(crs, to_crs, x, y))
    except GDAL_ERRORS:
        return np.full((2, len(x)), math.inf)


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    if not path.is_file():
        raise UserError(f"{path}: no such file; give an elevation map such as a GeoTIFF")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        try:
            with rasterio.open(path) as source:
                yield source
        except RasterioError as error:
            reason = str(error).splitlines()[0]
            raise UserError(f"{path}: not a map that GDAL can read ({reason})") from None


def _check(source: Any, path: Path) -> None:
    t = source.transform
    if source.count < 1:
        raise UserError(f"{path}: has no band of heights")
    if source.dtypes[0].startswith("complex"):
        raise UserError(f"{path}: its values are complex, not heights")
    if min(source.width, source.height) < 2:
        raise UserError(f"{path}: {source.width} x {source.height} cells; a map needs 2 x 2")
    if source.crs is None:
        raise UserError(f"{path}: has no coordinate reference system; set one with gdal_edit.py")
    if not (source.crs.is_projected or source.crs.is_geographic):
        raise UserError(f"{path}: its grid is no map projection; give it one with gdal_edit.py")
    if not source.crs.is_projected:
        raise UserError(
            f"{path}: its grid is in degrees; project it to metres first, for example with"
            f" gdalwarp -t_srs '{SOUTH_POLAR_CRS}'"
        )
    if abs(source.crs.linear_units_factor[1] - 1.0) > 1e-9:
        raise UserError(f"{path}: its grid is not in metres; project it with gdalwarp first")
    if t.b or t.d or t.a <= 0 or t.e >= 0 or abs(t.a + t.e) > 1e-6 * t.a:
        raise UserError(f"{path}: cells must be square and north up; gdalwarp -tr can make them so")


def _read(source: Any, path: Path, bounds: Bounds | None) -> Dem:
    t = source.transform
    c0, r0, c1, r1 = 0, 0, source.width, source.height
    if bounds is not None:
        x_min, y_min, x_max, y_max = bounds
        c0 = max(c0, math.ceil((x_min - t.c) / t.a - 0.5 - 1e-9))
        c1 = min(c1, math.floor((x_max - t.c) / t.a - 0.5 + 1e-9) + 1)
        r0 = max(r0, math.ceil((y_max - t.f) / t.e - 0.5 - 1e-9))
        r1 = min(r1, math.floor((y_min - t.f) / t.e - 0.5 + 1e-9) + 1)
        if c1 - c0 < 2 or r1 - r0 < 2:
            raise UserError(f"{path}: does not cover {bounds} m; it covers {tuple(source.bounds)}")
    if (c1 - c0) * (r1 - r0) > MAX_CELLS:
        raise UserError(
            f"{path}: {c1 - c0} x {r1 - r0} cells are more than {MAX_CELLS:,}; cut a part out with"
            " gdal_translate -projwin"
        )
    band = source.read(1, window=Window(c0, r0, c1 - c0, r1 - r0), masked=True)
    heights = np.ma.filled(band.astype(np.float64), np.nan)
    heights = _filled(_above_sphere(heights, source), path)
    x0 = t.c + (c0 + 0.5) * t.a
    y0 = t.f + (r1 - 0.5) * t.e
    return Dem(heights[::-1], x0, y0, t.a)


def _above_sphere(values: np.ndarray, source: Any) -> np.ndarray:
    """Heights over the sphere, m, of a band that may hold kilometres, or radii as LOLA's files do.

    Their labels (PDS3, LDEM products) give the sphere's radius as the offset, in m or km.
    """
    heights = values * source.scales[0] + source.offsets[0]
    in_km = (source.units[0] or "").lower() in KILOMETRES
    if in_km or abs(source.offsets[0] * 1e3 - MOON_RADIUS_M) < 1.0:
        heights = heights * 1e3
    known = heights[np.isfinite(heights)]
    if known.size and abs(float(np.median(known)) - MOON_RADIUS_M) < MOST_RELIEF_M:
        heights = heights - MOON_RADIUS_M
    return np.asarray(heights)


def _filled(heights: np.ndarray, path: Path) -> np.ndarray:
    """Empty cells take the height of the nearest cell that has one."""
    empty = ~np.isfinite(heights) | (np.abs(heights) > 1e5)
    if empty.mean() > 0.5:
        raise UserError(f"{path}: {empty.mean():.0%} of the cells hold no height")
    if empty.mean() > MANY_EMPTY:
        words = "%s: %.0f %% of its cells hold no height; they take the nearest one's"
        logging.getLogger(__name__).warning(words, path, 100.0 * empty.mean())
    if empty.any():
        _, (rows, cols) = ndimage.distance_transform_edt(empty, return_indices=True)
        heights = heights[rows, cols]
    return heights


def write_dem(dem: Dem, path: Path | str) -> None:
    """Write `dem` as a float32 GeoTIFF in the lunar south polar stereographic grid."""
    rows, cols = dem.heights.shape
    step = dem.resolution_m
    transform = from_origin(dem.x0 - step / 2, dem.y0 + (rows - 0.5) * step, step, step)
    try:
        with rasterio.open(
            path, "w", driver="GTiff", width=cols, height=rows, count=1, dtype="float32",
            crs=SOUTH_POLAR_CRS, transform=transform, compress="deflate", predictor=3,
        ) as out:  # fmt: skip
            out.write(dem.heights[::-1], 1)
    except (RasterioError, OSError) as error:
        raise UserError(f"{path}: cannot be written ({error})") from None
