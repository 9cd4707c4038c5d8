"""Short forms of the sky's and the light's part of `lupex bench power`."""

import math

import numpy as np
import pytest

from benchmarks.power import light, sky
from lupex_rover.terrain.dem import Dem


def test_directions_against_de421_and_their_time():
    told = sky.measure(count=40)
    if "not_measured" in told:
        pytest.skip(told["not_measured"])
    assert max(told["worst_deg"].values()) < 0.01
    assert told["us_per_time_sun_and_earth"] < 50.0


def test_map_and_skyline_show_as_much_of_the_sun_as_rays_do():
    told = light.measure(side=120, places=25)
    assert told["of_them_partly_lit"] >= 5
    assert told["map_fraction_error"]["worst"] <= 0.05
    assert told["skyline_fraction_error"]["worst"] <= 0.05


def test_the_march_by_hand_a_wall_hides_just_half_the_disc():
    """A wall 1000 m off whose top stands in the middle of a Sun 2 degrees high."""
    rise = math.tan(math.radians(2.0))
    heights = np.zeros((101, 201))
    wall = 1000.0 * rise + 2.0 + 1000.0**2 / (2.0 * 1_737_400.0)
    heights[:, 150:] = wall  # 50 cells of 20 m to grid east
    dem = Dem(heights, -100 * 20.0, -50 * 20.0, 20.0)
    away = 1.496e11 * np.array([math.cos(math.radians(2.0)), math.sin(math.radians(2.0))])
    sun = np.array([0.0, away[0], -1_737_402.0 - away[1]])  # grid east is +y of the Moon's axes
    assert light.marched(dem, 0.0, 0.0, 2.0, sun) == pytest.approx(0.5, abs=0.03)
