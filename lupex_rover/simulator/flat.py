"""Plants for `lupex sim --boards`: a rover on flat ground in the Sun, nothing else."""

from __future__ import annotations

import math

import numpy as np

from lupex_rover.core.constants import MOON_GRAVITY_MPS2
from lupex_rover.simulator.board_server import BoardServer
from lupex_rover.simulator.boards import make_boards
from lupex_rover.simulator.drill import DrillParams, DrillPhysics
from lupex_rover.simulator.eps import EpsParams, EpsPhysics
from lupex_rover.simulator.instruments import InstrumentParams, Instruments
from lupex_rover.simulator.regolith import Column

SPEED_TIME_S = 0.3  # first-order response of a crawler's drive, assumed
STEER_RATE_RPS = 0.35  # assumed, as in the mobility model
IDLE_A, AMPERE_PER_MPS = 0.15, 6.0  # motor current on flat ground, assumed
GYRO_SIGMA_RPS, FORCE_SIGMA_MPS2, STAR_SIGMA_RAD = 2e-5, 5e-4, 1.5e-4
SUN_ELEVATION_RAD = math.radians(1.5)
GROUND_K = 220.0


class FlatRover:
    """MOB, IMU, STR and LND of a rover that never slips."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng
        self.travel = np.zeros(4)
        self.speed = np.zeros(4)
        self.steer = np.zeros(4)
        self._speed_set = np.zeros(4)
        self._steer_set = np.zeros(4)
        self.temperature_degc = np.full(4, 15.0)
        self._yaw = 0.0
        self._yaw_rate = 0.0
        self._force_x = 0.0

    def command(self, track_speed_mps: np.ndarray, steer_angle_rad: np.ndarray) -> None:
        self._speed_set, self._steer_set = track_speed_mps, steer_angle_rad

    def stop(self) -> None:
        self._speed_set = np.zeros(4)
        self._steer_set = self.steer.copy()

    def advance(self, dt_s: float) -> None:
        before = float(self.speed.mean())
        self.speed = self.speed + (self._speed_set - self.speed) * min(1.0, dt_s / SPEED_TIME_S)
        self.speed[np.abs(self.speed) < 1e-6] = 0.0
        reach = STEER_RATE_RPS * dt_s
        self.steer = self.steer + np.clip(self._steer_set - self.steer, -reach, reach)
        self.travel = self.travel + self.speed * dt_s
        heat = 0.02 * self.current_a**2 - 0.001 * (self.temperature_degc - 15.0)
        self.temperature_degc = self.temperature_degc + heat * dt_s
        left, right = self.speed[[0, 2]].mean(), self.speed[[1, 3]].mean()
        self._yaw_rate = float(right - left) / 1.2
        self._yaw += self._yaw_rate * dt_s
        self._force_x = (float(self.speed.mean()) - before) / max(dt_s, 1e-6)

    @property
    def current_a(self) -> np.ndarray:
        return np.where(self.speed != 0.0, IDLE_A + AMPERE_PER_MPS * np.abs(self.speed), 0.0)

    def drive_state(self) -> tuple[np.ndarray, ...]:
        return self.travel, self.speed, self.steer, self.current_a, self.temperature_degc

    def inertial(self) -> tuple[np.ndarray, np.ndarray]:
        rate = np.array([0.0, 0.0, self._yaw_rate]) + self._rng.normal(0, GYRO_SIGMA_RPS, 3)
        force = np.array([self._force_x, 0.0, MOON_GRAVITY_MPS2])
        return rate, force + self._rng.normal(0, FORCE_SIGMA_MPS2, 3)

    def attitude(self) -> tuple[np.ndarray, float, bool]:
        half = self._yaw / 2
        q = np.array([0.0, 0.0, math.sin(half), math.cos(half)])
        q[:3] += self._rng.normal(0, STAR_SIGMA_RAD / 2, 3)
        return q / np.linalg.norm(q), STAR_SIGMA_RAD, abs(self._yaw_rate) < 0.01

    def altimeter(self) -> tuple[float, np.ndarray, bool, bool]:
        return 0.0, np.zeros(3), False, True


class FlatWorld:
    """All seven boards' plants, advanced together."""

    def __init__(self, seed: int, t_ns: int) -> None:
        rng = [np.random.default_rng([seed, k]) for k in range(4)]
        self.rover = FlatRover(rng[0])
        self.drill = DrillPhysics(Column(seed, 0.0, 0.0), DrillParams(), rng[1])
        self.instruments = Instruments(self.drill.cups, InstrumentParams(), rng[2])
        self.eps = EpsPhysics(EpsParams(), rng[3], t_ns)
        for load in range(1, 8):
            self.eps.switch(load, True)
        el = SUN_ELEVATION_RAD
        self._sun = np.array([0.0, math.cos(el), math.sin(el)])

    def advance(self, dt_s: float, t_ns: int) -> None:
        self.rover.advance(dt_s)
        self.drill.advance(dt_s)
        self.instruments.advance(dt_s)
        demand = self.eps.demand_w
        demand["mobility"] = float(self.rover.current_a.sum()) * 28.0
        demand["drill"] = self.drill.power_w
        demand["payload"] = self.instruments.power_w
        self.eps.advance(dt_s, self._sun, 1.0, GROUND_K)


def server(seed: int = 1, t_ns: int = 0) -> BoardServer:
    """The seven boards of the ICD over a `FlatWorld`."""
    world = FlatWorld(seed, t_ns)
    rover = world.rover
    boards = make_boards(rover, rover, rover, world.eps, world.drill, world.instruments, rover)
    return BoardServer(boards, world.advance)


def run(seed: int = 1) -> None:
    """`lupex sim --boards`."""
    import time

    server(seed, time.time_ns()).serve()
