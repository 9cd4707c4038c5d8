"""Stereo on pictures of ground that is known: heights, costs, motion."""

from __future__ import annotations

import math

import numpy as np
import pytest

from lupex_rover.core.camera import Camera
from lupex_rover.core.component import Inbox
from lupex_rover.core.transforms import Pose, matrix_to_quat, rpy_to_matrix
from lupex_rover.core.types import CameraInfo, Grid, Image, Odometry
from lupex_rover.core.vehicle import Vehicle
from lupex_rover.navigation.mapping import Mapping, PoseBuffer
from lupex_rover.navigation.params import MappingParams
from lupex_rover.navigation.traversability import STEEP, assess
from lupex_rover.simulator.sensors.cameras import render
from lupex_rover.terrain.dem import Dem

FX = 160.0 / math.tan(math.radians(35.0))
CAMERA = Camera(320, 240, FX, FX, 159.5, 119.5)
SLOPE = 0.08
ROCK = (6.0, 0.6, 0.35, 0.45)  # x, y, radius, height
PIT = (5.0, -2.5, 1.2)
LIP_X = 2.6
T0 = 10**18


def ground() -> Dem:
    """A tilted plane with a steep rock and a steep-walled pit."""
    x, y = np.meshgrid(np.arange(-10, 25, 0.1), np.arange(-17, 17, 0.1))
    z = SLOPE * x + 0.02 * y
    z = z + ROCK[3] * (np.hypot(x - ROCK[0], y - ROCK[1]) < ROCK[2])
    depth = np.clip((PIT[2] - np.hypot(x - PIT[0], y - PIT[1])) / 0.6, 0.0, 1.0)
    return Dem(z - 0.6 * depth, -10.0, -17.0, 0.1)


def pose_at(x: float, y: float, yaw: float, vehicle: Vehicle) -> Pose:
    pitch = -math.atan(SLOPE * math.cos(yaw))
    roll = math.atan(-SLOPE * math.sin(yaw))
    z = SLOPE * x + 0.02 * y + vehicle.base_height_m
    return Pose(np.array([x, y, z]), matrix_to_quat(rpy_to_matrix(roll, pitch, yaw)))


def shoot(dem: Dem, pose: Pose, vehicle: Vehicle, t_ns: int, lit: bool = True) -> Inbox:
    """What mapping hears of one pair."""
    inbox = Inbox()
    rng = np.random.default_rng(t_ns % 1000)
    zero = np.zeros(3)
    inbox.messages["localization/pose"] = [Odometry(t_ns, "map", "base_link", pose, zero, zero)]
    for side, baseline in (("left", 0.0), ("right", 0.30)):
        frame = f"stereo_{side}_optical"
        eye = pose * vehicle.base_T_frame(frame)
        pixels = render([dem], CAMERA, eye.matrix, eye.position_m, 2.0, 0.5, rng)
        if not lit:
            pixels = rng.integers(0, 4, pixels.shape).astype(np.uint8)
        info = CameraInfo(t_ns, frame, 320, 240, FX, FX, 159.5, 119.5, baseline)
        inbox.messages[f"stereo/{side}/camera_info"] = [info]
        inbox.messages[f"stereo/{side}/image_raw"] = [Image(t_ns, frame, pixels)]
    return inbox


def answers(mapping: Mapping, inbox: Inbox) -> tuple[Grid, Odometry]:
    said = dict(mapping.step(T0, inbox).messages)
    return said["navigation/costmap"], said["navigation/visual_odometry"]


def cost_at(grid: Grid, x: float, y: float) -> int:
    row = int((y - grid.origin_y_m) / grid.resolution_m)
    col = int((x - grid.origin_x_m) / grid.resolution_m)
    return int(grid.cost[row - 1 : row + 2, col - 1 : col + 2].max())


@pytest.fixture
def mapping(vehicle: Vehicle, flat: Dem) -> Mapping:
    return Mapping(MappingParams(), vehicle, flat)


def test_heights_and_costs_of_known_ground(mapping: Mapping, vehicle: Vehicle) -> None:
    dem = ground()
    for k in range(3):
        grid, _ = answers(
            mapping, shoot(dem, pose_at(0.4 * k, 0.0, 0.0, vehicle), vehicle, T0 + k * 10**9)
        )
    e = mapping.elevation
    row, col = np.nonzero(np.isfinite(e.height_m))
    x, y = e.x0_m + (col + 0.5) * e.cell_m, e.y0_m + (row + 0.5) * e.cell_m
    plain = np.hypot(x - ROCK[0], y - ROCK[1]) > 1.0
    plain &= np.hypot(x - PIT[0], y - PIT[1]) > 2.2
    plain &= ~((x > ROCK[0]) & (np.abs(y - ROCK[1] * x / ROCK[0]) < 0.8))  # behind the rock
    error = e.height_m[row, col][plain] - dem.height(x[plain], y[plain])
    assert plain.sum() > 500
    assert abs(np.median(error)) < 0.03
    assert np.percentile(np.abs(error), 95) < 0.08
    claimed = np.sqrt(e.variance_m2[row, col][plain])
    assert (np.abs(error) < 3.0 * claimed + 0.03).mean() > 0.97
    assert cost_at(grid, ROCK[0], ROCK[1]) == 100
    assert cost_at(grid, PIT[0] + 0.5, PIT[1]) >= 68  # its floor cannot be seen
    assert cost_at(grid, 3.0, 0.0) < 60
    assert cost_at(grid, 5.0, 1.0) < 60
    assert grid.frame_id == "map" and grid.cost.dtype == np.int8


def test_dark_ground_gives_the_onboard_maps_cost_and_no_motion(
    mapping: Mapping, vehicle: Vehicle
) -> None:
    dem = ground()
    pose = pose_at(0.0, 0.0, 0.0, vehicle)
    answers(mapping, shoot(dem, pose, vehicle, T0, lit=False))
    grid, seen = answers(mapping, shoot(dem, pose, vehicle, T0 + 10**9, lit=False))
    assert not np.isfinite(mapping.elevation.height_m).any()
    assert (grid.cost == MappingParams().prior_extra_cost).all()  # flat onboard map
    assert seen.pose_covariance[0, 0] > 1e3


def test_a_crater_behind_its_lip_is_not_taken_for_the_maps_level_ground(
    vehicle: Vehicle, flat: Dem
) -> None:
    """The wall falls away at 30 degrees; from 3 m before its lip a camera at 1.4 m sees none."""
    x, y = np.meshgrid(np.arange(-10, 25, 0.1), np.arange(-17, 17, 0.1))
    inside = np.clip(4.0 - np.hypot(x - LIP_X - 4.0, y), 0.0, None)
    crater = Dem(-np.minimum(math.tan(math.radians(30.0)) * inside, 1.5), -10.0, -17.0, 0.1)
    plain = Dem(np.zeros(x.shape), -10.0, -17.0, 0.1)
    pose = Pose(np.array([0.0, 0.0, vehicle.base_height_m]), np.array([0.0, 0.0, 0.0, 1.0]))
    costs = []
    for dem in (crater, plain):
        mapping = Mapping(MappingParams(), vehicle, flat)
        grid, _ = answers(mapping, shoot(dem, pose, vehicle, T0))
        assert np.isnan(mapping.elevation.height_m).any()
        costs.append([cost_at(grid, LIP_X + 0.8, y) for y in (-0.5, 0.0, 0.5)])
        assert cost_at(grid, 1.8, 0.0) < STEEP
    assert min(costs[0]) >= STEEP
    assert max(costs[1]) < STEEP


@pytest.mark.parametrize("turn", [0.0, 0.2])
def test_visual_odometry_measures_a_step_that_wheels_got_wrong(
    mapping: Mapping, vehicle: Vehicle, turn: float
) -> None:
    """Odometry claims 0.4 m; the rover slipped and went 0.3 m."""
    dem = ground()
    start, end = pose_at(0.0, 0.0, 0.0, vehicle), pose_at(0.3, 0.03, turn, vehicle)
    _, first = answers(mapping, shoot(dem, start, vehicle, T0))
    inbox = shoot(dem, end, vehicle, T0 + 4 * 10**9)
    claimed = Pose(end.position_m + [0.1, 0.0, 0.0], end.orientation_xyzw)
    zero = np.zeros(3)
    inbox.messages["localization/pose"] = [
        Odometry(T0 + 4 * 10**9, "map", "base_link", claimed, zero, zero)
    ]
    _, second = answers(mapping, inbox)
    moved = second.pose.position_m - first.pose.position_m
    true = end.position_m - start.position_m
    assert second.pose_covariance[0, 0] < 1e-3
    np.testing.assert_allclose(moved, true, atol=0.008)


def test_pairs_without_a_pose_or_a_partner_are_left_out(mapping: Mapping, vehicle: Vehicle) -> None:
    inbox = shoot(ground(), pose_at(0.0, 0.0, 0.0, vehicle), vehicle, T0)
    alone = Inbox(messages={k: v for k, v in inbox.messages.items() if "left" in k})
    assert not mapping.step(T0, alone).messages
    late = Inbox(messages={k: v for k, v in inbox.messages.items() if k != "localization/pose"})
    assert not mapping.step(T0, late).messages
    pose = Inbox(messages={"localization/pose": inbox.messages["localization/pose"]})
    assert mapping.step(T0, pose).messages


def test_plane_slope_and_step_limits() -> None:
    """Analytic: a plane just below and just above the slope limit, a step on a plane."""
    limit, last = math.tan(math.radians(20.0)), math.tan(math.radians(25.0))
    x, y = np.meshgrid(np.arange(20) * 0.25, np.arange(20) * 0.25)

    def worst(z: np.ndarray) -> int:
        cost = np.zeros(z.shape, np.int16)
        assess(z, 0.25, 3, limit, last, 0.25, 5, 15, 5, 15, cost)
        return int(cost[5:15, 5:15].max())

    along = (0.6 * x + 0.8 * y) * limit
    assert worst(0.95 * along) == pytest.approx(0.95 * STEEP, abs=1)
    assert STEEP < worst(1.05 * along) < 100
    assert worst(1.05 * last / limit * along) == 100
    stone = 0.3 * along
    stone[10, 10] += 0.30
    assert worst(stone) == 100
    stone[10, 10] -= 0.15
    assert worst(stone) < STEEP
    hole = np.full(x.shape, np.nan)
    hole[:9] = 0.0
    cost = np.zeros(x.shape, np.int16)
    assess(hole, 0.25, 3, limit, last, 0.25, 0, 20, 0, 20, cost)
    assert (cost[13:] == -1).all() and (cost[2:8, 2:-2] >= 0).all()


def test_pictures_too_narrow_for_the_matcher_are_left_alone(
    vehicle: Vehicle, mapping: Mapping
) -> None:
    pose = Pose(np.zeros(3), np.array([0.0, 0.0, 0.0, 1.0]))
    zero = np.zeros(3)
    inbox = Inbox()
    inbox.messages["localization/pose"] = [Odometry(T0, "map", "base_link", pose, zero, zero)]
    for side in ("left", "right"):
        info = CameraInfo(T0, side, 64, 48, 60.0, 60.0, 31.5, 23.5, 0.3)
        inbox.messages[f"stereo/{side}/camera_info"] = [info]
        inbox.messages[f"stereo/{side}/image_raw"] = [Image(T0, side, np.zeros((48, 64), np.uint8))]
    (said,) = mapping.step(T0, inbox).messages
    assert said[0] == "mission/event" and said[1].code == "NAV-020"


def test_poses_of_a_clock_set_back_or_far_ahead_do_not_stop_the_map() -> None:
    poses = PoseBuffer()

    def pose(x: float) -> Pose:
        return Pose(np.array([x, 0.0, 0.0]), np.array([0.0, 0.0, 0.0, 1.0]))

    poses.add(T0, pose(0.0))
    poses.add(T0 + 3600 * 10**9, pose(9.0))  # one stamp an hour ahead
    poses.add(T0 + 10**8, pose(1.0))
    poses.add(T0 + 2 * 10**8, pose(2.0))
    assert poses.newest_ns == T0 + 2 * 10**8
    between = poses.at(T0 + 15 * 10**7)
    assert between is not None and between.position_m[0] == pytest.approx(1.5)
    for k in range(3):
        poses.add(T0 - 3600 * 10**9 + k * 10**8, pose(float(k)))  # and for good
    between = poses.at(T0 - 3600 * 10**9 + 5 * 10**7)
    assert between is not None and between.position_m[0] == pytest.approx(0.5)
    poses.add(T0 - 3600 * 10**9 + 10**8, pose(7.0))  # a late one is left out
    assert poses.newest_ns == T0 - 3600 * 10**9 + 2 * 10**8


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_pose_that_is_no_number_is_refused_and_counted(bad: float) -> None:
    poses = PoseBuffer()
    good = np.array([0.0, 0.0, 0.0, 1.0])
    poses.add(T0, Pose(np.zeros(3), good))
    poses.add(T0 + 10**8, Pose(np.array([bad, 0.0, 0.0]), good))
    assert poses.newest_ns == T0 and poses.refused == 1
