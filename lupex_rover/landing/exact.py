"""The last step: the pose at which the whole view fits, and how well it is known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lupex_rover.core.transforms import Pose
from lupex_rover.landing.align import Ground, Held, align
from lupex_rover.landing.correlate import band
from lupex_rover.landing.expectation import on_sheet
from lupex_rover.landing.frame import Frame, lay, sheet_over, widest
from lupex_rover.landing.lighting import FINER, LightedMap
from lupex_rover.landing.matcher_params import MatcherParams
from lupex_rover.landing.pose import from_prior, moved, prior_information
from lupex_rover.landing.refine import patch_step, seen

FINER_BELOW = 0.7  # map cells: a sheet of a finer step is lit between the cells of the map
FINE_CELL = 0.7  # smoothing of the image, cells of the lit map
# what is coarser says little about the place and is most wrong in the map
WIDE_CELL, FINER_WIDE_CELL = 2.0, 1.4
BLOCK = 20  # sheet cells over which errors are shared
LAST = (2, 2, 1, 1)  # every so-manieth cell, round by round
FIRST_WIDE = 0.8  # of a patch's cell: patches are right to a part of it
FIRST = (2, 2)
FIRST_TRUST, MIDDLE_TRUST = 0.1, 0.3  # in what early rounds tell: they may be caught by noise


@dataclass(frozen=True)
class Exact:
    """`covariance` (6, 6): position m, rotation vector rad in `map`; `correlation` of the fit."""

    pose: Pose
    covariance: np.ndarray
    correlation: float


def exact(frame: Frame, lighted: LightedMap, p: MatcherParams, start: Pose) -> Exact | None:
    """The pose near `start` (wrong by less than a map cell); None when too little is lit."""
    view = seen(frame.camera, lighted, start)
    if view is None:
        return None
    ground, span = view
    step = max(p.finest_cell * lighted.cell_m, widest(span) / p.fine_px)
    sheet = sheet_over(span, step)
    finer = step < FINER_BELOW * lighted.cell_m
    lit = lighted.window(span, FINER if finer else lighted.level_for(step / 1.3))
    heights = on_sheet(lit.heights, lit, sheet)
    gsd = (float(start.position_m[2]) - ground) / frame.camera.fx
    laid = lay(frame, start, sheet, heights, gsd)
    expected = on_sheet(lit.brightness, lit, sheet)
    both = np.isfinite(laid) & np.isfinite(expected)
    laid[~both] = expected[~both] = np.nan
    cell = max(lit.cell_m / step, 1.0)
    floor = p.shared_floor_cell * lighted.cell_m, p.shared_misfit_cell * lit.cell_m
    keep = prior_information(frame.prior)
    held = Held(keep, -from_prior(start, frame.prior), floor)
    sheeted = Ground(heights, np.array([sheet.x0, sheet.y0]), step, start.position_m)
    last = (FINER_WIDE_CELL if finer else WIDE_CELL) * cell
    first = max(FIRST_WIDE * patch_step(span, lighted.cell_m, p) / step, last)
    change, found = np.zeros(6), None
    middle = [(2.0 * last, FIRST, MIDDLE_TRUST)] if finer else []
    for wide_px, strides, trust in [(first, FIRST, FIRST_TRUST), *middle, (last, LAST, 1.0)]:
        fine_px = FINE_CELL * cell * wide_px / last
        image, lit_map = band(laid, fine_px, wide_px), band(expected, 0.0, wide_px)
        found = align(image, lit_map, sheeted, held, change, BLOCK, strides, trust)
        if found is None:
            return None
        change = found.change
    assert found is not None
    covariance = p.covariance_scale * np.linalg.inv(found.information + keep)
    return Exact(moved(start, change), covariance, found.correlation)
