"""One pinhole: landing, the simulator and the message speak of the same camera."""

import numpy as np
import pytest

from lupex_rover.core.camera import Camera
from lupex_rover.core.transforms import Pose, rotvec_to_quat
from lupex_rover.core.types import CameraInfo
from lupex_rover.landing.camera_pose import project

CAMERA = Camera(64, 48, 70.0, 71.0, 31.5, 23.5)


def test_a_message_says_the_camera_it_was_made_of():
    info = CameraInfo.of(CAMERA, 5, "right", 0.3)
    assert info.camera == CAMERA
    assert (info.stamp_ns, info.frame_id, info.baseline_m) == (5, "right", 0.3)


def test_the_matrix_projects_as_landing_does():
    pose = Pose(np.array([1.0, -2.0, 3.0]), rotvec_to_quat(np.array([0.1, -0.2, 0.3])))
    points = np.random.default_rng(0).normal(size=(20, 3)) + [1.0, -2.0, 9.0]
    seen = (points - pose.position_m) @ pose.matrix @ CAMERA.matrix.T
    assert project(CAMERA, pose, points) == pytest.approx(seen[:, :2] / seen[:, 2:])
    assert list(CAMERA.intrinsics) == [70.0, 71.0, 31.5, 23.5]
