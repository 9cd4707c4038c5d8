"""Masks of a whole map against ray marches that skip nothing, and maps of light over time."""

import numpy as np
import pytest

from lupex_rover.core.constants import SUN_RADIUS_M
from lupex_rover.core.time import from_iso
from lupex_rover.ephemeris.bodies import bodies_many
from lupex_rover.ephemeris.sky import sky
from lupex_rover.terrain.dem import Dem
from lupex_rover.terrain.horizon import disc_fraction, horizon_at
from lupex_rover.terrain.horizon_masks import SCALE, cached_masks, horizon_masks, seen_map
from lupex_rover.terrain.light_span import Span, havens, over
from lupex_rover.terrain.relief import Relief

HOUR_NS = 3600 * 10**9


@pytest.fixture(scope="module")
def ground():
    flat = Dem(np.zeros((40, 40)), -32e3, -32e3, 1600.0)
    return Relief(flat, 2).window(0, 0, 500, 500, 5.0)


@pytest.fixture(scope="module")
def eyes(ground):
    return Dem(ground.heights + 2.0, ground.x0, ground.y0, ground.resolution_m)


@pytest.fixture(scope="module")
def masks(ground, eyes):
    return horizon_masks(ground, eyes)


def test_skipping_blocks_loses_no_horizon(ground, eyes, masks):
    rng = np.random.default_rng(4)
    x, y = eyes.grid()
    worst = 0.0
    for _ in range(200):
        r, c, k = rng.integers(5, 95), rng.integers(5, 95), rng.integers(360)
        z = float(eyes.heights[r, c])
        exact = horizon_at([ground], x[c], y[r], z, [2 * np.pi * k / 360], near_m=2.5)[0]
        worst = max(worst, abs(np.degrees(exact - masks[k, r, c] / SCALE)))
    assert worst < 0.05


def test_the_light_of_a_place_is_that_of_its_own_sky(ground, eyes, masks):
    x, y = eyes.grid()
    errors = []
    rng = np.random.default_rng(8)
    out = np.empty(eyes.heights.shape, np.float32)
    for t in from_iso("2029-01-01") + HOUR_NS * rng.integers(0, 8760, 50):
        seen_map(masks, x, y, bodies_many(np.array([t]))[0, :3].copy(), SUN_RADIUS_M, out)
        for r, c in rng.integers(5, 95, (4, 2)):
            s = sky(x[c], y[r], int(t))
            z = float(eyes.heights[r, c])
            h = horizon_at([ground], x[c], y[r], z, [s.sun_azimuth_rad], near_m=2.5)[0]
            exact = disc_fraction(s.sun_elevation_rad, h, s.sun_radius_rad)
            errors.append(abs(float(exact) - float(out[r, c])))
    assert np.mean(errors) < 0.02 and np.quantile(errors, 0.9) < 0.05


def test_masks_are_read_back_and_a_damaged_file_is_made_anew(tmp_path, ground, eyes, masks):
    small = eyes.window(0, 0, 60, 60)
    first = cached_masks(tmp_path, ground, small)
    (path,) = tmp_path.iterdir()
    np.testing.assert_array_equal(cached_masks(tmp_path, ground, small), first)
    path.write_bytes(path.read_bytes()[:500])
    np.testing.assert_array_equal(cached_masks(tmp_path, ground, small), first)
    raised = Dem(ground.heights + 1.0, ground.x0, ground.y0, ground.resolution_m)
    cached_masks(tmp_path, raised, small)
    assert len(list(tmp_path.iterdir())) == 2


def test_longest_darkness_is_the_longest_run():
    eyes = Dem(np.zeros((2, 2)), 0.0, 0.0, 10.0)
    level = np.zeros((360, 2, 2), np.int16)
    up, down = [-1e10, 0.0, -1.5e11], [-1e10, 0.0, 1.5e11]
    suns = [up, down, down, up, down, down, down, up]
    span = over(level, eyes, np.array([s + up for s in suns]), 2.0)
    assert span.longest_dark_h.max() == span.longest_dark_h.min() == 6.0
    assert span.light == pytest.approx(3 / 8) and span.earth == pytest.approx(1.0)


def test_havens_are_ranked_apart_and_not_steep():
    eyes = Dem(np.zeros((100, 100)), 0.0, 0.0, 10.0)
    dark = np.full((100, 100), 50.0, np.float32)
    dark[20, 20], dark[20, 21], dark[70, 30], dark[5, 5] = 1.0, 2.0, 3.0, 0.0
    slope = np.zeros((100, 100))
    slope[5, 5] = 0.5
    light = np.full((100, 100), 0.5, np.float32)
    best = havens(Span(light, light, dark), eyes, slope, most=3)
    assert [(h["x_m"], h["y_m"]) for h in best[:2]] == [(200.0, 200.0), (300.0, 700.0)]
