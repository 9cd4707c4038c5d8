"""Starts Gazebo on a piece of ground with the rover standing on it."""

from __future__ import annotations

import math
import os
from pathlib import Path

import numpy as np

from lupex_rover.core.errors import Fault, UserError
from lupex_rover.core.params import load
from lupex_rover.core.transforms import Pose
from lupex_rover.core.vehicle import Vehicle, default_path
from lupex_rover.core.vehicle_reader import read_vehicle
from lupex_rover.scenarios.scenario import Scenario
from lupex_rover.simulator.engine import RoverMaker
from lupex_rover.simulator.gazebo.link import Array, GazeboLink
from lupex_rover.simulator.gazebo.mesh import MOST_VERTICES
from lupex_rover.simulator.gazebo.params import GazeboParams
from lupex_rover.simulator.gazebo.rover_physics import GazeboRover
from lupex_rover.simulator.gazebo.server import GazeboServer, quiet_network, require_gz
from lupex_rover.simulator.gazebo.transport import GazeboTransport, bindings
from lupex_rover.simulator.gazebo.world_file import Scene, SunLight, write_world
from lupex_rover.simulator.site.world import World
from lupex_rover.terrain.dem import Dem

AS_FAST_AS_IT_GOES = 0.0


def require_gazebo() -> None:
    """Refuse early, by name, what the backend cannot do without.

    Raises
    ------
    UserError
        No `gz` on the PATH, or no Python bindings.
    """
    require_gz()
    bindings("transport13")
    bindings("msgs10.world_control_pb2")


def require_bundled(vehicle: Vehicle) -> None:
    """Refuse another rover than Gazebo's.

    Raises
    ------
    UserError
        The vehicle is not the bundled one, whose model Gazebo is given.
    """
    if vehicle.urdf_text != read_vehicle(default_path()).urdf_text:
        raise UserError(
            f"{vehicle.source}: in Gazebo drives the bundled rover alone"
            " (urdf/lupex_rover.gazebo.xacro); take --physics stand-in"
        )


def rover_in_gazebo(
    vehicle: Vehicle, ground: Dem, sun: SunLight, folder: Path, params: GazeboParams
) -> GazeboRover:
    """A rover that starts its own Gazebo in `folder` when it is placed.

    The mesh that Gazebo collides is `ground` in cells of `params.mesh_step_m` or its own, whichever
    is larger; the rover's cameras still see `ground`.
    """
    require_bundled(vehicle)
    require_gazebo()
    mesh = mesh_of(ground, params)

    def connect(pose: Pose) -> tuple[GazeboLink, Array]:
        origin = np.floor(pose.position_m)
        scene = Scene(mesh, origin, pose, sun)
        world = write_world(scene, folder, params, cameras=False, realtime=AS_FAST_AS_IT_GOES)
        quiet_network(f"lupex_{os.getpid()}")
        server = GazeboServer(world)
        try:
            return GazeboTransport(server, params), origin
        except (Fault, KeyboardInterrupt):
            server.close()
            raise

    return GazeboRover(vehicle, mesh, params, connect)


def mesh_of(ground: Dem, params: GazeboParams) -> Dem:
    """The ground in cells fit for a mesh: not finer than asked for, not too many."""
    step = max(params.mesh_step_m, ground.resolution_m)
    fewest = math.sqrt(ground.heights.size / MOST_VERTICES) * ground.resolution_m
    step = max(step, fewest)
    return ground if step <= ground.resolution_m else ground.resample(step)


def maker(scenario: Scenario, vehicle: Vehicle, folder: Path) -> RoverMaker:
    """What makes the engine's driving rover where its physics is Gazebo's.

    Raises
    ------
    UserError
        Gazebo is missing, `simulator.gazebo` of the scenario is wrong, or its rover is another one
        than Gazebo's, which is the bundled one.
    """
    require_bundled(vehicle)
    require_gazebo()
    where = f"{scenario.where}.simulator.gazebo"
    params = load(GazeboParams, scenario.simulator.get("gazebo"), where)

    def make_rover(ground: Dem, world: World, t_ns: int) -> GazeboRover:
        sky = world.sky(t_ns)
        x, y = world.centre
        sun = SunLight(
            t_ns, sky.sun_azimuth_rad, sky.sun_elevation_rad, world.sun_fraction(x, y, 1.0, t_ns)
        )
        return rover_in_gazebo(vehicle, ground, sun, folder / "gazebo", params)

    return make_rover
