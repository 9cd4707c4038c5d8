"""The path follower: its rules against geometry, then in a loop with an ideal rover."""

from __future__ import annotations

import math

import numpy as np
import pytest

from lupex_rover.core.vehicle import default_path
from lupex_rover.core.vehicle_reader import read_vehicle
from lupex_rover.navigation.follower import (
    Follower,
    arc_lengths,
    compensate_slip,
    nearest_on_path,
    pursuit_curvature,
    to_body,
)
from lupex_rover.navigation.follower_params import FollowerParams

VEHICLE = read_vehicle(default_path())
PARAMS, SPEED_MPS = FollowerParams(), 0.20


def drive(
    path: np.ndarray, start: tuple[float, float, float], slip: float = 0.0, noise: float = 0.0
) -> tuple[np.ndarray, bool]:
    """An ideal rover at 10 Hz; returns the (N, 3) poses and whether it said it is done."""
    follower, rng = Follower(PARAMS, VEHICLE, SPEED_MPS), np.random.default_rng(0)
    pose, poses = np.array(start), []
    for k in range(4000):
        seen = pose + rng.normal(0, [noise, noise, noise / 3]) if noise else pose
        v, omega, done, _ = follower.update(seen, path, 0.1 * k, slip)
        poses.append(pose.copy())
        if done:
            return np.array(poses), True
        step = 0.1 * v * (1.0 - slip)
        turn = 0.1 * omega * (1.0 - slip)
        middle = pose[2] + turn / 2
        pose = pose + [step * math.cos(middle), step * math.sin(middle), turn]
    return np.array(poses), False


def s_path() -> np.ndarray:
    x = np.linspace(0, 20, 101)
    return np.column_stack([x, 2.0 * np.sin(2 * np.pi * x / 20)])


def offsets(path: np.ndarray, poses: np.ndarray) -> np.ndarray:
    s = arc_lengths(path)
    return np.array([abs(nearest_on_path(path, s, p[:2], 0.0, s[-1])[1]) for p in poses])


def test_pursuit_of_a_point_on_a_circle_drives_that_circle() -> None:
    for radius, angle in ((3.0, 0.4), (-5.0, 0.2), (1.0, 1.2)):
        ahead, left = abs(radius) * math.sin(angle), radius * (1.0 - math.cos(angle))
        assert pursuit_curvature(ahead, left) == pytest.approx(1.0 / radius)


def test_nearest_point_and_side() -> None:
    path = np.array([[0.0, 0.0], [4.0, 0.0], [4.0, 3.0]])
    s = arc_lengths(path)
    assert nearest_on_path(path, s, np.array([1.0, 0.5]), 0.0, 7.0) == (1.0, 0.5)
    assert nearest_on_path(path, s, np.array([5.0, 2.0]), 0.0, 7.0) == (6.0, -1.0)
    assert nearest_on_path(path, s, np.array([5.0, 2.0]), 0.0, 3.0)[0] == 3.0  # range respected


def test_body_axes() -> None:
    assert to_body(np.array([1, 1, np.pi / 2]), np.array([0, 3])) == pytest.approx((2.0, 1.0))


def test_slip_compensation_restores_ground_speed() -> None:
    assert compensate_slip(0.1, 0.25, 0.6) * (1 - 0.25) == pytest.approx(0.1)
    assert compensate_slip(0.1, 0.99, 0.6) == pytest.approx(0.25)
    assert compensate_slip(0.1, -0.5, 0.6) == pytest.approx(0.1)


@pytest.mark.parametrize("noise", [0.0, 0.03])
def test_s_curve(noise: float) -> None:
    path = s_path()
    poses, done = drive(path, (0.0, 0.0, 0.5), noise=noise)
    assert done
    assert offsets(path, poses).max() < 0.15 + 2 * noise
    assert np.hypot(*(poses[-1, :2] - path[-1])) < PARAMS.tolerance_m + 3 * noise


def test_turns_on_the_spot_when_the_path_is_behind() -> None:
    path = np.array([[0.0, 0.0], [-5.0, 0.0]])
    poses, done = drive(path, (0.0, 0.0, 0.3))
    assert done
    turning = np.abs(np.diff(poses[:, 2])) > 1e-3
    assert turning[:100].all()
    assert np.hypot(*np.diff(poses[:100, :2], axis=0).T).max() == 0.0
    assert np.abs(poses[:, 1]).max() < 0.2


def test_sharp_corner_is_cut_by_less_than_half_a_metre() -> None:
    path = np.array([[0.0, 0.0], [5.0, 0.0], [5.0, 5.0]])
    poses, done = drive(path, (0.0, 0.0, 0.0))
    assert done
    assert offsets(path, poses).max() < 0.5


def test_slip_does_not_keep_it_from_arriving() -> None:
    path = s_path()
    slow, done = drive(path, (0.0, 0.0, 0.5), slip=0.3)
    ideal, _ = drive(path, (0.0, 0.0, 0.5))
    assert done
    assert len(slow) < 1.25 * len(ideal)  # the lost speed is made up for


def test_path_that_crosses_itself_is_driven_in_order() -> None:
    t = np.linspace(0, 2 * np.pi, 161)
    path = np.column_stack([6 * np.sin(t), 4 * np.sin(2 * t)])  # figure of eight, ends at start
    poses, done = drive(path, (0.0, 0.0, math.atan2(8, 6)))
    assert done
    driven = np.hypot(*np.diff(poses[:, :2], axis=0).T).sum()
    assert driven == pytest.approx(arc_lengths(path)[-1], rel=0.05)


def test_speed_grows_gently_and_a_new_path_starts_anew() -> None:
    follower = Follower(PARAMS, VEHICLE, SPEED_MPS)
    ahead = np.array([[0.0, 0.0], [10.0, 0.0]])
    speeds = [follower.update(np.zeros(3), ahead, 0.1 * k).v_mps for k in range(1, 40)]
    assert np.diff(speeds).max() <= PARAMS.acceleration_mps2 * 0.1 + 1e-9
    assert speeds[-1] == pytest.approx(SPEED_MPS)
    assert follower.update(np.array([10.0, 0, 0]), np.array([[10.0, 0.05]]), 5.0).done
