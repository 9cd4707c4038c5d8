"""What a camera's numbers are held in (Python's or numpy's float) does not change a result."""

import dataclasses

import numpy as np

from lupex_rover.core.types import CameraInfo
from lupex_rover.navigation.stereo import points_camera
from lupex_rover.navigation.visual_odometry import View, _points_map, _seen_before

F = 228.50368107873834
PYTHON = CameraInfo(0, "camera", 32, 24, F, F, 15.5, 11.5, 0.3)
NUMPY = dataclasses.replace(PYTHON, fx=np.float64(F), fy=np.float64(F))


def test_points_and_motion_are_the_same_to_the_last_digit():
    rng = np.random.default_rng(1)
    disparity = rng.uniform(2.0, 40.0, (24, 32)).astype(np.float32)
    grey = np.zeros((24, 32), np.uint8)
    view = View(grey, grey, disparity, np.eye(3), np.zeros(3))
    pixels = rng.uniform(0.0, 20.0, (50, 2))
    fine = disparity.ravel()[:50]
    for ask in (
        lambda info: points_camera(disparity, info, 0.3),
        lambda info: _points_map(pixels, fine, view, info, 0.3),
        lambda info: _seen_before(view, view, np.array([0.1, 0.02, 0.0]), info, 0.3),
    ):
        np.testing.assert_array_equal(ask(PYTHON), ask(NUMPY))
