"""Orthoimages in files that GDAL reads, laid on the cells of an elevation map."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from rasterio.transform import from_origin
from rasterio.warp import Resampling, reproject

from lupex_rover.core.errors import UserError
from lupex_rover.terrain.brightness import brightness
from lupex_rover.terrain.dem import Dem
from lupex_rover.terrain.orientation import orientation_of, tell_kept
from lupex_rover.terrain.raster_file import named, opened

LEAST_SHOWN = 0.01  # of the map


def on_half_cells(path: Path, map_: Path, dem: Dem, band: int | None = None) -> np.ndarray:
    """The grey of `path` in cells half as wide as those of `dem`, which was read of `map_`.

    Parameters
    ----------
    band : int or None
        The one to read of several; None: the only one, or the mean of red, green and blue.

    Returns
    -------
    ndarray, shape (2 rows, 2 cols)
        float32, row 0 at low y; means of the pixels in a cell, NaN where none is.

    Raises
    ------
    UserError
        Missing, no picture, without a coordinate reference system, or of other ground.
    """
    if not path.is_file():
        raise UserError(f"--ortho: {path}: no such file; give an orthoimage such as a GeoTIFF")
    try:
        with opened(path, "an orthoimage") as source, opened(map_, "a map", tell=False) as ground:
            out = _laid(source, path, ground, dem, band)
    except UserError as error:
        raise UserError(f"--ortho: cannot be laid on the map: {error}") from None
    shown = float(np.isfinite(out).mean())
    if shown < LEAST_SHOWN:
        raise UserError(f"--ortho: {path}: shows {100 * shown:.1f} % of the map {map_}")
    return out


def _laid(source: Any, path: Path, ground: Any, dem: Dem, band: int | None) -> np.ndarray:
    with named(path, "its grid cannot be told"):
        crs, onto = source.crs, ground.crs
        if crs is None:
            raise UserError(
                f"{path}: has no coordinate reference system; set one with gdal_edit.py"
            )
    tell_kept(path, orientation_of(path))
    numbers, valid = brightness(source, path, band)
    values = np.where(valid, numbers, np.nan).astype(np.float32)
    half, (rows, cols) = 0.5 * dem.resolution_m, dem.heights.shape
    left, top = dem.x0 - half, dem.y0 + (rows - 1) * dem.resolution_m + half
    out = np.full((2 * rows, 2 * cols), np.nan, np.float32)
    with named(path, "cannot be laid on the map"):
        reproject(
            values, out, src_transform=source.transform, src_crs=crs, src_nodata=np.nan,
            dst_transform=from_origin(left, top, half, half), dst_crs=onto, dst_nodata=np.nan,
            resampling=Resampling.average,
        )  # fmt: skip
    return np.ascontiguousarray(out[::-1])
