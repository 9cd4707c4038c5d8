"""Made-up cratered ground under a low Sun, with the craters that can be seen: to learn from.

Ground as rough as highlands, craters old and fresh, bowls and flat floors, rims that are not
quite round, younger ones on older ones; lit with shadows as the landing's own renderer does.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from lupex_rover.landing.matching.lighting import light
from lupex_rover.terrain.dem import Dem

RIM = np.arange(24) * 2.0 * math.pi / 24


@dataclass(frozen=True)
class CraterScene:
    """`image` (rows, cols) uint8; `craters` (n, 4): x, y, radius in px and age, 0 fresh to 1 gone;
    `seen` (n,) part of the rim that lies in the picture and under no younger crater."""

    image: np.ndarray
    craters: np.ndarray
    seen: np.ndarray


def crater_scene(rng: np.random.Generator, size_px: int = 640) -> CraterScene:
    """One picture; half as seen from overhead, some put together of two Suns as mosaics are."""
    heights = _rough(rng, size_px)
    craters = _cratered(heights, rng)
    image = _exposed(_lit(heights, rng), rng)
    if rng.random() < 0.3:
        image = _spliced(image, _exposed(_lit(heights, rng), rng), rng)
    seen = _rim_seen(craters, size_px)
    if rng.random() < 0.4:
        image, craters = _aslant(image, craters, rng.uniform(0.75, 1.0))
    return CraterScene(image, craters, seen)


def _rough(rng: np.random.Generator, n: int) -> np.ndarray:
    """(n, n) fractal ground, heights in px, 1 to 9 degrees of RMS slope."""
    k = np.maximum(np.hypot(np.fft.fftfreq(n)[:, None], np.fft.rfftfreq(n)[None]), 1.5 / n)
    noise = np.fft.rfft2(rng.standard_normal((n, n))) * k ** -rng.uniform(1.8, 2.1)
    z = np.fft.irfft2(noise, (n, n))
    gy, gx = np.gradient(z)
    return z * math.tan(math.radians(rng.uniform(1.0, 9.0))) / math.sqrt((gx**2 + gy**2).mean())


def _cratered(heights: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Craters pressed into `heights`, oldest first: (n, 4) as in `CraterScene`.

    Cumulative slopes from -2 (equilibrium, Trask 1966) to -1.5, from sparse to saturated.
    """
    n = heights.shape[0]
    slope, least, most = rng.uniform(1.5, 2.0), rng.uniform(7.0, 10.0), 0.9 * n
    count = rng.poisson(10.0 ** rng.uniform(-1.9, -0.5) * (n / least) ** 2)
    diameter = least * np.maximum(rng.random(count), (least / most) ** slope) ** (-1.0 / slope)
    place = rng.uniform(-0.1 * n, 1.1 * n, (count, 2))
    age = rng.random(count) ** 0.8
    craters = np.column_stack((place, diameter / 2.0, age))
    craters = craters[np.argsort(rng.normal(0.0, 0.1, count) - age)]
    for x, y, radius, old in craters:
        _press(heights, x, y, radius, old, rng)
    return craters


def _press(
    heights: np.ndarray, x: float, y: float, radius: float, age: float, rng: np.random.Generator
) -> None:
    n, reach = heights.shape[0], int(2.6 * radius) + 2
    rows = slice(max(0, int(y) - reach), min(n, int(y) + reach + 1))
    cols = slice(max(0, int(x) - reach), min(n, int(x) + reach + 1))
    if rows.stop - rows.start < 2 or cols.stop - cols.start < 2:
        return
    yy, xx = np.mgrid[rows, cols].astype(np.float32)
    around = np.arctan2(yy - y, xx - x)
    uneven = sum(
        rng.normal(0.0, 0.02) * np.cos(k * around + rng.uniform(0.0, 6.28)) for k in range(2, 6)
    )
    at = np.hypot(xx - x, yy - y) / (radius * (1.0 + uneven))
    shape = _profile(at, 2.0 * radius * rng.uniform(0.05, 0.2) * (1.0 - age), age, rng)
    edge = cv2.BORDER_REPLICATE
    if age > 0.2:  # worn down: diffused
        shape = cv2.GaussianBlur(shape, (0, 0), max(0.3, 0.14 * radius * age), borderType=edge)
    # the older ground is wiped out, its regional slope is not
    gone = np.clip((1.25 - at) / 0.3, 0.0, 1.0) * rng.uniform(0.5, 0.95) * (1.0 - 0.5 * age)
    part = heights[rows, cols]
    wide = min(max(0.5, 0.5 * radius), 75.0)
    plain = cv2.GaussianBlur(part.astype(np.float32), (0, 0), wide, borderType=edge)
    heights[rows, cols] = part * (1.0 - gone) + plain * gone + shape


def _profile(at: np.ndarray, depth: float, age: float, rng: np.random.Generator) -> np.ndarray:
    """Height by distance in radii: floor, wall, rim, ejecta as r^-3, at times a central peak."""
    rim = depth * rng.uniform(0.08, 0.25) * (1.0 - 0.6 * age)
    floor = rng.uniform(0.0, 0.65) if rng.random() < 0.6 else 0.0
    up = ((np.clip(at, floor, 1.0) - floor) / (1.0 - floor)) ** rng.uniform(1.2, 2.2)
    outside = rim * np.maximum(at, 1.0) ** -3 * np.clip((2.5 - at) / 1.5, 0.0, 1.0)
    shape = np.where(at < 1.0, (depth + rim) * up - depth, outside)
    if floor > 0.25 and rng.random() < 0.35:
        shape += depth * rng.uniform(0.2, 0.6) * np.exp(-((at / rng.uniform(0.08, 0.18)) ** 2))
    return shape.astype(np.float32)


def _lit(heights: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Brightness under a Sun 1.2 to 50 degrees high, from any side."""
    elevation = math.radians(math.exp(rng.uniform(math.log(1.2), math.log(50.0))))
    lit = light(Dem(heights, 0.0, 0.0, 1.0), rng.uniform(0.0, 2.0 * math.pi), elevation).brightness
    albedo = rng.standard_normal(heights.shape).astype(np.float32)
    return lit * (1.0 + cv2.GaussianBlur(albedo, (0, 0), 12.0))


def _exposed(bright: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """As a camera gives it: glare cut off, any contrast curve, blur and noise."""
    top = float(np.percentile(bright, rng.uniform(90.0, 99.8))) + 1e-6
    grey = np.clip(bright / top, 0.0, 1.0) ** rng.uniform(0.5, 1.1) * rng.uniform(120.0, 255.0)
    soft: np.ndarray = cv2.GaussianBlur(grey.astype(np.float32), (0, 0), rng.uniform(0.3, 1.1))
    soft += rng.normal(0.0, rng.uniform(0.5, 5.0), soft.shape)
    return np.clip(soft, 0.0, 255.0).astype(np.uint8)


def _spliced(one: np.ndarray, other: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    n = one.shape[0]
    y, x = np.mgrid[:n, :n] - rng.uniform(0.3, 0.7) * n
    turn = rng.uniform(0.0, 2.0 * math.pi)
    return np.where(x * math.cos(turn) + y * math.sin(turn) > 0.0, one, other)


def _aslant(image: np.ndarray, craters: np.ndarray, part: float) -> tuple[np.ndarray, np.ndarray]:
    """Seen from the side: rows pressed together; radii are those of circles of the same area."""
    rows = round(image.shape[0] * part)
    part = rows / image.shape[0]
    image = cv2.resize(image, (image.shape[1], rows), interpolation=cv2.INTER_AREA)
    craters = craters.copy()
    craters[:, 1] = (craters[:, 1] + 0.5) * part - 0.5
    craters[:, 2] *= math.sqrt(part)
    return image, craters


def _rim_seen(craters: np.ndarray, size_px: int) -> np.ndarray:
    """(n,) part of each rim in the picture and under no younger crater."""
    out = np.zeros(len(craters))
    for k, (x, y, radius, _) in enumerate(craters):
        px, py = x + radius * np.cos(RIM), y + radius * np.sin(RIM)
        open_ = (px > 0) & (px < size_px - 1) & (py > 0) & (py < size_px - 1)
        later = craters[k + 1 :]
        near = np.hypot(later[:, 0] - x, later[:, 1] - y) < 1.3 * later[:, 2] + radius
        later = later[near & (later[:, 2] > 0.3 * radius)]
        apart = np.hypot(px[:, None] - later[:, 0], py[:, None] - later[:, 1])
        out[k] = (open_ & (apart > later[:, 2]).all(axis=1)).mean()
    return out
