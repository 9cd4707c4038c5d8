"""Horizons and shadows against geometry, and the two algorithms against each other."""

import math

import numpy as np
import pytest

from lupex_rover.terrain.dem import Dem
from lupex_rover.terrain.horizon import disc_fraction, horizon_mask, mask_at
from lupex_rover.terrain.relief import Relief
from lupex_rover.terrain.shadow import lit_map, shadow_height

R = 1_737_400.0


def test_over_a_bare_sphere_the_horizon_dips():
    dem = Dem(np.zeros((400, 400)), -80_000.0, -80_000.0, 400.0)
    mask = horizon_mask([dem], 0.0, 0.0, 100.0, 36)
    np.testing.assert_allclose(mask, -math.sqrt(2 * 100.0 / R), rtol=0.002)


def test_a_wall_stands_where_it_stands():
    heights = np.zeros((401, 401), np.float32)
    heights[:, 300:] = 50.0  # x >= 100 m: east
    fine = Dem(np.zeros((21, 21)), -5.0, -5.0, 0.5)
    mask = horizon_mask([fine, Dem(heights, -200.0, -200.0, 1.0)], 0.0, 0.0, 2.0, 72)
    assert mask_at(mask, math.radians(90)) == pytest.approx(math.atan2(48.0, 100.0), abs=0.005)
    slant = 100.0 / math.sin(math.radians(60))
    assert mask_at(mask, math.radians(60)) == pytest.approx(math.atan2(48.0, slant), abs=0.005)
    assert mask_at(mask, math.radians(270)) < 0.0
    assert mask_at(mask, math.radians(-5)) < 0.0


def test_disc_fraction_is_the_area_above_the_line():
    x, y = np.meshgrid(np.linspace(-1, 1, 801), np.linspace(-1, 1, 801))
    inside = x**2 + y**2 <= 1.0
    for horizon in (-2.0, -0.7, 0.0, 0.33, 0.9, 2.0):
        share = (inside & (y > horizon)).sum() / inside.sum()
        assert disc_fraction(0.0, horizon, 1.0) == pytest.approx(share, abs=0.005)


@pytest.mark.parametrize("azimuth_deg", [0, 37, 90, 180, 251])
def test_a_post_casts_its_shadow_away_from_the_sun(azimuth_deg):
    """Length and height of a shadow: h / tan(elevation), falling evenly."""
    elevation = math.radians(5.0)
    heights = np.zeros((301, 301), np.float32)
    y, x = np.mgrid[-150:151, -150:151]
    heights[np.hypot(x, y) <= 4] = 8.0
    dem = Dem(heights, -150.0, -150.0, 1.0)
    azimuth = math.radians(azimuth_deg)
    away = -np.array([math.sin(azimuth), math.cos(azimuth)])
    shade = Dem(shadow_height(dem, azimuth, elevation), -150.0, -150.0, 1.0)
    for d in (10.0, 30.0, 60.0):
        expected = 8.0 - (d - 4.0) * math.tan(elevation)
        assert shade.height(*(d * away)) == pytest.approx(expected, abs=0.25)
    lit = Dem(lit_map(dem, azimuth, elevation), -150.0, -150.0, 1.0)
    tip = 4.0 + 8.0 / math.tan(elevation)
    assert lit.height(*(0.85 * tip * away)) < 0.05
    assert lit.height(*(1.15 * tip * away)) > 0.95
    assert lit.height(*(-20.0 * away)) > 0.95


def test_coarse_ground_casts_shadows_onto_a_fine_map():
    far = np.zeros((401, 401), np.float32)
    far[:, 320:324] = 30.0  # a ridge 240 m to the east
    coarse = Dem(far, -400.0, -400.0, 2.0)
    fine = Dem(np.zeros((81, 81)), -10.0, -10.0, 0.25)
    azimuth, slope = math.radians(90.0), 30.0 / 240.0
    assert lit_map([fine, coarse], azimuth, math.atan(slope * 1.2)).min() > 0.99
    assert lit_map([fine, coarse], azimuth, math.atan(slope * 0.8)).max() < 0.01
    assert lit_map(fine, azimuth, math.atan(slope * 0.8)).min() > 0.99
    assert lit_map(fine, azimuth, 0.1, far_horizon_rad=0.2).max() == 0.0


def test_swept_light_agrees_with_marched_horizons():
    dem = Relief(Dem(np.zeros((40, 40)), -32e3, -32e3, 1600.0), 2).window(0, 0, 1500, 1500, 5.0)
    azimuth, elevation = 0.7, math.radians(2.0)
    lit = lit_map(dem, azimuth, elevation)
    rng = np.random.default_rng(1)
    agree = []
    for row, col in rng.integers(60, 240, (120, 2)):
        x, y = 5.0 * col, 5.0 * row
        mask = horizon_mask([dem], x, y, float(dem.heights[row, col]) + 0.01, 720, near_m=2.5)
        seen = disc_fraction(elevation, mask_at(mask, azimuth), 0.004652)
        agree.append(abs(float(seen) - float(lit[row, col])) < 0.35)
    assert np.mean(agree) > 0.93
    assert 0.1 < lit.mean() < 0.9
