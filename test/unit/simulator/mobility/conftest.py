"""Synthetic ground for the mobility tests: fixtures that hand out the functions."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from lupex_rover.terrain.dem import Dem

STEP_M = 0.25


def _ramp(slope_deg: float, half_m: float = 30.0) -> Dem:
    """A plane that rises along x; height 0 at x = 0."""
    x = np.arange(-half_m, half_m + STEP_M / 2, STEP_M)
    return Dem(np.tile(np.tan(np.radians(slope_deg)) * x, (len(x), 1)), -half_m, -half_m, STEP_M)


def _rough(seed: int, size_m: float = 60.0, rocks_per_m2: float = 0.03, relief: float = 1.0) -> Dem:
    """Undulations of 16, 4 and 1 m and half-buried rocks up to 0.3 m across, centred on 0, 0."""
    rng = np.random.default_rng(seed)
    n = round(size_m / STEP_M) + 1
    heights = np.zeros((n, n))
    for wavelength_m, sigma_m in ((16.0, 0.5), (4.0, 0.10), (1.0, 0.02)):
        wave = gaussian_filter(rng.normal(size=(n, n)), wavelength_m / STEP_M / 4)
        heights += relief * sigma_m * wave / wave.std()
    axis = np.arange(n) * STEP_M - size_m / 2
    x, y = np.meshgrid(axis, axis)
    for _ in range(round(rocks_per_m2 * size_m**2)):
        (at_x, at_y), radius = rng.uniform(axis[0], axis[-1], 2), rng.uniform(0.1, 0.3)
        square = radius**2 - (x - at_x) ** 2 - (y - at_y) ** 2
        heights += 0.6 * np.sqrt(np.maximum(square, 0.0))
    return Dem(heights, float(axis[0]), float(axis[0]), STEP_M)


@pytest.fixture
def ramp() -> Callable[..., Dem]:
    return _ramp


@pytest.fixture
def rough() -> Callable[..., Dem]:
    return _rough
