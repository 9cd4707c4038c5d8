"""Where craters may be: at every size, light on one side and shade on the other, rim to rim.

A slope's brightness goes with its inclination towards the Sun, so a bowl of slope g(r) looks like
g(r) cos(angle from the Sun). Correlation with g cos and g sin gives both how much a place looks
like that and from which side it is lit, wherever the Sun is (steerable filters, Freeman and
Adelson 1991).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
import scipy.fft

WORK_RADIUS_PX = 8.0  # the picture is reduced until radii start here
PER_OCTAVE = 5  # radii tried per doubling
REACH = 1.4  # of the pattern, radii
APART = 0.3  # radii between two maxima of one size
FLAT = 0.15  # least contrast that counts, part of the whole picture's


@dataclass(frozen=True)
class Votes:
    """Circles that may be craters, each (n,): centre and radius, px of the picture (pixel centres
    at integers); `score` 0 to 1; `light_rad` the bright side's direction from the picture's
    right, clockwise as seen."""

    x: np.ndarray
    y: np.ndarray
    radius: np.ndarray
    score: np.ndarray
    light_rad: np.ndarray

    def __len__(self) -> int:
        return len(self.x)

    def part(self, which: np.ndarray) -> Votes:
        """Those that a mask or indices choose."""
        return Votes(
            self.x[which], self.y[which], self.radius[which], self.score[which],
            self.light_rad[which],
        )  # fmt: skip


def grey_of(image: np.ndarray) -> np.ndarray:
    """Square root of brightness, which evens out noise and glare; float32.

    Brightness is first brought to 0 .. 255 by its own 99.8th percentile.
    """
    grey = image.astype(np.float32)
    low = min(float(grey.min()), 0.0)
    top = float(np.percentile(grey[::4, ::4], 99.8)) - low
    return np.sqrt(np.clip((grey - low) * (255.0 / max(top, 1e-6)), 0.0, 400.0) + 2.0)


def vote(grey: np.ndarray, least_px: float, greatest_px: float, least_score: float) -> Votes:
    """Circles of radius `least_px` to `greatest_px` that look like a lit bowl."""
    rows: list[np.ndarray] = []
    reduce = least_px / WORK_RADIUS_PX
    while reduce * WORK_RADIUS_PX <= greatest_px:
        level = reduced(grey, reduce)
        for radius, score, light in _responses(level, greatest_px / reduce):
            rows.append(_maxima(score, light, radius, reduce, least_score))
        reduce *= 2.0
    table = np.concatenate(rows) if rows else np.zeros((0, 5))
    return Votes(*table.T)


def reduced(grey: np.ndarray, factor: float) -> np.ndarray:
    """The picture in pixels `factor` times as large."""
    rows, cols = (max(8, round(n / factor)) for n in grey.shape)
    how = cv2.INTER_AREA if factor > 1.0 else cv2.INTER_LINEAR
    return cv2.resize(grey, (cols, rows), interpolation=how)


def patterns(radius: float) -> tuple[list[np.ndarray], np.ndarray]:
    """Slopes of a bowl and of a wall round a flat floor, as weights by distance, and the disc."""
    n = math.ceil(1.5 * radius)
    y, x = np.mgrid[-n : n + 1, -n : n + 1].astype(np.float32)
    at = np.hypot(x, y) / radius
    disc = (at < REACH).astype(np.float32)
    flank = 0.35 * np.exp(-0.5 * ((at - 1.18) / 0.12) ** 2)  # falls away outside the rim
    slopes = np.where(at < 1.0, at, 0.0), np.exp(-0.5 * ((at - 0.8) / 0.16) ** 2)
    soft = 0.06 * radius + 0.3
    return [(cv2.GaussianBlur(g, (0, 0), soft) - flank) * disc for g in slopes], disc


def _responses(
    level: np.ndarray, greatest_px: float
) -> Iterator[tuple[float, np.ndarray, np.ndarray]]:
    """Radius, score and light (rows, cols) for each radius of the octave."""
    radii = [WORK_RADIUS_PX * 2.0 ** (k / PER_OCTAVE) for k in range(1, PER_OCTAVE + 1)]
    side = 2 * math.ceil(1.5 * radii[-1]) + 1
    shape = [scipy.fft.next_fast_len(n + side, real=True) for n in level.shape]
    even = level - level.mean()
    once, squared = (scipy.fft.rfft2(a, shape) for a in (even, even * even))
    floor = (FLAT * float(even.std())) ** 2 + 1e-12
    for radius in radii:
        if radius > greatest_px:
            return
        slopes, disc = patterns(radius)
        count = float(disc.sum())
        mean = _correlated(once, disc, shape, level.shape) / count
        spread = _correlated(squared, disc, shape, level.shape) / count - mean * mean
        size = np.sqrt(np.maximum(spread, floor) * count)
        score = light = np.zeros(level.shape, np.float32)
        for slope in slopes:
            across, along = _both(slope)
            c = _correlated(once, across, shape, level.shape)
            s = _correlated(once, along, shape, level.shape)
            this = np.hypot(c, s) / (size * math.sqrt(float((across**2).sum())))
            light = np.where(this > score, np.arctan2(s, c), light)
            score = np.maximum(this, score)
        yield radius, score, light


def _both(slope: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """slope x cosine and x sine of the direction."""
    n = slope.shape[0] // 2
    y, x = np.mgrid[-n : n + 1, -n : n + 1].astype(np.float32)
    around = np.arctan2(y, x)
    return slope * np.cos(around), slope * np.sin(around)


def _correlated(
    spectrum: np.ndarray, kernel: np.ndarray, shape: list[int], size: tuple[int, ...]
) -> np.ndarray:
    n = kernel.shape[0] // 2
    whole = scipy.fft.irfft2(spectrum * np.conj(scipy.fft.rfft2(kernel, shape)), shape)
    return np.roll(whole, (n, n), (0, 1))[: size[0], : size[1]]


def _maxima(
    score: np.ndarray, light: np.ndarray, radius: float, reduce: float, least: float
) -> np.ndarray:
    """(n, 5) rows of `Votes`."""
    side = 2 * int(APART * radius) + 1
    top = cv2.dilate(score, np.ones((side, side), np.uint8))
    rows, cols = np.nonzero((score >= top - 1e-7) & (score >= least))
    return np.column_stack((
        (cols + 0.5) * reduce - 0.5, (rows + 0.5) * reduce - 0.5,
        np.full(len(rows), radius * reduce), score[rows, cols], light[rows, cols],
    ))  # fmt: skip
