"""The benchmark's scenes, a few of the hard ones: a separate renderer, a map six times coarser."""

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.landing.scenes import KINDS, ground, orbital_map, scene
from lupex_rover.landing.matcher_params import MatcherParams
from lupex_rover.landing.matching.matcher import Matcher

HARD = KINDS["hard"]


@pytest.fixture(scope="module")
def heights():
    return ground(31, cells=1024)


def test_hard_scenes_are_fixed_to_a_cell_of_the_map(heights):
    """Tilt to 25 degrees, prior off by up to 1 km, 1 degree and 5 % of the height."""
    dem = orbital_map(heights, HARD.map_factor, HARD.map_noise_m, 1)
    errors = []
    for seed in range(4):
        s = scene(HARD, heights, dem, seed)
        match = Matcher(dem, MatcherParams()).match(s.image, s.camera, s.prior, *s.sun_rad)
        if match.accepted:
            errors.append(np.linalg.norm(match.pose.position_m - s.truth.position_m))
    assert len(errors) >= 3
    assert max(errors) < 5.0 * dem.resolution_m, "a false fix"
    assert np.median(errors) < dem.resolution_m


def test_ground_that_is_not_on_the_map_is_never_fixed(heights):
    elsewhere = orbital_map(ground(32, cells=1024), HARD.map_factor, HARD.map_noise_m, 2)
    for seed in range(2):
        s = scene(replace(HARD, decoy=True), heights, elsewhere, 50 + seed)
        matcher = Matcher(elsewhere, MatcherParams())
        assert not matcher.match(s.image, s.camera, s.prior, *s.sun_rad).accepted


def test_a_lost_prior_is_far_off_and_says_that_it_is_near(heights):
    kind = replace(KINDS["lost"], cells=1024)
    dem = orbital_map(heights, 1, 0.0, 1)
    s = scene(replace(kind, gsd_m=(0.8, 0.9)), heights, dem, 3)
    off = np.hypot(*(s.prior.pose.position_m - s.truth.position_m)[:2])
    assert off >= 1000.0 > 5.0 * s.prior.position_sigma_m[0]
    assert dem.contains(*s.prior.pose.position_m[:2])
