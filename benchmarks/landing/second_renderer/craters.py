"""Craters and boulders pressed into a height field that repeats at its edges.

Units: m; positions in cells of the field. A crater is the lower of two shapes, its bowl and its
ejecta, with the corner between them rounded the more the older it is:

    bowl    -depth + (depth + rim) r**power         r: distance over the rim's radius
    ejecta   rim r**-3, faded out from 2.3 to 3 r   (r**-3: McGetchin, Settle and Head 1973)

Sizes: cumulative number proportional to D**-2, a few per cent of geometric saturation, 1.54 D**-2
(Gault 1970; Hartmann 1984). Depth over diameter 0.05 (old) to 0.2 (fresh; Pike 1977), of which
old ones are the many. Boulders: cumulative number proportional to D**-3.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

SATURATION = 1.54  # craters per m2 wider than D m, times D**2
REACH = 3.0  # radii
FADED_FROM = 2.3
BOWL_POWER = (2.0, 3.5)  # a parabola to a flat floor
RIM_OF_DEPTH = 0.22
DEPTH_OF_DIAMETER = (0.05, 0.2)
OUT_OF_ROUND = (0.06, 0.04)  # of the radius, in two and three lobes
FRESH_LOG_ALBEDO = 0.25  # of the freshest, at the rim
BOULDER_M = (1.5, 6.0)
BOULDER_TALL = (0.3, 0.6)  # height over diameter


def diameters(
    rng: np.random.Generator, share: float, low_m: float, high_m: float, area_m2: float
) -> np.ndarray:
    """Crater diameters, m, at `share` of geometric saturation, widest first."""
    wanted = share * SATURATION * (low_m**-2.0 - high_m**-2.0) * area_m2
    u = rng.random(rng.poisson(wanted))
    return np.sort((low_m**-2.0 * (1.0 - u) + high_m**-2.0 * u) ** -0.5)[::-1]


def press_craters(
    rng: np.random.Generator, heights: np.ndarray, log_albedo: np.ndarray, step_m: float,
    width_m: np.ndarray,
) -> None:  # fmt: skip
    """Add craters of `width_m` at random places to both fields (one shape)."""
    n = len(width_m)
    age = rng.random(n) ** 0.75  # 0 fresh, 1 old
    low, high = DEPTH_OF_DIAMETER
    depth = width_m * high * (low / high) ** age
    rows = np.column_stack(
        (
            rng.random((n, 2)) * len(heights),
            0.5 * width_m / step_m,
            depth,
            RIM_OF_DEPTH * depth,
            rng.uniform(*BOWL_POWER, n),
            (0.03 + 0.35 * age) * depth,
            np.maximum(0.0, 1.0 - 2.0 * age) * FRESH_LOG_ALBEDO,
            rng.uniform(0.0, 2.0 * math.pi, (n, 2)),
        )
    )
    _press(heights, log_albedo, rows, np.array(OUT_OF_ROUND))


@njit(cache=True)
def _press(
    heights: np.ndarray, log_albedo: np.ndarray, rows: np.ndarray, lobes: np.ndarray
) -> None:
    n = len(heights)
    for k in range(len(rows)):
        cx, cy, radius, depth, rim, power, round_m, bright, turn2, turn3 = rows[k]
        c2, s2, c3, s3 = math.cos(turn2), math.sin(turn2), math.cos(turn3), math.sin(turn3)
        reach = REACH * radius * (1.0 + lobes[0] + lobes[1])
        for i in range(math.ceil(cy - reach), math.floor(cy + reach) + 1):
            for j in range(math.ceil(cx - reach), math.floor(cx + reach) + 1):
                dx, dy = j - cx, i - cy
                away = math.hypot(dx, dy) + 1e-9
                c, s = dx / away, dy / away
                two_c, two_s = c * c - s * s, 2.0 * c * s
                wave = lobes[0] * (two_c * c2 + two_s * s2)
                wave += lobes[1] * ((two_c * c - two_s * s) * c3 + (two_s * c + two_c * s) * s3)
                r = away / (radius * (1.0 + wave))
                if r >= REACH:
                    continue
                bowl = -depth + (depth + rim) * r**power
                near = max(r, 0.4)
                ejecta = rim / (near * near * near)
                dz = 0.5 * (bowl + ejecta - math.sqrt((bowl - ejecta) ** 2 + round_m**2))
                fade = min(1.0, (REACH - r) / (REACH - FADED_FROM))
                fade *= fade * (3.0 - 2.0 * fade)
                heights[i % n, j % n] += dz * fade
                if bright > 0.0:
                    log_albedo[i % n, j % n] += bright * fade * min(1.0, r**-1.5)


def set_boulders(
    rng: np.random.Generator, heights: np.ndarray, step_m: float, per_m2: float
) -> None:
    """Add round boulders, `per_m2` of them wider than the least of BOULDER_M."""
    n = rng.poisson(per_m2 * (len(heights) * step_m) ** 2)
    low, high = BOULDER_M
    u = rng.random(n)
    width = (low**-3.0 * (1.0 - u) + high**-3.0 * u) ** (-1.0 / 3.0)
    tall = width * rng.uniform(*BOULDER_TALL, n)
    place = rng.random((n, 2)) * len(heights)
    _set(heights, np.column_stack((place, 0.5 * width / step_m, tall)))


@njit(cache=True)
def _set(heights: np.ndarray, rows: np.ndarray) -> None:
    n = len(heights)
    for k in range(len(rows)):
        cx, cy, radius, tall = rows[k]
        for i in range(math.ceil(cy - radius), math.floor(cy + radius) + 1):
            for j in range(math.ceil(cx - radius), math.floor(cx + radius) + 1):
                r2 = ((j - cx) ** 2 + (i - cy) ** 2) / radius**2
                if r2 < 1.0:
                    heights[i % n, j % n] += tall * math.sqrt(1.0 - r2)
