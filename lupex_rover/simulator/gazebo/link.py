"""What the rover's physics asks of Gazebo.

`transport` speaks to a real one, tests to a made-up one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

Array = np.ndarray


@dataclass(frozen=True, eq=False)
class GazeboState:
    """The rover in Gazebo after a step.

    Attributes
    ----------
    t_s : float
        Gazebo's simulated time.
    position_m, orientation_xyzw : ndarray
        Of base_link in Gazebo's world axes.
    drive_rad, drive_rps, steer_rad, steer_rps : ndarray, shape (4,)
        Joints in the order of WHEELS.
    angular_rps, specific_force : ndarray, shape (3,)
        In base_link, mean of the samples since the last step.
    """

    t_s: float
    position_m: Array
    orientation_xyzw: Array
    drive_rad: Array
    drive_rps: Array
    steer_rad: Array
    steer_rps: Array
    angular_rps: Array
    specific_force: Array


class GazeboLink(Protocol):
    def command(self, track_mps: Array, sprocket_rps: Array, steer_rad: Array) -> None:
        """Set points, (4,) each in the order of WHEELS. They hold until the next ones."""
        ...

    def step(self, count: int) -> GazeboState:
        """Run `count` steps of the physics and wait for what they gave.

        Raises
        ------
        Fault
            SIM-003: no answer.
        """
        ...

    def close(self) -> None: ...
