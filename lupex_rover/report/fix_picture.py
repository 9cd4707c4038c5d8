"""A picture of one fix: seen, expected, where patches were found, what is left."""

from __future__ import annotations

import cv2
import numpy as np

from lupex_rover.core.camera import Camera
from lupex_rover.core.transforms import Pose
from lupex_rover.landing.camera_pose import Prior, project
from lupex_rover.landing.matcher_params import MatcherParams
from lupex_rover.landing.matching.image_pyramid import Frame, lay, sheet_over, widest
from lupex_rover.landing.matching.lighting import LightedMap
from lupex_rover.landing.matching.map_sheet import Sheet, on_sheet
from lupex_rover.landing.matching.patch_fit import (
    VERIFY_RADIUS_PX,
    Patches,
    match,
    patch_step,
    seen,
)

PANEL_PX = 480
ARROWS = 8.0  # times their length
GREEN, RED, WHITE = (80, 220, 80), (60, 60, 240), (235, 235, 235)


def fix_picture(
    image: np.ndarray, camera: Camera, prior: Prior, lighted: LightedMap, pose: Pose, title: str
) -> np.ndarray | None:
    """(PANEL_PX + 24, 4 * PANEL_PX, 3) BGR, north up; None where the view misses the ground.

    From left to right: the image laid on the map from `pose`; the map under the Sun; the image
    with the offset of each patch, eight times its length, green within 1.5 cells; the difference.
    `lighted` has its Sun set.
    """
    frame, p = Frame.of(image, camera, prior), MatcherParams()
    view = seen(camera, lighted, pose)
    if view is None:
        return None
    ground, span = view
    step = max(0.5 * lighted.cell_m, widest(span) / PANEL_PX)
    sheet = sheet_over(span, step)
    lit = lighted.whole(lighted.level_for(step))
    gsd = (float(pose.position_m[2]) - ground) / camera.fx
    laid = lay(frame, pose, sheet, on_sheet(lit.heights, lit, sheet), gsd)
    expected = on_sheet(lit.brightness, lit, sheet)
    a, b = _grey(laid), _grey(np.where(np.isfinite(laid), expected, np.nan))
    arrows = cv2.cvtColor(a, cv2.COLOR_GRAY2BGR)
    step_m = patch_step(span, lighted.cell_m, p)
    patches = match(frame, lighted, p, pose, step_m, VERIFY_RADIUS_PX)
    if patches is not None:
        _draw(arrows, patches, frame, pose, sheet)
    left = np.clip(128.0 + 0.5 * (a.astype(float) - b), 0, 255).astype(np.uint8)
    panels = [_panel(x) for x in (a, b, arrows, left)]
    band = np.zeros((24, 4 * PANEL_PX, 3), np.uint8)
    names = f"{title}: image laid on the map | map under the Sun | patches | difference"
    cv2.putText(band, names, (6, 17), cv2.FONT_HERSHEY_SIMPLEX, 0.5, WHITE, 1, cv2.LINE_AA)
    return np.vstack([band, np.hstack(panels)])


def _grey(values: np.ndarray) -> np.ndarray:
    """8 bits, drawn in dark parts by a gamma of 0.6; 0 where unknown."""
    known = np.isfinite(values)
    if not known.any():
        return np.zeros(values.shape, np.uint8)
    low, high = np.percentile(values[known], [1.0, 99.5])
    part = np.clip((np.nan_to_num(values) - low) / max(high - low, 1e-9), 0.0, 1.0)
    return np.where(known, 255.0 * part**0.6, 0.0).astype(np.uint8)


def _draw(canvas: np.ndarray, patches: Patches, frame: Frame, pose: Pose, sheet: Sheet) -> None:
    residual = (patches.pixels - project(frame.camera, pose, patches.points_m)) * patches.gsd_m
    agree = np.hypot(*residual.T) < MatcherParams().inlier_px * patches.step_m
    right, down = pose.matrix[:2, 0], pose.matrix[:2, 1]
    for point, (u, v), good in zip(patches.points_m, residual, agree):
        at = (point[:2] - [sheet.x0, sheet.y0]) / sheet.step_m
        tip = at + ARROWS * (u * right + v * down) / sheet.step_m
        ends = [tuple(int(round(x)) for x in end) for end in (at, tip)]
        color = GREEN if good else RED
        cv2.circle(canvas, ends[0], 2, color, -1)
        cv2.line(canvas, ends[0], ends[1], color, 1, cv2.LINE_AA)


def _panel(sheet: np.ndarray) -> np.ndarray:
    """Rows turned so that north is up, scaled into the panel."""
    color = sheet if sheet.ndim == 3 else cv2.cvtColor(sheet, cv2.COLOR_GRAY2BGR)
    color = color[::-1]
    scale = PANEL_PX / max(color.shape[:2])
    small = cv2.resize(color, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    out = np.zeros((PANEL_PX, PANEL_PX, 3), np.uint8)
    out[: small.shape[0], : small.shape[1]] = small[:PANEL_PX, :PANEL_PX]
    return out
