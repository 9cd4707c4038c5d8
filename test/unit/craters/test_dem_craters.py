"""Craters of an elevation map are where they were made; plain ground has none."""

import math

import numpy as np
import pytest
from scipy import ndimage

from lupex_rover.craters.dem_craters import craters_of
from lupex_rover.terrain.dem import Dem

TRUE = [(90.0, 80.0, 14.0), (250.0, 110.0, 30.0), (120.0, 260.0, 48.0), (300.0, 300.0, 9.0)]


def ground(slope=0.0):
    """380 x 380 cells: bowls with rims on rough ground that leans."""
    rng = np.random.default_rng(4)
    y, x = np.mgrid[:380, :380].astype(float)
    z = ndimage.gaussian_filter(rng.standard_normal((380, 380)), 6.0) * 3.0 + slope * x
    for cx, cy, radius in TRUE:
        r = np.hypot(x - cx, y - cy) / radius
        z += 0.3 * radius * np.where(r < 1, r**2 - 0.8, 0.2 * np.maximum(r, 1) ** -3)
    return z


@pytest.mark.parametrize("slope", [0.0, 0.15])
def test_each_crater_is_found_on_level_and_leaning_ground(slope):
    dem = Dem(10.0 * ground(slope), 1000.0, -500.0, 10.0)
    found = craters_of(dem)
    for cx, cy, radius in TRUE:
        x, y = 1000.0 + 10.0 * cx, -500.0 + 10.0 * cy
        away = np.hypot(found.centre_m[:, 0] - x, found.centre_m[:, 1] - y)
        k = int(away.argmin())
        assert k < len(TRUE) + 2  # deepest for their size come first; the ground has hollows too
        assert away[k] < 2.0 * radius
        assert found.radius_m[k] == pytest.approx(10.0 * radius, rel=0.15)
        assert found.centre_m[k, 2] == pytest.approx(dem.height(x + 10 * radius, y), abs=2 * radius)


def test_plain_and_hilly_ground_has_none():
    assert len(craters_of(Dem(np.zeros((100, 100)), 0.0, 0.0, 1.0))) == 0
    hills = -ground()
    at = craters_of(Dem(hills, 0.0, 0.0, 1.0)).centre_m[:, :2]
    for cx, cy, radius in TRUE:
        assert not len(at) or np.hypot(at[:, 0] - cx, at[:, 1] - cy).min() > 0.3 * radius


def test_where_nothing_is_known_nothing_is_found():
    heights = ground()
    heights[:, :180] = math.nan
    found = craters_of(Dem(heights, 0.0, 0.0, 1.0))
    assert (found.centre_m[:, 0] > 170.0).all()
    assert np.hypot(found.centre_m[:, 0] - 250.0, found.centre_m[:, 1] - 110.0).min() < 6.0
