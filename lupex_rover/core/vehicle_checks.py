"""Where a vehicle's URDF and what other files say of it must agree; what does not is named."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lupex_rover.core.errors import UserError
from lupex_rover.core.vehicle import ArrayPanel, Vehicle

STRINGS = ("left", "right", "tower")  # of the EPS, in the order of its telemetry
AREA_SHARE = 0.01  # areas that differ by less are the same
FACING = {"left": np.array([0.0, 1.0, 0.0]), "right": np.array([0.0, -1.0, 0.0])}
ALONG_M = 1e-3  # a stereo pair's cameras stand level to within this


def check_arrays(vehicle: Vehicle, areas_m2: Sequence[float], where: str) -> None:
    """The panels of the URDF are those that power is reckoned with.

    Parameters
    ----------
    areas_m2 : Sequence[float]
        Of the strings left, right and tower.
    where : str
        File and key that say the areas, for the error.

    Raises
    ------
    UserError
        A panel is missing, unknown, faces elsewhere, or has another area.
    """
    for panel in vehicle.arrays:
        if panel.string not in STRINGS:
            raise UserError(
                f"{vehicle.source}: link {panel.name!r}: the EPS has no such string; known:"
                f" {', '.join('array_' + s for s in STRINGS)}"
            )
        if not _faces_right(panel):
            raise UserError(
                f"{vehicle.source}: link {panel.name!r}: left and right panels are fixed and face"
                " sideways, the tower's turns about the upright axis; the EPS knows no others"
            )
    for string, told_m2 in zip(STRINGS, areas_m2):
        built_m2 = sum(panel.area_m2 for panel in vehicle.arrays if panel.string == string)
        if abs(built_m2 - told_m2) > AREA_SHARE * max(built_m2, told_m2):
            raise UserError(
                f"{where}: {told_m2:g} m2 for the {string} panel; array_{string} of"
                f" {vehicle.source} has {built_m2:g} m2"
            )


def _faces_right(panel: ArrayPanel) -> bool:
    if panel.string == "tower":
        return panel.turns and abs(float(panel.normal[2])) < 0.01
    return not panel.turns and float(panel.normal @ FACING[panel.string]) > 0.999


def stereo_baseline_m(vehicle: Vehicle) -> float:
    """Distance of the two eyes, m.

    Raises
    ------
    UserError
        An eye is missing, or the right one is not beside the left one and parallel to it.
    """
    left, right = (vehicle.base_T_frame(f"stereo_{side}_optical") for side in ("left", "right"))
    beside = left.inverse() * right
    x, y, z = beside.position_m
    if x <= 0.0 or max(abs(y), abs(z)) > ALONG_M or not np.allclose(
        beside.matrix, np.eye(3), atol=1e-6
    ):  # fmt: skip
        raise UserError(
            f"{vehicle.source}: link 'stereo_right_optical' must be parallel to"
            " 'stereo_left_optical' and stand on its x axis"
        )
    return float(np.linalg.norm(left.position_m - right.position_m))
