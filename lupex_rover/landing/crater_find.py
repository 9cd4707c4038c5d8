"""Craters in a picture: rings of edges that lie along a circle, at every size.

Works on the fields of `picture_features`, which do not ask which side the light is on; so a round
hill looks like a crater to it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
import scipy.fft

from lupex_rover.core.params import param
from lupex_rover.landing.correlate import peaks
from lupex_rover.landing.crater_fit import Crater, fit_ellipse
from lupex_rover.landing.picture_features import Fields, fields


@dataclass(frozen=True)
class CraterParams:
    """Lengths in px of the picture unless said otherwise."""

    least_radius_px: float = param(5.0, "smallest crater", unit="px", low=3, high=1000)
    greatest_part: float = param(0.25, "largest radius, over the shorter side", low=0.01, high=0.5)
    work_radius_px: float = param(
        8.0, "the picture is reduced until radii start here", unit="px", low=5, high=30
    )
    per_octave: int = param(5, "radii tried per doubling", low=2, high=20)
    least_score: float = param(0.30, "correlation with a ring", unit="1", low=0.05, high=1)
    least_around: float = param(0.55, "part of the rim that is seen", unit="1", low=0, high=1)
    most: int = param(3000, "craters per size, at most", low=1, high=100000)


def find_craters(image: np.ndarray, params: CraterParams | None = None) -> list[Crater]:
    """Craters of a grey picture (rows, cols), surest first; pixel centres at integers."""
    p = params or CraterParams()
    greatest = p.greatest_part * min(image.shape)
    found: list[Crater] = []
    reduce = max(p.least_radius_px / p.work_radius_px, 0.5)
    while reduce * p.work_radius_px < greatest:
        level = _level(image, reduce)
        for n in range(p.per_octave):
            radius = p.work_radius_px * 2.0 ** (n / p.per_octave)
            if radius * reduce <= greatest:
                found += _of_radius(level, radius, reduce, p)
        reduce *= 2.0
    return _strongest(found)


def _level(image: np.ndarray, reduce: float) -> Fields:
    grey = image.astype(np.float32)
    rows, cols = (max(8, round(n / reduce)) for n in image.shape)
    how = cv2.INTER_AREA if reduce > 1.0 else cv2.INTER_CUBIC
    return fields(cv2.resize(grey, (cols, rows), interpolation=how))


def ring(radius: float) -> np.ndarray:
    """(3, n, n) what the fields of a rim of that radius are like, each without mean."""
    n = 2 * math.ceil(1.6 * radius) + 1
    y, x = np.mgrid[:n, :n] - (n - 1) / 2.0
    from_rim = (np.hypot(x, y) - radius) / (0.16 * radius)
    profile = np.exp(-0.5 * from_rim**2)
    around = np.arctan2(y, x)
    disc = np.hypot(x, y) < 1.6 * radius
    strength = np.where(disc, profile - profile[disc].mean(), 0.0)
    return np.stack((strength, profile * np.cos(2 * around), profile * np.sin(2 * around)))


def _of_radius(level: Fields, radius: float, reduce: float, p: CraterParams) -> list[Crater]:
    scores = _ring_scores(level, ring(radius))
    found = []
    for row, col, score in peaks_above(scores, p.least_score, round(0.5 * radius), p.most):
        crater = fit_ellipse(level, float(col), float(row), radius, score)
        if crater is not None and crater.around >= p.least_around:
            found.append(crater.enlarged(reduce))
    return found


def peaks_above(
    scores: np.ndarray, least: float, apart_px: int, most: int
) -> list[tuple[int, int, float]]:
    """Local maxima over `least`, highest first."""
    size = 2 * apart_px + 1
    top = cv2.dilate(scores.astype(np.float32), np.ones((size, size), np.uint8))
    only = np.where((scores >= top - 1e-7) & (scores >= least), scores, 0.0)
    count = min(most, int((only > 0.0).sum()))
    return peaks(only, count, apart_px) if count < 50 else _sorted(only, most)


def _sorted(only: np.ndarray, most: int) -> list[tuple[int, int, float]]:
    rows, cols = np.nonzero(only)
    order = np.argsort(-only[rows, cols])[:most]
    return [(int(rows[k]), int(cols[k]), float(only[rows[k], cols[k]])) for k in order]


def _ring_scores(level: Fields, kernel: np.ndarray) -> np.ndarray:
    """(rows, cols) normalised correlation with the ring centred on each pixel."""
    n = kernel.shape[1]
    rows, cols = level.shape
    shape = [scipy.fft.next_fast_len(m + n, real=True) for m in (rows, cols)]
    inside = (np.abs(kernel).max(axis=0) > 1e-3).astype(np.float32)

    def spectrum(a: np.ndarray) -> np.ndarray:
        return scipy.fft.rfft2(a.astype(np.float32), shape)

    def centred(a: np.ndarray) -> np.ndarray:
        whole = np.roll(scipy.fft.irfft2(a, shape), (n // 2, n // 2), (0, 1))
        return whole[:rows, :cols]

    product = sum(spectrum(a) * np.conj(spectrum(k)) for a, k in zip(level.values, kernel))
    energy = centred(spectrum((level.values**2).sum(axis=0)) * np.conj(spectrum(inside)))
    floor = 0.3 * float(inside.sum()) * float((level.values**2).sum(axis=0).mean())
    return centred(product) / np.sqrt(np.maximum(energy, floor) * float((kernel**2).sum()))


def _strongest(found: list[Crater]) -> list[Crater]:
    """Of craters that are one and the same, the surest."""
    kept: list[Crater] = []
    at = np.zeros((0, 3))
    for c in sorted(found, key=lambda c: -c.confidence):
        if len(at):
            apart = np.hypot(at[:, 0] - c.x_px, at[:, 1] - c.y_px)
            larger, smaller = np.maximum(at[:, 2], c.radius), np.minimum(at[:, 2], c.radius)
            if ((apart < 0.6 * larger) & (smaller > 0.55 * larger)).any():
                continue
        kept.append(c)
        at = np.vstack((at, (c.x_px, c.y_px, c.radius)))
    return kept
