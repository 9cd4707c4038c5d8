"""Elevation maps in files that GDAL reads, through rasterio."""

from __future__ import annotations

import logging
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from rasterio import warp
from rasterio.crs import CRS
from rasterio.errors import RasterioError
from rasterio.transform import from_origin
from rasterio.windows import Window
from scipy import ndimage

from lupex_rover.core.errors import UserError
from lupex_rover.terrain.dem import SOUTH_POLAR_CRS, Dem
from lupex_rover.terrain.moon_heights import Coding, heights_of
from lupex_rover.terrain.orientation import orientation_of, tell_kept
from lupex_rover.terrain.raster_bands import choose, is_palette, read_band, scale_told, unit_of
from lupex_rover.terrain.raster_file import GDAL_ERRORS, check_size, named, opened

Bounds = tuple[float, float, float, float]
SAME_GRID_M = 0.1  # coordinates of one place on one grid differ by less
MAX_CELLS = 100_000_000  # 400 MB of float32; more needs `bounds`
HEIGHT_WORDS = ("height", "heights", "elevation", "dem", "dtm", "topography", "radius")


def read_dem(path: Path | str, bounds: Bounds | None = None, band: int | None = None) -> Dem:
    """Heights, m, of the map in `path`.

    What its metadata mean, `terrain.raster_bands` and `terrain.moon_heights` say. Rows from the
    south up and grids turned by right angles are put right.

    Parameters
    ----------
    bounds : Bounds or None
        x_min, y_min, x_max, y_max in the map's own grid, m; None: all of it.
    band : int or None
        The one to read of several; None: the only one with values.

    Returns
    -------
    Dem
        Dem; cells without a value have the height of the nearest cell with one and are its `void`.

    Raises
    ------
    UserError
        Missing, not a map, not projected in metres, turned askew or oblong cells, several bands of
        unknown meaning, no height in the box, or more of them than not that the Moon does not have.
    """
    path = Path(path)
    _check_there(path)
    with opened(path, "a map") as source:
        with named(path, "its grid cannot be told"):
            axes = _check(source, path)
        tell_kept(path, orientation_of(path))
        return _read(source, path, axes, bounds, band)


def check_south_polar(path: Path) -> None:
    """Refuse a map whose grid is not that of `map`, lunar south polar stereographic.

    Its coordinates are compared, so that any way to write the projection will do.

    Raises
    ------
    UserError
        Another projection, centre, false origin or body.
    """
    _check_there(path)
    with opened(path, "a map", tell=False) as source, named(path, "its grid cannot be told"):
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


def crs_of(path: Path) -> Any:
    """The coordinate reference system of the map in `path`.

    Raises
    ------
    UserError
        Missing, or not a map.
    """
    _check_there(path)
    with opened(path, "a map", tell=False) as source, named(path, "its grid cannot be told"):
        return source.crs


def transformed(crs: Any, to_crs: Any, x: Any, y: Any) -> np.ndarray:
    """(2, N) places of one grid on another; infinite where no way leads, as between two bodies."""
    try:
        return np.array(warp.transform(crs, to_crs, x, y))
    except GDAL_ERRORS:
        return np.full((2, len(x)), math.inf)


def _check_there(path: Path) -> None:
    if not path.is_file():
        raise UserError(f"{path}: no such file; give an elevation map such as a GeoTIFF")


@dataclass(frozen=True)
class _Axes:
    """How the file's rows and columns run on the grid.

    `turned` : rows run along x; then `x_axis` is that of the rows. An axis is where the first cell
    begins, m, its step, m, and the number of cells.
    """

    turned: bool
    x_axis: tuple[float, float, int]
    y_axis: tuple[float, float, int]


def _check(source: Any, path: Path) -> _Axes:
    t = source.transform
    if min(source.width, source.height) < 2:
        raise UserError(f"{path}: {source.width} x {source.height} cells; a map needs 2 x 2")
    if source.crs is None and source.gcps[0]:
        raise UserError(
            f"{path}: its place is told by ground control points alone; lay it on a grid with"
            f" gdalwarp -t_srs '{SOUTH_POLAR_CRS}'"
        )
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
    if t.is_identity:
        raise UserError(
            f"{path}: does not say where its cells lie; set that with gdal_edit.py -a_ullr"
        )
    turned = t.a == t.e == 0.0
    along, across = (t.b, t.d) if turned else (t.a, t.e)
    askew = (t.a or t.e) if turned else (t.b or t.d)
    if askew or not abs(along) > 0.0 or abs(abs(along) - abs(across)) > 1e-6 * abs(along):
        raise UserError(
            f"{path}: its cells must be square and along the grid; gdalwarp -tr can make them so"
        )
    high, wide = source.height, source.width
    if turned:
        return _Axes(True, (t.c, t.b, high), (t.f, t.d, wide))
    return _Axes(False, (t.c, t.a, wide), (t.f, t.e, high))


def _span(axis: tuple[float, float, int], low: float, high: float) -> tuple[int, int]:
    """First and one beyond the last cell of an axis whose centres lie within a range."""
    begin, step, count = axis
    one, other = (low, high) if step > 0 else (high, low)
    first = max(0, math.ceil((one - begin) / step - 0.5 - 1e-9))
    return first, min(count, math.floor((other - begin) / step - 0.5 + 1e-9) + 1)


def _read(source: Any, path: Path, axes: _Axes, bounds: Bounds | None, band: int | None) -> Dem:
    u, v = (0, axes.x_axis[2]), (0, axes.y_axis[2])
    if bounds is not None:
        x_min, y_min, x_max, y_max = bounds
        u, v = _span(axes.x_axis, x_min, x_max), _span(axes.y_axis, y_min, y_max)
        if u[1] - u[0] < 2 or v[1] - v[0] < 2:
            raise UserError(f"{path}: does not cover {bounds} m; it covers {tuple(source.bounds)}")
    wide, high = u[1] - u[0], v[1] - v[0]
    check_size(source, path, wide * high, MAX_CELLS, "-projwin")
    rows, cols = (u, v) if axes.turned else (v, u)
    window = Window(cols[0], rows[0], cols[1] - cols[0], rows[1] - rows[0])
    step = abs(axes.x_axis[1])
    heights = _heights(source, path, band, window, min(wide, high) * step)
    if axes.turned:
        heights = heights.T
    heights = heights[:: 1 if axes.y_axis[1] > 0 else -1, :: 1 if axes.x_axis[1] > 0 else -1]
    heights, void = _filled(heights, path)
    return Dem(heights, _first(axes.x_axis, u), _first(axes.y_axis, v), step, void)


def _first(axis: tuple[float, float, int], span: tuple[int, int]) -> float:
    """The least coordinate of the cells' centres, m."""
    begin, step, _ = axis
    return begin + (span[0] + 0.5 if step > 0 else span[1] - 0.5) * step


def _heights(
    source: Any, path: Path, band: int | None, window: Window, side_m: float
) -> np.ndarray:
    """(rows, cols) float64 as the file's rows run, m above the sphere, NaN where none is."""
    number, masks = _band(source, path, band)
    coding = _coding(source, path, number, side_m)
    numbers, valid = read_band(source, path, number, masks, window)
    try:
        heights, words = heights_of(numbers, valid, coding)
    except UserError as error:
        raise UserError(f"{path}: {error}") from None
    for word in words:
        logging.getLogger(__name__).warning("%s: %s", path, word)
    return heights


def _band(source: Any, path: Path, band: int | None) -> tuple[int, tuple[int, ...]]:
    """The band of heights, and those that mask it."""
    bands = choose(source, path, band, HEIGHT_WORDS)
    number = bands.values[0]
    if len(bands.values) > 1:
        raise UserError(f"{path}: is a colour picture, not heights; --band N takes one band of it")
    if source.dtypes[number - 1].startswith("complex"):
        raise UserError(f"{path}: its values are complex, not heights")
    if band is None and is_palette(source, number):
        raise UserError(
            f"{path}: its values are places in a table of colours; give the map that it was drawn"
            " of, or --band 1 if the numbers are heights"
        )
    return number, bands.masks


def _coding(source: Any, path: Path, number: int, side_m: float) -> Coding:
    """How the band's numbers stand for heights, by the file or the label beside it."""
    scale, offset, unit = scale_told(source, path, number)
    return Coding(scale, offset, unit_of(source, path, number) or unit, side_m)


def _filled(heights: np.ndarray, path: Path) -> tuple[np.ndarray, np.ndarray | None]:
    """Empty cells take the height of the nearest cell that has one; where they are."""
    empty = ~np.isfinite(heights)
    if not empty.any():
        return heights, None
    logging.getLogger(__name__).warning(
        "%s: %.2g %% of its cells hold no height: nothing is told of places there, and the ground"
        " seen across them is that of the nearest cell", path, 100.0 * empty.mean(),
    )  # fmt: skip
    rows, cols = ndimage.distance_transform_edt(empty, return_distances=False, return_indices=True)
    return heights[rows, cols], empty


def write_dem(dem: Dem, path: Path | str) -> None:
    """Write `dem` as a float32 GeoTIFF in the lunar south polar stereographic grid; void is NaN."""
    rows, cols = dem.heights.shape
    step = dem.resolution_m
    transform = from_origin(dem.x0 - step / 2, dem.y0 + (rows - 0.5) * step, step, step)
    try:
        with rasterio.open(
            path, "w", driver="GTiff", width=cols, height=rows, count=1, dtype="float32",
            crs=SOUTH_POLAR_CRS, transform=transform, compress="deflate", predictor=3,
        ) as out:  # fmt: skip
            heights = dem.heights if dem.void is None else np.where(dem.void, np.nan, dem.heights)
            out.write(heights[::-1], 1)
    except (RasterioError, OSError) as error:
        raise UserError(f"{path}: cannot be written ({error})") from None
