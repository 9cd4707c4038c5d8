"""Elevation maps in files that GDAL reads, through rasterio."""

from __future__ import annotations

import math
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from rasterio.errors import NotGeoreferencedWarning, RasterioError
from rasterio.transform import from_origin
from rasterio.windows import Window
from scipy import ndimage

from lupex_rover.core.errors import UserError
from lupex_rover.terrain.dem import SOUTH_POLAR_CRS, Dem

Bounds = tuple[float, float, float, float]
MAX_CELLS = 100_000_000  # 400 MB of float32; more needs `bounds`


def read(path: Path, bounds: Bounds | None = None) -> Dem:
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
    if not path.is_file():
        raise UserError(f"{path}: no such file; give an elevation map such as a GeoTIFF")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        try:
            with rasterio.open(path) as source:
                _check(source, path)
                return _read(source, path, bounds)
        except RasterioError as error:
            reason = str(error).splitlines()[0]
            raise UserError(f"{path}: not a map that GDAL can read ({reason})") from None


def _check(source: Any, path: Path) -> None:
    t = source.transform
    if source.count < 1:
        raise UserError(f"{path}: has no band of heights")
    if source.crs is None:
        raise UserError(f"{path}: has no coordinate reference system; set one with gdal_edit.py")
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
        raise UserError(f"{path}: {c1 - c0} x {r1 - r0} cells are too many; give bounds")
    band = source.read(1, window=Window(c0, r0, c1 - c0, r1 - r0), masked=True)
    heights = np.ma.filled(band.astype(np.float64), np.nan)
    heights = heights * source.scales[0] + source.offsets[0]
    heights = _filled(heights, path)
    x0 = t.c + (c0 + 0.5) * t.a
    y0 = t.f + (r1 - 0.5) * t.e
    return Dem(heights[::-1], x0, y0, t.a)


def _filled(heights: np.ndarray, path: Path) -> np.ndarray:
    """Empty cells take the height of the nearest cell that has one."""
    empty = ~np.isfinite(heights) | (np.abs(heights) > 1e5)
    if empty.mean() > 0.5:
        raise UserError(f"{path}: {empty.mean():.0%} of the cells hold no height")
    if empty.any():
        _, (rows, cols) = ndimage.distance_transform_edt(empty, return_indices=True)
        heights = heights[rows, cols]
    return heights


def write(dem: Dem, path: Path) -> None:
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
