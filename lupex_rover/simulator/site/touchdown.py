"""The ground where the lander stands, from the simulator's truth: for result and report only."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.signal import fftconvolve

from lupex_rover.simulator.site.world import World
from lupex_rover.terrain.dem import Dem

LEGS_M = 2.0  # radius of the circle on which the vehicle stands (assumed)
CELL_M = 0.25
SAFE_SLOPE_DEG, SAFE_ROCK_M = 10.0, 0.3  # what a safe place has at most
ROUND_M = 50.0  # a safe place is looked for within this


@dataclass(frozen=True)
class Ground:
    """Slope deg and highest rock m under the circle of the legs at each cell of `dem`."""

    dem: Dem
    slope_deg: np.ndarray
    rock_m: np.ndarray

    @property
    def safe(self) -> np.ndarray:
        """(rows, cols) bool."""
        return (self.slope_deg <= SAFE_SLOPE_DEG) & (self.rock_m <= SAFE_ROCK_M)


def fitted_slope_deg(dem: Dem, radius_m: float = LEGS_M) -> np.ndarray:
    """(rows, cols) slope of the least-squares plane over a disc round each cell, deg."""
    reach = int(radius_m / dem.resolution_m)
    u = dem.resolution_m * np.arange(-reach, reach + 1)
    x, y = np.meshgrid(u, u)
    disc = np.hypot(x, y) <= radius_m
    heights = dem.heights.astype(float)
    heights -= heights.mean()
    # correlation with x / sum(x^2) is the fitted gradient; convolution flips the kernel
    gradient = [fftconvolve(heights, -k * disc / (k[disc] ** 2).sum(), mode="same") for k in (x, y)]
    return np.degrees(np.arctan(np.hypot(*gradient)))


def rock_under(dem: Dem, rocks: np.ndarray, radius_m: float = LEGS_M) -> np.ndarray:
    """(rows, cols) height m of the highest rock that reaches into a disc round each cell.

    Parameters
    ----------
    rocks : ndarray, shape (N, 4)
        x, y, diameter, height, m, as `Relief.rocks` gives them.
    """
    out = np.zeros(dem.heights.shape)
    xs, ys = dem.grid()
    for x, y, diameter, height in rocks:
        reach = radius_m + 0.5 * diameter
        cols = slice(*np.searchsorted(xs, (x - reach, x + reach)))
        rows = slice(*np.searchsorted(ys, (y - reach, y + reach)))
        far = np.hypot(xs[None, cols] - x, ys[rows, None] - y)
        out[rows, cols] = np.maximum(out[rows, cols], np.where(far <= reach, height, 0.0))
    return out


def ground_round(world: World, x: float, y: float, reach_m: float = ROUND_M) -> Ground:
    """Truth within `reach_m` of a place."""
    half = reach_m + 2.0 * LEGS_M
    dem = world.relief.window(x - half, y - half, 2.0 * half, 2.0 * half, CELL_M)
    wide = half + LEGS_M
    rocks = world.relief.rocks((x - wide, y - wide, x + wide, y + wide), 0.0)
    return Ground(dem, fitted_slope_deg(dem), rock_under(dem, rocks))


def describe(world: World, place_m: np.ndarray, hard: bool) -> dict[str, Any]:
    """What the report says of a touchdown at `place_m` (3,) in `map`.

    `safe_within_m` is the distance to the nearest safe place, 0 when it stands on one, None when
    there is none within `ROUND_M`.
    """
    x, y = float(place_m[0]), float(place_m[1])
    ground = ground_round(world, x, y)
    xs, ys = ground.dem.grid()
    far = np.hypot(xs[None, :] - x, ys[:, None] - y)
    here = np.unravel_index(int(np.argmin(far)), far.shape)
    reach = np.where(ground.safe & (far <= ROUND_M), far, math.inf)
    nearest = 0.0 if ground.safe[here] else float(reach.min())
    return {
        "place_m": [round(float(v), 3) for v in place_m],
        "slope_deg": round(float(ground.slope_deg[here]), 2),
        "rock_m": round(float(ground.rock_m[here]), 3),
        "safe_within_m": round(nearest, 2) if math.isfinite(nearest) else None,
        "hard": bool(hard),
    }
