"""Ground, Sun and a made-up Gazebo for the tests of the backend."""

from __future__ import annotations

import numpy as np
import pytest

from lupex_rover.core.constants import MOON_GRAVITY_MPS2
from lupex_rover.core.vehicle import default_path
from lupex_rover.core.vehicle_reader import read_vehicle
from lupex_rover.simulator.gazebo.link import GazeboState
from lupex_rover.simulator.gazebo.params import GazeboParams
from lupex_rover.simulator.gazebo.rover_physics import GazeboRover
from lupex_rover.terrain.dem import Dem

RADIUS_M = 0.15  # of the crawlers, as in the URDF
STEER_RPS = 0.35


class MadeUpGazebo:
    """Crawlers that roll straight on level ground without slip; steering at its rate."""

    def __init__(self, pose, origin_m, step_s=0.002):
        self.step_s, self.t_s = step_s, 0.0
        self.at = pose.position_m - origin_m
        self.track = self.sprocket = self.steer_set = np.zeros(4)
        self.drive, self.steer = np.full(4, 7.0), np.zeros(4)
        self.slip = 0.0  # share of the track's speed that is lost
        self.closed = False
        self.said = []

    def command(self, track_mps, sprocket_rps, steer_rad):
        self.track, self.sprocket = track_mps.copy(), sprocket_rps.copy()
        self.steer_set = steer_rad.copy()
        self.said.append(track_mps.copy())

    def step(self, count):
        dt = count * self.step_s
        self.t_s += dt
        reach = STEER_RPS * dt
        self.steer = self.steer + np.clip(self.steer_set - self.steer, -reach, reach)
        self.drive = self.drive + self.sprocket * dt
        self.at = self.at + np.array([self.track.mean() * (1.0 - self.slip) * dt, 0.0, 0.0])
        return GazeboState(
            self.t_s, self.at.copy(), np.array([0, 0, 0, 1.0]), self.drive.copy(),
            self.sprocket.copy(), self.steer.copy(), np.zeros(4), np.zeros(3),
            np.array([0.0, 0.0, MOON_GRAVITY_MPS2]),
        )  # fmt: skip

    def close(self):
        self.closed = True


@pytest.fixture
def level():
    return Dem(np.full((41, 41), 3.0), -10.0, -10.0, 0.5)


@pytest.fixture
def vehicle():
    return read_vehicle(default_path())


@pytest.fixture
def driven(level, vehicle):
    """A placed rover and the made-up Gazebo under it."""
    made = []

    def connect(pose):
        origin = np.array([1.0, 2.0, 3.0])
        made.append(MadeUpGazebo(pose, origin))
        return made[-1], origin

    rover = GazeboRover(vehicle, level, GazeboParams(), connect)
    rover.place(-5.0, 1.0, 0.0)
    return rover, made[-1]
