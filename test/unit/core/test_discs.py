"""One disc before another: shares that are known, and points counted."""

import math

import numpy as np
import pytest

from lupex_rover.core.discs import Disc, offset, share_uncovered, uncovered


@pytest.mark.parametrize(
    ("apart", "radius", "other", "share"),
    [
        (3.0, 1.0, 2.0, 1.0),
        (1.0, 1.0, 2.0, 0.0),
        (0.0, 2.0, 1.0, 0.75),
        (0.0, 1.0, 1.0, 0.0),
        # two unit circles through each other's centre: 2 pi / 3 - sqrt(3) / 2 of pi
        (1.0, 1.0, 1.0, 1.0 - (2.0 / 3.0 - math.sqrt(0.75) / math.pi)),
    ],
)
def test_shares_that_are_known(apart, radius, other, share):
    assert uncovered(apart, radius, other) == pytest.approx(share, abs=1e-12)


def test_the_share_is_the_part_of_points_that_stays():
    k = np.arange(20_000) + 0.5
    r, turn = np.sqrt(k / k.size), k * math.pi * (3.0 - math.sqrt(5.0))
    x, y = r * np.cos(turn), r * np.sin(turn)
    for apart in np.linspace(0.0, 5.0, 41):
        truth = (np.hypot(x - apart, y) > 3.6).mean()
        assert uncovered(apart, 1.0, 3.6) == pytest.approx(truth, abs=1e-3)


def test_the_offset_is_that_of_vectors_anywhere_in_the_sky():
    rng = np.random.default_rng(3)
    for _ in range(200):
        az, el = rng.uniform(0, 2 * math.pi), rng.uniform(-1.5, 1.5)
        toward = np.array([math.sin(az) * math.cos(el), math.cos(az) * math.cos(el), math.sin(el)])
        east = np.array([math.cos(az), -math.sin(az), 0.0])
        right, up = rng.uniform(-0.03, 0.03, 2)
        angle = math.hypot(right, up)
        side = (right * east + up * np.cross(east, toward)) / angle
        other = math.cos(angle) * toward + math.sin(angle) * side
        found = offset(az, el, math.atan2(other[0], other[1]), math.asin(other[2]))
        assert found == pytest.approx((right, up), abs=1e-8)
    assert offset(1.0, 0.5, 1.0, 0.5) == (0.0, 0.0)


def test_arrays_and_numbers_agree():
    rng = np.random.default_rng(4)
    sun = Disc(
        rng.uniform(0, 0.03, (5, 40)), rng.uniform(-0.02, 0.02, (5, 40)), np.full((5, 40), 0.0047)
    )
    earth = Disc(np.zeros((5, 40)), np.zeros((5, 40)), np.full((5, 40), 0.0166))
    many = share_uncovered(sun, earth)
    assert many.shape == (5, 40) and 0.0 < many.min() + 0.01 and many.max() == 1.0
    each = [[share_uncovered(Disc(*(float(v[i, j]) for v in sun)), Disc(0.0, 0.0, 0.0166))
             for j in range(40)] for i in range(5)]  # fmt: skip
    np.testing.assert_allclose(many, each, atol=1e-12)
