"""Writes `own_map.tif`: made-up hills at 75 degrees south, on the lunar south polar grid.

    python make_map.py own_map.tif

A map of your own from any source: gdalwarp -t_srs '<the grid below>' yours.tif own_map.tif
"""

from __future__ import annotations

import math
import sys

import numpy as np
import rasterio
from rasterio.transform import from_origin

GRID = "+proj=stere +lat_0=-90 +lat_ts=-90 +lon_0=0 +k=1 +x_0=0 +y_0=0 +R=1737400 +units=m +no_defs"
RADIUS_M = 1_737_400.0
LATITUDE_DEG, LONGITUDE_DEG = -75.0, 132.0
CELLS, CELL_M = 560, 100.0


def main(path: str) -> None:
    rho = 2.0 * RADIUS_M * math.tan(math.radians(90.0 + LATITUDE_DEG) / 2.0)
    x = rho * math.sin(math.radians(LONGITUDE_DEG))
    y = rho * math.cos(math.radians(LONGITUDE_DEG))
    half = CELLS * CELL_M / 2
    with rasterio.open(
        path, "w", driver="GTiff", width=CELLS, height=CELLS, count=1, dtype="float32", crs=GRID,
        transform=from_origin(x - half, y + half, CELL_M, CELL_M),
    ) as out:  # fmt: skip
        out.write(hills().astype("float32"), 1)


def hills() -> np.ndarray:
    """Heights above the sphere of 1737.4 km, m: a spectrum that falls with the square."""
    rng = np.random.default_rng(75)
    north, east = np.meshgrid(np.fft.fftfreq(CELLS), np.fft.fftfreq(CELLS), indexing="ij")
    size = np.hypot(north, east)
    size[0, 0] = np.inf
    noise = np.fft.fft2(rng.standard_normal((CELLS, CELLS)))
    z = np.fft.ifft2(noise * size**-2.0).real
    return -2000.0 + 250.0 * z / z.std()


if __name__ == "__main__":
    main(sys.argv[1])
