"""A catalogue of craters: where each rim lies in space, and how wide it is."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lupex_rover.core.errors import UserError
from lupex_rover.core.files import read_text

MOON_RADIUS_M = 1737.4e3  # the reference sphere of the LOLA grids (LRO Data Book 2008)
Heights = Callable[[np.ndarray, np.ndarray], np.ndarray]
ON_MAP, ON_SPHERE = ("x_m", "y_m"), ("lon", "lat")
SIZES = {"radius_m": 1.0, "diameter_m": 0.5, "diam_km": 500.0}  # column: metres of radius in a unit


@dataclass(frozen=True)
class CraterCatalogue:
    """Rims as level circles. `centre_m` (n, 3) of the rim's plane; `normal` (n, 3) unit, up;
    `radius_m` (n,). All in one frame: `map`, or Moon-fixed axes."""

    centre_m: np.ndarray
    normal: np.ndarray
    radius_m: np.ndarray

    def __len__(self) -> int:
        return len(self.radius_m)

    def part(self, which: np.ndarray) -> CraterCatalogue:
        """Those that a mask or indices choose."""
        return CraterCatalogue(self.centre_m[which], self.normal[which], self.radius_m[which])


def on_map(
    x_m: np.ndarray, y_m: np.ndarray, z_m: np.ndarray, radius_m: np.ndarray
) -> CraterCatalogue:
    """Craters in `map`, z up, each (n,)."""
    up = np.tile([0.0, 0.0, 1.0], (len(x_m), 1))
    return CraterCatalogue(np.column_stack((x_m, y_m, z_m)), up, np.asarray(radius_m, float))


def on_sphere(lon_deg: np.ndarray, lat_deg: np.ndarray, radius_m: np.ndarray) -> CraterCatalogue:
    """Craters in Moon-fixed axes on the reference sphere; `radius_m` along the ground."""
    lon, lat = np.radians(lon_deg), np.radians(lat_deg)
    up = np.column_stack((np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)))
    half = np.asarray(radius_m, float) / MOON_RADIUS_M
    return CraterCatalogue(
        up * (MOON_RADIUS_M * np.cos(half))[:, None], up, MOON_RADIUS_M * np.sin(half)
    )


def read_catalogue(path: Path, heights: Heights | None = None) -> CraterCatalogue:
    """A catalogue from CSV, any line ends; names of columns in any case, others are ignored.

    Either `x_m, y_m` with `radius_m` or `diameter_m`, and `z_m` unless `heights` gives it: craters
    in `map`. Or `Lon, Lat` in degrees with `Diam_km`: Moon-fixed axes.

    Raises
    ------
    UserError
        Names the file, and the column or the line, that is wrong.
    """
    header, rows = _table(path)
    size = next((name for name in SIZES if name in header), None)
    place = next((p for p in (ON_MAP, ON_SPHERE) if set(p) <= set(header)), None)
    if size is None or place is None:
        raise UserError(
            f"{path}: the first line must name x_m, y_m, z_m and radius_m, or Lon, Lat and Diam_km;"
            f" it names {', '.join(header)}"
        )
    first, second = (_column(path, header, rows, name) for name in place)
    radius = SIZES[size] * _column(path, header, rows, size)
    if (radius <= 0.0).any():
        raise UserError(f"{path}: line {2 + int(np.argmax(radius <= 0.0))}: {size} is not above 0")
    if place == ON_SPHERE:
        if (np.abs(second) > 90.0).any():
            at = 2 + int(np.argmax(np.abs(second) > 90.0))
            raise UserError(f"{path}: line {at}: Lat is outside -90 .. 90")
        return on_sphere(first, second, radius)
    return on_map(first, second, _heights(path, header, rows, first, second, heights), radius)


def _heights(
    path: Path, header: list[str], rows: list[list[str]], x: np.ndarray, y: np.ndarray,
    heights: Heights | None,
) -> np.ndarray:  # fmt: skip
    if "z_m" in header:
        return _column(path, header, rows, "z_m")
    if heights is None:
        raise UserError(f"{path}: column z_m is missing")
    z = np.asarray(heights(x, y), float)
    if not np.isfinite(z).all():
        at = 2 + int(np.argmin(np.isfinite(z)))
        raise UserError(f"{path}: line {at}: the map has no height there; give z_m")
    return z


def _table(path: Path) -> tuple[list[str], list[list[str]]]:
    text = io.StringIO(read_text(path), newline=None)  # any line ends become \n
    try:
        lines = [row for row in csv.reader(text) if any(cell.strip() for cell in row)]
    except csv.Error as error:
        raise UserError(f"{path}: not valid csv ({error})") from None
    if len(lines) < 2:
        raise UserError(f"{path}: needs a line of column names and at least one crater")
    header = [name.strip().lower() for name in lines[0]]
    for n, row in enumerate(lines[1:], 2):
        if len(row) != len(header):
            raise UserError(f"{path}: line {n}: {len(row)} values, {len(header)} columns")
    return header, lines[1:]


def _column(path: Path, header: list[str], rows: list[list[str]], name: str) -> np.ndarray:
    at = header.index(name)
    values = np.empty(len(rows))
    for n, row in enumerate(rows):
        try:
            values[n] = float(row[at])
        except ValueError:
            raise UserError(f"{path}: line {n + 2}: {name} {row[at]!r} is not a number") from None
        if not math.isfinite(values[n]):
            raise UserError(f"{path}: line {n + 2}: {name} is {row[at]}")
    return values
