"""What is believed: numbers that are none never, those of a rover at work always."""

import math

import numpy as np
import pytest

from lupex_rover.core import sensor_limits as limits
from lupex_rover.core.camera import Camera

BAD = (math.nan, math.inf, -math.inf, 1e30)


@pytest.mark.parametrize("bad", BAD)
def test_what_cannot_be_is_not_believed(bad):
    for k in range(3):
        three = np.zeros(3)
        three[k] = bad
        assert not limits.is_place(three) and not limits.is_speed(three)
        assert not limits.is_motion(three, np.zeros(3))
        assert not limits.is_motion(np.zeros(3), three)
    four = np.array([0.0, 0.0, bad, 0.0])
    zero = np.zeros(4)
    assert not limits.are_crawlers(four, zero, zero) and not limits.are_crawlers(zero, four, zero)
    assert not limits.are_crawlers(zero, zero, four)
    upright = np.array([0.0, 0.0, 0.0, 1.0])
    assert not limits.is_attitude(upright, bad) and not limits.is_attitude(np.full(4, bad), 0.1)
    for name in ("fx", "fy", "cx", "cy"):
        numbers = {"width": 8, "height": 8, "fx": 9.0, "fy": 9.0, "cx": 4.0, "cy": 4.0, name: bad}
        assert not Camera(**numbers).can_be


def test_what_can_be_is_believed():
    assert limits.is_place(np.array([-8050.0, -11300.0, 1200.0]))
    assert limits.is_speed(np.array([1700.0, 0.0, -30.0]))  # at the begin of powered descent
    assert limits.is_motion(np.full(3, 0.3), np.array([0.0, 0.0, 12.0]))
    assert limits.is_attitude(np.array([0.5, 0.5, 0.5, 0.5]), 1e-4)
    assert limits.are_crawlers(np.full(4, 1e4), np.full(4, 0.3), np.full(4, 1.5))
    assert Camera(1024, 768, 900.0, 900.0, 511.5, 383.5).can_be
    assert not Camera(0, 768, 900.0, 900.0, 511.5, 383.5).can_be
    assert not Camera(8, 8, 0.0, 9.0, 4.0, 4.0).can_be
