"""Made-up ground, pictures and goals: what navigation compiles at first use, it compiles on them.

Otherwise the first drive on a new machine would begin with seconds of silence.
"""

from __future__ import annotations

import numpy as np

from lupex_rover import graph
from lupex_rover.core.camera import Camera
from lupex_rover.core.component import Inbox
from lupex_rover.core.transforms import Pose
from lupex_rover.core.types import CameraInfo, Grid, Image, Odometry
from lupex_rover.navigation.params import NavigatorParams
from lupex_rover.navigation.route import Route
from lupex_rover.terrain.dem import Dem

MAP_CELLS, MAP_CELL_M = 40, 5.0
STAMP_NS = 1
ROWS, FOCAL_PX, BASELINE_M, SHIFT_PX = 96, 200.0, 0.4, 24


def level_ground() -> Dem:
    """A flat map round the origin."""
    low = -0.5 * (MAP_CELLS - 1) * MAP_CELL_M
    return Dem(np.zeros((MAP_CELLS, MAP_CELLS)), low, low, MAP_CELL_M)


def stereo_pair(cols: int, height_m: float) -> Inbox:
    """Noise that both cameras see `SHIFT_PX` apart, taken from `height_m` over the origin."""
    wide = np.random.default_rng(1).integers(0, 255, (ROWS, cols + SHIFT_PX), np.uint8)
    camera = Camera(cols, ROWS, FOCAL_PX, FOCAL_PX, 0.5 * (cols - 1), 0.5 * (ROWS - 1))
    inbox = Inbox()
    for side, pixels, baseline_m in (
        ("left", wide[:, :cols], 0.0), ("right", wide[:, SHIFT_PX:], BASELINE_M)
    ):  # fmt: skip
        info = CameraInfo.of(camera, STAMP_NS, side, baseline_m)
        image = Image(STAMP_NS, side, np.ascontiguousarray(pixels))
        inbox.messages[f"stereo/{side}/image_raw"] = [image]
        inbox.messages[f"stereo/{side}/camera_info"] = [info]
    pose = Pose(np.array([0.0, 0.0, height_m]), np.array([0.0, 0.0, 0.0, 1.0]))
    still = Odometry(
        STAMP_NS, "map", "base_link", pose, np.zeros(3), np.zeros(3), np.eye(6) * 1e-4
    )  # fmt: skip
    inbox.messages[graph.LOCALIZATION_POSE] = [still]
    return inbox


def warm_up_route(params: NavigatorParams) -> bool:
    """Plan ten metres over level ground, look at them again; whether there was a way."""
    here, goal = np.zeros(2), np.array([10.0, 0.0])
    route = Route(params, level_ground(), here, goal, 0.5, [])
    route.paste(Grid(STAMP_NS, "map", 0.2, -5.0, -5.0, np.zeros((50, 50), np.int8)))
    return route.replan(here) and not route.blocked(here)
