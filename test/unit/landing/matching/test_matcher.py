"""The matcher finds the place, or says nothing."""

import json
import math
from pathlib import Path

import cv2
import numpy as np
import pytest
import scenes
from scipy.spatial.transform import Rotation

from lupex_rover.core.camera import Camera
from lupex_rover.core.transforms import Pose
from lupex_rover.landing.matcher_params import MatcherParams
from lupex_rover.landing.matching.matcher import Matcher, Prior
from lupex_rover.landing.params import HazardParams
from lupex_rover.landing.warm_up import CELL_M, CELLS, HEIGHT_M, warm_up
from lupex_rover.terrain.dem_file import read_dem

SAMPLES = Path(__file__).parents[5] / "shared" / "data" / "landing_format"
AZIMUTH, ELEVATION = math.radians(130.0), math.radians(2.5)
CAMERA = Camera(*scenes.PINHOLE)


@pytest.fixture(scope="module")
def ground():
    return scenes.ground(1)


@pytest.fixture(scope="module")
def matcher(ground):
    return Matcher(scenes.orbital(ground, 2), MatcherParams())


def tries(ground, matcher, count, height_m, sigma_m, seed):
    """(match, true position) of `count` dispersed pictures of `ground`."""
    rng = np.random.default_rng(seed)
    sigma = np.array([sigma_m, sigma_m, 0.01 * height_m])
    for _ in range(count):
        attitude = scenes.nadir(rng.uniform(0, 6.28), rng.uniform(-0.15, 0.15))
        x, y = rng.uniform(480, 720, 2)
        position = np.array([x, y, ground.height(x, y) + height_m * rng.uniform(0.8, 1.2)])
        image = scenes.picture(ground, attitude, position, AZIMUTH, ELEVATION, seed)
        tilt = Rotation.from_rotvec(rng.normal(0, 2e-4, 3)).as_matrix()
        off = np.clip(rng.standard_normal(3), -2, 2) * sigma
        prior = Prior(Pose.from_matrix(position + off, tilt @ attitude), sigma, 4e-4)
        yield matcher.match(image, CAMERA, prior, AZIMUTH, ELEVATION), position


@pytest.mark.parametrize(("height_m", "sigma_m"), [(700.0, 90.0), (350.0, 5.0)])
def test_finds_its_place_on_a_map_five_times_coarser(ground, matcher, height_m, sigma_m):
    found = [
        (np.linalg.norm((m.pose.position_m - p)[:2]), m.covariance, m.pose.position_m - p)
        for m, p in tries(ground, matcher, 8, height_m, sigma_m, 7)
        if m.accepted
    ]
    assert len(found) >= 6
    errors = [f[0] for f in found]
    assert np.median(errors) < 3.0
    assert max(errors) < 10.0
    nees = [e @ np.linalg.solve(c[:3, :3], e) for _, c, e in found]
    assert np.mean(nees) < 9.0, "covariance is no promise: mean should be near 3"


def test_the_second_look_finds_the_place_where_no_patches_agree(ground, matcher):
    """With the first look switched off; on other ground the second is silent too."""
    blind = MatcherParams(clear_log_chance=-99.0, maybe_log_chance=-99.0)
    second = Matcher(scenes.orbital(ground, 2), blind)
    found = [
        np.linalg.norm((m.pose.position_m - p)[:2])
        for m, p in tries(ground, second, 6, 700.0, 90.0, 7)
        if m.accepted
    ]
    assert len(found) >= 5 and max(found) < 10.0
    elsewhere = Matcher(scenes.orbital(scenes.ground(77), 2), blind)
    assert not any(m.accepted for m, _ in tries(ground, elsewhere, 4, 700.0, 90.0, 9))
    hasty = second.hasty()
    assert not any(m.accepted for m, _ in tries(ground, hasty, 2, 700.0, 90.0, 7))


def test_says_nothing_on_the_map_of_another_place(ground):
    elsewhere = Matcher(scenes.orbital(scenes.ground(77), 2), MatcherParams())
    for height_m, sigma_m in ((700.0, 90.0), (350.0, 5.0)):
        for match, _ in tries(ground, elsewhere, 6, height_m, sigma_m, 9):
            assert not match.accepted
            assert match.code.startswith("LND-0")


def test_says_why_there_is_no_fix(matcher):
    def code(position, image, elevation=ELEVATION):
        prior = Prior(Pose.from_matrix(np.array(position), scenes.nadir(0.0)), np.ones(3), 1e-3)
        return matcher.match(image, CAMERA, prior, AZIMUTH, elevation).code

    noise = np.random.default_rng(0).integers(0, 255, (512, 512)).astype(np.uint8)
    assert code([600, 600, 500.0], np.zeros((512, 512), np.uint8)) == "LND-001"
    assert code([90_000, 600, 500.0], noise) == "LND-002"
    assert code([600, 600, 500.0], noise) in ("LND-003", "LND-004")
    assert code([600, 600, 60.0], noise) == "LND-006"
    assert code([600, 600, 500.0], noise, -0.01) == "LND-008"


@pytest.mark.parametrize("number", [9000, 9001])
def test_frames_of_another_renderer(number):
    """Axes, pixel centres and Sun as the interface has them; truth is in the files."""
    if not SAMPLES.is_dir():
        pytest.skip(f"no sample frames at {SAMPLES}")
    frame = json.loads((SAMPLES / f"frames/frame_{number}.json").read_text())
    truth = json.loads((SAMPLES / f"truth_{number}.json").read_text())
    image = cv2.imread(str(SAMPLES / f"frames/frame_{number}.png"), cv2.IMREAD_UNCHANGED)
    p, sun = frame["prior"], frame["sun"]
    prior = Prior(
        Pose(np.array(p["position_m"]), np.array(p["orientation_xyzw"])),
        np.array(p["position_sigma_m"]),
        p["orientation_sigma_rad"],
    )
    match = Matcher(read_dem(SAMPLES / "map.tif"), MatcherParams()).match(
        image, Camera(**frame["camera"]), prior,
        math.radians(sun["azimuth_deg"]), math.radians(sun["elevation_deg"]),
    )  # fmt: skip
    assert match.accepted
    error = match.pose.position_m - truth["position_m"]
    assert np.linalg.norm(error) < 6.0, "a cell of the map"
    assert error @ np.linalg.solve(match.covariance[:3, :3], error) < 11.3  # 99 % of chi2(3)


def test_the_rehearsal_is_a_match():
    match = warm_up(MatcherParams(), HazardParams())
    middle = 0.5 * (CELLS - 1) * CELL_M
    assert match.accepted
    # its picture shows all ground as if at height 0; the hills are some metres high
    assert np.linalg.norm(match.pose.position_m - [middle, middle, HEIGHT_M]) < 10.0
