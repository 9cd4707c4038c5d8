"""Truth at touchdown: slope and rock under the vehicle, and where a safe place was."""

import math
from types import SimpleNamespace

import numpy as np
import pytest

from lupex_rover.simulator.site.touchdown import describe, fitted_slope_deg, rock_under
from lupex_rover.terrain.dem import Dem


def plane(east=0.0, north=0.0):
    u = 0.25 * np.arange(200)
    return Dem(east * u[None, :] + north * u[:, None], 0.0, 0.0, 0.25)


@pytest.mark.parametrize(("east", "north"), [(0.1, 0.0), (0.0, -0.3), (0.12, 0.16)])
def test_slope_of_a_plane(east, north):
    slope = fitted_slope_deg(plane(east, north))[20:-20, 20:-20]
    assert slope == pytest.approx(math.degrees(math.atan(math.hypot(east, north))), abs=1e-3)


def test_slope_is_that_of_numpy_s_least_squares_on_rough_ground():
    dem = plane(0.05, 0.1)
    dem.heights[:] += np.random.default_rng(0).normal(0, 0.2, dem.heights.shape)
    x, y = np.meshgrid(*dem.grid())
    row, col = 90, 70
    disc = np.hypot(x - x[row, col], y - y[row, col]) <= 2.0
    design = np.column_stack((x[disc], y[disc], np.ones(disc.sum())))
    east, north, _ = np.linalg.lstsq(design, dem.heights[disc].astype(float), rcond=None)[0]
    expected = math.degrees(math.atan(math.hypot(east, north)))
    assert fitted_slope_deg(dem)[row, col] == pytest.approx(expected, abs=1e-3)


def test_a_rock_counts_where_the_legs_reach_it_and_the_highest_wins():
    rocks = np.array([[25.0, 25.0, 1.0, 0.4], [26.0, 25.0, 0.4, 0.2]])
    under = rock_under(plane(), rocks)
    assert under[100, 100] == 0.4
    assert under[100, 100 + 9] == 0.4  # 2.25 m east, its edge at 1.75 m
    assert under[100, 100 + 11] == 0.2  # 2.75 m from the first, 1.75 m from the second
    assert under[100, 100 + 20] == 0.0


def world(rocks=(), slope=0.0):
    """Ground with a slope east of x = 0, flat west of it."""

    def window(x0, y0, width, height, cell):
        xs = x0 + cell * np.arange(round(width / cell) + 1)
        heights = np.tile(slope * np.maximum(xs, 0.0), (xs.size, 1))
        return Dem(heights, x0, y0, cell)

    listed = np.array(rocks, float).reshape(-1, 4)
    relief = SimpleNamespace(window=window, rocks=lambda bounds, smallest: listed)
    return SimpleNamespace(relief=relief)


def test_a_touchdown_on_safe_ground():
    told = describe(world(), np.array([10.0, 5.0, 0.6]), hard=False)
    assert told == {
        "place_m": [10.0, 5.0, 0.6], "slope_deg": 0.0, "rock_m": 0.0, "safe_within_m": 0.0,
        "hard": False,
    }  # fmt: skip


def test_a_touchdown_on_a_slope_tells_how_far_safe_ground_was():
    told = describe(world(slope=0.3), np.array([20.0, 0.0, 6.6]), hard=True)
    assert told["slope_deg"] == pytest.approx(math.degrees(math.atan(0.3)), abs=0.01)
    assert told["safe_within_m"] == pytest.approx(20.0, abs=1.5)
    assert told["hard"]
    assert describe(world(slope=0.3), np.array([80.0, 0, 24]), False)["safe_within_m"] is None


def test_a_touchdown_on_a_rock():
    told = describe(world(rocks=[(10.5, 5.0, 1.0, 0.4)]), np.array([10.0, 5.0, 0.6]), False)
    assert told["rock_m"] == 0.4
    assert told["safe_within_m"] == pytest.approx(2.0, abs=0.3)
