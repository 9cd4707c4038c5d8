"""Key `vehicle` of a scenario and of `config/rover.yaml`: which rover, what its board allows."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from pathlib import Path

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
        path = (file.parent / self.urdf).resolve()
        if not path.is_file():
            raise UserError(f"{file}.vehicle.urdf: {self.urdf!r} is no file; it is taken from"
                            f" {file.parent.resolve()}")  # fmt: skip
        return dataclasses.replace(self, urdf=str(path))

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
