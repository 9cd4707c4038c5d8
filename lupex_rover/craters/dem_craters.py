"""Craters of an elevation map: a catalogue for ground that has none.

Heights under an even Sun everywhere: a bowl is where the ground, seen over a ring, rises away from
the middle on all sides. Correlation of the heights with a bowl and its rim at every size proposes
circles; one is kept when its rim stands over its floor on nearly all sides.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
import scipy.fft
from scipy.spatial import cKDTree

from lupex_rover.core.params import param
from lupex_rover.craters.catalogue import CraterCatalogue, on_map
from lupex_rover.terrain.dem import Dem

RAYS = 32
TURN = np.arange(RAYS) * 2.0 * math.pi / RAYS
TRIED = np.exp(np.linspace(-0.35, 0.35, 15))  # of the radius, where the crest is looked for
WORK_CELLS, PER_OCTAVE = 7.0, 5
REACH = 1.6


@dataclass(frozen=True)
class DemCraterParams:
    """Lengths in cells of the map unless said otherwise."""

    least_radius: float = param(
        5.0, "smallest crater radius that is listed, in map cells", unit="1", low=3, high=1000,
    )  # fmt: skip
    greatest_part: float = param(
        0.25, "largest crater radius that is listed, over the shorter side of the map",
        unit="1", low=0.01, high=0.5,
    )  # fmt: skip
    least_score: float = param(
        0.45, "least likeness to a bowl, a correlation, of a crater that is listed",
        unit="1", low=0.1, high=1,
    )  # fmt: skip
    least_around: float = param(
        0.8, "least part of a crater's rim that stands over its floor", unit="1", low=0, high=1,
    )  # fmt: skip
    least_over_plain: float = param(
        0.5, "least part of a crater's rim that stands over the plain around it",
        unit="1", low=0, high=1,
    )  # fmt: skip
    least_depth: float = param(
        0.025, "least height of rim over floor, over the crater's diameter",
        unit="1", low=0, high=0.5, source="half the ratio of degraded craters, Mahanti et al. 2018",
    )  # fmt: skip


def craters_of(dem: Dem, params: DemCraterParams | None = None) -> CraterCatalogue:
    """Craters of `dem` as a catalogue in `map`, deepest for their size first; void is no ground.

    The rim's height is the mean of its crest.
    """
    p = params or DemCraterParams()
    known = np.isfinite(dem.heights)
    ground = dem.heights
    if dem.void is not None:
        known &= ~dem.void
        ground = np.where(known, ground, np.float32(np.nan))
    heights = np.where(known, ground, np.nanmean(ground) if known.any() else 0.0)
    circles = _proposed(heights.astype(np.float32), p)
    rims = [r for r in (_rim(ground, c, p) for c in circles) if r is not None]
    table = np.array(_distinct(rims)).reshape(-1, 5)
    step = dem.resolution_m
    x, y = dem.x0 + table[:, 0] * step, dem.y0 + table[:, 1] * step
    return on_map(x, y, table[:, 3], table[:, 2] * step)


def _proposed(heights: np.ndarray, p: DemCraterParams) -> np.ndarray:
    """(n, 3) column, row, radius in cells."""
    rows: list[np.ndarray] = []
    greatest = p.greatest_part * min(heights.shape)
    reduce = p.least_radius / WORK_CELLS
    while reduce * WORK_CELLS <= greatest:
        size = tuple(max(8, round(n / reduce)) for n in heights.shape[::-1])
        how = cv2.INTER_AREA if reduce > 1.0 else cv2.INTER_LINEAR
        level = cv2.resize(heights, size, interpolation=how)
        for k in range(PER_OCTAVE):
            radius = WORK_CELLS * 2.0 ** (k / PER_OCTAVE)
            if radius * reduce > greatest:
                break
            score = _likeness(level, radius)
            side = 2 * int(0.35 * radius) + 1
            top = cv2.dilate(score, np.ones((side, side), np.uint8))
            r, c = np.nonzero((score >= top - 1e-7) & (score >= p.least_score))
            at = (np.column_stack((c, r)) + 0.5) * reduce - 0.5
            rows.append(np.column_stack((at, np.full(len(r), radius * reduce))))
        reduce *= 2.0
    return np.concatenate(rows) if rows else np.zeros((0, 3))


def _likeness(level: np.ndarray, radius: float) -> np.ndarray:
    """Normalised correlation of the slopes with those of a bowl, (rows, cols).

    Slopes, so that the lie of the land takes no part.
    """
    n = math.ceil(REACH * radius)
    y, x = np.mgrid[-n : n + 1, -n : n + 1].astype(np.float32)
    away = np.hypot(x, y)
    at = away / radius
    wall = np.exp(-0.5 * ((at - 0.75) / 0.2) ** 2) - 0.3 * np.exp(-0.5 * ((at - 1.25) / 0.15) ** 2)
    wall = np.where(at < REACH, wall, 0.0).astype(np.float32)
    unit = wall / np.maximum(away, 1e-6)
    disc = (at < REACH).astype(np.float32)
    gy, gx = np.gradient(level)
    shape = [scipy.fft.next_fast_len(m + 2 * n + 1, real=True) for m in level.shape]

    def correlated(a: np.ndarray, kernel: np.ndarray) -> np.ndarray:
        spectrum = scipy.fft.rfft2(a.astype(np.float32), shape)
        whole = scipy.fft.irfft2(spectrum * np.conj(scipy.fft.rfft2(kernel, shape)), shape)
        return np.roll(whole, (n, n), (0, 1))[: level.shape[0], : level.shape[1]]

    product = correlated(gx, unit * x) + correlated(gy, unit * y)
    energy = correlated(gx * gx + gy * gy, disc)
    floor = 1e-3 * float(disc.sum()) * float((gx * gx + gy * gy).mean()) + 1e-12
    score = product / np.sqrt(np.maximum(energy, floor) * float((wall**2).sum()))
    return score.astype(np.float32)


def _rim(
    heights: np.ndarray, circle: np.ndarray, p: DemCraterParams
) -> tuple[float, float, float, float, float] | None:
    """Column, row, radius in cells, height of the crest, depth over diameter; None if no crater."""
    x, y, radius = circle
    for _ in range(3):
        moved = _moved(heights, x, y, radius)
        if moved is None:
            return None
        x, y, radius, slope = moved
    if radius < p.least_radius:
        return None
    floor = _sampled(heights, x, y, radius * np.array([0.0, 0.2, 0.4]))
    crest = _sampled(heights, x, y, radius * np.array([0.9, 1.0, 1.1])).max(axis=1)
    beyond = _sampled(heights, x, y, radius * np.array([1.5]))[:, 0]
    if not np.isfinite(floor).all():
        return None
    level, low = crest - slope / 1.5, float(np.median(floor))
    over_floor = np.mean(level > low + p.least_depth * radius)  # NaN is not over anything
    over_plain = np.mean(level > beyond - slope)
    height = float(np.nanmean(crest)) if np.isfinite(crest).any() else math.nan
    depth = (height - low) / (2.0 * radius)
    if over_floor < p.least_around or over_plain < p.least_over_plain or depth < p.least_depth:
        return None
    return float(x), float(y), float(radius), height, depth


def _moved(
    heights: np.ndarray, x: float, y: float, radius: float
) -> tuple[float, float, float, np.ndarray] | None:
    """The circle through the crests of all rays, and how the land lies at 1.5 radii, (RAYS,).

    The crest of a ray is where it stands highest over the line between its ends, the lie of the
    land taken off.
    """
    tried = radius * TRIED
    around = _sampled(heights, x, y, np.array([1.5 * radius]))[:, 0]
    rays = _sampled(heights, x, y, tried)
    known = np.isfinite(rays).all(axis=1) & np.isfinite(around)
    if known.sum() < 0.75 * RAYS:
        return None
    slope = _lie(known, around)
    level = rays - slope[:, None] * tried / (1.5 * radius)
    crest = tried[_knee(np.where(known[:, None], level, 0.0))]
    crest = np.where(known, crest, np.median(crest[known]))
    middle = 2.0 * crest @ np.column_stack((np.cos(TURN), np.sin(TURN))) / RAYS
    dx, dy = np.clip(middle, -0.2 * radius, 0.2 * radius)
    return x + dx, y + dy, float(np.median(crest)), slope


def _knee(rays: np.ndarray) -> np.ndarray:
    """Where each ray (n, m) stands highest over the straight line between its ends."""
    part = np.linspace(0.0, 1.0, rays.shape[1])
    return np.argmax(rays - (rays[:, :1] * (1.0 - part) + rays[:, -1:] * part), axis=1)


def _lie(known: np.ndarray, around: np.ndarray) -> np.ndarray:
    """(RAYS,) the part of heights round a circle that a plane explains, without the mean."""
    basis = np.column_stack((np.cos(TURN), np.sin(TURN), np.ones(RAYS)))
    fit = np.linalg.lstsq(basis[known], around[known], rcond=None)[0]
    return basis[:, :2] @ fit[:2]


def _sampled(heights: np.ndarray, x: float, y: float, away: np.ndarray) -> np.ndarray:
    """(RAYS, distances) heights round a place; NaN outside the map."""
    at_x = (x + np.cos(TURN)[:, None] * away).astype(np.float32)
    at_y = (y + np.sin(TURN)[:, None] * away).astype(np.float32)
    return cv2.remap(
        heights, at_x, at_y, cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_CONSTANT, borderValue=math.nan,
    )  # fmt: skip


def _distinct(
    rims: list[tuple[float, float, float, float, float]],
) -> list[tuple[float, float, float, float, float]]:
    """Of rims that are one crater, the deepest for its size."""
    if not rims:
        return []
    rims = sorted(rims, key=lambda r: -r[4])
    table = np.array(rims)
    tree = cKDTree(table[:, :2])
    free = np.ones(len(rims), bool)
    kept = []
    for k, rim in enumerate(rims):
        if not free[k]:
            continue
        kept.append(rim)
        near = np.array(tree.query_ball_point(table[k, :2], 0.8 * table[k, 2]))
        larger = np.maximum(table[near, 2], table[k, 2])
        smaller = np.minimum(table[near, 2], table[k, 2])
        away = np.hypot(*(table[near, :2] - table[k, :2]).T)
        free[near[(away < 0.5 * larger) & (smaller > 0.6 * larger)]] = False
    return kept
