"""The last step: the pose at which the whole view fits, and how well it is known."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from lupex_rover.core.transforms import Pose
from lupex_rover.landing.camera_pose import difference, from_prior, moved, prior_information
from lupex_rover.landing.matcher_params import MatcherParams
from lupex_rover.landing.matching.correlate import bands
from lupex_rover.landing.matching.gauss_newton import (
    PARTS,
    Ground,
    PoseChange,
    PriorInformation,
    align,
    view_moves,
)
from lupex_rover.landing.matching.image_pyramid import Frame, lay, sheet_over, widest
from lupex_rover.landing.matching.lighting import LightedMap
from lupex_rover.landing.matching.map_sheet import on_sheet
from lupex_rover.landing.matching.patch_fit import patch_step, seen
from lupex_rover.landing.matching.slant_brightness import seen_from

FINER_BELOW = 0.7  # map cells: a sheet of a finer step is lit between the cells of the map
FINE_CELL = 0.7  # smoothing of the image, cells of the lit map
# what is coarser says little about the place and is most wrong in the map
WIDE_CELL, FINER_WIDE_CELL = 2.0, 1.4
BLOCK = 14  # sheet cells over which errors are shared
WIDTHS = (1.0, 2.5)  # the second where image and map did not come to agree with the first
FIRST_WIDE = 0.8  # of a patch's cell: patches are right to a part of it
FIRST_TRUST, MIDDLE_TRUST = 0.1, 0.3  # in what early rounds tell: they may be caught by noise
AS_GOOD = 0.01  # of correlation: a fit that is worse by this counts 1/e
NOT_AS_GOOD = math.exp(-3.0)  # this part of the best one's weight, and less, is none
ALIKE_PX = 2.0  # a map cell of so many pixels hides no ground that the picture shows
ELSEWHERE_SIGMA = (2.0, -2.0, 4.0, -4.0)
FAR_WIDER = (4.0, 2.5, 1.5, 1.0)  # bands from a start that is many cells off, times the first


@dataclass(frozen=True)
class Rounds:
    """Of steps: each over every `strides`th cell, then up to `more` as the last, until settled."""

    strides: tuple[int, ...]
    more: int


FIRST, NEARLY_LAST, LAST = Rounds((2, 2), 0), Rounds((2, 2), 2), Rounds((2, 1), 6)


@dataclass(frozen=True)
class FullViewFit:
    """`covariance` (6, 6): position m, rotation vector rad in `map`; `correlation` of the fit."""

    pose: Pose
    covariance: np.ndarray
    correlation: float


@dataclass(frozen=True)
class BandFit:
    """What came of one band, `wide_px` sheet cells wide."""

    aligned: PoseChange
    wide_px: float

    @property
    def change(self) -> np.ndarray:
        return self.aligned.change

    @property
    def correlation(self) -> float:
        return self.aligned.correlation


@dataclass(frozen=True)
class SheetPair:
    """Image and expectation on one sheet, NaN where either is unknown; widths in sheet cells.

    Attributes
    ----------
    sunward : ndarray, shape (6,)
        Change of pose that moves the camera by a map cell toward the Sun.
    hidden : float
        How far the picture shows ground that the map averages, 0 to 1.
    """

    image: np.ndarray
    expected: np.ndarray
    ground: Ground
    held: PriorInformation
    cell_px: float  # of the lit map
    first_px: float
    last_px: float
    finer: bool
    sunward: np.ndarray
    hidden: float


def exact(frame: Frame, lighted: LightedMap, p: MatcherParams, start: Pose) -> FullViewFit | None:
    """The pose near `start` (wrong by a map cell or so); None when too little is lit.

    Camera place and tilt trade against each other, and a fit may be caught on the way. Where the
    pose is little known, fits begun along its least known directions are tried too.
    """
    found = _fit(frame, lighted, p, start)
    for _ in range(p.again_rounds):
        if found is None or found.correlation < p.again_correlation:
            break
        if spread_m(found.covariance) <= p.again_sigma_cell * lighted.cell_m:
            break
        fits = [found, *_elsewhere(frame, lighted, p, found)]
        best = max(fits, key=lambda f: f.correlation)
        if best is found:
            return _weighed(fits)
        found = best
    return found


def spread_m(covariance: np.ndarray) -> float:
    """Root of the summed variances of the position, m."""
    return float(np.sqrt(np.trace(covariance[:3, :3])))


def _fit(
    frame: Frame, lighted: LightedMap, p: MatcherParams, start: Pose,
    widths: tuple[float, ...] = WIDTHS,
) -> FullViewFit | None:  # fmt: skip
    """From `start` through the bands, then in the last of them on a sheet laid anew.

    `widths` : of the first band, tried until image and map agree.
    """
    laid = _laid(frame, lighted, p, start, p.early_px)
    if laid is None:
        return None
    best: BandFit | None = None
    for wider in widths:
        found = _through_the_bands(laid, wider * laid.first_px, p.min_correlation)
        if found is not None and (best is None or found.correlation > best.correlation):
            best = found
        if best is not None and best.correlation >= p.min_correlation:
            break
    if best is None:
        return None
    here = moved(start, best.change)
    over = best.wide_px / laid.last_px
    laid = _laid(frame, lighted, p, here, p.fine_px)
    if laid is None:
        return None
    last = _in_band(laid, over * laid.last_px, LAST, 1.0, np.zeros(6))
    return None if last is None else _told(p, here, laid, last.aligned)


def _told(p: MatcherParams, start: Pose, laid: SheetPair, best: PoseChange) -> FullViewFit:
    doubt = p.sunward_sigma_cell * laid.sunward  # the finest map's cells average something, too
    information = _less(best.information, doubt) / p.covariance_scale
    change = best.change - p.sunward_cell * laid.hidden * laid.sunward
    covariance = np.linalg.inv(information + laid.held.keep)
    return FullViewFit(moved(start, change), covariance, best.correlation)


def _elsewhere(
    frame: Frame, lighted: LightedMap, p: MatcherParams, found: FullViewFit
) -> list[FullViewFit]:
    """The fits begun two and four sigma off along the two least known directions."""
    view = seen(frame.camera, lighted, found.pose)
    if view is None:
        return []
    arm = np.array([1.0, 1.0, 1.0, *[float(found.pose.position_m[2]) - view[0]] * 3])  # all in m
    variances, ways = np.linalg.eigh(found.covariance * np.outer(arm, arm))
    least_known = (ways * np.sqrt(np.maximum(variances, 0.0)) / arm[:, None])[:, -2:].T
    fits = (
        _fit(frame, lighted, p, moved(found.pose, off * way), WIDTHS[:1])
        for off in ELSEWHERE_SIGMA
        for way in least_known
    )
    return [fit for fit in fits if fit is not None]


def _weighed(fits: list[FullViewFit]) -> FullViewFit:
    """The best correlated of `fits` and those about as good in one, which holds them all.

    Which of two such fits is the better one may hang on a last digit; what is told must not.
    """
    best = max(fits, key=lambda f: f.correlation)
    worse = np.array([f.correlation - best.correlation for f in fits])
    weights = np.maximum(np.exp(worse / AS_GOOD) - NOT_AS_GOOD, 0.0)
    weights /= weights.sum()
    away = np.array([difference(f.pose, best.pose) for f in fits])
    change = weights @ away
    covariances = np.array([f.covariance for f in fits])
    apart = (away - change) * np.sqrt(weights)[:, None]
    covariance = np.tensordot(weights, covariances, 1) + apart.T @ apart
    return FullViewFit(moved(best.pose, change), covariance, best.correlation)


def _less(information: np.ndarray, error: np.ndarray) -> np.ndarray:
    """(6, 6) information where one more error may have moved all along `error` (6,), 1 sigma."""
    pull = information @ error
    return information - np.outer(pull, pull) / (1.0 + float(error @ pull))


def settle(
    frame: Frame, lighted: LightedMap, p: MatcherParams, start: Pose
) -> tuple[float, Pose] | None:
    """Near `start`, which may be wrong by some map cells, the pose that fits in ever finer bands.

    Patches of smooth ground look alike; the whole view does not. Returns the correlation in the
    last of these bands, and the pose, for `exact` to begin with; None when too little is lit.
    """
    laid = _laid(frame, lighted, p, start, p.early_px)
    if laid is None:
        return None
    ways = _down(laid, [(wider * laid.first_px, FIRST_TRUST) for wider in FAR_WIDER])
    return None if ways is None else (ways[-1].correlation, moved(start, ways[-1].change))


def _laid(
    frame: Frame, lighted: LightedMap, p: MatcherParams, start: Pose, across: int
) -> SheetPair | None:
    """On a sheet of at most so many cells `across`.

    None where the camera does not look down on the map, or sees nothing of it.
    """
    view = seen(frame.camera, lighted, start)
    if view is None:
        return None
    ground_m, span = view
    step = max(p.finest_cell * lighted.cell_m, widest(span) / across)
    sheet = sheet_over(span, step)
    finer = step < FINER_BELOW * lighted.cell_m
    lit = lighted.finer(span) if finer else lighted.window(span, lighted.level_for(step / 1.3))
    heights = on_sheet(lit.heights, lit, sheet)
    gsd = (float(start.position_m[2]) - ground_m) / frame.camera.fx
    image = lay(frame, start, sheet, heights, gsd)
    expected = on_sheet(lit.brightness, lit, sheet)
    expected = seen_from(expected, heights, sheet, start.position_m, lighted.sun())
    heights, sloped = _with_slopes(heights)
    both = np.isfinite(image) & np.isfinite(expected) & sloped
    if not both.any():
        return None
    image[~both] = expected[~both] = np.nan
    cell = max(lit.cell_m / step, 1.0)
    last = (FINER_WIDE_CELL if finer else WIDE_CELL) * cell
    hidden = _hidden(lighted.cell_m / gsd)
    floor = p.shared_floor_cell * step, p.shared_misfit_cell * hidden * lit.cell_m
    sunward = np.zeros(6)
    sunward[:2] = lighted.toward_sun() * lighted.cell_m
    ground = Ground(heights, np.array([sheet.x0, sheet.y0]), step, start.position_m)
    moves = view_moves(ground)
    held = PriorInformation(
        prior_information(frame.prior), -from_prior(start, frame.prior), floor,
        np.linalg.inv(moves), moves / PARTS**2,
    )  # fmt: skip
    first = max(FIRST_WIDE * patch_step(span, lighted.cell_m, p) / step, last)
    return SheetPair(
        image, expected, ground, held, cell, first, last, finer, sunward, hidden
    )  # fmt: skip


def _with_slopes(heights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """`heights`, their mean where unknown, and where they and all their neighbours are known."""
    known = np.isfinite(heights)
    sloped = cv2.erode(known.astype(np.uint8), np.ones((3, 3), np.uint8), borderValue=0)
    if not known.all() and known.any():
        heights = np.where(known, heights, heights[known].mean())
    return heights, sloped.astype(bool)


def _hidden(cell_px: float) -> float:
    """How far the picture shows ground that the map averages, from the map's cells in pixels."""
    return float(np.clip((cell_px - ALIKE_PX) / ALIKE_PX, 0.0, 1.0))


def _through_the_bands(laid: SheetPair, first_px: float, least: float) -> BandFit | None:
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
    last = _in_band(laid, laid.last_px, NEARLY_LAST, 1.0, ways[-1].change)
    if last is None or last.correlation >= least:
        return last
    for (wide_px, _), way in zip(reversed(wider), reversed(ways)):
        here = _in_band(laid, wide_px, NEARLY_LAST, 1.0, way.change)
        if here is not None and here.correlation >= least:
            return here
    return last


def _down(laid: SheetPair, bands_px: list[tuple[float, float]]) -> list[BandFit] | None:
    """What each band (width, trust) came to, begun where the one before it ended; None when too
    little is lit."""
    ways: list[BandFit] = []
    for wide_px, trust in bands_px:
        change = ways[-1].change if ways else np.zeros(6)
        here = _in_band(laid, wide_px, FIRST, trust, change)
        if here is None:
            return None
        ways.append(here)
    return ways


def _in_band(
    laid: SheetPair, wide_px: float, rounds: Rounds, trust: float, change: np.ndarray
) -> BandFit | None:
    fine_px = FINE_CELL * laid.cell_px * wide_px / laid.last_px
    image, expected = bands(laid.image, laid.expected, fine_px, wide_px)
    aligned = align(
        image, expected, laid.ground, laid.held, change, BLOCK, rounds.strides, rounds.more,
        wide_px * laid.ground.step_m, trust,
    )  # fmt: skip
    return None if aligned is None else BandFit(aligned, wide_px)
