"""No fix rests on ground whose height the map does not have, however well its filling fits."""

import math
from dataclasses import replace

import numpy as np
import pytest
import scenes

from lupex_rover.core.camera import Camera
from lupex_rover.core.transforms import Pose
from lupex_rover.craters.dem_craters import craters_of
from lupex_rover.landing.matcher_params import MatcherParams
from lupex_rover.landing.matching.lighting import LightedMap
from lupex_rover.landing.matching.matcher import Matcher, Prior

SUN = math.radians(130.0), math.radians(2.5)
CAMERA = Camera(*scenes.PINHOLE)
HEIGHT_M, SIGMA_M = 500.0, np.array([30.0, 30.0, 5.0])


@pytest.fixture(scope="module")
def ground():
    return scenes.ground(1)


@pytest.fixture(scope="module")
def whole(ground):
    return scenes.orbital(ground, 2)


def looked(dem, ground, x, y, ortho=None):
    """The match of a picture straight down from over x, y, and the true position."""
    attitude = scenes.nadir(0.3)
    position = np.array([x, y, ground.height(x, y) + HEIGHT_M])
    image = scenes.picture(ground, attitude, position, *SUN, 3)
    prior = Prior(Pose.from_matrix(position + [20.0, -15.0, 2.0], attitude), SIGMA_M, 4e-4)
    matcher = Matcher(dem, MatcherParams(), ortho)
    return matcher.match(image, CAMERA, prior, *SUN), position


def test_cases_a_view_of_filled_cells_gives_no_fix_though_they_fit(ground, whole):
    """The filling is the very ground of the picture: only the word that it is none forbids it."""
    assert looked(whole, ground, 600.0, 600.0)[0].accepted
    filled = replace(whole, void=np.ones(whole.heights.shape, bool))
    filled.void[:, :10] = False
    found, _ = looked(filled, ground, 600.0, 600.0)
    assert (found.accepted, found.code) == (False, "LND-002")
    photograph = LightedMap(replace(whole, void=None))
    photograph.set_sun(*SUN)
    bright = photograph.whole(0).brightness.repeat(2, 0).repeat(2, 1)
    assert looked(filled, ground, 600.0, 600.0, bright)[0].code == "LND-002"


def test_cases_a_fix_beside_a_void_rests_on_the_known_ground(ground, whole):
    """Wild heights in the void move it by shadows at its edge alone."""
    void = np.zeros(whole.heights.shape, bool)
    void[:, :105] = True  # the west of the view
    rough = np.random.default_rng(4).uniform(-40.0, 40.0, whole.heights.shape)
    fixes = []
    for heights in (whole.heights, np.where(void, whole.heights.mean() + rough, whole.heights)):
        found, position = looked(replace(whole, heights=heights, void=void), ground, 640.0, 600.0)
        error = found.pose.position_m - position
        assert found.accepted
        assert error @ np.linalg.solve(found.covariance[:3, :3], error) < 16.0
        fixes.append(error)
    assert np.abs(fixes[0] - fixes[1]).max() < 0.5


def test_cases_light_is_not_told_of_a_void(whole):
    void = np.zeros(whole.heights.shape, bool)
    void[40:50, 60:80] = True
    known, holed = LightedMap(whole), LightedMap(replace(whole, void=void))
    for lighted in (known, holed):
        lighted.set_sun(*SUN)
    span = 202.0, 152.0, 502.0, 352.0
    for part, cell in ((holed.whole(0), 1), (holed.finer(span), 2)):
        dark = np.isnan(part.brightness)
        assert dark.sum() == 12 * 22 * cell**2
    assert np.isfinite(known.finer(span).brightness).all()
    assert np.isnan(holed.whole(1).brightness).any()
    assert known.known_share(span) == 1.0 and 0.7 < holed.known_share(span) < 0.95
    assert holed.known_share((302.0, 207.0, 392.0, 242.0)) < 0.4
    assert known.known_share((5e4, 5e4, 6e4, 6e4)) == 0.0


def test_cases_no_crater_of_the_map_lies_in_a_void(whole):
    listed = craters_of(whole).centre_m
    void = np.zeros(whole.heights.shape, bool)
    void[:, :120] = True
    left = craters_of(replace(whole, void=void)).centre_m
    edge_m = whole.x0 + 119 * whole.resolution_m
    assert (listed[:, 0] < edge_m).sum() > 5 and len(left) > 5
    assert (left[:, 0] > edge_m).all()
