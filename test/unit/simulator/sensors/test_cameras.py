"""Pictures against geometry (OpenCV's projection and stereo matching), not against pictures."""

import math

import cv2
import numpy as np
import pytest

from lupex_rover.core.camera import Camera
from lupex_rover.core.errors import UserError
from lupex_rover.simulator.sensors.cameras import render
from lupex_rover.terrain.dem import Dem

DOWN = np.array([[1.0, 0.0, 0.0], [0.0, -1.0, 0.0], [0.0, 0.0, -1.0]])  # image up is grid north


def pinhole(width, height, fov_deg):
    f = 0.5 * width / math.tan(math.radians(fov_deg) / 2)
    return Camera(width, height, f, f, (width - 1) / 2, (height - 1) / 2)


def rng():
    return np.random.default_rng(0)


def looking(pitch_rad, yaw_rad):
    cp, sp, cy, sy = math.cos(pitch_rad), math.sin(pitch_rad), math.cos(yaw_rad), math.sin(yaw_rad)
    z = np.array([cp * cy, cp * sy, -sp])
    x = np.array([sy, -cy, 0.0])
    return np.column_stack([x, np.cross(z, x), z])


def pixel(camera, R, position, point):
    """By OpenCV."""
    rotation, _ = cv2.Rodrigues(R.T)
    at, _ = cv2.projectPoints(
        np.array([point], float), rotation, -R.T @ position, camera.matrix, None
    )
    return at.ravel()


@pytest.mark.parametrize("tilt_deg", [0.0, 15.0])
def test_a_shadow_lies_where_it_projects(tilt_deg):
    heights = np.full((401, 401), 100.0, np.float32)
    heights[195:206, 195:206] = 112.0  # a block 10 m wide, 12 m high at (0, 0)
    dem = Dem(heights, -200.0, -200.0, 1.0)
    elevation = math.radians(20.0)
    tilt = math.radians(tilt_deg)
    R = DOWN @ cv2.Rodrigues(np.array([tilt, 0.0, 0.0]))[0]
    camera, eye = pinhole(400, 400, 40.0), np.array([15.0, -10.0, 400.0])
    image = render([dem], camera, R, eye, math.radians(90.0), elevation, rng())
    # Sun in the east: the shadow runs west from x = -5 to -5 - 12 / tan(el), y within 5
    length = 12.0 / math.tan(elevation)
    for y in (-3.5, 0.0, 3.5):
        for x, dark in ((-5.0 - 0.85 * length, True), (-5.0 - 1.15 * length, False), (-9.0, True)):
            u, v = np.rint(pixel(camera, R, eye, (x, y, 100.0))).astype(int)
            assert (image[v - 1 : v + 2, u - 1 : u + 2].mean() < 40) == dark
    u, v = np.rint(pixel(camera, R, eye, (-20.0, 9.0, 100.0))).astype(int)
    assert image[v, u] > 60


def test_a_stereo_pair_gives_the_distance_of_the_ground():
    dem = Dem(np.zeros((401, 401)), -50.0, -50.0, 0.25)
    camera, R = pinhole(320, 240, 70.0), looking(math.radians(25.0), 0.4)
    eye, baseline = np.array([1.0, 2.0, 1.5]), 0.24
    args = (camera, R)
    left = render([dem], *args, eye, 1.0, 0.05, np.random.default_rng(1))
    right = render([dem], *args, eye + baseline * R[:, 0], 1.0, 0.05, np.random.default_rng(2))
    match = cv2.StereoSGBM.create(0, 64, 7, 200, 800)
    disparity = match.compute(left, right).astype(float) / 16.0
    rows = np.arange(90, 230)
    ray_down = -(R @ np.stack([0 * rows, (rows - camera.cy) / camera.fy, 0 * rows + 1.0]))[2]
    expected = camera.fx * baseline * ray_down / 1.5
    got = disparity[90:230, 100:280]
    good = got > 0
    error = np.abs(got - expected[:, None])[good]
    assert good.mean() > 0.8
    assert np.median(error) < 0.3 and (error < 1.5).mean() > 0.95


def test_the_sky_is_black_and_noise_is_the_callers():
    dem = Dem(np.zeros((401, 401)), -50.0, -50.0, 0.25)
    camera, R = pinhole(64, 48, 60.0), looking(math.radians(5.0), 0.0)
    eye = np.array([0.0, 0.0, 1.5])
    one, same, other = (
        render([dem], camera, R, eye, 1.0, 0.3, np.random.default_rng(k)) for k in (1, 1, 2)
    )
    assert one[:15].max() < 5 and one[-10:].mean() > 50
    np.testing.assert_array_equal(one, same)
    assert (one != other).any()


def test_brightness_grows_with_the_suns_height_and_exposure():
    dem = Dem(np.zeros((101, 101)), -50.0, -50.0, 1.0)
    camera, eye = pinhole(64, 64, 30.0), np.array([0.0, 0.0, 60.0])
    low, high, longer = (
        render([dem], camera, DOWN, eye, 0.0, math.radians(el), rng(), k).mean()
        for el, k in ((5.0, 2000.0), (20.0, 2000.0), (5.0, 4000.0))
    )
    assert high > 1.5 * low
    assert longer == pytest.approx(2.0 * low, rel=0.1)


def test_no_map_no_picture():
    with pytest.raises(UserError, match="map"):
        render([], pinhole(8, 8, 30), DOWN, np.zeros(3), 0.0, 0.1, rng())
