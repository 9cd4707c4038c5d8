"""Everywhere, at every rotation and scale: places where a picture may lie in a reference."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
import scipy.fft

from lupex_rover.landing.matching.correlate import peaks
from lupex_rover.pictures.features import Fields, Placement, laid

ROTATION_STEP, SCALE_STEP = math.radians(2.5), 1.04  # the fields bear half of each at this size
PER_TURN, APART_PX = 4, 4  # places kept of each rotation and scale
SAME_TURN = 1.6  # steps


@dataclass(frozen=True)
class Guess:
    """A place to look closer at; `score` is the correlation, weighted by the overlap's root."""

    place: Placement
    score: float


def turns(max_rotation_rad: float, max_scale: float) -> list[tuple[float, float]]:
    """Rotations and scales to try, both limits within half a step of one of them."""
    by_angle = math.ceil(max_rotation_rad / ROTATION_STEP - 0.5)
    by_scale = math.ceil(math.log(max_scale) / math.log(SCALE_STEP) - 0.5)
    return [
        (i * ROTATION_STEP, SCALE_STEP**j)
        for i in range(-by_angle, by_angle + 1)
        for j in range(-by_scale, by_scale + 1)
    ]


def search(
    reference: Fields,
    picture: Fields,
    tried: list[tuple[float, float]],
    least_overlap: float,
    count: int,
) -> list[Guess]:
    """The `count` best places of `picture`, best first, both already reduced.

    At least `least_overlap` of the picture lies on the reference. Correlation in the Fourier
    domain over the three fields together; energies by box sums.
    """
    longest = max(scale for _, scale in tried)
    reach = math.ceil(math.hypot(*picture.shape) * longest) + 2
    shape = [scipy.fft.next_fast_len(n + reach, real=True) for n in reference.shape]
    spectra = [scipy.fft.rfft2(a, shape) for a in reference.values]
    energy = (reference.values**2).sum(axis=0)
    found: list[Guess] = []
    for rotation, scale in tried:
        turned = _turned(picture, rotation, scale)
        scores = _scores(spectra, shape, energy, turned, least_overlap)
        rows, cols = turned.shape
        for r, c, score in peaks(scores, PER_TURN, APART_PX):
            x, y = c - (cols - 1) + (cols - 1) / 2.0, r - (rows - 1) + (rows - 1) / 2.0
            found.append(Guess(Placement(x, y, rotation, scale), score))
    return _distinct(sorted(found, key=lambda g: -g.score), count)


def _turned(picture: Fields, rotation: float, scale: float) -> Fields:
    rows, cols = picture.shape
    c, s = abs(math.cos(rotation)) * scale, abs(math.sin(rotation)) * scale
    high, wide = math.ceil(c * rows + s * cols), math.ceil(s * rows + c * cols)
    middle = Placement((wide - 1) / 2.0, (high - 1) / 2.0, rotation, scale)
    return laid(picture, middle, (0, 0), high, wide)


def _scores(
    spectra: list[np.ndarray],
    shape: list[int],
    energy: np.ndarray,
    turned: Fields,
    least_overlap: float,
) -> np.ndarray:
    """(H + h - 1, W + w - 1): [r, c] has the picture's first pixel at r - h + 1, c - w + 1."""
    h, w = turned.shape
    rows, cols = energy.shape
    product = sum(s * np.conj(scipy.fft.rfft2(a, shape)) for s, a in zip(spectra, turned.values))
    cross = np.roll(scipy.fft.irfft2(product, shape), (h - 1, w - 1), (0, 1))
    cross = cross[: rows + h - 1, : cols + w - 1]
    met = _box_sum(energy, h, w)
    part = _box_sum(np.ones_like(energy), h, w) / (h * w)
    own = float((turned.values**2).sum())
    filled = float(turned.known.sum()) / (h * w)
    floor = 0.02 * filled * float(energy.mean()) * h * w
    scores = cross / np.sqrt(np.maximum(met * filled, floor) * own * np.maximum(part, 1e-3))
    return np.where(part >= least_overlap, scores * np.sqrt(part), 0.0)


def _box_sum(a: np.ndarray, h: int, w: int) -> np.ndarray:
    """Sum over every h x w box that meets `a`, (H + h - 1, W + w - 1)."""
    padded = cv2.copyMakeBorder(a, h - 1, h - 1, w - 1, w - 1, cv2.BORDER_CONSTANT, value=0)
    total = cv2.integral(padded)
    return total[h:, w:] - total[:-h, w:] - total[h:, :-w] + total[:-h, :-w]


def _distinct(guesses: list[Guess], count: int) -> list[Guess]:
    """One guess per place and turn; near copies of a better one are dropped."""
    kept: list[Guess] = []
    for g in guesses:
        if len(kept) == count:
            break
        if not any(_same(g.place, k.place) for k in kept):
            kept.append(g)
    return kept


def _same(a: Placement, b: Placement) -> bool:
    near = math.hypot(a.x_px - b.x_px, a.y_px - b.y_px) < 1.5 * APART_PX
    turned = abs(a.rotation_rad - b.rotation_rad) < SAME_TURN * ROTATION_STEP
    return near and turned and abs(math.log(a.scale / b.scale)) < SAME_TURN * math.log(SCALE_STEP)
