"""Lunar relief finer than any map: fractal ground, craters and rocks from one seed.

The height is a function of absolute position and seed. A window at a coarser resolution leaves
out what it cannot show, noise shorter than two cells and craters narrower than three; all else is
the same in every window.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from lupex_rover.core.params import ordered, param
from lupex_rover.terrain import relief_kernels
from lupex_rover.terrain.dem import Dem

kernels: Any = relief_kernels  # numba functions: their signatures are theirs
NOISE_LAYER, CRATER_LAYER, ROCK_LAYER = 100, 200, 300


@dataclass(frozen=True)
class ReliefParams:
    """What the ground is like below the resolution of the map."""

    hurst: float = param(
        0.90, "Hurst exponent of the ground between craters", unit="1", low=0.5, high=1.0,
        source="Rosenburg et al. 2011: highlands 0.95, maria 0.76",
    )  # fmt: skip
    noise_height_m: float = param(
        0.12,
        "RMS height of the fractal octave of 32 m",
        unit="m",
        low=0.0,
        high=10.0,
        source="with craters: median slope at 20 m near 5 deg, inside the 2..8 deg at 17 m of"
        " Rosenburg et al. 2011 (maria .. highlands); polar ridges chosen for landing are smooth",
    )
    largest_noise_m: float = param(
        1024.0, "lattice length of the longest fractal octave", unit="m", low=4, high=1e5,
    )  # fmt: skip
    crater_density: float = param(
        0.079, "density c of craters over 1 m in equilibrium, N(>D) = c D^-slope",
        unit="1/m2", low=0, high=1,
        source="Trask 1966 and NASA SLS-SPEC-159 (DSNE) 3.4.1: 7.9e4 D^-1.83 per km2",
    )  # fmt: skip
    crater_slope: float = param(
        1.83, "exponent of the cumulative crater density in equilibrium",
        unit="1", low=1.0, high=4.0, source="Trask 1966; Xiao and Werner 2015: 1.8..2",
    )  # fmt: skip
    crater_min_m: float = param(
        2.0, "diameter of the smallest crater", unit="m", low=0.5, high=1000,
    )  # fmt: skip
    crater_max_m: float = param(
        512.0, "diameter of the largest crater added to the map", unit="m", low=2, high=1e4,
    )  # fmt: skip
    depth_old: float = param(
        0.03, "depth over diameter of the most degraded crater", unit="1", low=0.0, high=0.3,
        source="Mahanti et al. 2018: degraded small craters < 0.07",
    )  # fmt: skip
    depth_fresh: float = param(
        0.18, "depth over diameter of a fresh crater", unit="1", low=0.0, high=0.3,
        source="Pike 1977: 0.2; Stopar et al. 2017: 0.13..0.2 below 400 m",
    )  # fmt: skip
    ageing: float = param(
        6.0, "exponent of the craters' freshness, u^ageing with u uniform; a larger one makes"
        " them older", unit="1", low=0.2, high=20,
        source="assumed; Fassett and Thomson 2014: most are degraded",
    )  # fmt: skip
    rock_density: float = param(
        0.0181, "density c of rocks over 0.1 m, N(>D) = c (D / 0.1 m)^-slope",
        unit="1/m2", low=0, high=1,
        source="Surveyor VII (highlands): Shoemaker and Morris 1970, 7.9e3 y_mm^-1.82 per 100 m2",
    )  # fmt: skip
    rock_slope: float = param(
        1.82, "exponent of the cumulative rock density", unit="1", low=1.0, high=4.0,
        source="Shoemaker and Morris 1970, Surveyor VII",
    )  # fmt: skip
    rock_min_m: float = param(
        0.16, "diameter of the smallest rock put on the ground", unit="m", low=0.05, high=2,
    )  # fmt: skip
    rock_max_m: float = param(
        1.28, "diameter of the largest rock put on the ground", unit="m", low=0.1, high=20,
    )  # fmt: skip
    rock_height: float = param(
        0.45, "height of a rock above ground over its diameter", unit="1", low=0.05, high=1.0,
        source="Golombek and Rapp 1997: about one half",
    )  # fmt: skip

    def check(self) -> None:
        ordered(self, "crater_min_m", "crater_max_m")
        ordered(self, "rock_min_m", "rock_max_m")
        ordered(self, "depth_old", "depth_fresh")


class Relief:
    """The ground everywhere, at any resolution.

    Parameters
    ----------
    base : Dem
        Elevation map that the relief follows (bicubic between its cells).
    seed : int
        Of everything below the resolution of `base`.
    """

    def __init__(self, base: Dem, seed: int, params: ReliefParams | None = None) -> None:
        self.base = base
        self.seed = int(seed)
        self.params = params or ReliefParams()

    def window(
        self, x0: float, y0: float, width_m: float, height_m: float, resolution_m: float
    ) -> Dem:
        """The ground from cell centre x0, y0 over width x height, m."""
        cols = max(2, round(width_m / resolution_m) + 1)
        rows = max(2, round(height_m / resolution_m) + 1)
        out = np.zeros((rows, cols))
        grid: Any = (out, float(x0), float(y0), float(resolution_m))
        b = self.base
        kernels.add_base(*grid, b.heights, b.x0, b.y0, b.resolution_m)
        for spacing, rms, layer in self._noise(resolution_m):
            kernels.add_noise(*grid, spacing, rms, layer, self.seed)
        p = self.params
        for smallest, density, layer in self._craters(resolution_m):
            kernels.add_craters(
                *grid, smallest, density, p.crater_slope, p.depth_old, p.depth_fresh, p.ageing,
                layer, self.seed,
            )  # fmt: skip
        if resolution_m <= 0.5:
            pad = p.rock_max_m
            x1, y1 = x0 + (cols - 1) * resolution_m, y0 + (rows - 1) * resolution_m
            rocks = self.rocks((x0 - pad, y0 - pad, x1 + pad, y1 + pad), p.rock_min_m)
            kernels.add_rocks(*grid, rocks)
        return Dem(out, float(x0), float(y0), float(resolution_m))

    def rocks(self, bounds: tuple[float, float, float, float], min_diameter_m: float) -> np.ndarray:
        """(N, 4) x, y, diameter, height, m, of the rocks whose centres lie in `bounds`.

        Parameters
        ----------
        bounds : tuple[float, float, float, float]
            x_min, y_min, x_max, y_max, m.
        min_diameter_m : float
            No smaller ones; nothing is smaller than `rock_min_m`.
        """
        p = self.params
        box: Any = tuple(map(float, bounds))
        parts = [np.empty((0, 4))]
        smallest, layer = p.rock_min_m, ROCK_LAYER
        while smallest < p.rock_max_m * 0.999:
            density = p.rock_density * ((smallest / 0.1) ** -p.rock_slope) * (1 - 2**-p.rock_slope)
            if 2.0 * smallest > min_diameter_m:
                parts.append(
                    kernels.list_rocks(
                        *box, smallest, density, p.rock_slope, p.rock_height,
                        layer, self.seed,
                    )
                )  # fmt: skip
            smallest, layer = 2.0 * smallest, layer + 1
        rocks = np.concatenate(parts)
        return rocks[(rocks[:, 2] >= min_diameter_m) & (rocks[:, 2] <= p.rock_max_m)]

    def _noise(self, resolution_m: float) -> list[tuple[float, float, int]]:
        """Lattice spacing, RMS height and layer of each octave that the window can show."""
        p = self.params
        octaves = []
        for k in range(math.floor(math.log2(p.largest_noise_m)), -3, -1):
            spacing = 2.0**k
            if 2.0 * resolution_m <= spacing <= self.base.resolution_m:
                rms = p.noise_height_m * (spacing / 32.0) ** p.hurst
                octaves.append((spacing, rms, NOISE_LAYER + k))
        return octaves

    def _craters(self, resolution_m: float) -> list[tuple[float, float, int]]:
        """Smallest diameter, density and layer of each octave that the window can show."""
        p = self.params
        octaves = []
        k = 0
        while (smallest := p.crater_min_m * 2.0**k) < 0.999 * p.crater_max_m:
            if smallest >= 3.0 * resolution_m and smallest < 2.0 * self.base.resolution_m:
                density = p.crater_density * smallest**-p.crater_slope * (1 - 2**-p.crater_slope)
                octaves.append((smallest, density, CRATER_LAYER + k))
            k += 1
        return octaves[::-1]
