"""Plants for `lupex sim --boards`: a rover on flat ground in the Sun, nothing else.

Drill, instruments and power are the physics of the whole simulator. Only the drive is simple: it
never slips. A board whose load is switched off at the EPS is off, as in the rover.
"""

from __future__ import annotations

import math
import time
from pathlib import Path
from typing import Any

import numpy as np

from lupex_rover.core.constants import MOON_GRAVITY_MPS2
from lupex_rover.core.transforms import rpy_to_matrix
from lupex_rover.core.types import LOADS
from lupex_rover.core.vehicle import Vehicle
from lupex_rover.ephemeris import site_frame
from lupex_rover.protocol.boards import fitted, load_of, simulated
from lupex_rover.simulator.boards import make_added, make_boards
from lupex_rover.simulator.boards.board_server import BoardServer
from lupex_rover.simulator.drill.physics import DrillParams, DrillPhysics
from lupex_rover.simulator.drill.regolith import Column
from lupex_rover.simulator.payload.instruments import InstrumentParams, Instruments
from lupex_rover.simulator.power.eps import EpsParams, EpsPhysics
from lupex_rover.simulator.sensors.inertial import InertialParams, InertialSensor, StarTracker

Array = np.ndarray

SPEED_TIME_S = 0.3  # first-order response of a crawler's drive, assumed
IDLE_A, AMPERE_PER_MPS = 0.15, 6.0  # motor current on flat ground, assumed
WINDING_W_PER_A2, LOSS_W_PER_K, MOTOR_J_PER_K = 0.5, 0.4, 400.0  # heat of a drive motor, assumed
BOX_DEGC = 15.0  # temperature round the motors, assumed
BUS_V = 28.0
SUN_ELEVATION_RAD = math.radians(1.5)  # about the highest that the Sun gets at the pole
GROUND_K = 220.0  # sunlit ground near the pole, Diviner (Paige et al. 2010)
LONGEST_STEP_S = 0.05
ON_AT_START = ("mobility", "drill", "payload", "cameras", "star_tracker", "imu", "radio")


class FlatRover:
    """Plants of MOB, IMU, STR and LND: a landed rover whose crawlers roll without slip."""

    def __init__(self, vehicle: Vehicle, rng: np.random.Generator) -> None:
        self.travel_m = np.zeros(4)
        self.speed_mps = np.zeros(4)
        self.steer_rad = np.zeros(4)
        self.motor_degc = np.full(4, BOX_DEGC)
        self.yaw_rad = 0.0
        self.yaw_rate_rps = 0.0
        self._speed_set = np.zeros(4)
        self._steer_set = np.zeros(4)
        self._steer_limit, self._steer_rate = vehicle.steer_limit_rad, vehicle.steer_rate_rps
        x, y = vehicle.wheel_positions_m.T
        one, none = np.ones(4), np.zeros(4)
        along = np.column_stack([one, none, -y])  # velocity of an axis from (vx, vy, yaw rate)
        across = np.column_stack([none, one, x])
        self._twist_of_axes = np.linalg.pinv(np.vstack([along, across]))
        self._twist = np.zeros(3)
        self._force = np.array([0.0, 0.0, MOON_GRAVITY_MPS2])
        self._inertial = InertialSensor(InertialParams(), rng)
        self._star = StarTracker(rng)
        self._moon_R_map = site_frame(0.0, 0.0)

    # --- plants ---------------------------------------------------------------------------------

    def command(self, track_speed_mps: Array, steer_angle_rad: Array) -> None:
        self._speed_set = np.array(track_speed_mps)
        self._steer_set = np.clip(steer_angle_rad, -self._steer_limit, self._steer_limit)

    def stop(self) -> None:
        self._speed_set = np.zeros(4)
        self._steer_set = self.steer_rad.copy()

    def drive_state(self) -> tuple[Array, Array, Array, Array, Array]:
        return self.travel_m, self.speed_mps, self.steer_rad, self.current_a, self.motor_degc

    def inertial(self) -> tuple[Array, Array]:
        return self._inertial.measure(np.array([0.0, 0.0, self.yaw_rate_rps]), self._force)

    def attitude(self) -> tuple[Array, float, bool]:
        rate = np.array([0.0, 0.0, self.yaw_rate_rps])
        return self._star.measure(self.map_R_base, self._moon_R_map, rate)

    def altimeter(self) -> tuple[float, Array, bool, bool]:
        return 0.0, np.zeros(3), False, True

    # --- physics --------------------------------------------------------------------------------

    @property
    def driven(self) -> bool:
        """The set points ask for motion."""
        return bool(self._speed_set.any())

    @property
    def map_R_base(self) -> Array:
        return rpy_to_matrix(0.0, 0.0, self.yaw_rad)

    @property
    def motor_power_w(self) -> float:
        return float(self.current_a.sum()) * BUS_V

    @property
    def current_a(self) -> Array:
        turning = self.speed_mps != 0.0
        return np.where(turning, IDLE_A + AMPERE_PER_MPS * np.abs(self.speed_mps), 0.0)

    def advance(self, dt_s: float) -> None:
        self.speed_mps = self.speed_mps + (self._speed_set - self.speed_mps) * min(
            1.0, dt_s / SPEED_TIME_S
        )
        self.speed_mps[np.abs(self.speed_mps) < 1e-6] = 0.0
        reach = self._steer_rate * dt_s
        self.steer_rad = self.steer_rad + np.clip(self._steer_set - self.steer_rad, -reach, reach)
        self.travel_m = self.travel_m + self.speed_mps * dt_s
        heat_w = WINDING_W_PER_A2 * self.current_a**2 - LOSS_W_PER_K * (self.motor_degc - BOX_DEGC)
        self.motor_degc = self.motor_degc + heat_w * dt_s / MOTOR_J_PER_K
        self._turn(dt_s)

    def _turn(self, dt_s: float) -> None:
        """Motion of the body that fits the four crawlers best (least squares)."""
        axes = np.concatenate(
            [self.speed_mps * np.cos(self.steer_rad), self.speed_mps * np.sin(self.steer_rad)]
        )
        before, self._twist = self._twist, self._twist_of_axes @ axes
        self.yaw_rate_rps = float(self._twist[2])
        self.yaw_rad += self.yaw_rate_rps * dt_s
        gained = (self._twist[:2] - before[:2]) / dt_s if dt_s > 0.0 else np.zeros(2)
        self._force = np.array([*gained, MOON_GRAVITY_MPS2])


class FlatWorld:
    """The seven boards of the ICD over their plants.

    Attributes
    ----------
    rover, drill, instruments, eps : DrillPhysics and Instruments and EpsPhysics
        The plants.
    boards : dict[str, Board]
        By name; those that packages add are among them.
    """

    def __init__(
        self, vehicle: Vehicle, seed: int, t_ns: int, gazebo_folder: Path | None = None
    ) -> None:
        rng = [np.random.default_rng([seed, k]) for k in range(4)]
        rover: Any = FlatRover(vehicle, rng[0])
        if gazebo_folder is not None:
            from lupex_rover.simulator.gazebo.flat_rover import GazeboFlatRover

            rover = GazeboFlatRover(vehicle, rng[0], gazebo_folder, t_ns)
        self.rover = rover
        self.drill = DrillPhysics(Column(seed, 0.0, 0.0), DrillParams(), rng[1])
        self.instruments = Instruments(self.drill.cups, InstrumentParams(), rng[2])
        added = fitted(simulated())
        added_w = {board.load: board.power_w for board in added if board.load}
        self.eps = EpsPhysics(EpsParams(), rng[3], t_ns, added_w=added_w)
        for load in (*ON_AT_START, *added_w):
            self.eps.switch(LOADS.index(load), True)
        self.boards = make_boards(
            rover, rover, rover, self.eps, self.drill, self.instruments, rover,
            track_limit_mps=vehicle.track_limit_mps,
        )  # fmt: skip
        self._added = make_added(added, seed, t_ns)
        self.boards.update(self._added)
        el = SUN_ELEVATION_RAD
        self._sun_map = np.array([0.0, math.cos(el), math.sin(el)])
        self.advance(0.0, t_ns)

    def advance(self, dt_s: float, t_ns: int) -> None:
        """Physics up to `t_ns`; the boards' own time is theirs."""
        steps = max(1, math.ceil(dt_s / LONGEST_STEP_S))
        for _ in range(steps):
            self.rover.advance(dt_s / steps)
            self.drill.advance(dt_s / steps)
            for board in self._added.values():
                if board.powered:
                    board.move(dt_s / steps)
        self._energy(dt_s)
        self._power_boards()
        if self.boards["SCI"].powered:
            self.instruments.advance(dt_s)

    def _energy(self, dt_s: float) -> None:
        demand = self.eps.demand_w
        demand["mobility"] = self.rover.motor_power_w
        demand["drill"] = self.drill.power_w
        demand["payload"] = self.instruments.power_w
        sun_base = self.rover.map_R_base.T @ self._sun_map
        self.eps.advance(dt_s, sun_base, 1.0, GROUND_K)

    def _power_boards(self) -> None:
        for name, board in self.boards.items():
            board.temperature_degc = self.eps.electronics_degc
            load = load_of().get(name)
            if load is not None:
                board.powered = bool(self.eps.loads_on >> LOADS.index(load) & 1)


def server(vehicle: Vehicle, seed: int = 1, gazebo_folder: Path | None = None) -> BoardServer:
    """The seven boards of the ICD over a `FlatWorld`, from now on."""
    world = FlatWorld(vehicle, seed, time.time_ns(), gazebo_folder)
    world.rover.inertial()  # compiles what is compiled at first use
    if gazebo_folder is None:
        return BoardServer(world.boards, world.advance)
    # Telecommands are heard in time even where Gazebo is slower than real time.
    return BoardServer(world.boards, world.advance, LONGEST_STEP_S)


def run(vehicle: Vehicle, seed: int = 1, gazebo_folder: Path | None = None) -> None:
    """`lupex sim --boards`; with a folder for it, the drive's physics is Gazebo's."""
    server(vehicle, seed, gazebo_folder).serve()
