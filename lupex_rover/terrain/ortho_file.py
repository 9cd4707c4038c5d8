"""Orthoimages in files that GDAL reads, laid on the cells of an elevation map."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from rasterio.errors import NotGeoreferencedWarning
from rasterio.transform import from_origin
from rasterio.warp import Resampling, reproject

from lupex_rover.core.errors import UserError
from lupex_rover.terrain.dem import Dem
from lupex_rover.terrain.dem_file import GDAL_ERRORS

LEAST_SHOWN = 0.01  # of the map


def on_half_cells(path: Path, map_: Path, dem: Dem) -> np.ndarray:
    """The first band of `path` in cells half as wide as those of `dem`, which was read of `map_`.

    Returns
    -------
    (2 rows, 2 cols) float32, row 0 at low y; means of the pixels in a cell, NaN where none is.

    Raises
    ------
    UserError
        Missing, no picture, without a coordinate reference system, or of other ground.
    """
    if not path.is_file():
        raise UserError(f"--ortho: {path}: no such file; give an orthoimage such as a GeoTIFF")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        try:
            with rasterio.open(path) as source, rasterio.open(map_) as ground:
                if source.crs is None:
                    raise UserError(
                        f"--ortho: {path}: has no coordinate reference system; set one with"
                        " gdal_edit.py"
                    )
                out = _laid(source, ground.crs, dem)
        except GDAL_ERRORS as error:
            reason = str(error).splitlines()[0]
            raise UserError(f"--ortho: {path}: cannot be laid on the map ({reason})") from None
    shown = float(np.isfinite(out).mean())
    if shown < LEAST_SHOWN:
        raise UserError(f"--ortho: {path}: shows {100 * shown:.1f} % of the map {map_}")
    return out


def _laid(source: Any, crs: Any, dem: Dem) -> np.ndarray:
    half, (rows, cols) = 0.5 * dem.resolution_m, dem.heights.shape
    left, top = dem.x0 - half, dem.y0 + (rows - 1) * dem.resolution_m + half
    out = np.full((2 * rows, 2 * cols), np.nan, np.float32)
    band = source.read(1, masked=True)
    values = np.ma.filled(band.astype(np.float32), np.nan)
    reproject(
        values, out, src_transform=source.transform, src_crs=source.crs, src_nodata=np.nan,
        dst_transform=from_origin(left, top, half, half), dst_crs=crs, dst_nodata=np.nan,
        resampling=Resampling.average,
    )  # fmt: skip
    return np.ascontiguousarray(out[::-1])
