"""A touchdown flag is believed near the ground at once, high over it only when it lasts."""

import math

import numpy as np
import pytest

from lupex_rover.core.types import Altimeter
from lupex_rover.landing.estimation.touchdown_detector import TouchdownDetector
from lupex_rover.landing.params import LandingParams

NS = 1_000_000_000


def told(t_s, touchdown=True):
    return Altimeter(int(t_s * NS), 0.0, np.zeros(3), True, touchdown)


@pytest.mark.parametrize(("height_m", "sigma_m"), [(0.3, 0.5), (19.0, 0.0), (110.0, 20.0),
                                                   (math.nan, 0.0)])  # fmt: skip
def test_near_the_ground_or_where_height_is_unknown_at_once(height_m, sigma_m):
    contact = TouchdownDetector(LandingParams())
    assert not contact.made(told(0.0, False), height_m, sigma_m)
    assert contact.made(told(0.1), height_m, sigma_m)


def test_high_over_the_ground_only_when_it_lasts():
    contact = TouchdownDetector(LandingParams(contact_lasts_s=2.0))
    assert not any(contact.made(told(t), 800.0, 1.0) for t in (0.0, 1.0, 1.9))
    assert not contact.made(told(1.95, False), 800.0, 1.0)
    assert not contact.made(told(2.1), 800.0, 1.0), "it begins anew"
    assert contact.made(told(4.2), 800.0, 1.0), "the filter's height may be wrong"
