"""Key `vehicle` of a scenario and of `config/rover.yaml`: which rover, what its board allows; and
the files that both name."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lupex_rover.core.config_file import file_beside
from lupex_rover.core.constants import STEER_LIMIT_RAD, TRACK_LIMIT_MPS
from lupex_rover.core.errors import UserError
from lupex_rover.core.params import param
from lupex_rover.core.vehicle import Vehicle, default_path
from lupex_rover.core.vehicle_reader import read_vehicle


@dataclass(frozen=True)
class VehicleConfig:
    """Geometry and mass stand in the URDF."""

    urdf: str = param(
        "", "URDF or xacro file of the rover, relative to this file; none: the bundled rover"
    )
    track_limit_mps: float = param(
        TRACK_LIMIT_MPS, "greatest track speed that the mobility board takes", unit="m/s",
        low=0.01, high=TRACK_LIMIT_MPS, source="interface control document, MOB DRIVE",
    )  # fmt: skip

    def beside(self, file: Path) -> VehicleConfig:
        """With the path of the URDF, given in `file`, made absolute.

        Raises
        ------
        UserError
            There is no such file.
        """
        if not self.urdf:
            return self
        return dataclasses.replace(self, urdf=str(file_beside(file, "vehicle.urdf", self.urdf)))

    def vehicle(self) -> Vehicle:
        """The rover itself.

        Raises
        ------
        UserError
            The URDF cannot be read, lacks a link or joint, or steers further than the board or
            less than the kinematics can do with.
        """
        made = read_vehicle(Path(self.urdf) if self.urdf else default_path())
        if not math.pi / 2 <= made.steer_limit_rad <= STEER_LIMIT_RAD:
            raise UserError(
                f"{made.source}: the steering joints turn by {made.steer_limit_rad:g} rad to both"
                f" sides; it must be {math.pi / 2:.3f}, for every curve, to {STEER_LIMIT_RAD:g},"
                " which the mobility board takes"
            )
        return dataclasses.replace(made, track_limit_mps=self.track_limit_mps)


def nodes_beside(file: Path, nodes: dict[str, Any]) -> dict[str, Any]:
    """`nodes` of `file` with the path of health's fault table, where it is given, made absolute.

    Raises
    ------
    UserError
        There is no such table.
    """
    health = nodes.get("health")
    name = health.get("faults_file") if isinstance(health, dict) else None
    if not isinstance(health, dict) or not isinstance(name, str):
        return nodes  # another kind of value is told by who reads it
    path = file_beside(file, "nodes.health.faults_file", name)
    return {**nodes, "health": {**health, "faults_file": str(path)}}
