"""Localization on simulated drives against the truth they were made from."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest

from lupex_rover.core.component import Inbox, Outbox
from lupex_rover.core.constants import MOON_GRAVITY_MPS2
from lupex_rover.core.transforms import (
    Pose,
    matrix_to_quat,
    quat_multiply,
    rotvec_to_quat,
    rpy_to_matrix,
)
from lupex_rover.core.types import DriveState, Imu, LandingState, Odometry, StarAttitude
from lupex_rover.core.vehicle import Vehicle
from lupex_rover.ephemeris import site_frame
from lupex_rover.navigation.kinematics import crawler_command
from lupex_rover.navigation.localization import Localization
from lupex_rover.navigation.params import LocalizationParams
from lupex_rover.terrain.dem import Dem

SITE = (-8050.0, -11300.0)
T0 = 1_861_920_000_000_000_000
STEP = 100_000_000
BIAS = np.array([3e-5, -2e-5, 4e-5])
MOON_Q_MAP = matrix_to_quat(site_frame(*SITE))


class Drive:
    """A rover on a tilted plane: known motion, slip and sensor noise."""

    def __init__(self, vehicle: Vehicle, grade: float, slip: float, seed: int = 1) -> None:
        self.vehicle, self.grade, self.slip = vehicle, grade, slip
        self.rng = np.random.default_rng(seed)
        self.t, self.yaw = T0, 0.3
        self.xy = np.array(SITE)
        self.travel, self.went_m = np.zeros(4), 0.0
        self.stars = self.imu = True

    @property
    def pose(self) -> Pose:
        g = self.grade  # dz/dx of the plane
        up = np.array([-g, 0.0, 1.0]) / math.hypot(g, 1.0)
        ahead = np.array([math.cos(self.yaw), math.sin(self.yaw), g * math.cos(self.yaw)])
        ahead /= np.linalg.norm(ahead)
        R = np.column_stack([ahead, np.cross(up, ahead), up])
        z = 1200.0 + g * (self.xy[0] - SITE[0]) + self.vehicle.base_height_m
        return Pose.from_matrix(np.array([*self.xy, z]), R)

    def step(self, v: float, omega: float, visual: Odometry | None = None) -> Inbox:
        """0.1 s on; what the sensors say of it."""
        inbox, dt, n = Inbox(), 0.1, 2
        command = crawler_command(v, omega, self.vehicle)
        for _ in range(n):
            before = self.pose
            self.yaw += omega * dt / n
            ahead = self.pose.matrix[:, 0]
            self.xy = self.xy + ahead[:2] * v * (1.0 - self.slip) * dt / n
            self.went_m += abs(v) * (1.0 - self.slip) * dt / n
            self.travel = self.travel + command.speed_mps * dt / n
            self.t += STEP // n
            turn = (before.inverse() * self.pose).orientation_xyzw[:3] * 2.0
            rate = turn / (dt / n) + BIAS + self.rng.normal(0.0, 2e-4, 3)
            force = self.pose.matrix.T @ [0.0, 0.0, MOON_GRAVITY_MPS2]
            if self.imu:
                force = force + self.rng.normal(0.0, 3e-3, 3)
                inbox.messages.setdefault("imu/data", []).append(Imu(self.t, rate, force))
            zero = np.zeros(4)
            inbox.messages.setdefault("mobility/state", []).append(
                DriveState(self.t, self.travel, command.speed_mps, command.steer_rad, zero, zero)
            )
        if self.stars and (self.t - T0) % 10**9 < STEP:
            noise = rotvec_to_quat(self.rng.normal(0.0, 1e-4, 3))
            q = quat_multiply(quat_multiply(MOON_Q_MAP, self.pose.orientation_xyzw), noise)
            inbox.messages["star_tracker/attitude"] = [StarAttitude(self.t, q, 1e-4, True)]
        if visual is not None:
            inbox.messages["navigation/visual_odometry"] = [visual]
        return inbox

    def landed(self, error: np.ndarray) -> LandingState:
        pose = Pose(self.pose.position_m + error, self.pose.orientation_xyzw)
        return LandingState(
            self.t, pose, np.zeros(3), np.array([2.0, 2.0, 0.5]), 3, 0, "landed", np.zeros(3), True
        )


def make(vehicle: Vehicle, **params: float) -> Localization:
    ground = Dem(np.full((400, 400), 1200.0), SITE[0] - 1000, SITE[1] - 1000, 5.0)
    return Localization(LocalizationParams(**params), vehicle, ground, SITE)


def touch_down(loc: Localization, drive: Drive, error: np.ndarray) -> None:
    inbox = drive.step(0.0, 0.0)
    inbox.messages["landing/state"] = [drive.landed(error)]
    loc.step(drive.t, inbox)
    for _ in range(30):
        loc.step(drive.t, drive.step(0.0, 0.0))


def pose_of(out: Outbox) -> Odometry:
    return dict(out.messages)["localization/pose"]


def s_bend(k: int) -> tuple[float, float]:
    return 0.1, 0.03 * math.sin(k / 150.0)


def fly(
    loc: Localization, drive: Drive, steps: int, way: Callable[[int], tuple[float, float]] = s_bend
) -> Odometry:
    out = Outbox()
    for k in range(steps):
        out = loc.step(drive.t, drive.step(*way(k)))
    return pose_of(out)


def test_level_drive_is_within_two_per_cent_and_its_claim(vehicle: Vehicle) -> None:
    drive, loc = Drive(vehicle, 0.0, slip=0.03), make(vehicle)
    error = np.array([1.5, -1.0, 0.2])
    touch_down(loc, drive, error)
    end = fly(loc, drive, 2000)
    drift = end.pose.position_m - drive.pose.position_m - error
    assert drive.went_m > 18.0
    assert np.linalg.norm(drift[:2]) < 0.02 * drive.went_m
    turn = (end.pose.inverse() * drive.pose).orientation_xyzw
    assert 2.0 * np.linalg.norm(turn[:3]) < 1e-3
    sigma = np.sqrt(np.diag(end.pose_covariance))
    assert sigma[0] > 2.0  # the landing's own error never goes away by driving
    assert (np.abs(drift + error) < 3.0 * sigma[:3]).all()


@pytest.mark.parametrize(("grade", "slip"), [(0.15, 0.12), (-0.15, -0.06)])
def test_slope_model_takes_out_most_of_the_slip(
    vehicle: Vehicle, grade: float, slip: float
) -> None:
    """Slips between those of published loose-soil tests at 8.5 degrees."""
    drive, loc = Drive(vehicle, grade, slip), make(vehicle, map_height_sigma_m=100.0)
    touch_down(loc, drive, np.zeros(3))
    end = fly(loc, drive, 1500, lambda k: (0.1, 0.0))
    drift = end.pose.position_m - drive.pose.position_m
    assert np.linalg.norm(drift) < 0.05 * drive.went_m
    assert np.linalg.norm(drift) < 3.0 * math.sqrt(np.trace(end.pose_covariance[:3, :3]))


def test_visual_odometry_finds_slip_that_no_model_knows(vehicle: Vehicle) -> None:
    drive, loc = Drive(vehicle, 0.0, slip=0.5), make(vehicle)
    touch_down(loc, drive, np.zeros(3))
    rng = np.random.default_rng(9)
    before = visual = drive.pose.position_m
    seen, end = None, None
    for k in range(1600):
        out = loc.step(drive.t, drive.step(*s_bend(k), visual=seen))
        end, seen = pose_of(out), None
        if k % 40 == 0:
            now = drive.pose.position_m
            visual = visual + (now - before) + rng.normal(0.0, 0.003, 3)
            covariance, before = np.eye(6) * 0.004**2, now
            if k % 400 == 0:  # lost now and then, and a wrong place with it
                covariance, visual = np.eye(6) * 1e6, visual + 5.0
            pose = Pose(visual, np.array([0.0, 0.0, 0.0, 1.0]))
            seen = Odometry(drive.t, "map", "base_link", pose, np.zeros(3), np.zeros(3), covariance)
    assert end is not None
    drift = end.pose.position_m - drive.pose.position_m
    assert np.linalg.norm(drift) < 0.03 * drive.went_m
    blind = Drive(vehicle, 0.0, slip=0.5)
    other = make(vehicle)
    touch_down(other, blind, np.zeros(3))
    lost = fly(other, blind, 1600).pose.position_m - blind.pose.position_m
    assert np.linalg.norm(lost) > 10.0 * np.linalg.norm(drift)


def test_descent_follows_the_landing_filter(vehicle: Vehicle) -> None:
    loc = make(vehicle)
    q = matrix_to_quat(rpy_to_matrix(0.1, 0.0, 1.0))
    state = LandingState(T0, Pose(np.array([1.0, 2.0, 3000.0]), q), np.array([0.0, 0.0, -5.0]),
                         np.array([9.0, 9.0, 3.0]), 1, 0, "braking", np.zeros(3))  # fmt: skip
    out = loc.step(T0, Inbox(messages={"landing/state": [state]}))
    said = pose_of(out)
    np.testing.assert_allclose(said.pose.position_m, [1.0, 2.0, 3000.0])
    assert said.pose_covariance[0, 0] == pytest.approx(81.0)
    assert "/tf_static" in dict(out.messages)


def test_pose_survives_the_computers_power_and_days_without_sensors(vehicle: Vehicle) -> None:
    drive, loc = Drive(vehicle, 0.05, slip=0.05), make(vehicle)
    touch_down(loc, drive, np.zeros(3))
    before = fly(loc, drive, 600)
    kept = None
    for _ in range(150):
        kept = loc.step(drive.t, drive.step(0.0, 0.0)).persist or kept
    assert kept is not None
    again = make(vehicle)
    again.restore(kept)
    wake = drive.t + 70 * 3600 * 10**9
    first = pose_of(again.step(wake, Inbox()))
    np.testing.assert_allclose(first.pose.position_m, before.pose.position_m, atol=0.02)
    drive.t, drive.travel = wake, np.zeros(4)  # the board counts from zero again
    end = fly(again, drive, 300)
    drift = end.pose.position_m - drive.pose.position_m
    assert np.linalg.norm(drift) < 0.03 * drive.went_m


def test_without_imu_the_tracks_tell_the_turn(vehicle: Vehicle) -> None:
    drive, loc = Drive(vehicle, 0.0, slip=0.03), make(vehicle)
    touch_down(loc, drive, np.zeros(3))
    drive.imu = False
    end = fly(loc, drive, 1000)
    turn = (end.pose.inverse() * drive.pose).orientation_xyzw
    assert 2.0 * np.linalg.norm(turn[:3]) < 5e-3
    assert np.linalg.norm(end.pose.position_m - drive.pose.position_m) < 0.03 * drive.went_m


def test_says_nothing_before_it_knows_the_heading(vehicle: Vehicle) -> None:
    ground = Dem(np.zeros((50, 50)), SITE[0] - 100, SITE[1] - 100, 5.0)
    loc = Localization(LocalizationParams(), vehicle, ground, SITE, start_m=SITE)
    drive = Drive(vehicle, 0.0, 0.0)
    drive.stars = False
    for _ in range(100):
        out = loc.step(drive.t, drive.step(0.0, 0.0))
        assert "localization/pose" not in dict(out.messages)
    drive.stars = True
    for _ in range(20):
        out = loc.step(drive.t, drive.step(0.05, 0.0))
    assert pose_of(out).pose_covariance[5, 5] < 1e-4
