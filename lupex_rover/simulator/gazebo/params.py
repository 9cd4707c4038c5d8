"""Parameters of Gazebo's worlds and of the rover whose physics is Gazebo's."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from lupex_rover.core.params import param
from lupex_rover.simulator.mobility.params import DriveParams


@dataclass(frozen=True)
class GazeboParams:
    """Gazebo knows rigid contact with friction; soil that gives way, sinkage and ruts it does not.

    Slip is therefore smaller than on regolith.
    """

    step_s: float = param(0.002, "step of Gazebo's physics", unit="s", low=0.0005, high=0.01)
    friction: float = param(
        0.7, "Coulomb friction coefficient of track on ground", unit="1", low=0.05, high=2,
        source="tan 35 deg, friction angle of regolith: Lunar Sourcebook, table 9.12 (30..50"
        " deg)",
    )  # fmt: skip
    mesh_step_m: float = param(
        0.5, "edge of the ground's triangles under the rover; finer maps are averaged", unit="m",
        low=0.1, high=10,
    )  # fmt: skip
    acceleration_mps2: float = param(
        0.30, "slew limit of the track speed", unit="m/s2", low=0.01, high=5
    )
    settle_s: float = param(3.0, "time to come to rest after `place`", unit="s", low=0, high=30)
    still_mps: float = param(
        0.01, "speed below which the rover, with tracks at rest for `still_s`, counts as parked",
        unit="m/s, rad/s", low=1e-5, high=0.1,
    )  # fmt: skip
    still_s: float = param(
        0.5, "time at rest before the rover counts as parked", unit="s", low=0.01, high=10,
    )  # fmt: skip
    answer_s: float = param(
        20.0, "time within which Gazebo must answer", unit="s, real time", low=1, high=600,
    )  # fmt: skip
    start_s: float = param(
        120.0, "time within which Gazebo must have loaded the world",
        unit="s, real time", low=5, high=3600,
    )  # fmt: skip
    slip_filter_s: float = param(
        0.3, "time constant of the reported slip's smoothing", unit="s", low=0.01, high=5,
    )  # fmt: skip
    drive: DriveParams = dataclasses.field(default_factory=DriveParams)
