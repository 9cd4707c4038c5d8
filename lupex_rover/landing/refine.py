"""From a rough pose to the exact one: patches at finer and finer steps, and how many agree."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from lupex_rover.core.transforms import Pose
from lupex_rover.landing.correlate import contrast, match_patches
from lupex_rover.landing.expectation import LitMap, on_sheet
from lupex_rover.landing.frame import Frame, footprint, heights_on, lay, map_for, sheet_over
from lupex_rover.landing.matcher_params import MatcherParams
from lupex_rover.landing.pose import Solution, log_chance, project, solve
from lupex_rover.terrain.dem import bilinear_at

CONTRAST_PX = 7.0  # neighbourhood of the local contrast
BLUR_PX = 0.7  # map cells are means and their slopes span two cells; the image is blurred alike
MAX_RADIUS_PX = 7
VERIFY_RADIUS_PX = 5


@dataclass(frozen=True)
class Patches:
    """Where patches of the image lie on the map; n patches with a clear best place."""

    points_m: np.ndarray  # (n, 3)
    pixels: np.ndarray  # (n, 2)
    offset_px: np.ndarray  # (n, 2) on the sheet
    score: np.ndarray  # (n,)
    tried: int  # patches with texture, also those without a clear best place
    step_m: float
    gsd_m: float


@dataclass(frozen=True)
class Refined:
    """A pose and what speaks for it."""

    solution: Solution
    inliers: int
    tried: int
    score: float
    log_nfa: float


def refine(
    frame: Frame,
    maps: list[LitMap],
    params: MatcherParams,
    start: Pose,
    off_m: float,
    log_tests: float,
) -> Refined | None:
    """The pose near `start` (wrong by up to `off_m` on the ground); None without texture.

    `log_tests` : log10 of how many places are tried before one is believed.
    """
    pose, ground = start, ground_seen(maps, start)
    if ground is None:
        return None
    span = footprint(frame.camera, pose, ground)
    if span is None:
        return None
    finest = _finest(span, maps[0].cell_m, params)
    step = finest
    while off_m / step > MAX_RADIUS_PX - 1:
        step *= 2.0
    while True:
        radius = min(MAX_RADIUS_PX, math.ceil(off_m / step) + 1)
        patches = match(frame, maps, params, pose, step, radius)
        if patches is None or len(patches.pixels) < params.min_inliers // 2:
            return None
        pose = _solve(frame, params, maps[0].cell_m, pose, patches, 0.5 * radius).pose
        off_m = 2.0 * step
        if step <= finest:
            break
        step = max(0.5 * step, finest)
    return _verify(frame, maps, params, pose, finest, log_tests)


def _finest(span: tuple[float, float, float, float], cell_m: float, p: MatcherParams) -> float:
    widest = max(span[2] - span[0], span[3] - span[1])
    return max(p.finest_cell * cell_m, widest / p.fine_px)


def _verify(
    frame: Frame, maps: list[LitMap], p: MatcherParams, pose: Pose, step: float, log_tests: float
) -> Refined | None:
    """Search every patch anew around `pose` and count those that confirm it."""
    patches = match(frame, maps, p, pose, step, VERIFY_RADIUS_PX)
    if patches is None or len(patches.pixels) < p.min_inliers:
        return None
    solution = _solve(frame, p, maps[0].cell_m, pose, patches, 1.0)
    off_px = solution.residual_px * patches.gsd_m / patches.step_m
    agree = off_px < p.inlier_px
    chance = math.pi * p.inlier_px**2 / (2 * VERIFY_RADIUS_PX + 1) ** 2
    shared = min(1.0, (p.stride_px / p.patch_px) ** 2)  # overlapping patches are not independent
    inliers = int(agree.sum())
    log_nfa = log_tests + log_chance(inliers * shared - 2.0, patches.tried * shared - 2.0, chance)
    score = float(np.median(patches.score[agree])) if inliers else 0.0
    return Refined(solution, inliers, patches.tried, score, log_nfa)


def match(
    frame: Frame, maps: list[LitMap], p: MatcherParams, pose: Pose, step: float, radius: int
) -> Patches | None:
    """Search patches of the image, laid on the map from `pose`, within `radius` px of `step`."""
    ground = ground_seen(maps, pose)
    span = None if ground is None else footprint(frame.camera, pose, ground)
    if ground is None or span is None:
        return None
    sheet = sheet_over(span, step)
    if max(sheet.rows, sheet.cols) > 4 * p.fine_px:
        return None
    gsd = (float(pose.position_m[2]) - ground) / frame.camera.fx
    heights = heights_on(maps, sheet)
    laid = lay(frame, pose, sheet, heights, gsd)
    wide = sheet.grown(radius)
    lit = map_for(maps, step)
    expected = contrast(on_sheet(lit.brightness, lit, wide), CONTRAST_PX)
    image = contrast(laid, CONTRAST_PX, BLUR_PX)
    found = match_patches(image, np.isfinite(laid), expected, p.patch_px, p.stride_px, radius)
    if len(found) == 0:
        return None
    sharp = found[np.isfinite(found[:, 2]) & (found[:, 4] > p.min_patch_score)]
    at = sharp[:, :2]
    here = heights[at[:, 0].astype(int), at[:, 1].astype(int)]
    corner = np.array([sheet.x0, sheet.y0])
    seen = np.column_stack((corner + at[:, ::-1] * step, here))
    there = corner + (at + sharp[:, 2:4])[:, ::-1] * step
    z = _heights_at(maps[0], there)
    good = np.isfinite(z) & np.isfinite(here)
    pixels = project(frame.camera, pose, seen)
    points = np.column_stack((there, z))
    return Patches(
        points[good], pixels[good], sharp[good, 2:4], sharp[good, 4], len(found), step, gsd
    )


def _solve(
    frame: Frame, p: MatcherParams, cell_m: float, pose: Pose, patches: Patches, start_px: float
) -> Solution:
    to_px = patches.step_m / patches.gsd_m
    sigma = max(p.point_sigma_cell * cell_m / patches.gsd_m, 0.25 * to_px)
    return solve(
        frame.camera, pose, frame.prior, patches.points_m, patches.pixels, sigma, start_px * to_px
    )


def ground_seen(maps: list[LitMap], pose: Pose) -> float | None:
    """Height of the ground in the middle of the view, beyond the map that of its border.

    None when the camera does not look down on it.
    """
    ray = pose.matrix[:, 2]
    if ray[2] > -0.2:
        return None
    lit = maps[0]
    reach, z = 0.0, 0.0
    for _ in range(5):
        x, y = pose.position_m[:2] + reach * ray[:2]
        col, row = (x - lit.x0) / lit.cell_m, (y - lit.y0) / lit.cell_m
        z = float(bilinear_at(lit.heights, col, row))
        reach = (z - float(pose.position_m[2])) / ray[2]
    return z if z < pose.position_m[2] - 1.0 else None


def _heights_at(lit: LitMap, xy: np.ndarray) -> np.ndarray:
    """(n,) bilinear map heights at (n, 2), NaN outside."""
    rows, cols = lit.heights.shape
    c = (xy[:, 0] - lit.x0) / lit.cell_m
    r = (xy[:, 1] - lit.y0) / lit.cell_m
    inside = (c >= 0) & (r >= 0) & (c <= cols - 1) & (r <= rows - 1)
    i = np.clip(np.nan_to_num(r).astype(int), 0, rows - 2)
    j = np.clip(np.nan_to_num(c).astype(int), 0, cols - 2)
    u, v, h = r - i, c - j, lit.heights
    z = (1 - u) * ((1 - v) * h[i, j] + v * h[i, j + 1]) + u * (
        (1 - v) * h[i + 1, j] + v * h[i + 1, j + 1]
    )
    return np.where(inside, z, np.nan)
