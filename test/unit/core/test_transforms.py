"""Rotations and poses against scipy."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from lupex_rover.core import transforms as tf
from lupex_rover.core.errors import UserError

RNG = np.random.default_rng(5)
QUATS = Rotation.random(20, random_state=5).as_quat()


@pytest.mark.parametrize("q", QUATS)
def test_quaternion_and_matrix_agree_with_scipy(q):
    assert np.allclose(tf.quat_to_matrix(q), Rotation.from_quat(q).as_matrix())
    back = tf.matrix_to_quat(Rotation.from_quat(q).as_matrix())
    assert min(np.abs(back - q).max(), np.abs(back + q).max()) < 1e-9


def test_products_and_rotation_vectors_agree_with_scipy():
    for a, b in zip(QUATS[:10], QUATS[10:]):
        expected = (Rotation.from_quat(a) * Rotation.from_quat(b)).as_matrix()
        assert np.allclose(tf.quat_to_matrix(tf.quat_multiply(a, b)), expected)
        v = Rotation.from_quat(a).as_rotvec()
        assert np.allclose(tf.quat_to_rotvec(tf.rotvec_to_quat(v)), v)


def test_small_rotation_vectors_keep_their_digits():
    v = np.array([1e-14, -2e-14, 3e-14])
    assert np.allclose(tf.quat_to_rotvec(tf.rotvec_to_quat(v)), v, rtol=1e-9, atol=0)


def test_roll_pitch_yaw_is_fixed_axis_xyz_as_in_urdf():
    rpy = (0.3, -0.7, 2.1)
    assert np.allclose(tf.rpy_to_matrix(*rpy), Rotation.from_euler("xyz", rpy).as_matrix())
    assert tf.yaw_of(tf.rpy_to_matrix(0.1, 0.2, 1.3)) == pytest.approx(1.3)
    assert tf.tilt_of(tf.rpy_to_matrix(0.25, 0.0, 1.0)) == pytest.approx(0.25)


def test_pose_composes_inverts_and_applies():
    a = tf.Pose(RNG.normal(size=3), QUATS[0])
    b = tf.Pose(RNG.normal(size=3), QUATS[1])
    points = RNG.normal(size=(7, 3))
    assert np.allclose((a * b).apply(points), a.apply(b.apply(points)))
    assert np.allclose((a * a.inverse()).position_m, 0)
    assert np.allclose(a.inverse().apply(a.apply(points)), points)


@pytest.mark.parametrize("q", [np.zeros(4), np.full(4, np.nan), np.ones(3)])
def test_a_quaternion_that_is_none_is_refused(q):
    with pytest.raises(UserError, match="quaternion"):
        tf.Pose(np.zeros(3), q)
