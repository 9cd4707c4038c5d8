"""Crawler commands and wheel odometry against rigid-body geometry."""

from __future__ import annotations

import numpy as np
import pytest

from lupex_rover.core.vehicle import default_path
from lupex_rover.core.vehicle_reader import read_vehicle
from lupex_rover.navigation.kinematics import body_twist, crawler_command

VEHICLE = read_vehicle(default_path())
X, Y = VEHICLE.wheel_positions_m.T


def velocities(speed: np.ndarray, steer: np.ndarray) -> np.ndarray:
    """(4, 2) of the steering axes."""
    return speed[:, None] * np.column_stack([np.cos(steer), np.sin(steer)])


def test_straight_and_backwards() -> None:
    for v in (0.2, -0.15):
        speed, steer, wait, _ = crawler_command(v, 0.0, VEHICLE)
        np.testing.assert_allclose(speed, v)
        np.testing.assert_allclose(steer, 0.0)
        assert not wait


@pytest.mark.parametrize("v, omega", [(0.1, 0.05), (-0.1, 0.05), (0.05, -0.2), (0.0, 0.2)])
def test_crawlers_move_as_points_of_a_rigid_body(v: float, omega: float) -> None:
    speed, steer, *_ = crawler_command(v, omega, VEHICLE)
    rigid = np.column_stack([v - omega * Y, omega * X])
    np.testing.assert_allclose(velocities(speed, steer), rigid, atol=1e-12)
    assert (np.abs(steer) <= VEHICLE.steer_limit_rad).all()


def test_curve_has_one_centre() -> None:
    """All crawler axles meet in the point v / omega to the left (double Ackermann)."""
    _, steer, *_ = crawler_command(0.1, 0.1, VEHICLE)
    axle_offset = np.sin(steer) * (1.0 - Y) - np.cos(steer) * X  # of the centre from the axle
    np.testing.assert_allclose(axle_offset, 0.0, atol=1e-12)
    np.testing.assert_allclose(steer[:2], -steer[2:])  # rear counter-steers


def test_point_turn_is_tangential() -> None:
    speed, steer, *_ = crawler_command(0.0, 0.1, VEHICLE)
    arms = np.hypot(X, Y)
    np.testing.assert_allclose(np.abs(speed), 0.1 * arms)
    np.testing.assert_allclose(X * np.cos(steer) + Y * np.sin(steer), 0.0, atol=1e-12)
    assert (np.sign(speed) == [-1, 1, -1, 1]).all()
    assert np.abs(steer).max() < np.pi / 2


def test_speed_limit_keeps_the_curve() -> None:
    fast = crawler_command(0.4, 0.3, VEHICLE)
    slow = crawler_command(0.1, 0.075, VEHICLE)
    assert np.abs(fast.speed_mps).max() == pytest.approx(VEHICLE.track_limit_mps)
    np.testing.assert_allclose(fast.steer_rad, slow.steer_rad)
    np.testing.assert_allclose(
        fast.speed_mps / fast.speed_mps[0], slow.speed_mps / slow.speed_mps[0]
    )


def test_waits_for_steering() -> None:
    command = crawler_command(0.0, 0.1, VEHICLE, np.zeros(4))
    assert command.wait and not command.speed_mps.any()
    near = crawler_command(0.2, 0.0, VEHICLE, np.full(4, 0.1))
    assert not near.wait and 0.0 < near.speed_mps[0] < 0.2
    there = crawler_command(0.0, 0.1, VEHICLE, command.steer_rad)
    assert not there.wait
    np.testing.assert_allclose(np.abs(there.speed_mps), 0.1 * np.hypot(X, Y))


def test_zero_command_keeps_the_crawlers_as_they_are() -> None:
    now = np.array([0.3, -0.2, 0.1, 1.0])
    speed, steer, wait, _ = crawler_command(0.0, 0.0, VEHICLE, now)
    assert not speed.any() and not wait
    np.testing.assert_allclose(steer, now, atol=1e-12)


def test_odometry_returns_the_commanded_twist() -> None:
    rng = np.random.default_rng(0)
    for v, omega in rng.uniform(-0.05, 0.05, (50, 2)):
        speed, steer, *_ = crawler_command(v, omega, VEHICLE)
        got = body_twist(speed * 0.1, steer, VEHICLE)
        np.testing.assert_allclose(got, [v * 0.1, 0.0, omega * 0.1], atol=1e-12)


def test_odometry_is_the_least_squares_solution() -> None:
    rng = np.random.default_rng(1)
    travel, steer = rng.normal(size=4), rng.uniform(-1, 1, 4)

    def residual(twist: np.ndarray) -> float:
        u = np.column_stack([twist[0] - twist[2] * Y, twist[1] + twist[2] * X])
        return float(((u - velocities(travel, steer)) ** 2).sum())

    best = np.array(body_twist(travel, steer, VEHICLE))
    for step in 1e-3 * np.vstack([np.eye(3), -np.eye(3)]):
        assert residual(best + step) > residual(best)
