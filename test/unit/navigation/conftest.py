"""A kinematic rover that does what it is told, and the ground it stands on."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
import pytest

from lupex_rover.core.component import GoalFeedback, GoalRequest, GoalResult, Inbox, Outbox
from lupex_rover.core.transforms import Pose, matrix_to_quat, rpy_to_matrix
from lupex_rover.core.types import (
    BoardAck,
    BoardHousekeeping,
    DriveState,
    DriveToGoal,
    Grid,
    Odometry,
)
from lupex_rover.core.vehicle import Vehicle, default_path
from lupex_rover.core.vehicle_reader import read_vehicle
from lupex_rover.navigation.kinematics import body_twist
from lupex_rover.navigation.navigator import Navigator
from lupex_rover.navigation.params import NavigatorParams
from lupex_rover.terrain.dem import Dem

DT_NS = 100_000_000
T0_NS = 1_861_920_000_000_000_000  # 2029-01-01


@pytest.fixture(scope="session")
def vehicle() -> Vehicle:
    return read_vehicle(default_path())


@pytest.fixture
def flat() -> Dem:
    return Dem(np.zeros((81, 81)), -200.0, -200.0, 5.0)


@dataclass
class Course:
    """A navigator on a rover that moves as commanded, except where `grip` says otherwise.

    `obstacles`: (x, y, radius) discs that the cost map shows once they are within `sight_m`.
    """

    navigator: Navigator
    vehicle: Vehicle
    obstacles: list[tuple[float, float, float]] = field(default_factory=list)
    sight_m: float = 8.0
    xyyaw: np.ndarray = field(default_factory=lambda: np.zeros(3))
    t_ns: int = T0_NS
    active: bool = False
    safed: bool = False  # SAFE: ENABLE 1 is refused, ENABLE 0 leaves it (ICD)
    left_safe: int = 0  # times that ENABLE 0 took it out of SAFE
    answers: bool = True  # the board acknowledges
    localized: bool = True
    tilt_rad: float = 0.0
    current_a: float = 0.4
    power: str = "normal"
    travel_m: np.ndarray = field(default_factory=lambda: np.zeros(4))
    steer_rad: np.ndarray = field(default_factory=lambda: np.zeros(4))
    speed_mps: np.ndarray = field(default_factory=lambda: np.zeros(4))
    track: list[np.ndarray] = field(default_factory=list)
    fastest_mps: float = 0.0
    results: list[GoalResult] = field(default_factory=list)
    feedback: list[GoalFeedback] = field(default_factory=list)
    codes: list[str] = field(default_factory=list)
    inbox: Inbox = field(default_factory=Inbox)
    ticks: int = 0
    _truth: np.ndarray | None = None
    _drawn: int = 0

    def grip(self, x: float, y: float) -> float:
        """Share of the commanded motion that comes about."""
        return 1.0

    def go(self, x: float, y: float, tolerance_m: float = 1.0, goal_id: str = "a") -> None:
        self.inbox.goals.append(GoalRequest("drive_to", goal_id, DriveToGoal(x, y, tolerance_m)))

    def run(self, seconds: float) -> GoalResult | None:
        """Until a result comes, at most so long."""
        for _ in range(round(seconds * 10)):
            self.tick()
            if self.results:
                return self.results[-1]
        return None

    def tick(self) -> Outbox:
        self.t_ns += DT_NS
        self.ticks += 1
        self._move(0.1)
        self._sense()
        inbox, self.inbox = self.inbox, Inbox()
        out = self.navigator.step(self.t_ns, inbox)
        self._obey(out)
        return out

    def _move(self, dt: float) -> None:
        speed = self.speed_mps if self.active else np.zeros(4)
        dx, dy, dyaw = body_twist(speed * dt, self.steer_rad, self.vehicle)
        x, y, yaw = self.xyyaw
        g = self.grip(x, y)
        middle = yaw + dyaw * g / 2
        c, s = math.cos(middle), math.sin(middle)
        self.xyyaw = np.array(
            [x + g * (c * dx - s * dy), y + g * (s * dx + c * dy), yaw + g * dyaw]
        )
        self.travel_m = self.travel_m + speed * dt
        self.track.append(self.xyyaw)

    def _sense(self) -> None:
        t, put = self.t_ns, self.inbox.messages.setdefault
        if self.localized:
            q = matrix_to_quat(rpy_to_matrix(0.0, -self.tilt_rad, self.xyyaw[2]))
            pose = Pose(np.array([*self.xyyaw[:2], 0.6]), q)
            put("localization/pose", []).append(
                Odometry(t, "map", "base_link", pose, np.zeros(3), np.zeros(3))
            )
        speed = self.speed_mps if self.active else np.zeros(4)
        amps = np.full(4, self.current_a if speed.any() else 0.0)
        put("mobility/state", []).append(
            DriveState(t, self.travel_m, speed, self.steer_rad, amps, np.zeros(4))
        )
        if self.ticks % 10 == 0:
            put("boards/housekeeping", []).append(
                BoardHousekeeping(t, "MOB", self.state, 1, 20.0, 0, 0, 0)
            )
        if self.ticks % 30 == 0 and self.active:
            put("navigation/costmap", []).append(self.costmap())

    def _ground(self) -> np.ndarray:
        """(480, 480) int8 cost of the whole course, 0.25 m cells from (-60, -60)."""
        if self._truth is None or self._drawn != len(self.obstacles):
            at = -60.0 + (np.arange(480) + 0.5) * 0.25
            self._truth, self._drawn = np.zeros((480, 480), np.int8), len(self.obstacles)
            for ox, oy, radius in self.obstacles:
                self._truth[np.hypot(at[None, :] - ox, at[:, None] - oy) < radius] = 100
        return self._truth

    def costmap(self) -> Grid:
        n, cell = 120, 0.25
        col, row = np.floor((self.xyyaw[:2] + 60.0) / cell).astype(int) - n // 2
        x0, y0 = -60.0 + col * cell, -60.0 + row * cell
        x = x0 + (np.arange(n) + 0.5) * cell - self.xyyaw[0]
        y = y0 + (np.arange(n) + 0.5) * cell - self.xyyaw[1]
        seen = np.hypot(x[None, :], y[:, None]) < self.sight_m
        part = self._ground()[row : row + n, col : col + n]
        return Grid(self.t_ns, "map", cell, x0, y0, np.where(seen, part, -1).astype(np.int8))

    @property
    def state(self) -> int:
        """As in HOUSEKEEPING."""
        return 3 if self.safed else 2 if self.active else 1

    def order_safe(self, told: bool = True) -> None:
        """What health does on a fault; `told`: the ACK of SAFE reaches the navigator."""
        self.safed, self.active = True, False
        if told:
            self._ack("SAFE", 0)

    def _ack(self, telecommand: str, status: int) -> None:
        ack = BoardAck(self.t_ns, "MOB", telecommand, self.ticks, status, 0.01)
        self.inbox.messages.setdefault("boards/ack", []).append(ack)

    def _enable(self, on: bool) -> None:
        refused = on and self.safed
        self.left_safe += self.safed and not on
        self.safed = self.safed and on
        self.active = on and not refused
        self._ack("ENABLE", 4 if refused else 0)

    def _obey(self, out: Outbox) -> None:
        for topic, m in out.messages:
            if topic == "boards/request" and self.answers:
                self._enable(m.command == "enable")
            elif topic == "mobility/command" and self.safed:
                self._ack("DRIVE", 4)
            elif topic == "mobility/command" and self.active:
                self.speed_mps = np.asarray(m.track_speed_mps)
                step = 0.35 * 0.1
                change = np.asarray(m.steer_angle_rad) - self.steer_rad
                self.steer_rad = self.steer_rad + np.clip(change, -step, step)
                self.fastest_mps = max(self.fastest_mps, float(np.abs(self.speed_mps).max()))
            elif topic == "mission/event":
                self.codes.append(m.code)
        self.results += out.results
        self.feedback += out.feedback

    def clearance_m(self, x: float, y: float) -> float:
        """Least distance of the rover's centre from a point."""
        return float(np.hypot(*(np.array(self.track)[:, :2] - [x, y]).T).min())


@pytest.fixture
def course(vehicle: Vehicle, flat: Dem) -> Course:
    return Course(Navigator(NavigatorParams(), vehicle, flat), vehicle)
