"""The Sun over a skyline and past Earth together, against points counted on its disc."""

import math

import numpy as np
import pytest

from lupex_rover.core.discs import Disc
from lupex_rover.terrain.disc import disc_share
from lupex_rover.terrain.horizon import disc_fraction
from lupex_rover.terrain.sun_share import share_past, share_past_level

SUN, EARTH = 0.00465, 0.0166


def points(sun, earth, horizon, count=20_000):
    """The share by points; near the horizon, where the sky is flat."""
    k = np.arange(count) + 0.5
    r, turn = sun[2] * np.sqrt(k / count), k * math.pi * (3.0 - math.sqrt(5.0))
    az, el = sun[0] + r * np.cos(turn), sun[1] + r * np.sin(turn)
    free = np.hypot(az - earth[0], el - earth[1]) > earth[2]
    return float((free & (el > horizon(az))).mean())


def one(disc):
    return Disc(*(np.array([v]) for v in disc))


def cases(count):
    rng = np.random.default_rng(8)
    for _ in range(count):
        angle, far = rng.uniform(0, 2 * math.pi), rng.uniform(0.6, 1.05) * (SUN + EARTH)
        sun = Disc(rng.uniform(0.0, 6.28), rng.uniform(-0.01, 0.01), SUN)
        yield sun, Disc(sun[0] + far * math.cos(angle), sun[1] + far * math.sin(angle), EARTH)


def test_a_level_horizon_and_earth_at_once():
    rng = np.random.default_rng(9)
    worst = 0.0
    for sun, earth in cases(150):
        level = sun[1] + rng.uniform(-1.1, 1.1) * SUN
        truth = points(sun, earth, lambda az, level=level: np.full(az.shape, level))
        seen = share_past_level(sun, earth, level)
        many = share_past_level(one(sun), one(earth), np.array([level]))[0]
        assert isinstance(seen, float) and seen == pytest.approx(many, abs=1e-12)
        worst = max(worst, abs(seen - truth))
    assert worst < 2e-3


def test_a_ridge_and_earth_at_once():
    worst = 0.0
    for sun, earth in cases(150):

        def ridge(az, sun=sun):
            return (
                sun[1] - 0.4 * SUN + 0.9 * (az - sun[0]) + 0.1 * SUN * np.sin((az - sun[0]) / SUN)
            )

        truth = points(sun, earth, ridge)
        worst = max(worst, abs(share_past(one(sun), one(earth), ridge)[0] - truth))
    assert worst < 3e-3


def test_what_one_alone_hides_is_what_it_hid_before():
    far = Disc(3.0, 0.1, EARTH)
    sun = Disc(0.5, 0.001, SUN)

    def slope(az):
        return 0.002 + 0.3 * (az - 0.5)

    azimuth, elevation, radius = one(sun)
    alone = disc_share(azimuth, elevation, radius, slope)
    assert share_past(one(sun), one(far), slope)[0] == alone[0]
    assert share_past_level(sun, far, 0.002) == disc_fraction(0.001, 0.002, SUN)
    total = Disc(0.5, 0.001, EARTH)
    assert share_past_level(sun, total, -0.01) == share_past_level(sun, total, 0.001) == 0.0
    assert share_past(one(sun), one(total), slope)[0] == 0.0
