"""Masks of a whole map against ray marches that skip nothing, and maps of light over time."""

import functools
import os

import numpy as np
import pytest

from lupex_rover.core.constants import SUN_RADIUS_M
from lupex_rover.core.errors import UserError
from lupex_rover.core.time import from_iso
from lupex_rover.ephemeris.bodies import bodies_many
from lupex_rover.ephemeris.eclipses import eclipses
from lupex_rover.ephemeris.sky import sky
from lupex_rover.terrain.dem import Dem
from lupex_rover.terrain.disc import disc_share
from lupex_rover.terrain.horizon_masks import SCALE, cached_masks, horizon_masks
from lupex_rover.terrain.light_span import Span, edge_m, havens, over
from lupex_rover.terrain.lit_map import seen_map, sun_map
from lupex_rover.terrain.relief import Relief
from lupex_rover.terrain.skyline import skyline
from lupex_rover.terrain.sun_share import share_past

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


def test_all_horizons_at_once_are_the_skyline_of_each_place(ground, eyes, masks):
    rng = np.random.default_rng(4)
    x, y = eyes.grid()
    found: list[float] = []
    for _ in range(60):
        r, c = rng.integers(2, 98, 2)
        k = rng.integers(0, 720, 5)
        z = float(eyes.heights[r, c])
        exact = skyline([ground], x[c], y[r], z, 2 * np.pi * k / 720)
        found.extend(np.degrees(exact) - np.degrees(masks[k, r, c] / SCALE))
    errors = np.abs(found)
    assert errors.max() < 0.3 and np.quantile(errors, 0.97) < 0.01


def test_eyes_on_every_third_cell_see_what_all_eyes_see(ground, eyes, masks):
    few = Dem(eyes.heights[::3, ::3].copy(), eyes.x0, eyes.y0, 3 * eyes.resolution_m)
    np.testing.assert_array_equal(horizon_masks(ground, few, 36), masks[::20, ::3, ::3])
    with pytest.raises(UserError, match="cells 0, n"):
        horizon_masks(ground, Dem(few.heights, few.x0 + 1.0, few.y0, few.resolution_m), 36)


def test_the_light_of_a_place_is_that_of_its_own_sky(ground, eyes, masks):
    """Requirement: 200 places and times, share of the disc within 0.05 of an exact march."""
    x, y = eyes.grid()
    errors, parts = [], 0
    rng = np.random.default_rng(8)
    out = np.empty(eyes.heights.shape, np.float32)
    for t in from_iso("2029-01-01") + HOUR_NS * rng.integers(0, 8760, 50):
        seen_map(masks, x, y, bodies_many(np.array([t]))[0, :3].copy(), SUN_RADIUS_M, out)
        for r, c in rng.integers(2, 98, (4, 2)):
            s = sky(x[c], y[r], int(t))
            z = float(eyes.heights[r, c])
            own = functools.partial(skyline, [ground], x[c], y[r], z)
            exact = disc_share(s.sun_azimuth_rad, s.sun_elevation_rad, s.sun_radius_rad, own, 41)[0]
            errors.append(abs(float(exact) - float(out[r, c])))
            parts += 0.001 < exact < 0.999
    assert np.max(errors) < 0.05 and parts >= 8


def test_in_an_eclipse_the_light_of_a_place_is_that_of_its_own_sky(ground, eyes, masks):
    """Ground and Earth hide the Sun together; where Earth is away the map is as without it."""
    x, y = eyes.grid()
    rng = np.random.default_rng(9)
    out, bare = np.empty((2, *eyes.heights.shape), np.float32)
    errors, both_cut = [], 0
    for eclipse in eclipses(from_iso("2026-01-01"), from_iso("2041-01-01")):
        t = eclipse.greatest_ns + HOUR_NS * rng.integers(-20, 21) // 10
        bodies = bodies_many(np.array([t]))[0]
        sun_map(masks, x, y, bodies, out)
        seen_map(masks, x, y, bodies[:3].copy(), SUN_RADIUS_M, bare)
        assert (out <= bare + 0.02).all()  # finer strips than without Earth
        cut = np.argwhere((bare > 0.02) & (out < bare - 0.02))
        for r, c in (*rng.permutation(cut)[:4], *rng.integers(2, 98, (2, 2))):
            s = sky(x[c], y[r], np.array([t]))
            own = functools.partial(skyline, [ground], x[c], y[r], float(eyes.heights[r, c]))
            exact = share_past(s.sun, s.earth, own)[0]
            errors.append(abs(float(exact) - float(out[r, c])))
            both_cut += bool(0.02 < bare[r, c] < 0.98 and 0.0 < s.sun_uncovered[0] < 0.98)
        bodies = bodies_many(np.array([t + 24 * HOUR_NS]))[0]
        sun_map(masks, x, y, bodies, out)
        seen_map(masks, x, y, bodies[:3].copy(), SUN_RADIUS_M, bare)
        np.testing.assert_array_equal(out, bare)
    assert np.max(errors) < 0.05 and both_cut >= 8


def test_a_range_beyond_the_map_hides_the_sun_behind_it():
    heights = np.zeros((61, 61), np.float32)
    heights[:, 45:47] = 1500.0  # 15 km east of the middle
    wide, ground = Dem(heights, -30e3, -30e3, 1000.0), Dem(np.zeros((41, 41)), -400.0, -400.0, 20.0)
    eyes = Dem(ground.heights + 2.0, ground.x0, ground.y0, 20.0)
    alone, with_it = (horizon_masks(ground, eyes, 8, a) / SCALE for a in (None, wide))
    assert with_it[2, 20, 20] == pytest.approx(np.arctan2(1498 - 15e3**2 / 3.475e6, 15e3), abs=1e-3)
    assert alone[2].max() < 0.0 and (with_it >= alone).all()


def test_masks_are_read_back_and_a_damaged_file_is_made_anew(tmp_path, ground, eyes, masks):
    small = eyes.window(0, 0, 60, 60)
    first = cached_masks(tmp_path, ground, small)
    (path,) = tmp_path.iterdir()
    assert not first.flags.owndata  # mapped from the file
    first = first.copy()
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
    earth = [-1e11, 0.0, -1.5e11]  # up, beside the Sun
    span = over(level, eyes, np.array([s + earth for s in suns]), 2.0)
    assert span.longest_dark_h.max() == span.longest_dark_h.min() == 6.0
    assert span.light == pytest.approx(3 / 8) and span.earth == pytest.approx(1.0)


def test_havens_are_ranked_apart_and_not_steep():
    eyes = Dem(np.zeros((100, 100)), 0.0, 0.0, 10.0)
    dark = np.full((100, 100), 50.0, np.float32)
    dark[20, 20], dark[20, 21], dark[70, 30], dark[45, 60] = 1.0, 2.0, 3.0, 0.0
    slope = np.zeros((100, 100))
    slope[45, 60] = 0.5
    light = np.full((100, 100), 0.5, np.float32)
    best = havens(Span(light, light, dark), eyes, slope, most=3)
    assert [(h["x_m"], h["y_m"]) for h in best[:2]] == [(200.0, 200.0), (300.0, 700.0)]


def test_havens_stay_off_the_edge_beyond_which_nothing_hides_the_sun():
    eyes = Dem(np.zeros((41, 61)), 0.0, 0.0, 10.0)
    flat = np.ones((41, 61), np.float32)
    best = havens(Span(flat, flat, np.zeros((41, 61), np.float32)), eyes, np.zeros((41, 61)), 50)
    assert edge_m(eyes) == pytest.approx(40.0)
    assert len(best) > 10
    assert min(h["x_m"] for h in best) == 40.0 and max(h["x_m"] for h in best) <= 560.0
    assert min(h["y_m"] for h in best) == 40.0 and max(h["y_m"] for h in best) <= 360.0


def test_two_programs_that_fill_the_cache_at_once_leave_a_whole_file(tmp_path):
    """The second begins when the first is half through; one of a killed program is taken away."""
    ground = Dem(50.0 * np.random.default_rng(4).random((12, 12)), 0.0, 0.0, 100.0)
    left = tmp_path / "killed.part"
    left.write_bytes(b"x")
    os.utime(left, (0, 0))
    second = []

    def half_through(share):
        if share >= 0.5 and not second:
            second.append(True)
            cached_masks(tmp_path, ground, ground)

    first = cached_masks(tmp_path, ground, ground, tell=half_through)
    assert second and not list(tmp_path.glob("*.part"))
    np.testing.assert_array_equal(first, horizon_masks(ground, ground))
    np.testing.assert_array_equal(cached_masks(tmp_path, ground, ground), first)
