"""The simulated boards: one class per board of the ICD, over the plants of `simulator.plants`."""

from __future__ import annotations

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
) -> dict[str, Board]:
    """Every board by name, each over its plant; LGC only where there is a guidance plant."""
    boards: dict[str, Board] = {
        "MOB": MobilityBoard(mob),
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
