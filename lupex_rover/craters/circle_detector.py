"""Where craters may be: at every size, light on one side and shade on the other, rim to rim.

A slope's brightness goes with its inclination towards the Sun, so a bowl of slope g(r) looks like
g(r) cos(angle from the Sun). Correlation with g cos and g sin gives both how much a place looks
like that and from which side it is lit, wherever the Sun is (steerable filters, Freeman and
Adelson 1991).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

WORK_RADIUS_PX = 6.0  # the picture is reduced until radii start here
PER_OCTAVE = 5  # radii tried per doubling
REACH = 1.4  # of the pattern, radii
APART = 0.3  # radii between two maxima of one size
FLAT = 0.15  # least contrast that counts, part of the whole picture's


@dataclass(frozen=True)
class Circles:
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

    def part(self, which: np.ndarray) -> Circles:
        """Those that a mask or indices choose."""
        return Circles(
            self.x[which], self.y[which], self.radius[which], self.score[which],
            self.light_rad[which],
        )  # fmt: skip

    def and_more(self, other: Circles) -> Circles:
        """These and then the others."""
        pairs = zip(vars(self).values(), vars(other).values())
        return Circles(*(np.concatenate(pair) for pair in pairs))


@dataclass(frozen=True)
class Response:
    """(rows, cols) float32: likeness to a lit bowl, and where the light comes from (x, y)."""

    score: np.ndarray
    across: np.ndarray
    along: np.ndarray


def grey_of(image: np.ndarray) -> np.ndarray:
    """Square root of brightness, which evens out noise and glare; float32.

    Brightness is first brought to 0 .. 255 by its own 99.8th percentile.
    """
    grey = image.astype(np.float32)
    low = min(float(grey.min()), 0.0)
    top = float(np.percentile(grey[::4, ::4], 99.8)) - low
    return np.sqrt(np.clip((grey - low) * (255.0 / max(top, 1e-6)), 0.0, 400.0) + 2.0)


def detect_circles(
    grey: np.ndarray, least_px: float, greatest_px: float, least_score: float
) -> Circles:
    """Circles of radius `least_px` to `greatest_px` that look like a lit bowl."""
    rows: list[np.ndarray] = []
    reduce = least_px / WORK_RADIUS_PX
    while reduce * WORK_RADIUS_PX <= greatest_px:
        level = reduced(grey, reduce)
        level -= float(level.mean())
        floor = (FLAT * float(level.std())) ** 2 + 1e-12
        for k in range(1, PER_OCTAVE + 1):
            radius = WORK_RADIUS_PX * 2.0 ** (k / PER_OCTAVE)
            if radius * reduce <= greatest_px:
                seen = _of_radius(level, level * level, radius, floor)
                rows.append(_maxima(seen, radius, reduce, least_score))
        reduce *= 2.0
    table = np.concatenate(rows) if rows else np.zeros((0, 5))
    return Circles(*table.T)


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


def _of_radius(level: np.ndarray, squared: np.ndarray, radius: float, floor: float) -> Response:
    """What every pixel (rows, cols) says of a circle of that radius round it."""
    slopes, disc = patterns(radius)
    count = float(disc.sum())
    mean = _correlated(level, disc / count)
    spread = np.maximum(_correlated(squared, disc / count) - mean * mean, np.float32(floor))
    best = Response(*(np.zeros(level.shape, np.float32) for _ in range(3)))
    for slope in slopes:
        across, along = _both(slope)
        size = math.sqrt(float((across**2).sum()) * count)
        c, s = _correlated(level, across / size), _correlated(level, along / size)
        score = cv2.magnitude(c, s)
        better = score > best.score
        for old, new in zip((best.score, best.across, best.along), (score, c, s)):
            np.copyto(old, new, where=better)
    return Response(best.score / cv2.sqrt(spread), best.across, best.along)


def _both(slope: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """slope x cosine and x sine of the direction."""
    n = slope.shape[0] // 2
    y, x = np.mgrid[-n : n + 1, -n : n + 1].astype(np.float32)
    around = np.arctan2(y, x)
    return slope * np.cos(around), slope * np.sin(around)


def _correlated(level: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    return cv2.filter2D(level, cv2.CV_32F, kernel, borderType=cv2.BORDER_REFLECT)


def _maxima(seen: Response, radius: float, reduce: float, least: float) -> np.ndarray:
    """(n, 5) rows of `Circles`."""
    side = 2 * int(APART * radius) + 1
    top = cv2.dilate(seen.score, np.ones((side, side), np.uint8))
    rows, cols = np.nonzero((seen.score >= top) & (seen.score >= least))
    light = np.arctan2(seen.along[rows, cols], seen.across[rows, cols])
    return np.column_stack((
        (cols + 0.5) * reduce - 0.5, (rows + 0.5) * reduce - 0.5,
        np.full(len(rows), radius * reduce), seen.score[rows, cols], light,
    ))  # fmt: skip
