"""A simulated drive, and a localization that follows it."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from lupex_rover.core.component import Inbox, Outbox
from lupex_rover.core.constants import MOON_GRAVITY_MPS2
from lupex_rover.core.transforms import (
    Pose,
    matrix_to_quat,
    quat_multiply,
    rotvec_to_quat,
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
