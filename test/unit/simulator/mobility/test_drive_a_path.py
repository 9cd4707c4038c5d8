"""Follower, kinematics and physics in one loop on rough ground."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from lupex_rover.core.transforms import tilt_of, yaw_of
from lupex_rover.core.vehicle import default_path
from lupex_rover.core.vehicle_reader import read_vehicle
from lupex_rover.navigation.follower import Follower
from lupex_rover.navigation.follower_params import FollowerParams
from lupex_rover.navigation.kinematics import crawler_command
from lupex_rover.simulator.mobility.physics import MobilityParams, MobilityPhysics
from lupex_rover.terrain.dem import Dem

Ground = Callable[..., Dem]
VEHICLE = read_vehicle(default_path())


@pytest.mark.parametrize("seed", [0, 7])
def test_follows_an_s_of_twenty_metres_within_half_a_metre(rough: Ground, seed: int) -> None:
    dem = rough(seed)
    rng = np.random.default_rng(seed)
    m = MobilityPhysics(VEHICLE, VEHICLE.urdf_text, dem, MobilityParams(), rng)
    m.place(-10.0, 0.0, 0.3)
    s = np.linspace(0.0, 20.0, 81)
    path = np.column_stack([s - 10.0, 2.0 * np.sin(2 * np.pi * s / 20.0)])
    follower = Follower(FollowerParams(), VEHICLE, 0.20)
    off, tilt, slip, t = [], [], [], 0.0
    while t < 300.0:
        pose = m.pose
        seen = np.array([*pose.position_m[:2], yaw_of(pose.matrix)])
        seen += rng.normal(0.0, [0.03, 0.03, 0.01])
        v, omega, done, _ = follower.update(seen, path, t, float(m.slip.mean()))
        if done:
            break
        off.append(np.hypot(*(path - pose.position_m[:2]).T).min())
        tilt.append(tilt_of(pose.matrix))
        slip.append(m.slip.mean())
        command = crawler_command(v, omega, VEHICLE, m.drive_state()[2])
        m.command(command.speed_mps, command.steer_rad)
        for _ in range(10):
            m.advance(0.01)
        t += 0.1
    assert done
    assert max(off) < 0.5
    assert np.hypot(*(m.pose.position_m[:2] - path[-1])) < 0.35
    assert np.degrees(max(tilt)) > 3.0  # the ground was not flat
    assert 0.0 < np.mean(slip) < 0.5
