"""What is told of a picture does not hang on last digits: pictures of the reference descent."""

from dataclasses import replace

import numpy as np
import pytest

from lupex_rover.core.transforms import Pose
from lupex_rover.landing.camera_pose import Prior
from lupex_rover.landing.matcher_params import MatcherParams
from lupex_rover.landing.matching.matcher import Matcher
from lupex_rover.runs import replay_cases
from lupex_rover.runs.replay_run import prepare, read_context, records

DIGIT_M, DIGIT_RAD = 1e-5, 1e-8  # ten thousand times the rounding of these numbers, and more
TIMES = 4


@pytest.fixture(scope="module")
def looks():
    """(picture, camera, prior, Sun's azimuth, elevation) of each try of the reference descent."""
    cases = replay_cases.read(replay_cases.DEFAULT)
    seen, match = [], Matcher.match

    def noted(self, *given, **named):
        seen.append(given)
        return match(self, *given, **named)

    context = read_context(cases.folder / cases.run)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Matcher, "match", noted)
        prepare(["landing"], context).run(records(cases.bag("landing")), lambda _: None)
    return context.onboard_map, seen


def nudged(prior: Prior, rng: np.random.Generator) -> Prior:
    turned = np.asarray(prior.pose.orientation_xyzw) + rng.normal(size=4) * DIGIT_RAD
    turned /= np.linalg.norm(turned)
    moved = prior.pose.position_m + rng.normal(size=3) * DIGIT_M
    return replace(prior, pose=Pose(moved, turned))


def test_a_digit_of_the_prior_moves_no_fix(looks):
    onboard_map, seen = looks
    matcher, rng = Matcher(onboard_map, MatcherParams()), np.random.default_rng(11)
    fixes = 0
    for image, camera, prior, *sun in seen:
        first = matcher.match(image, camera, prior, *sun)
        fixes += first.accepted
        whiten = np.linalg.inv(np.linalg.cholesky(first.covariance))
        for _ in range(TIMES):
            other = matcher.match(image, camera, nudged(prior, rng), *sun)
            assert other.code == first.code
            if first.accepted:
                off = whiten[:3, :3] @ (other.pose.position_m - first.pose.position_m)
                assert np.linalg.norm(off) < 0.1
                ratios = np.linalg.eigvalsh(whiten @ other.covariance @ whiten.T)
                assert ratios.min() > 0.93 and ratios.max() < 1.07
    assert fixes >= 9


def test_a_fix_does_not_hang_on_the_picture_before_it(looks):
    onboard_map, seen = looks
    matcher = Matcher(onboard_map, MatcherParams())
    for look in seen[:6]:
        in_turn = matcher.match(*look)
        alone = Matcher(onboard_map, MatcherParams())
        alone.map.set_sun(*seen[0][3:])  # the Sun that the light was worked out for
        again = alone.match(*look)
        assert np.array_equal(in_turn.pose.position_m, again.pose.position_m)
        assert np.array_equal(in_turn.covariance, again.covariance)
