"""One image with its camera and prior, and the piece of ground it should show."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from lupex_rover.core.camera import Camera
from lupex_rover.core.transforms import Pose
from lupex_rover.landing.camera_pose import Prior
from lupex_rover.landing.matching.lighting import Span
from lupex_rover.landing.matching.map_sheet import Sheet, lay_image

MAX_LEVELS = 6
SLACK = 1e-6  # cells that a span may be longer than its sheet


@dataclass(frozen=True)
class Frame:
    """`levels`: the image as float32 and halved again and again."""

    levels: list[np.ndarray]
    camera: Camera
    prior: Prior

    @classmethod
    def of(cls, image: np.ndarray, camera: Camera, prior: Prior) -> Frame:
        levels: list[np.ndarray] = [np.ascontiguousarray(image, np.float32)]
        while len(levels) < MAX_LEVELS and min(levels[-1].shape) >= 32:
            h, w = levels[-1].shape
            levels.append(
                cv2.resize(
                    levels[-1][: h // 2 * 2, : w // 2 * 2],
                    (w // 2, h // 2),
                    interpolation=cv2.INTER_AREA,
                )
            )
        return cls(levels, camera, prior)

    def lit_part(self) -> float:
        """Part of the picture that is clearly brighter than its darkest."""
        small = self.levels[min(3, len(self.levels) - 1)]
        dark, top = np.percentile(small, [0.5, 99.5])
        if top - dark < 4.0:
            return 0.0
        return float((small > dark + 0.1 * (top - dark)).mean())


def widest(span: Span) -> float:
    """The longer side, m."""
    return max(span[2] - span[0], span[3] - span[1])


def footprint(camera: Camera, pose: Pose, ground_m: float) -> Span | None:
    """x_min, y_min, x_max, y_max of what the camera sees of the plane z = ground_m.

    Rays that go further than three heights sideways are cut there; None when the image's middle
    misses the ground.
    """
    height = float(pose.position_m[2]) - ground_m
    w, h = camera.width - 1, camera.height - 1
    u = np.array([0.5, 0, 0.5, 1, 1, 1, 0.5, 0, 0]) * w
    v = np.array([0.5, 0, 0, 0, 0.5, 1, 1, 1, 0.5]) * h
    rays = np.column_stack(((u - camera.cx) / camera.fx, (v - camera.cy) / camera.fy, np.ones(9)))
    rays = rays @ pose.matrix.T
    if height <= 0.0 or rays[0, 2] > -0.2:
        return None
    side = np.hypot(rays[:, 0], rays[:, 1])
    down = np.maximum(-rays[:, 2], side / 3.0)
    reach = rays[:, :2] / down[:, None] * height
    low, high = reach.min(axis=0), reach.max(axis=0)
    x, y, _ = pose.position_m
    return float(x + low[0]), float(y + low[1]), float(x + high[0]), float(y + high[1])


def sheet_over(span: Span, step_m: float) -> Sheet:
    """A sheet that covers `span`; a step that divides it gives the same cells to the last digit."""
    cols = max(2, math.ceil((span[2] - span[0]) / step_m - SLACK) + 1)
    rows = max(2, math.ceil((span[3] - span[1]) / step_m - SLACK) + 1)
    return Sheet(span[0], span[1], step_m, rows, cols)


def lay(frame: Frame, pose: Pose, sheet: Sheet, heights: np.ndarray, gsd_m: float) -> np.ndarray:
    """The image on `sheet` as seen from `pose`, averaged to the sheet's step; NaN outside."""
    level = round(math.log2(max(sheet.step_m / gsd_m, 1.0)))
    level = min(level, len(frame.levels) - 1)
    return lay_image(
        frame.levels[level], level, frame.camera.intrinsics,
        np.ascontiguousarray(pose.matrix.T), pose.position_m, heights,
        sheet.x0, sheet.y0, sheet.step_m,
    )  # fmt: skip
