"""An orthoimage under the picture's Sun makes a fix better, one under another Sun is ignored."""

import math

import cv2
import numpy as np
import pytest

from benchmarks.landing.scenes import GROUND_CELL_M, KINDS, ground, orbital_map, scene
from lupex_rover.landing.matcher_params import MatcherParams
from lupex_rover.landing.matching.lighting import light
from lupex_rover.landing.matching.matcher import Matcher
from lupex_rover.terrain.dem import Dem

HARD = KINDS["hard"]


@pytest.fixture(scope="module")
def here():
    heights = ground(31, cells=1026)
    return heights, orbital_map(heights, HARD.map_factor, HARD.map_noise_m, 1)


def lit(heights, dem, sun_rad):
    """The true ground under a Sun, on the half cells of `dem`."""
    bright = light(Dem(heights, 0.0, 0.0, GROUND_CELL_M), *sun_rad).brightness
    rows, cols = dem.heights.shape
    return cv2.resize(bright, (2 * cols, 2 * rows), interpolation=cv2.INTER_AREA)


def test_one_of_the_same_sun_helps_and_one_of_another_does_no_harm(here):
    heights, dem = here
    errors = []
    for seed in range(5):
        s = scene(HARD, heights, dem, seed)
        given = s.image, s.camera, s.prior, *s.sun_rad
        other_sun = s.sun_rad[0] + math.radians(140.0), s.sun_rad[1]
        orthos = None, lit(heights, dem, s.sun_rad), lit(heights, dem, other_sun)
        plain, same, other = (Matcher(dem, MatcherParams(), o).match(*given) for o in orthos)
        assert np.array_equal(other.pose.position_m, plain.pose.position_m)
        assert other.accepted == plain.accepted
        if plain.accepted and same.accepted:
            errors.append(
                [np.linalg.norm(m.pose.position_m - s.truth.position_m) for m in (plain, same)]
            )
    plain_m, same_m = np.median(errors, axis=0)
    assert len(errors) >= 3
    assert same_m < 0.7 * plain_m
