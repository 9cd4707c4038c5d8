"""The first step: the whole image over the window of the prior, at a few heights."""

from __future__ import annotations

import math

import numpy as np

from lupex_rover.core.transforms import Pose
from lupex_rover.landing.matcher_params import MatcherParams
from lupex_rover.landing.matching.correlate import band, peaks, window_scores
from lupex_rover.landing.matching.image_pyramid import Frame, footprint, lay, sheet_over, widest
from lupex_rover.landing.matching.lighting import LightedMap, Span
from lupex_rover.landing.matching.map_sheet import on_sheet
from lupex_rover.landing.matching.patch_fit import FINE_PX, WIDE_PX

APART_PX = 3
HEIGHT_SIGMA = 2.0  # of the prior's height that are tried
MOST_PART = 0.25  # of the height, up and down: more takes too long, and is nobody's prior
SLACK_PX = 1.5  # a wrong scale may move the view's border by this


def coarse(
    frame: Frame, lighted: LightedMap, p: MatcherParams, ground_m: float, span: Span
) -> tuple[list[Pose], float]:
    """Poses at the best peaks, best first, and how far off on the ground they may be, m."""
    prior = frame.prior
    wide = widest(span)
    height = float(prior.pose.position_m[2]) - ground_m
    part = float(prior.position_sigma_m[2]) / height  # of the height that is unknown
    step = max(lighted.cell_m, wide / p.coarse_px)
    tried = min(HEIGHT_SIGMA * part, MOST_PART)
    heights = _heights(tried, wide / step)
    unsure = min(tried / max(len(heights) - 1, 1) * 2.0, 2.5 * part)
    off_m = 1.2 * step + 0.4 * wide * (unsure + 2.5 * prior.attitude_sigma_rad)
    sigma = math.hypot(float(prior.position_sigma_m[:2].max()), height * prior.attitude_sigma_rad)
    x0, y0, x1, y1 = lighted.extent
    reach = min(p.window_sigma * sigma, max(x1 - x0, y1 - y0))  # further off is no map
    window = math.ceil(reach / step)
    if window <= 4:
        return [prior.pose], reach + off_m
    lit = lighted.whole(lighted.level_for(step))
    found: list[tuple[float, Pose]] = []
    for rise in heights:
        pose = Pose(prior.pose.position_m + [0.0, 0.0, rise * height], prior.pose.orientation_xyzw)
        view = footprint(frame.camera, pose, ground_m)
        if view is None:
            continue
        sheet = sheet_over(view, step)
        flat = np.full((sheet.rows, sheet.cols), ground_m, np.float32)
        laid = lay(frame, pose, sheet, flat, height / frame.camera.fx)
        expected = band(on_sheet(lit.brightness, lit, sheet.grown(window)), 0.0, WIDE_PX, even=True)
        scores = window_scores(band(laid, FINE_PX, WIDE_PX, even=True), np.isfinite(laid), expected)
        for r, c, score in peaks(scores, p.tries, APART_PX):
            shift = np.array([c - window, r - window, 0.0]) * step
            found.append((score, Pose(pose.position_m + shift, pose.orientation_xyzw)))
    return _best(found, p.tries, 2.0 * APART_PX * step), off_m


def _heights(reach: float, wide_px: float) -> np.ndarray:
    """Parts of the height to try, so that the true one lies within `SLACK_PX` of one."""
    steps = math.ceil(max(reach * 0.5 * wide_px / SLACK_PX - 1.0, 0.0))
    return np.linspace(-reach, reach, 2 * steps + 1) if steps else np.zeros(1)


def _best(found: list[tuple[float, Pose]], count: int, apart_m: float) -> list[Pose]:
    """The highest, each place once."""
    best: list[Pose] = []
    for _, pose in sorted(found, key=lambda f: -f[0]):
        away = [np.hypot(*(pose.position_m - b.position_m)[:2]) > apart_m for b in best]
        if all(away):
            best.append(pose)
        if len(best) == count:
            break
    return best
