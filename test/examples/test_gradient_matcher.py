"""A matcher out of tree, chosen by a parameter, on a short descent and on a made-up picture."""

import numpy as np
import pytest
from flying import EXAMPLES

from lupex_rover.bags.own_bag import BagReader
from lupex_rover.core.transforms import Pose
from lupex_rover.landing.camera_pose import Camera, Prior
from lupex_rover.landing.matcher_params import MatcherParams
from lupex_rover.landing.matching.interface import make_matcher
from lupex_rover.landing.matching.matcher import Matcher
from lupex_rover.landing.warm_up import CELL_M, CELLS, HEIGHT_M, PX, STRAIGHT_DOWN, SUN_RAD, hills
from lupex_rover.landing.warm_up import _picture as picture_of

EXAMPLE = EXAMPLES / "gradient_matcher"
MIDDLE = 0.5 * (CELLS - 1) * CELL_M
CAMERA = Camera(PX, PX, float(PX), float(PX), 0.5 * (PX - 1), 0.5 * (PX - 1))
NAME = "gradient_matcher.matcher:MATCHER"


@pytest.fixture
def made(monkeypatch):
    monkeypatch.syspath_prepend(str(EXAMPLE))
    return make_matcher(NAME, hills(), {}, "my.yaml.nodes.landing")


@pytest.fixture(scope="module")
def picture():
    """Of the middle of the made-up hills, from straight above."""
    matcher = Matcher(hills(), MatcherParams())
    matcher.map.set_sun(*SUN_RAD)
    return picture_of(matcher, MIDDLE)


def prior(east_m, north_m):
    at = np.array([MIDDLE + east_m, MIDDLE + north_m, HEIGHT_M])
    return Prior(Pose(at, STRAIGHT_DOWN), np.array([30.0, 30.0, 5.0]), 0.005)


@pytest.mark.parametrize("off", [(0.0, 0.0), (50.0, -30.0), (-40.0, 45.0)])
def test_it_finds_the_place_from_a_prior_that_is_off(made, picture, off):
    found = made.match(picture, CAMERA, prior(*off), *SUN_RAD)
    assert found.accepted and found.code == "LND-000"
    assert np.hypot(*(found.pose.position_m[:2] - MIDDLE)) < 0.5 * CELL_M


def test_it_is_silent_without_sun_map_or_likeness(made, picture):
    assert made.match(picture, CAMERA, prior(0, 0), 1.0, -0.01).code == "LND-008"
    assert made.match(picture, CAMERA, prior(0.9 * MIDDLE, 0), *SUN_RAD).code == "LND-002"
    noise = np.random.default_rng(1).integers(0, 255, picture.shape).astype(np.uint8)
    assert not made.match(noise, CAMERA, prior(0, 0), *SUN_RAD).accepted


@pytest.mark.timeout(400)
def test_it_flies_by_its_name_in_the_scenario(flights):
    stamps, places, fixes = [], [], []
    for topic, said, _ in BagReader(flights("harness")).messages({"landing/fix", "sim/truth"}):
        if topic == "landing/fix":
            fixes.append(said)
        else:
            stamps.append(said.stamp_ns)
            places.append(said.pose.position_m)
    accepted = [fix for fix in fixes if fix.accepted]
    assert len(accepted) >= 5
    for fix in accepted:
        true = [np.interp(fix.stamp_ns, stamps, [p[i] for p in places]) for i in (0, 1)]
        assert np.hypot(*(fix.pose.position_m[:2] - true)) < 10.0
        assert fix.covariance[0, 0] == pytest.approx(2.5**2)  # half a cell: this matcher's word
