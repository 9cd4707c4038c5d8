"""Horizons and light of a map against a ray march of its own, and what they cost.

The march knows neither horizons nor masks: to every point of the Sun's disc goes a straight ray
from the eye, followed in space in steps of a twentieth of a cell. Where it goes below the ground
(bilinear between the map's cells, by scipy) the point is hidden.
"""

from __future__ import annotations

import math
import time
from typing import Any

import numpy as np
from scipy.ndimage import map_coordinates

from lupex_rover.core.constants import MOON_RADIUS_M, SUN_RADIUS_M
from lupex_rover.core.time import from_iso
from lupex_rover.ephemeris.bodies import bodies_many
from lupex_rover.terrain.dem import Dem
from lupex_rover.terrain.disc import disc_share
from lupex_rover.terrain.horizon_masks import horizon_masks
from lupex_rover.terrain.lit_map import seen_map
from lupex_rover.terrain.relief import Relief
from lupex_rover.terrain.skyline import grid_axes, skyline

Array = np.ndarray
SIDE, CELL_M, EYE_M = 500, 20.0, 2.0
CENTRE_M = (-12_000.0, 8_000.0)
STEP_CELLS = 1.0 / 20.0  # coarser ones step over the edges between cells, up to 0.12 of the disc
POINTS = 120  # of the disc


def ground(side: int = SIDE) -> Dem:
    """Made-up relief: a rough plain of the seed with hills that cast long shadows."""
    flat = Dem(np.zeros((60, 60)), -48e3, -48e3, 1600.0)
    size = side * CELL_M
    part = Relief(flat, 7).window(*CENTRE_M, size, size, CELL_M)
    heights = part.heights[:side, :side].astype(np.float64)
    rows, cols = np.mgrid[: heights.shape[0], : heights.shape[1]]
    rng = np.random.default_rng(3)
    for _ in range(12):
        row, col, width = *rng.uniform(0, side, 2), rng.uniform(8, 40)
        heights += rng.uniform(20, 160) * np.exp(
            -((rows - row) ** 2 + (cols - col) ** 2) / (2.0 * width**2)
        )
    return Dem(heights, part.x0, part.y0, CELL_M)


def measure(side: int = SIDE, places: int = 200) -> dict[str, Any]:
    """Seconds of the masks, milliseconds of a lit map, errors of the share of the disc."""
    dem = ground(side)
    eyes = Dem(dem.heights + EYE_M, dem.x0, dem.y0, dem.resolution_m)
    horizon_masks(Dem(dem.heights[:9, :9], 0, 0, 20.0), Dem(eyes.heights[:9, :9], 0, 0, 20.0), 8)
    start = time.process_time()
    masks = horizon_masks(dem, eyes)
    masks_s = time.process_time() - start
    x, y = eyes.grid()
    rng = np.random.default_rng(12)
    times = rng.integers(from_iso("2026-01-01"), from_iso("2041-01-01"), places + 1)
    suns = np.ascontiguousarray(bodies_many(times)[:, :3])
    out = np.empty(eyes.heights.shape, np.float32)
    spent: list[float] = []
    by_map: list[float] = []
    by_skyline: list[float] = []
    partly = 0
    seen_map(masks, x, y, suns[0], SUN_RADIUS_M, out)  # compiles
    for sun in suns[: places + 1]:
        start = time.process_time()
        seen_map(masks, x, y, sun, SUN_RADIUS_M, out)
        spent.append(time.process_time() - start)
        if len(by_map) == places:
            break
        row, col = _place(rng, out)
        truth = marched(dem, x[col], y[row], float(eyes.heights[row, col]), sun)
        partly += int(0.02 < truth < 0.98)
        by_map.append(abs(truth - float(out[row, col])))
        by_skyline.append(abs(truth - _exact(dem, x[col], y[row], eyes.heights[row, col], sun)))
    return {
        "map": [side, side], "horizon_masks_s": round(masks_s, 1), "limit_s": 60.0,
        "lit_map_ms_median": round(1e3 * float(np.median(spent)), 1),
        "lit_map_ms_worst": round(1e3 * max(spent), 1), "limit_ms": 50.0,
        "places_and_times": len(by_map), "of_them_partly_lit": partly,
        "disc_points_of_the_march": POINTS, "limit_fraction": 0.05,
        "map_fraction_error": _errors(by_map), "skyline_fraction_error": _errors(by_skyline),
    }  # fmt: skip


def _place(rng: np.random.Generator, lit: Array) -> tuple[int, int]:
    """A random place; every other one where the map says that part of the disc is seen."""
    rows, cols = np.nonzero((lit > 0.02) & (lit < 0.98))
    if rows.size and rng.random() < 0.5:
        k = int(rng.integers(rows.size))
        return int(rows[k]), int(cols[k])
    return int(rng.integers(lit.shape[0])), int(rng.integers(lit.shape[1]))


def _errors(values: list[float]) -> dict[str, float]:
    return {"worst": round(max(values), 4), "mean": round(float(np.mean(values)), 4),
            "beyond_0.05": int(sum(v > 0.05 for v in values))}  # fmt: skip


def _exact(dem: Dem, x: float, y: float, z: float, sun: Array) -> float:
    """What `lupex sun --map` says: skyline and strips of the disc."""
    axes = grid_axes(x, y)
    toward = (sun - (MOON_RADIUS_M + z) * axes[:, 2]) @ axes
    far = float(np.linalg.norm(toward))
    azimuth, elevation = math.atan2(toward[0], toward[1]), math.asin(toward[2] / far)
    share = disc_share(
        azimuth, elevation, math.asin(SUN_RADIUS_M / far), lambda a: skyline([dem], x, y, z, a)
    )
    return float(share[0])


def marched(dem: Dem, x: float, y: float, z: float, sun: Array) -> float:
    """Share of the disc's points whose ray leaves the map without going below the ground."""
    eye = (MOON_RADIUS_M + z) * _up(x, y)
    toward = sun - eye
    far = float(np.linalg.norm(toward))
    toward = toward / far
    side = np.cross(toward, [0.3, 0.5, 0.8])
    side /= np.linalg.norm(side)
    k = np.arange(POINTS) + 0.5  # sunflower: equal areas
    radius, turn = SUN_RADIUS_M / far * np.sqrt(k / POINTS), k * math.pi * (3.0 - math.sqrt(5.0))
    other = np.cross(toward, side)
    rays = toward + np.outer(radius * np.cos(turn), side) + np.outer(radius * np.sin(turn), other)
    step = STEP_CELLS * dem.resolution_m
    ways = step * np.arange(1, math.ceil(1.5 * max(dem.heights.shape) / STEP_CELLS))
    seen = 0
    for ray in rays / np.linalg.norm(rays, axis=1)[:, None]:
        points = eye + ways[:, None] * ray
        seen += int(not np.any(_below(dem, points)))
    return seen / POINTS


def _up(x: float, y: float) -> Array:
    """Radial direction of a place of the south polar stereographic grid (Snyder 1987, 20-14)."""
    rho, lon = math.hypot(x, y), math.atan2(x, y)
    colatitude = 2.0 * math.atan(rho / (2.0 * MOON_RADIUS_M))
    return np.array([math.sin(colatitude) * math.cos(lon), math.sin(colatitude) * math.sin(lon),
                     -math.cos(colatitude)])  # fmt: skip


def _below(dem: Dem, points: Array) -> Array:
    """Which points are on the map and under its ground."""
    r = np.linalg.norm(points, axis=1)
    scale = 2.0 * MOON_RADIUS_M / (r - points[:, 2])  # rho = 2 R tan(colatitude / 2)
    col = (points[:, 1] * scale - dem.x0) / dem.resolution_m
    row = (points[:, 0] * scale - dem.y0) / dem.resolution_m
    rows, cols = dem.heights.shape
    inside = (col >= 0) & (row >= 0) & (col <= cols - 1) & (row <= rows - 1)
    height = map_coordinates(dem.heights, [row[inside], col[inside]], order=1, mode="nearest")
    out = np.zeros(len(points), bool)
    out[inside] = r[inside] - MOON_RADIUS_M < height
    return out
