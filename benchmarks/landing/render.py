"""A plain renderer for benchmark scenes; it shares no code with the matcher or the simulator.

Every pixel's ray is marched to the heightfield in small steps, the ground there is lit by a Sun
of several points, each shadowed by a march of its own. Slow and simple on purpose.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numba import njit

SUN_RADIUS_RAD = math.radians(0.2665)


@dataclass(frozen=True)
class Optics:
    """What a camera does to the light: `lambert` 1 is Lambert's law, 0 is Lommel-Seeliger's."""

    lambert: float
    sun_points: int
    blur_px: float
    gain: float  # grey level of the brightest percent
    noise: float  # grey levels, 1 sigma
    vignette: float  # loss in the corner, part


def picture(
    heights: np.ndarray, cell_m: float, camera: np.ndarray, map_R_camera: np.ndarray,
    position_m: np.ndarray, sun_rad: tuple[float, float], optics: Optics,
    rng: np.random.Generator, size: int,
) -> tuple[np.ndarray, float]:  # fmt: skip
    """(size, size) uint8 of the ground, and the part of it that is lit.

    Cell [0, 0] of `heights` lies at x = y = 0.

    Parameters
    ----------
    camera : ndarray
        Fx, fy, cx, cy.
    sun_rad : tuple[float, float]
        Azimuth from +y clockwise, elevation.
    """
    azimuth, elevation = sun_rad
    points = optics.sun_points
    offsets = (np.arange(points) - (points - 1) / 2) * (2.0 * SUN_RADIUS_RAD / max(points, 1))
    share = np.sqrt(np.maximum(1.0 - (offsets / SUN_RADIUS_RAD) ** 2, 0.05))
    suns = np.array([_toward(azimuth, elevation + o) for o in offsets])
    light = _render(
        heights, cell_m, camera, map_R_camera, position_m, suns, share / share.sum(),
        optics.lambert, size, float(heights.max()),
    )  # fmt: skip
    lit = float((light > 0.0).mean())
    if optics.blur_px > 0.0:
        light = cv2.GaussianBlur(light, (0, 0), optics.blur_px)
    v, u = np.mgrid[:size, :size] / (size - 1) - 0.5
    light = light * (1.0 - optics.vignette * 2.0 * (u * u + v * v))
    top = float(np.percentile(light, 99.0)) + 1e-9
    grey = light * optics.gain / top + 1.5 + rng.normal(0.0, optics.noise, light.shape)
    return np.clip(np.round(grey), 0, 255).astype(np.uint8), lit


def _toward(azimuth: float, elevation: float) -> np.ndarray:
    flat = math.cos(elevation)
    return np.array([math.sin(azimuth) * flat, math.cos(azimuth) * flat, math.sin(elevation)])


@njit(cache=True)
def _height(z: np.ndarray, x: float, y: float) -> float:
    rows, cols = z.shape
    x = min(max(x, 0.0), cols - 1.001)
    y = min(max(y, 0.0), rows - 1.001)
    c, r = int(x), int(y)
    u, v = x - c, y - r
    a = z[r, c] + (z[r, c + 1] - z[r, c]) * u
    b = z[r + 1, c] + (z[r + 1, c + 1] - z[r + 1, c]) * u
    return a + (b - a) * v


@njit(cache=True)
def _lit(z: np.ndarray, cell: float, x: float, y: float, sun: np.ndarray, top: float) -> bool:
    if sun[2] <= 0.0:
        return False
    flat = math.hypot(sun[0], sun[1])
    dx, dy, rise = sun[0] / flat / cell, sun[1] / flat / cell, sun[2] / flat
    here = _height(z, x / cell, y / cell) + 0.002 * cell
    t = 0.25 * cell
    rows, cols = z.shape
    while True:
        ray = here + t * rise
        if ray > top:
            return True
        px, py = x / cell + t * dx, y / cell + t * dy
        if px < 0 or py < 0 or px > cols - 1 or py > rows - 1:
            return True
        if _height(z, px, py) > ray:
            return False
        t += (0.25 + 0.002 * t / cell) * cell
    return True


@njit(cache=True)
def _render(
    z: np.ndarray, cell: float, camera: np.ndarray, turn: np.ndarray, position: np.ndarray,
    suns: np.ndarray, share: np.ndarray, lambert: float, size: int, top: float,
) -> np.ndarray:  # fmt: skip
    out = np.zeros((size, size), np.float32)
    middle = suns[len(suns) // 2]
    for v in range(size):
        for u in range(size):
            a, b = (u - camera[2]) / camera[0], (v - camera[3]) / camera[1]
            dx = turn[0, 0] * a + turn[0, 1] * b + turn[0, 2]
            dy = turn[1, 0] * a + turn[1, 1] * b + turn[1, 2]
            dz = turn[2, 0] * a + turn[2, 1] * b + turn[2, 2]
            n = math.sqrt(dx * dx + dy * dy + dz * dz)
            dx, dy, dz = dx / n, dy / n, dz / n
            if dz > -0.1:
                continue
            t = max((top - position[2]) / dz, 0.0)
            step = 0.25 * cell
            above = 1e9
            while True:
                gap = (
                    position[2]
                    + t * dz
                    - _height(z, (position[0] + t * dx) / cell, (position[1] + t * dy) / cell)
                )
                if gap <= 0.0:
                    t -= step * gap / (gap - above) if above < 1e8 else 0.0
                    break
                above = gap
                step = max(0.25 * cell, 0.3 * gap)
                t += step
                if t > 1e5:
                    break
            x, y = position[0] + t * dx, position[1] + t * dy
            gx = (
                _height(z, x / cell + 0.5, y / cell) - _height(z, x / cell - 0.5, y / cell)
            ) / cell
            gy = (
                _height(z, x / cell, y / cell + 0.5) - _height(z, x / cell, y / cell - 0.5)
            ) / cell
            norm = math.sqrt(1.0 + gx * gx + gy * gy)
            mu0 = (middle[2] - gx * middle[0] - gy * middle[1]) / norm
            mu = max((gx * dx + gy * dy - dz) / norm, 0.02)
            if mu0 <= 0.0:
                continue
            seen = 0.0
            for k in range(len(suns)):
                if _lit(z, cell, x, y, suns[k], top):
                    seen += share[k]
            out[v, u] = seen * (lambert * mu0 + (1.0 - lambert) * mu0 / (mu0 + mu))
    return out
