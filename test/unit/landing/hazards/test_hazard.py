"""Hazards seen in pictures, against the true ground they were drawn from."""

import math

import numpy as np
import pytest
from scipy import ndimage

from lupex_rover.core.camera import Camera
from lupex_rover.core.transforms import Pose
from lupex_rover.landing.hazards.hazard import HazardMap, halt_at, hazard_map, safer_place
from lupex_rover.landing.params import HazardParams
from lupex_rover.simulator.sensors import cameras
from lupex_rover.simulator.site.touchdown import fitted_slope_deg, rock_under
from lupex_rover.terrain.dem import Dem
from lupex_rover.terrain.relief import Relief

CAMERA = Camera(512, 512, 575.0, 575.0, 255.5, 255.5)
DOWN = np.array([[0.0, -1, 0], [-1, 0, 0], [0, 0, -1]])
CENTRE = np.array([200.0, 200.0])
LEVEL_MAP = Dem(np.zeros((81, 81)), 0.0, 0.0, 5.0)  # orbit sees nothing of the small craters
PARAMS = HazardParams()
FLAT = Dem(np.zeros((961, 961)), 80.0, 80.0, 0.25)


def seen(ground, sun, height_m=150.0, camera_map=LEVEL_MAP, params=PARAMS):
    over = float(ground.height(*CENTRE)) + height_m
    pixels = cameras.render(
        [ground], CAMERA, DOWN, np.array([*CENTRE, over]), sun[0], sun[1], np.random.default_rng(1)
    )
    mapped = float(camera_map.height(*CENTRE)) + height_m
    pose = Pose.from_matrix(np.array([*CENTRE, mapped]), DOWN)
    return hazard_map(camera_map, pixels, CAMERA, pose, CENTRE, sun, True, params)


def cratered(x, y, diameter=10.0, depth=1.6):
    ground = Dem(FLAT.heights.copy(), FLAT.x0, FLAT.y0, FLAT.resolution_m)
    xs, ys = ground.grid()
    q = np.hypot(xs[None] - x, ys[:, None] - y) / (diameter / 2)
    ground.heights[:] += np.where(q < 1, depth * (q**2 - 1), 0.0)
    return ground


@pytest.fixture(scope="module")
def scenes():
    """Simulated ground under six Suns: hazards, and the true slope and rock on the same grid."""
    told = []
    base = Dem(np.zeros((3, 3)), -400.0, -400.0, 800.0)
    for seed in range(6):
        relief = Relief(base, seed)
        ground = relief.window(120.0, 120.0, 160.0, 160.0, 0.25)
        orbit = relief.window(0.0, 0.0, 400.0, 400.0, 5.0)
        orbit.heights[:] = ndimage.gaussian_filter(orbit.heights, 0.86)  # 4.3 m: LOLA's 10 m
        sun = (seed * 1.1, math.radians((1.0, 2.0, 3.0, 4.0, 6.0, 10.0)[seed]))
        rocks = relief.rocks((120.0, 120.0, 280.0, 280.0), 0.0)
        told.append(
            (
                seen(ground, sun, camera_map=orbit),
                ground,
                fitted_slope_deg(ground),
                rock_under(ground, rocks),
            )
        )
    return told


def true_at(ground, values, xy):
    return values[tuple(np.rint((xy[::-1] - [ground.y0, ground.x0]) / 0.25).astype(int))]


def test_most_of_what_is_steep_is_near_a_hazard_it_found(scenes):
    steep = found = 0
    for hazards, ground, slope, _ in scenes:
        rows = np.rint((hazards.axis(1) - ground.y0) / 0.25).astype(int)
        cols = np.rint((hazards.axis(0) - ground.x0) / 0.25).astype(int)
        bad = slope[np.ix_(rows, cols)] > 10.0
        steep += int(bad.sum())
        found += int((hazards.clearance_m[bad] < PARAMS.keep_m).sum())
    assert steep > 1000
    assert found / steep > 0.98


def test_the_clear_place_chosen_is_safe_where_the_one_aimed_at_was_not(scenes):
    """Aims on bad ground, 1 m of error in placing; in one scene nothing near three is clear."""
    bad = tried = clear = 0
    for hazards, ground, slope, rock in scenes:
        rng = np.random.default_rng(5)
        aims = CENTRE + rng.uniform(-25, 25, (400, 2))
        for aim in [a for a in aims if true_at(ground, slope, a) > 10.0][:8]:
            place = safer_place(hazards, aim, aim, 40.0, PARAMS)
            assert place is not None, "an aim on bad ground is left"
            tried += 1
            if hazards.clearance_at(place) < 2.0:
                continue
            clear += 1
            stand = place + rng.normal(0, 1.0, 2)
            bad += true_at(ground, slope, stand) > 10.0 or true_at(ground, rock, stand) > 0.3
    assert tried >= 40
    assert clear / tried > 0.9
    assert bad == 0


def test_where_nothing_is_clear_it_goes_to_the_flattest_by_the_map():
    n = 361
    slope = np.full((n, n), 14.0)
    slope[180, 180 + 32] = 10.5  # 8 m east
    nothing = HazardMap(CENTRE, np.ones((n, n), bool), np.zeros((n, n)), slope)
    assert safer_place(nothing, CENTRE, CENTRE, 45.0, PARAMS) == pytest.approx(CENTRE + [8.0, 0.0])
    slope[180, 180 + 32] = 12.0
    assert safer_place(nothing, CENTRE, CENTRE, 45.0, PARAMS) is None


@pytest.mark.parametrize("elevation", [1.0, 3.0, 15.0])
def test_level_ground_in_the_sun_has_hardly_a_hazard(elevation):
    """The ground's mottled albedo makes a cell in some hundreds look tilted."""
    hazards = seen(FLAT, (0.3, math.radians(elevation)))
    assert hazards.hazardous.mean() < 0.003
    assert hazards.clearance_at(CENTRE) > PARAMS.keep_m


@pytest.mark.parametrize("azimuth", [0.0, 1.2, 3.0, 4.5])
def test_a_crater_that_the_map_does_not_show_is_found_where_it_is(azimuth):
    hazards = seen(cratered(212.0, 190.0), (azimuth, math.radians(3.0)))
    rows, cols = np.nonzero(hazards.hazardous)
    far = np.hypot(hazards.axis(0)[cols] - 212.0, hazards.axis(1)[rows] - 190.0)
    assert rows.size > 50
    assert np.mean(far < 5.0 + 1.5) > 0.9  # its radius and the averaging
    near = far < 6.5
    rows, cols = rows[near], cols[near]
    side = (hazards.axis(0)[cols] - 212.0) * math.sin(azimuth)
    side += (hazards.axis(1)[rows] - 190.0) * math.cos(azimuth)
    assert (side > 2.0).any() and (side < -2.0).any()  # the dark wall and the bright one
    assert hazards.clearance_at(np.array([212.0, 190.0])) < 2.0


def test_a_rock_is_seen_by_its_shadow():
    ground = Dem(FLAT.heights.copy(), FLAT.x0, FLAT.y0, FLAT.resolution_m)
    xs, ys = ground.grid()
    ground.heights[np.hypot(xs[None] - 205.0, ys[:, None] - 205.0) < 0.6] = 0.6
    hazards = seen(ground, (1.0, math.radians(3.0)), height_m=80.0)
    assert hazards.clearance_at(np.array([205.0, 205.0])) < 2.0


def test_a_picture_without_light_says_that_nothing_is_safe():
    night = hazard_map(
        LEVEL_MAP, np.full((512, 512), 9, np.uint8), CAMERA,
        Pose.from_matrix(np.array([*CENTRE, 150.0]), DOWN), CENTRE, (0.0, 0.05), False, PARAMS,
    )  # fmt: skip
    assert night.hazardous.all()
    assert safer_place(night, CENTRE, CENTRE, 40.0, PARAMS) is None


def test_mottled_shadow_round_a_little_light_is_no_ground_to_stand_on():
    """As seed 74 of the dispersed descents saw it: 96 % shadow of uneven grey."""
    rng = np.random.default_rng(3)
    mottle = ndimage.gaussian_filter(rng.standard_normal((512, 512)), 3.0)
    picture = 40.0 * np.exp(0.14 * mottle / mottle.std())
    picture[206:306, 206:306] = 200.0  # 26 m about the centre, seen from 150 m
    hazards = hazard_map(
        LEVEL_MAP, picture.astype(np.uint8), CAMERA,
        Pose.from_matrix(np.array([*CENTRE, 150.0]), DOWN), CENTRE, (0.0, 0.04), False, PARAMS,
    )  # fmt: skip
    x, y = np.meshgrid(hazards.axis(0) - CENTRE[0], hazards.axis(1) - CENTRE[1])
    shadow = (np.maximum(np.abs(x), np.abs(y)) > 15.0) & (np.hypot(x, y) < 50.0)
    assert hazards.hazardous[shadow].mean() > 0.99
    assert hazards.clearance_at(CENTRE) > 3.0


def test_what_the_map_shows_steep_is_hazardous_however_it_looks():
    slope = Dem(np.tile(0.2 * 5.0 * np.arange(81), (81, 1)), 0.0, 0.0, 5.0)
    hazards = seen(FLAT, (0.3, 0.2), camera_map=slope)
    assert hazards.hazardous.all()


def test_what_is_not_seen_is_hazardous():
    hazards = seen(FLAT, (0.3, 0.1), height_m=40.0)
    assert hazards.clearance_at(CENTRE + [30.0, 0.0]) == 0.0
    assert hazards.clearance_at(CENTRE) > 10.0


def grid_of(clearance):
    return HazardMap(CENTRE, clearance <= 0.0, clearance, np.zeros(clearance.shape))


def test_a_lander_on_its_way_chooses_from_where_it_would_stop():
    """9 m/s braked with 0.4 m/s2 stop after 101 m (v^2 / 2a); a place behind is out of reach."""
    here = CENTRE + [-50.0, 0.0]
    halt = halt_at(here, np.array([9.0, 0.0]), 0.4)
    assert halt - CENTRE == pytest.approx([51.25, 0.0])
    assert halt_at(here, np.zeros(2), 0.4) == pytest.approx(here)
    hazards = grid_of(np.zeros((400, 400)))
    x, y = np.meshgrid(hazards.axis(0), hazards.axis(1))
    hazards.clearance_m[np.hypot(x - CENTRE[0] + 30.0, y - CENTRE[1]) < 5.0] = 12.0
    standing = safer_place(hazards, here, CENTRE, 60.0, PARAMS)
    assert standing is not None and standing[0] < CENTRE[0] - 20.0
    assert safer_place(hazards, halt, CENTRE, 60.0, PARAMS) is None


def test_the_choice_stays_within_reach_and_does_not_move_without_need():
    n = 361
    bare = np.zeros((n, n))
    bare[180, 180 + 40] = 6.0  # 10 m east
    bare[180, 180 - 120] = 6.0  # 30 m west
    hazards = grid_of(bare)
    assert safer_place(hazards, CENTRE, CENTRE, 45.0, PARAMS) == pytest.approx(CENTRE + [10.0, 0])
    over_the_west = CENTRE - [30.0, 0.0]
    chosen = safer_place(hazards, over_the_west, CENTRE, 8.0, PARAMS)
    assert chosen == pytest.approx(CENTRE - [30.0, 0.0])
    assert safer_place(hazards, CENTRE, CENTRE, 8.0, PARAMS) is None
    assert safer_place(hazards, CENTRE, CENTRE, 45.0, PARAMS, move_m=8.0) is None  # on its way
    bare[180, 180] = PARAMS.keep_m
    assert safer_place(grid_of(bare), CENTRE, CENTRE, 45.0, PARAMS) is None
