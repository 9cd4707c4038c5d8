"""A lander that has lost its place finds it by craters of the map; on foreign ground it says no."""

import math

import numpy as np
import pytest
from scenes import PINHOLE, SIZE, ground, nadir, picture

from lupex_rover.core.camera import Camera
from lupex_rover.craters.dem_craters import DemCraterParams, craters_of
from lupex_rover.craters.index import CraterIndex
from lupex_rover.craters.pose_fix import locate
from lupex_rover.terrain.dem import Dem

CAMERA = Camera(*PINHOLE)


def index_of(dem):
    """Of an orbital map with cells of 2 m."""
    cells = dem.heights.reshape(SIZE // 2, 2, SIZE // 2, 2).mean((1, 3))
    return CraterIndex(craters_of(Dem(cells, 0.5, 0.5, 2.0), DemCraterParams(least_radius=4.0)))


@pytest.fixture(scope="module")
def here():
    return ground(0)


@pytest.fixture(scope="module")
def index(here):
    return index_of(here)


def seen(dem, x, y, above, seed):
    rng = np.random.default_rng(seed)
    place = np.array([x, y, dem.height(x, y) + above])
    attitude = nadir(rng.uniform(0.0, 6.28), math.radians(rng.uniform(0.0, 4.0)))
    sun = rng.uniform(0.0, 6.28), math.radians(rng.uniform(4.0, 15.0))
    return place, picture(dem, attitude, place, *sun, seed)


@pytest.mark.parametrize("x, y, seed", [(500.0, 600.0, 1), (640.0, 520.0, 2), (720.0, 740.0, 3)])
def test_the_place_is_found_with_only_the_altitude_known(here, index, x, y, seed):
    place, image = seen(here, x, y, 500.0, seed)
    fix = locate(image, CAMERA, index, altitude_m=(450.0, 550.0))
    assert fix is not None and len(fix.found) >= 6
    assert np.linalg.norm(fix.pose.position_m - place) < 0.04 * 500.0


def test_foreign_ground_gives_no_place(index):
    elsewhere = ground(1)
    for seed, (x, y) in enumerate([(500.0, 600.0), (640.0, 520.0), (720.0, 740.0)]):
        _, image = seen(elsewhere, x, y, 500.0, seed)
        assert locate(image, CAMERA, index, altitude_m=(450.0, 550.0)) is None
        assert locate(image[::-1], CAMERA, index, altitude_m=(450.0, 550.0)) is None


def test_a_black_picture_gives_no_place(index):
    assert locate(np.zeros((512, 512), np.uint8), CAMERA, index) is None
