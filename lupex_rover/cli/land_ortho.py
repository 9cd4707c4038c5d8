"""An orthoimage from a file on the grid of an elevation map, through rasterio."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np

from lupex_rover.core.errors import UserError
from lupex_rover.landing.ortho import PER_CELL

MOST_CELLS = 100_000_000  # 400 MB
LEAST_COVERED = 0.01  # of the map


def read_ortho(path: Path, map_: Path) -> np.ndarray:
    """(2 rows, 2 cols) float32 over the area of `map_`, row 0 at low y; NaN where unknown.

    A picture without georeference is taken to cover the map when it is so many times its size.

    Raises
    ------
    UserError
        Missing, no picture, another place than the map, too large.
    """
    import rasterio
    from rasterio.errors import CRSError, NotGeoreferencedWarning, RasterioError

    if not path.is_file():
        raise UserError(f"--ortho: {path}: no such file; give a GeoTIFF of the map's ground")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        try:
            with rasterio.open(path) as source, rasterio.open(map_) as target:
                values = _on_map(source, target, path)
        except (RasterioError, CRSError) as error:
            reason = str(error).splitlines()[0]
            raise UserError(f"--ortho: {path}: cannot be laid on the map ({reason})") from None
    if np.isfinite(values).mean() < LEAST_COVERED:
        raise UserError(f"--ortho: {path}: shows nothing of the map's area; check its georeference")
    return values[::-1]


def _on_map(source: Any, target: Any, path: Path) -> np.ndarray:
    """North up."""
    from rasterio.enums import Resampling
    from rasterio.transform import Affine
    from rasterio.warp import reproject

    shape = PER_CELL * target.height, PER_CELL * target.width
    if shape[0] * shape[1] > MOST_CELLS:
        raise UserError(f"--ortho: the map has too many cells for one; crop it, {MOST_CELLS // 4}"
                        " at most")  # fmt: skip
    t = target.transform
    wanted = Affine(t.a / PER_CELL, 0.0, t.c, 0.0, t.e / PER_CELL, t.f)
    crs, transform = source.crs, source.transform
    if crs is None:
        crs, transform = target.crs, _as_the_map(source, target, path)
    grey = source.read(1, masked=True).astype(np.float32).filled(np.nan)
    if source.count >= 3:
        grey = source.read([1, 2, 3], masked=True).astype(np.float32).filled(np.nan).mean(axis=0)
    out = np.full(shape, np.nan, np.float32)
    coarser = abs(transform.a) > wanted.a
    reproject(
        grey, out, src_transform=transform, src_crs=crs, dst_transform=wanted,
        dst_crs=target.crs, src_nodata=np.nan, dst_nodata=np.nan,
        resampling=Resampling.bilinear if coarser else Resampling.average,
    )  # fmt: skip
    return out


def _as_the_map(source: Any, target: Any, path: Path) -> Any:
    """The transform of a picture that covers the map exactly."""
    from rasterio.transform import Affine

    times = source.width / target.width
    if abs(source.height - times * target.height) > 0.5:
        raise UserError(
            f"--ortho: {path}: has no coordinate reference system, and {source.width} x"
            f" {source.height} is no multiple of the map's {target.width} x {target.height};"
            " set one with gdal_edit.py"
        )
    t = target.transform
    return Affine(t.a / times, 0.0, t.c, 0.0, t.e / times, t.f)
