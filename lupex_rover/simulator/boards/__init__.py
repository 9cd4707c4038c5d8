"""The simulated boards: one class per board of the ICD, over the plants of `simulator.plants`."""

from __future__ import annotations

from lupex_rover.core.constants import TRACK_LIMIT_MPS
from lupex_rover.simulator import plants
from lupex_rover.simulator.boards.added import DeviceContext, make_added
from lupex_rover.simulator.boards.base import Board
from lupex_rover.simulator.boards.devices import (
    DrillBoard,
    GuidanceBoard,
    InertialBoard,
    LanderBoard,
    MobilityBoard,
    PayloadBoard,
    PowerBoard,
    StarBoard,
)

__all__ = ["Board", "DeviceContext", "make_added", "make_boards"]


def make_boards(
    mob: plants.MobilityPlant,
    imu: plants.InertialPlant,
    star: plants.StarPlant,
    eps: plants.PowerPlant,
    drill: plants.DrillPlant,
    payload: plants.PayloadPlant,
    lander: plants.LanderPlant,
    guidance: plants.GuidancePlant | None = None,
    track_limit_mps: float = TRACK_LIMIT_MPS,
) -> dict[str, Board]:
    """Every board by name, each over its plant; LGC only where there is a guidance plant.

    MOB refuses track speeds above `track_limit_mps`.
    """
    boards: dict[str, Board] = {
        "MOB": MobilityBoard(mob, track_limit_mps),
        "IMU": InertialBoard(imu),
        "STR": StarBoard(star),
        "EPS": PowerBoard(eps),
        "DRL": DrillBoard(drill),
        "SCI": PayloadBoard(payload),
        "LND": LanderBoard(lander),
    }
    if guidance is not None:
        boards["LGC"] = GuidanceBoard(guidance)
    return boards
