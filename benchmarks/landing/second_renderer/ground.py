"""Ground of the second scenes: 4 km square at 1 m, repeating at its edges, and maps of it.

A self-affine field with craters and boulders on it. Its power falls as k**-(2 H + 2), flat below
one over 0.6 to 1.5 km (a landing place has no mountain on it), H from 0.75 to 0.95; it is scaled
so that the whole has the wanted median slope over 18 m: 7.5 degrees in highlands, 3 in smooth
places (Rosenburg et al. 2011, from LOLA). Axes and heights are those of `terrain.dem`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
import scipy.fft as fft

from benchmarks.landing.second_renderer.craters import diameters, press_craters, set_boulders
from benchmarks.landing.second_renderer.surface import Surface
from lupex_rover.terrain.dem import Dem

CELLS, STEP_M = 4096, 1.0
MEDIAN_SLOPE_DEG = (7.5, 3.0)  # seeds in turn; each to 15 %
SLOPE_BASELINE_M = 18
HURST = (0.75, 0.95)
FLAT_ABOVE_M = (600.0, 1500.0)  # wavelength
CRATER_M = (4.0, 500.0)
CRATER_SHARE = {7.5: (0.015, 0.04), 3.0: (0.005, 0.02)}  # of geometric saturation
BOULDERS_PER_M2 = (0.0, 1.5e-3)
LOG_ALBEDO_SIGMA = (0.04, 0.12)
NOISE_CELLS = (1.5, 5.0)  # correlation length of a map's errors, cells of the map


@dataclass(frozen=True, eq=False)
class Ground:
    """True ground; `x0`, `y0`: centre of cell [0, 0] in `map`, m. Cells are `step_m` wide."""

    heights: np.ndarray  # (n, n), m
    log_albedo: np.ndarray  # (n, n)
    step_m: float
    x0: float
    y0: float

    @cached_property
    def surface(self) -> Surface:
        return Surface.of(self.heights, self.log_albedo, self.step_m)

    @property
    def side_m(self) -> float:
        return len(self.heights) * self.step_m


def self_affine(
    rng: np.random.Generator, cells: int, step_m: float, hurst: float, flat_above_m: float
) -> np.ndarray:
    """(cells, cells) field that repeats, mean 0 and deviation 1."""
    k = np.hypot(fft.fftfreq(cells, step_m)[:, None], fft.rfftfreq(cells, step_m)[None])
    gain = np.maximum(k, 1.0 / flat_above_m) ** -(hurst + 1.0)
    gain[0, 0] = 0.0
    white = rng.standard_normal((cells, cells), dtype=np.float32)
    field = fft.irfft2(fft.rfft2(white) * gain.astype(np.float32), s=(cells, cells))
    return field / field.std()


def median_slope(heights: np.ndarray, step_m: float) -> float:
    """Over SLOPE_BASELINE_M along both axes, rad."""
    n = round(SLOPE_BASELINE_M / step_m)
    here = heights[:-n:5, :-n:5]
    east, north = heights[:-n:5, n::5] - here, heights[n::5, :-n:5] - here
    return math.atan(float(np.median(np.hypot(east, north))) / (n * step_m))


@lru_cache(maxsize=3)  # 0.3 GB each
def make_ground(seed: int) -> Ground:
    """The same for the same `seed`; even ones are highlands, odd ones smooth."""
    rng = np.random.default_rng((seed, 0x600D))
    nominal_deg = MEDIAN_SLOPE_DEG[seed % 2]
    wanted = math.radians(nominal_deg) * rng.uniform(0.85, 1.15)
    fractal = self_affine(rng, CELLS, STEP_M, rng.uniform(*HURST), rng.uniform(*FLAT_ABOVE_M))
    log_albedo = rng.uniform(*LOG_ALBEDO_SIGMA) * self_affine(rng, CELLS, STEP_M, 0.2, 800.0)
    heights = np.zeros((CELLS, CELLS), np.float32)
    log_albedo = log_albedo.astype(np.float32)
    share = rng.uniform(*CRATER_SHARE[nominal_deg])
    area = (CELLS * STEP_M) ** 2
    press_craters(rng, heights, log_albedo, STEP_M, diameters(rng, share, *CRATER_M, area))
    heights += np.float32(_amplitude(heights, fractal, wanted)) * fractal
    set_boulders(rng, heights, STEP_M, rng.uniform(*BOULDERS_PER_M2))
    heights += np.float32(rng.uniform(-1500.0, 1500.0) - heights.mean())
    x0, y0 = rng.uniform(-40e3, 40e3, 2)
    return Ground(heights, log_albedo, STEP_M, float(x0), float(y0))


def _amplitude(heights: np.ndarray, fractal: np.ndarray, wanted_rad: float) -> float:
    """Deviation of the fractal, m, that brings the median slope of the sum to the wanted one."""
    part = slice(0, CELLS // 2)
    craters, shape = heights[part, part], fractal[part, part]
    low, high = 0.3, 60.0
    for _ in range(12):
        middle = math.sqrt(low * high)
        steep = median_slope(craters + middle * shape, STEP_M) > wanted_rad
        low, high = (low, middle) if steep else (middle, high)
    return math.sqrt(low * high)


def coarsened(ground: Ground, cell_m: float) -> Ground:
    """Ground that goes through the means of cells of `cell_m`: nothing of it is finer."""
    means = _means(ground.heights, round(cell_m / ground.step_m))
    albedo = _means(ground.log_albedo, round(cell_m / ground.step_m))
    half = 0.5 * (cell_m - ground.step_m)
    return Ground(means, albedo, cell_m, ground.x0 + half, ground.y0 + half)


def map_of(ground: Ground, cell_m: float, noise_m: float, seed: int) -> Dem:
    """Mean height of each cell, with correlated errors of deviation `noise_m`."""
    means = _means(ground.heights, round(cell_m / ground.step_m))
    size = len(means)
    if noise_m > 0.0:
        rng = np.random.default_rng((seed, 0x3A9))
        k = np.hypot(fft.fftfreq(size)[:, None], fft.rfftfreq(size)[None])
        smooth = np.exp(-((math.pi * rng.uniform(*NOISE_CELLS) * k) ** 2) / 2.0)
        noise = fft.irfft2(fft.rfft2(rng.standard_normal((size, size))) * smooth, s=(size, size))
        means += noise_m * noise / noise.std()
    half = 0.5 * (cell_m - ground.step_m)
    return Dem(means, ground.x0 + half, ground.y0 + half, cell_m)


def _means(field: np.ndarray, n: int) -> np.ndarray:
    """Of blocks of n by n; what does not fill one is left out."""
    size = len(field) // n
    whole = field[: size * n, : size * n]
    return whole.reshape(size, n, size, n).mean(axis=(1, 3), dtype=np.float64)
