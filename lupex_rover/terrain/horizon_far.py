"""The horizon of the ground beyond a map, for all eyes of the map.

It is worked out at a lattice of places a cell of the wide map apart, for an eye as low and one as
high as any on the map, and taken between them for each eye. The wide map begins where the fine one
ends, but not nearer than two of its own cells: it knows nothing of nearer ground.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from lupex_rover.terrain.dem import Dem
from lupex_rover.terrain.skyline import skyline

Array = np.ndarray
FEWEST, MOST = 3, 17  # places on a side of the lattice
NEAREST_CELLS = 2.0


def to_border(dem: Dem, x: float, y: float, azimuths: Array) -> Array:
    """Distance from a place on the map to where each ray leaves it, m."""
    x_min, y_min, x_max, y_max = dem.extent
    with np.errstate(divide="ignore", invalid="ignore"):
        across = np.where(np.sin(azimuths) > 0.0, x_max - x, x_min - x) / np.sin(azimuths)
        along = np.where(np.cos(azimuths) > 0.0, y_max - y, y_min - y) / np.cos(azimuths)
    return np.fmin(across, along)


@njit(cache=True)
def _raise(out: Array, lattice: Array, fr: Array, fc: Array, fz: Array) -> None:
    """Trilinear values of `lattice` (2, n, n) where they are above `out`."""
    n = lattice.shape[1]
    for r in range(out.shape[0]):
        i = min(int(fr[r]), n - 2)
        v = fr[r] - i
        for c in range(out.shape[1]):
            j = min(int(fc[c]), n - 2)
            u, w = fc[c] - j, fz[r, c]
            seen = 0.0
            for k in range(2):
                level = lattice[k]
                low = level[i, j] * (1.0 - u) + level[i, j + 1] * u
                high = level[i + 1, j] * (1.0 - u) + level[i + 1, j + 1] * u
                seen += (w if k else 1.0 - w) * (low * (1.0 - v) + high * v)
            if seen > out[r, c]:
                out[r, c] = seen


class FarGround:
    """Horizons of `around` beyond `ground` for the `eyes`, at azimuths 2 pi k / n_az."""

    def __init__(self, around: Dem, ground: Dem, eyes: Dem, n_az: int) -> None:
        x_min, y_min, x_max, y_max = eyes.extent
        wide = max(x_max - x_min, y_max - y_min)
        n = min(max(FEWEST, math.ceil(wide / around.resolution_m) + 1), MOST)
        azimuths = 2.0 * np.pi / n_az * np.arange(n_az)
        low, high = float(eyes.heights.min()), float(eyes.heights.max())
        self._lattice = np.empty((n_az, 2, n, n))
        for i, y in enumerate(np.linspace(y_min, y_max, n)):
            for j, x in enumerate(np.linspace(x_min, x_max, n)):
                start = to_border(ground, x, y, azimuths)
                start = np.maximum(start, NEAREST_CELLS * around.resolution_m)
                for k, z in enumerate((low, high)):
                    seen = skyline([around], float(x), float(y), z, azimuths, start)
                    self._lattice[:, k, i, j] = np.tan(np.maximum(seen, -1.5))
        rows, cols = eyes.heights.shape
        self._at = np.linspace(0.0, n - 1.0, rows), np.linspace(0.0, n - 1.0, cols)
        self._up = (eyes.heights - low) / max(high - low, 1e-9)

    def raise_to(self, tangents: Array, k: int) -> None:
        """Raise `tangents` (rows, cols) of azimuth `k` where the ground beyond stands higher."""
        _raise(tangents, self._lattice[k], *self._at, self._up)
