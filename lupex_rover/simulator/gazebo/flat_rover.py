"""Plants of `lupex sim --boards --physics gazebo`: a landed rover on level ground in Gazebo."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from lupex_rover.core.transforms import Pose
from lupex_rover.core.vehicle import Vehicle
from lupex_rover.ephemeris import site_frame
from lupex_rover.simulator.body import Body
from lupex_rover.simulator.gazebo.params import GazeboParams
from lupex_rover.simulator.gazebo.start import rover_in_gazebo
from lupex_rover.simulator.gazebo.world_file import SunLight
from lupex_rover.simulator.sensors.inertial import InertialParams, InertialSensor, StarTracker
from lupex_rover.terrain.dem import Dem

SIDE_M = 200.0
CELL_M = 2.0
SUN_ELEVATION_RAD = np.radians(1.5)  # as in `simulator.bench_boards`


class GazeboFlatRover(Body):
    """The landed `Body` with what `bench_boards.FlatWorld` asks of its rover."""

    def __init__(self, vehicle: Vehicle, rng: np.random.Generator, folder: Path, t_ns: int) -> None:
        count = round(SIDE_M / CELL_M) + 1
        level = Dem(np.zeros((count, count)), -SIDE_M / 2, -SIDE_M / 2, CELL_M)
        sun = SunLight(t_ns, 0.0, float(SUN_ELEVATION_RAD), 1.0)

        def make_rover(x: float, y: float) -> object:
            return rover_in_gazebo(vehicle, level, sun, folder / "gazebo", GazeboParams())

        super().__init__(
            None, make_rover, vehicle, site_frame(0.0, 0.0),
            InertialSensor(InertialParams(), rng), StarTracker(rng),
        )  # fmt: skip
        self.settle(Pose.identity())

    @property
    def map_R_base(self) -> np.ndarray:
        return self.pose.matrix

    @property
    def motor_power_w(self) -> float:
        return float(self.rover.motor_power_w) if self.rover is not None else 0.0
