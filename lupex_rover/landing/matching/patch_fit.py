"""From a rough pose to a good one by patches, and how many of them confirm a pose."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from lupex_rover.core.transforms import Pose
from lupex_rover.landing.camera_pose import Camera, log_chance, project, solve
from lupex_rover.landing.matcher_params import MatcherParams
from lupex_rover.landing.matching.correlate import band, match_patches
from lupex_rover.landing.matching.image_pyramid import Frame, footprint, lay, sheet_over, widest
from lupex_rover.landing.matching.lighting import LightedMap, LitMap, Span
from lupex_rover.landing.matching.map_sheet import on_sheet
from lupex_rover.terrain.dem import bilinear_at

FINE_PX = 0.7  # map cells are means and their slopes span two cells; the image is blurred alike
WIDE_PX = 4.0
View = tuple[float, Span]  # height of the ground in the middle, m; what the view covers
MAX_RADIUS_PX = 8
VERIFY_RADIUS_PX = 5
LEAST_PATCH_PX = 9
SAME_STEP = 1.1
SHARED = 0.25  # patches overlap by half each way and are not independent


@dataclass(frozen=True)
class Patches:
    """Where patches of the image lie on the map; n patches with a clear best place."""

    points_m: np.ndarray  # (n, 3)
    pixels: np.ndarray  # (n, 2)
    score: np.ndarray  # (n,)
    tried: int  # patches with texture, also those without a clear best place
    step_m: float
    gsd_m: float


@dataclass(frozen=True)
class RoughFit:
    """A pose after its first round of patches at `step_m`, and by what chance they agree so."""

    pose: Pose
    step_m: float
    log_chance: float


@dataclass(frozen=True)
class Support:
    """What speaks for a pose: patches that agree, of how many, how well, by what chance."""

    inliers: int
    tried: int
    score: float
    log_nfa: float
    drift_px: float  # middle of the offsets of those that agree, sheet cells


def patch_step(span: Span, cell_m: float, p: MatcherParams) -> float:
    """Cell of the sheet on which patches are compared, m."""
    return max(p.finest_cell * cell_m, widest(span) / p.patch_sheet_px)


def begin(
    frame: Frame, lighted: LightedMap, p: MatcherParams, start: Pose, off_m: float
) -> RoughFit | None:
    """The first round of patches round `start` (wrong by up to `off_m` on the ground).

    None without texture.
    """
    view = seen(frame.camera, lighted, start)
    if view is None:
        return None
    step = patch_step(view[1], lighted.cell_m, p)
    while off_m / step > MAX_RADIUS_PX - 1:
        step *= 2.0
    found = _round(frame, lighted, p, start, step, off_m, view)
    if found is None:
        return None
    pose, patches = found
    off_px = np.hypot(*_residual_px(frame.camera, pose, patches).T)
    agree = int((off_px < p.inlier_px).sum())
    radius = _radius(off_m, step)
    return RoughFit(pose, step, _log_chance(agree, patches.tried, radius, 1.0, p))


def finish(
    frame: Frame, lighted: LightedMap, p: MatcherParams, begun: RoughFit, more: int = 0
) -> Iterator[Pose]:
    """The pose from patches at finer and finer steps, then after each of `more` rounds at the
    finest; none without texture."""
    pose = begun.pose
    view = seen(frame.camera, lighted, pose)
    if view is None:
        return
    finest = patch_step(view[1], lighted.cell_m, p)
    step = begun.step_m
    while step > SAME_STEP * finest:
        off_m = 2.0 * step
        step = max(0.5 * step, finest)
        found = _round(frame, lighted, p, pose, step, off_m, view)
        if found is None:
            return
        pose, view = found[0], None
    yield pose
    for _ in range(more):
        found = _round(frame, lighted, p, pose, step, 2.0 * step, view)
        if found is None:
            return
        pose, view = found[0], None
        yield pose


def _round(
    frame: Frame, lighted: LightedMap, p: MatcherParams, pose: Pose, step: float, off_m: float,
    view: View | None,
) -> tuple[Pose, Patches] | None:  # fmt: skip
    """`view`: of `pose` by `seen`, where it is known already."""
    radius = _radius(off_m, step)
    view = view or seen(frame.camera, lighted, pose)
    patches = None if view is None else match(frame, lighted, p, pose, view, step, radius)
    if patches is None or len(patches.pixels) < p.min_inliers // 2:
        return None
    return _solve(frame, p, lighted.cell_m, pose, patches, 0.5 * radius), patches


def support(
    frame: Frame, lighted: LightedMap, p: MatcherParams, pose: Pose, log_tests: float
) -> Support:
    """Search every patch anew around `pose` and count those that find themselves in place.

    `log_tests` : log10 of how many places were tried before this one is believed.
    """
    view = seen(frame.camera, lighted, pose)
    patches = None
    if view is not None:
        step = patch_step(view[1], lighted.cell_m, p)
        patches = match(frame, lighted, p, pose, view, step, VERIFY_RADIUS_PX)
    if patches is None:
        return Support(0, 0, 0.0, 0.0, math.inf)
    residual = _residual_px(frame.camera, pose, patches)
    agree = np.hypot(*residual.T) < p.inlier_px
    inliers = int(agree.sum())
    log_nfa = log_tests + _log_chance(inliers, patches.tried, VERIFY_RADIUS_PX, 2.0, p)
    score = float(np.median(patches.score[agree])) if inliers else 0.0
    middle = float(np.hypot(*np.median(residual[agree], axis=0))) if inliers else math.inf
    return Support(inliers, patches.tried, score, log_nfa, middle)


def _radius(off_m: float, step: float) -> int:
    """How far patches are searched when the pose is wrong by up to `off_m` on the ground."""
    return min(MAX_RADIUS_PX, math.ceil(off_m / step) + 1)


def _residual_px(camera: Camera, pose: Pose, patches: Patches) -> np.ndarray:
    """(n, 2) how far each patch lies from where `pose` puts it, sheet cells."""
    residual = project(camera, pose, patches.points_m) - patches.pixels
    return residual * (patches.gsd_m / patches.step_m)


def _log_chance(agree: int, tried: int, radius: int, spent: float, p: MatcherParams) -> float:
    """log10 of the chance of so many; `spent` : patches that the free parameters explain."""
    chance = math.pi * p.inlier_px**2 / (2 * radius + 1) ** 2
    return log_chance(agree * SHARED - spent, tried * SHARED - spent, chance)


def match(
    frame: Frame, lighted: LightedMap, p: MatcherParams, pose: Pose, view: View, step: float,
    radius: int,
) -> Patches | None:  # fmt: skip
    """Search patches of the image, laid on the map from `pose`, within `radius` px of `step`."""
    ground, span = view
    sheet = sheet_over(span, step)
    if max(sheet.rows, sheet.cols) > 4 * p.patch_sheet_px:
        return None
    lit = lighted.window(sheet.grown(radius).span, lighted.level_for(step))
    gsd = (float(pose.position_m[2]) - ground) / frame.camera.fx
    heights = on_sheet(lit.heights, lit, sheet)
    laid = lay(frame, pose, sheet, heights, gsd)
    expected = band(on_sheet(lit.brightness, lit, sheet.grown(radius)), 0.0, WIDE_PX, even=True)
    image = band(laid, FINE_PX, WIDE_PX, even=True)
    size = _patch_size(min(sheet.rows, sheet.cols), p)
    found = match_patches(image, np.isfinite(laid), expected, size, size // 2, radius)
    if len(found) == 0:
        return None
    sharp = found[np.isfinite(found[:, 2]) & (found[:, 4] > p.min_patch_score)]
    at = sharp[:, :2]
    here = heights[at[:, 0].astype(int), at[:, 1].astype(int)]
    corner = np.array([sheet.x0, sheet.y0])
    laid_at = np.column_stack((corner + at[:, ::-1] * step, here))
    there = corner + (at + sharp[:, 2:4])[:, ::-1] * step
    z = _heights_at(lit, there)
    good = np.isfinite(z) & np.isfinite(here)
    pixels = project(frame.camera, pose, laid_at)
    points = np.column_stack((there, z))
    return Patches(points[good], pixels[good], sharp[good, 4], len(found), step, gsd)


def _patch_size(sheet_px: int, p: MatcherParams) -> int:
    return min(max(sheet_px // 5, LEAST_PATCH_PX), p.patch_px) // 2 * 2 + 1


def _solve(
    frame: Frame, p: MatcherParams, cell_m: float, pose: Pose, patches: Patches, start_px: float
) -> Pose:
    to_px = patches.step_m / patches.gsd_m
    sigma = max(p.point_sigma_cell * cell_m / patches.gsd_m, 0.25 * to_px)
    return solve(
        frame.camera, pose, frame.prior, patches.points_m, patches.pixels, sigma, start_px * to_px
    )


def seen(camera: Camera, lighted: LightedMap, pose: Pose) -> View | None:
    """Height of the ground in the view's middle and the view's span; None off the ground."""
    ground = ground_seen(lighted, pose)
    span = None if ground is None else footprint(camera, pose, ground)
    return None if ground is None or span is None else (ground, span)


def ground_seen(lighted: LightedMap, pose: Pose) -> float | None:
    """Height of the ground in the middle of the view, beyond the map that of its border.

    None when the camera does not look down on it.
    """
    ray = pose.matrix[:, 2]
    if ray[2] > -0.2:
        return None
    heights, x0, y0, cell = lighted.heights()
    reach, z = 0.0, 0.0
    for _ in range(5):
        x, y = pose.position_m[:2] + reach * ray[:2]
        z = float(bilinear_at(heights, (x - x0) / cell, (y - y0) / cell))
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
