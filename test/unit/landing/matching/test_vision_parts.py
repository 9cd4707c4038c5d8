"""The matcher's parts against OpenCV, scipy and geometry."""

import math

import cv2
import numpy as np
import pytest
import scenes
from scipy import ndimage, stats
from scipy.spatial.transform import Rotation

from lupex_rover.core.camera import Camera
from lupex_rover.core.transforms import Pose
from lupex_rover.landing.camera_pose import Prior, log_chance, project, solve
from lupex_rover.landing.matching.correlate import match_patches, window_scores
from lupex_rover.landing.matching.lighting import LightedMap, light
from lupex_rover.landing.matching.map_sheet import lay_image
from lupex_rover.terrain.dem import Dem

CAMERA = Camera(512, 512, 575.0, 575.0, 255.5, 255.5)
NADIR = np.array([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, -1.0]])


def towards(azimuth, elevation):
    flat = math.cos(elevation)
    return np.array([math.sin(azimuth) * flat, math.cos(azimuth) * flat, math.sin(elevation)])


@pytest.mark.parametrize("azimuth_deg", [0, 90, 135, 200, 290])
def test_shadow_of_a_tower_has_its_length(azimuth_deg):
    """A block 20 m high in a Sun 5 degrees high throws a shadow of 228.6 m, away from the Sun."""
    heights = np.zeros((161, 161), np.float32)
    heights[74:87, 74:87] = 20.0
    azimuth, elevation, cell = math.radians(azimuth_deg), math.radians(5.0), 5.0
    bright = light(Dem(heights, 0.0, 0.0, cell), azimuth, elevation).brightness
    flat_ground = np.median(bright)
    away = -np.array([math.cos(azimuth), math.sin(azimuth)])  # row, col
    length = 20.0 / math.tan(elevation)
    edge = 6.5 * cell / max(abs(math.cos(azimuth)), abs(math.sin(azimuth)))
    for past_edge, dark in ((0.3, True), (0.9, True), (1.1, False)):
        distance = edge + past_edge * length
        row, col = np.rint(80 + away * distance / cell).astype(int)
        assert (bright[row, col] < 0.5 * flat_ground) == dark
    row, col = np.rint(80 - away * 12).astype(int)
    assert bright[row, col] > 0.5 * flat_ground, "the sunny side is lit"


@pytest.mark.parametrize("azimuth_deg", [20, 110, 200, 290])
def test_a_window_is_lit_as_the_whole_map_is(azimuth_deg):
    """Shadows that come from outside the window are there, to a few cells at their edges."""
    ground = scenes.ground(5)
    lighted = LightedMap(ground)
    lighted.set_sun(math.radians(azimuth_deg), math.radians(3.0))
    window = lighted.window((400.0, 400.0, 800.0, 800.0), 0)
    whole = light(ground, math.radians(azimuth_deg), math.radians(3.0))
    row, col = (int(round(v - w)) for v, w in ((window.y0, whole.y0), (window.x0, whole.x0)))
    rows, cols = window.brightness.shape
    assert rows < 500, "only the window is lit"
    same = whole.brightness[row : row + rows, col : col + cols]
    assert np.mean(same == 0.0) > 0.1, "there is shadow in it"
    assert np.mean(np.abs(same - window.brightness) > 0.02) < 0.02


def test_brightness_of_a_plane_is_half_lambert_half_lommel_seeliger():
    elevation = math.radians(10.0)
    lit = light(Dem(np.zeros((20, 20)), 0.0, 0.0, 5.0), 1.0, elevation)
    mu0 = math.sin(elevation)
    assert lit.brightness[5:15, 5:15] == pytest.approx(
        0.5 * mu0 + 0.5 * mu0 / (mu0 + 1.0), rel=1e-3
    )


def test_image_is_laid_where_opencv_projects():
    """A picture whose grey is its column and row is read back as cv2.projectPoints says."""
    rng = np.random.default_rng(2)
    attitude = Rotation.from_rotvec([0.2, -0.1, 0.4]).as_matrix() @ NADIR
    position = np.array([60.0, 70.0, 400.0])
    heights = rng.uniform(-20, 20, (12, 12)).astype(np.float32)
    x, y = np.meshgrid(np.arange(12) * 10.0, np.arange(12) * 10.0)
    points = np.stack([x, y, heights], -1).reshape(-1, 3)
    world_to_camera = attitude.T
    matrix = np.array([[575.0, 0, 255.5], [0, 575.0, 255.5], [0, 0, 1]])
    pixels, _ = cv2.projectPoints(
        points, cv2.Rodrigues(world_to_camera)[0], -world_to_camera @ position, matrix, None
    )
    for axis, picture in enumerate(np.meshgrid(np.arange(512.0), np.arange(512.0))):
        laid = lay_image(
            np.ascontiguousarray(picture, np.float32), 0, CAMERA.intrinsics,
            np.ascontiguousarray(world_to_camera), position, heights, 0.0, 0.0, 10.0,
        )  # fmt: skip
        seen = np.isfinite(laid)
        assert seen.sum() > 100
        assert laid[seen] == pytest.approx(pixels[:, 0, axis].reshape(12, 12)[seen], abs=1e-2)


def test_pose_from_points_with_a_third_of_them_wrong():
    rng = np.random.default_rng(4)
    truth = Pose.from_matrix(
        np.array([10.0, -20.0, 900.0]), Rotation.from_rotvec([0.1, 0.2, 0.5]).as_matrix() @ NADIR
    )
    points = np.column_stack([rng.uniform(-350, 350, (90, 2)), rng.uniform(-40, 40, 90)])
    matrix = np.array([[575.0, 0, 255.5], [0, 575.0, 255.5], [0, 0, 1]])
    w = truth.matrix.T
    pixels = cv2.projectPoints(points, cv2.Rodrigues(w)[0], -w @ truth.position_m, matrix, None)[0]
    pixels = pixels[:, 0] + rng.normal(0, 0.5, (90, 2))
    pixels[:30] += rng.uniform(-25, 25, (30, 2))
    off = Rotation.from_rotvec([0.003, -0.002, 0.004]).as_matrix()
    guess = Pose.from_matrix(truth.position_m + [12.0, -9.0, 6.0], off @ truth.matrix)
    prior = Prior(guess, np.array([200.0, 200.0, 10.0]), 0.01)
    found = solve(CAMERA, guess, prior, points, pixels, 0.5, 15.0)
    assert np.linalg.norm(found.position_m - truth.position_m) < 3.0
    residual_px = np.linalg.norm(project(CAMERA, found, points) - pixels, axis=1)
    assert (residual_px[30:] < 2.5).mean() > 0.95


def test_patches_find_a_known_shift_to_a_part_of_a_pixel():
    rng = np.random.default_rng(5)
    scene = ndimage.gaussian_filter(rng.standard_normal((140, 140)), 2.0)
    scene /= scene.std()
    moved = ndimage.shift(scene, (-1.3, 2.4), order=5, mode="nearest")
    image = moved[20:-20, 20:-20].astype(np.float32)
    found = match_patches(
        np.ascontiguousarray(image), np.ones(image.shape, bool),
        np.ascontiguousarray(scene[14:-14, 14:-14].astype(np.float32)), 21, 12, 6,
    )  # fmt: skip
    assert len(found) >= 36
    for offset, moved_by in ((found[:, 2], 1.3), (found[:, 3], -2.4)):
        assert np.median(offset) == pytest.approx(moved_by, abs=0.05)
        assert np.abs(offset - moved_by).max() < 0.25


def test_window_scores_equal_opencv_where_all_is_known():
    rng = np.random.default_rng(6)
    search = rng.standard_normal((90, 110)).astype(np.float32)
    template = search[31:71, 42:92].copy()
    mine = window_scores(template, np.ones(template.shape, bool), search)
    theirs = cv2.matchTemplate(search, template, cv2.TM_CCORR_NORMED)
    assert mine == pytest.approx(theirs, abs=5e-3), "energies are of every fourth cell"
    assert divmod(int(mine.argmax()), mine.shape[1]) == (31, 42)


def test_chance_is_the_binomial_tail():
    assert log_chance(7, 20, 0.1) == pytest.approx(math.log10(stats.binom.sf(6, 20, 0.1)), abs=1e-6)
