"""The last step: the pose at which the whole view fits, and how well it is known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lupex_rover.core.transforms import Pose
from lupex_rover.landing.align import Aligned, Ground, Held, align, of_shared_error
from lupex_rover.landing.correlate import bands
from lupex_rover.landing.expectation import on_sheet
from lupex_rover.landing.frame import Frame, lay, sheet_over, widest
from lupex_rover.landing.lighting import LightedMap, Span
from lupex_rover.landing.matcher_params import MatcherParams
from lupex_rover.landing.pose import from_prior, moved, prior_information
from lupex_rover.landing.refine import patch_step, seen

FINER_BELOW = 0.7  # map cells: a sheet of a finer step is lit between the cells of the map
FINE_CELL = 0.7  # smoothing of the image, cells of the lit map
# what is coarser says little about the place and is most wrong in the map
WIDE_CELL, FINER_WIDE_CELL = 2.0, 1.4
BLOCK = 14  # sheet cells over which errors are shared
LAST = (2, 2, 1, 1)  # every so-manieth cell, round by round
AGAIN_WIDER = 2.5  # the first band of a second try, where image and map did not come to agree
FIRST_WIDE = 0.8  # of a patch's cell: patches are right to a part of it
FIRST = (2, 2)
FIRST_TRUST, MIDDLE_TRUST = 0.1, 0.3  # in what early rounds tell: they may be caught by noise
FAR_WIDER = (4.0, 2.5, 1.5, 1.0)  # bands from a start that is many cells off, times the first


@dataclass(frozen=True)
class Exact:
    """`covariance` (6, 6): position m, rotation vector rad in `map`; `correlation` of the fit."""

    pose: Pose
    covariance: np.ndarray
    correlation: float


@dataclass(frozen=True)
class Laid:
    """Image and expectation on one sheet, NaN where either is unknown; widths in sheet cells."""

    image: np.ndarray
    expected: np.ndarray
    ground: Ground
    held: Held
    cell_px: float  # of the lit map
    first_px: float
    last_px: float
    finer: bool


def exact(frame: Frame, lighted: LightedMap, p: MatcherParams, start: Pose) -> Exact | None:
    """The pose near `start` (wrong by a map cell or so); None when too little is lit."""
    view = seen(frame.camera, lighted, start)
    if view is None:
        return None
    laid = _laid(frame, lighted, p, start, view)
    best: Aligned | None = None
    for wider in (1.0, AGAIN_WIDER):
        found = _through_the_bands(laid, wider * laid.first_px, p.min_correlation)
        if found is not None and (best is None or found.correlation > best.correlation):
            best = found
        if best is not None and best.correlation >= p.min_correlation:
            break
    if best is None:
        return None
    covariance = p.covariance_scale * np.linalg.inv(best.information + laid.held.keep)
    return Exact(moved(start, best.change), covariance, best.correlation)


def settle(
    frame: Frame, lighted: LightedMap, p: MatcherParams, start: Pose
) -> tuple[float, Pose] | None:
    """Near `start`, which may be wrong by some map cells, the pose that fits in ever finer bands.

    Patches of smooth ground look alike; the whole view does not. Returns the correlation in the
    last of these bands, and the pose, for `exact` to begin with; None when too little is lit.
    """
    view = seen(frame.camera, lighted, start)
    if view is None:
        return None
    laid = _laid(frame, lighted, p, start, view)
    ways = _down(laid, [(wider * laid.first_px, FIRST_TRUST) for wider in FAR_WIDER])
    return None if ways is None else (ways[-1].correlation, moved(start, ways[-1].change))


def _laid(
    frame: Frame, lighted: LightedMap, p: MatcherParams, start: Pose, view: tuple[float, Span]
) -> Laid:
    ground_m, span = view
    step = max(p.finest_cell * lighted.cell_m, widest(span) / p.fine_px)
    sheet = sheet_over(span, step)
    finer = step < FINER_BELOW * lighted.cell_m
    lit = lighted.finer(span) if finer else lighted.window(span, lighted.level_for(step / 1.3))
    heights = on_sheet(lit.heights, lit, sheet)
    gsd = (float(start.position_m[2]) - ground_m) / frame.camera.fx
    image = lay(frame, start, sheet, heights, gsd)
    expected = on_sheet(lit.brightness, lit, sheet)
    both = np.isfinite(image) & np.isfinite(expected)
    image[~both] = expected[~both] = np.nan
    cell = max(lit.cell_m / step, 1.0)
    last = (FINER_WIDE_CELL if finer else WIDE_CELL) * cell
    floor = p.shared_floor_cell * lighted.cell_m, p.shared_misfit_cell * lit.cell_m
    ground = Ground(heights, np.array([sheet.x0, sheet.y0]), step, start.position_m)
    held = Held(
        prior_information(frame.prior), -from_prior(start, frame.prior), floor,
        of_shared_error(ground),
    )  # fmt: skip
    first = max(FIRST_WIDE * patch_step(span, lighted.cell_m, p) / step, last)
    return Laid(image, expected, ground, held, cell, first, last, finer)


def _through_the_bands(laid: Laid, first_px: float, least: float) -> Aligned | None:
    """From the band of `first_px` to the last one.

    A map that is smoother than its cells promise shows nothing in the last band: where image and
    map correlate by less than `least`, the pose comes from the finest band in which they do.
    """
    wider = [(first_px, FIRST_TRUST)]
    if laid.finer:
        wider.append((2.0 * laid.last_px, MIDDLE_TRUST))
    ways = _down(laid, wider)
    if ways is None:
        return None
    last = _in_band(laid, laid.last_px, LAST, 1.0, ways[-1].change)
    if last is None or last.correlation >= least:
        return last
    for (wide_px, _), way in zip(reversed(wider), reversed(ways)):
        here = _in_band(laid, wide_px, LAST, 1.0, way.change)
        if here is not None and here.correlation >= least:
            return here
    return last


def _down(laid: Laid, bands_px: list[tuple[float, float]]) -> list[Aligned] | None:
    """What each band (width, trust) came to, begun where the one before it ended; None when too
    little is lit."""
    ways: list[Aligned] = []
    for wide_px, trust in bands_px:
        change = ways[-1].change if ways else np.zeros(6)
        here = _in_band(laid, wide_px, FIRST, trust, change)
        if here is None:
            return None
        ways.append(here)
    return ways


def _in_band(
    laid: Laid, wide_px: float, strides: tuple[int, ...], trust: float, change: np.ndarray
) -> Aligned | None:
    fine_px = FINE_CELL * laid.cell_px * wide_px / laid.last_px
    image, expected = bands(laid.image, laid.expected, fine_px, wide_px)
    return align(image, expected, laid.ground, laid.held, change, BLOCK, strides, trust)
