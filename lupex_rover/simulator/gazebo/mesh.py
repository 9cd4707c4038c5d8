"""The ground as a triangle mesh in Wavefront OBJ, which every physics engine of Gazebo collides."""

from __future__ import annotations

from pathlib import Path
from typing import TextIO

import numpy as np

from lupex_rover.terrain.dem import Dem

MOST_VERTICES = 1_500_000
_ROWS = 200  # written at once


def write_obj(dem: Dem, origin_m: np.ndarray, path: Path) -> None:
    """Two triangles for each cell of `dem`, faces up, vertices relative to (3,) `origin_m`."""
    rows, cols = dem.heights.shape
    x, y = dem.grid()
    dy, dx = np.asarray(np.gradient(dem.heights.astype(np.float64), dem.resolution_m))
    with path.open("w", encoding="ascii") as out:
        out.write("# x grid east, y grid north, z up; metres\n")
        for r in range(rows):
            z = dem.heights[r].astype(np.float64) - origin_m[2]
            row = np.column_stack([x - origin_m[0], np.full(cols, y[r] - origin_m[1]), z])
            _lines(out, "v %.3f %.3f %.4f\n", row)
        for r in range(rows):
            normal = np.column_stack([-dx[r], -dy[r], np.ones(cols)])
            normal /= np.linalg.norm(normal, axis=1, keepdims=True)
            _lines(out, "vn %.4f %.4f %.4f\n", normal)
        for r in range(0, rows - 1, _ROWS):
            _faces(out, r, min(r + _ROWS, rows - 1), cols)


def _lines(out: TextIO, form: str, values: np.ndarray) -> None:
    out.write(form * len(values) % tuple(values.ravel()))


def _faces(out: TextIO, first: int, last: int, cols: int) -> None:
    """Cells of rows first .. last - 1; OBJ counts vertices from 1."""
    r, c = np.meshgrid(np.arange(first, last), np.arange(cols - 1), indexing="ij")
    a = (r * cols + c + 1).ravel()  # south-west corner
    b, d, e = a + 1, a + cols, a + cols + 1
    corners = np.column_stack([a, b, e, a, e, d]).reshape(-1, 3)
    _lines(out, "f %d//%d %d//%d %d//%d\n", np.repeat(corners, 2, axis=1))
