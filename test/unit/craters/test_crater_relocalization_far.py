"""A prior 10 km and more off: craters say where to look, the matcher confirms; else silence.

The benchmark's ground with all lengths times five: cells of 10 m, a map of 41 km at 30 m, a picture
of some 13 km from 15 km up.
"""

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.landing.scenes import Kind, ground, orbital_map, scene
from lupex_rover.core.transforms import Pose
from lupex_rover.craters.crater_relocalization import RelocalizingMatcher
from lupex_rover.landing.camera_pose import Prior
from lupex_rover.landing.matcher_params import MatcherParams
from lupex_rover.landing.matching.matcher import Matcher
from lupex_rover.terrain.dem import Dem

TIMES, CELLS = 5.0, 4096
KIND = Kind("lost", (6.0, 20.0), 3, 0.5, 0.0, 0.3, 0.01, 5.0, gsd_m=(4.5, 6.0), cells=CELLS)


@pytest.fixture(scope="module")
def here():
    """Ground of cells of 2 m, its map, and the map with all lengths times five."""
    heights = ground(7001, CELLS)
    dem = orbital_map(heights, KIND.map_factor, KIND.map_noise_m, 1)
    big = Dem(dem.heights * TIMES, dem.x0 * TIMES, dem.y0 * TIMES, dem.resolution_m * TIMES)
    return heights, dem, big, RelocalizingMatcher(Matcher(big, MatcherParams()), big)


def lost(heights, dem, seed, off_m):
    """A scene, and its prior `off_m` away from the truth, (2,)."""
    s = scene(KIND, heights, dem, seed)
    truth, prior = (Pose(p.position_m * TIMES, p.orientation_xyzw) for p in (s.truth, s.prior.pose))
    place = np.array([*(truth.position_m[:2] + off_m), prior.position_m[2]])
    sigma = np.array([1000.0, 1000.0, TIMES * s.prior.position_sigma_m[2]])
    wrong = Prior(Pose(place, prior.orientation_xyzw), sigma, s.prior.attitude_sigma_rad)
    return replace(s, truth=truth, prior=wrong)


@pytest.mark.parametrize(("seed", "off_m"), [(1, (11e3, 4e3)), (4, (-9e3, 15e3)), (6, (0, -14e3))])
def test_a_lost_place_is_found_again_and_confirmed(here, seed, off_m):
    heights, dem, big, by_craters = here
    s = lost(heights, dem, seed, np.array(off_m))
    matcher = Matcher(big, MatcherParams())
    before = matcher.match(s.image, s.camera, s.prior, *s.sun_rad)
    assert not before.accepted
    assert by_craters.may_help(s.camera, s.prior)
    match = by_craters.search(matcher, s.image, s.camera, s.prior, *s.sun_rad)
    assert match.accepted and match.code == "LND-014"
    assert np.linalg.norm(match.pose.position_m - s.truth.position_m) < 5.0 * big.resolution_m


def test_ground_that_is_not_on_the_map_stays_without_a_fix(here):
    heights, dem, _, by_craters = here
    elsewhere = np.ascontiguousarray(heights[:, ::-1])  # the mirrored ground is nowhere
    for seed in range(2):
        s = lost(elsewhere, dem, seed, np.array([9e3, 9e3]))
        assert by_craters.match(s.image, s.camera, s.prior, *s.sun_rad) is None
