"""Pictures of the lit ground: a ray per pixel marched to the heightfield.

Optical axes: x right, y down, z forward; pixel centres are integers from 0. Brightness is the
lunar-Lambert law of McEwen (1991, Icarus 92, 298): 2 L mu0 / (mu0 + mu) + (1 - L) mu0, with
L falling with the phase angle (his eq. for the Moon, cubic fit), so that there is no limb darkening
near full phase. Shadows have the Sun's penumbra and a little light from lit slopes near by.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit, prange

from lupex_rover.core.camera import Camera
from lupex_rover.core.errors import UserError
from lupex_rover.terrain.dem import Dem
from lupex_rover.terrain.hashing import mix, unit
from lupex_rover.terrain.shadow import lit_maps

Array = np.ndarray
ALBEDO = 0.12  # normal albedo of highland ground, Vasavada et al. 2012: 0.12 .. 0.16
SKY_SHINE = 0.012  # of full sunlight, light from lit terrain that reaches a shadow (assumed)
FULL_WELL_E = 12_000.0  # electrons at full scale: shot noise (assumed, small CMOS)
READ_NOISE_E = 15.0  # electrons (assumed)
STEEP = 0.5  # the march trusts that ground is no steeper than this on the average over a step
TEXTURE_LAYER = 400
MAX_MAPS = 3
MAX_STEPS = 600  # of one ray
GROWTH = 0.008  # least step of a level ray, of the distance
NEAR_ENOUGH = 1.5e-3  # of the distance: a ray this close to the ground has met it
_X, _Y, _Z = (
    np.uint64(0x9E3779B97F4A7C15),
    np.uint64(0xC2B2AE3D27D4EB4F),
    np.uint64(0x165667B19E3779F9),
)


@dataclass(frozen=True)
class Scene:
    """Up to three maps and their light in flat arrays, as the inner loop wants them.

    Attributes
    ----------
    heights, lit : ndarray, shape (N,)
        float32, the maps one after the other, row by row.
    grid : ndarray, shape (maps, 8)
        x0, y0, cell m, last column, last row, offset into the arrays, width m, height m.
    top_m : float
        No ground is higher.
    """

    dems: tuple[Dem, ...]  # held so that their ids stay theirs
    heights: Array
    lit: Array
    grid: Array
    top_m: float


class SceneCache:
    """The last few sets of maps under their Suns."""

    def __init__(self, size: int = 2) -> None:
        self._scenes: OrderedDict[tuple[Any, ...], Scene] = OrderedDict()
        self._size = size

    def get(self, dems: Sequence[Dem], azimuth_rad: float, elevation_rad: float) -> Scene:
        """The scene with the Sun to the nearest 0.25 and 0.02 degrees."""
        az = round(math.degrees(azimuth_rad) * 4.0) / 4.0
        el = round(math.degrees(elevation_rad) / 0.02) * 0.02
        key = (*map(id, dems), az, el)
        if key not in self._scenes:
            self._scenes[key] = _scene(dems, math.radians(az), math.radians(el))
            if len(self._scenes) > self._size:
                self._scenes.popitem(last=False)
        self._scenes.move_to_end(key)
        return self._scenes[key]


def _scene(dems: Sequence[Dem], azimuth_rad: float, elevation_rad: float) -> Scene:
    seen = dems[:MAX_MAPS]
    lit = [m.ravel() for m in lit_maps(dems, azimuth_rad, elevation_rad)[:MAX_MAPS]]
    grid, offset = [], 0
    for dem in seen:
        rows, cols = dem.heights.shape
        last_x, last_y = (n * dem.resolution_m for n in (cols - 1.0, rows - 1.0))
        grid.append(
            (dem.x0, dem.y0, dem.resolution_m, cols - 1.0, rows - 1.0, offset, last_x, last_y)
        )
        offset += rows * cols
    heights = np.concatenate([d.heights.ravel() for d in seen])
    return Scene(
        tuple(dems), heights, np.concatenate(lit), np.array(grid), float(heights.max()) + 0.01
    )


_SCENES = SceneCache()


@njit(cache=True, error_model="numpy", inline="always")
def _map_at(grid: Array, x: float, y: float) -> int:
    """The finest map that holds the point, or -1."""
    for k in range(grid.shape[0]):
        u, v = x - grid[k, 0], y - grid[k, 1]
        if u >= 0.0 and v >= 0.0 and u <= grid[k, 6] and v <= grid[k, 7]:
            return k
    return -1


@njit(cache=True, error_model="numpy", inline="always")
def _value(flat: Array, grid: Array, k: int, u: float, v: float) -> float:
    """Bilinear value of map `k` at column u, row v, held at the border."""
    u = min(max(u, 0.0), grid[k, 3])
    v = min(max(v, 0.0), grid[k, 4])
    cols = int(grid[k, 3]) + 1
    c, r = min(int(u), cols - 2), min(int(v), int(grid[k, 4]) - 1)
    i = int(grid[k, 5]) + r * cols + c
    fu, fv = u - c, v - r
    low = flat[i] + (flat[i + 1] - flat[i]) * fu
    high = flat[i + cols] + (flat[i + cols + 1] - flat[i + cols]) * fu
    return low + (high - low) * fv


@njit(cache=True, error_model="numpy", inline="always")
def _speck(i: int, j: int, layer: int) -> float:
    """A hashed value of a lattice point, 0..1."""
    return unit(mix(np.uint64(i) * _X ^ np.uint64(j) * _Y ^ np.uint64(layer) * _Z))


@njit(cache=True, error_model="numpy", inline="always")
def _lattice(x: float, y: float, cell: float, layer: int) -> float:
    """Value noise: hashed values at the corners of a lattice, bilinear between; 0..1."""
    u, v = x / cell, y / cell
    i, j = int(math.floor(u)), int(math.floor(v))
    fu, fv = u - i, v - j
    a, b = _speck(i, j, layer), _speck(i + 1, j, layer)
    c, d = _speck(i, j + 1, layer), _speck(i + 1, j + 1, layer)
    low = a + (b - a) * fu
    return low + (c + (d - c) * fu - low) * fv


@njit(cache=True, error_model="numpy", inline="always")
def _texture(x: float, y: float, pixel_m: float) -> float:
    """Albedo about 1, mottled at the sizes that the pixel can show; the same from every place."""
    total = 0.0
    cell = 0.016
    layer = TEXTURE_LAYER
    shown = 0
    while cell < 40.0 and shown < 2:
        if cell > 1.5 * pixel_m:
            fade = min(1.0, cell / (1.5 * pixel_m) - 1.0)
            total += fade * (_lattice(x, y, cell, layer) - 0.5) * (0.5 if shown == 0 else 0.35)
            shown += 1
        cell *= 2.5
        layer += 1
    return 1.0 + total


@njit(cache=True, error_model="numpy")
def _shade(
    k: int, heights: Array, lits: Array, grid: Array, x: float, y: float, ray: Array, sun: Array,
    pixel_m: float,
) -> float:  # fmt: skip
    """Radiance of the ground at x, y as a share of a white board facing the Sun."""
    cell = grid[k, 2]
    u, v = (x - grid[k, 0]) / cell, (y - grid[k, 1]) / cell
    gx = (_value(heights, grid, k, u + 1.0, v) - _value(heights, grid, k, u - 1.0, v)) / (2 * cell)
    gy = (_value(heights, grid, k, u, v + 1.0) - _value(heights, grid, k, u, v - 1.0)) / (2 * cell)
    norm = math.sqrt(1.0 + gx * gx + gy * gy)
    mu0 = (-gx * sun[0] - gy * sun[1] + sun[2]) / norm
    mu = max(0.02, (gx * ray[0] + gy * ray[1] - ray[2]) / norm)
    value = SKY_SHINE * (0.5 + 0.5 * mu)
    if mu0 > 0.0:
        lit = _value(lits, grid, k, u, v)
        g = math.acos(max(-1.0, min(1.0, -(ray[0] * sun[0] + ray[1] * sun[1] + ray[2] * sun[2]))))
        g = math.degrees(g)
        share = max(0.0, 1.0 - 0.019 * g + 2.42e-4 * g * g - 1.46e-6 * g * g * g)
        value += lit * (2.0 * share * mu0 / (mu0 + mu) + (1.0 - share) * mu0)
    return value * _texture(x, y, pixel_m)


@njit(cache=True, error_model="numpy")
def _march(
    heights: Array, lits: Array, grid: Array, eye: Array, ray: Array, sun: Array, top_m: float,
    pixel_rad: float,
) -> float:  # fmt: skip
    """Radiance that comes along one ray; 0 from the sky."""
    level = math.sqrt(ray[0] * ray[0] + ray[1] * ray[1])
    closing = STEEP * level + max(0.0, -ray[2])
    growth = GROWTH * level
    t = 0.0
    if eye[2] > top_m:
        if ray[2] >= -1e-9:
            return 0.0
        t = (top_m - eye[2]) / ray[2]
    before, gap_before = t, -1.0
    for _ in range(MAX_STEPS):
        x, y, z = eye[0] + t * ray[0], eye[1] + t * ray[1], eye[2] + t * ray[2]
        if z > top_m and ray[2] >= 0.0:
            return 0.0
        k = _map_at(grid, x, y)
        if k < 0:
            return 0.0
        cell = grid[k, 2]
        gap = z - _value(heights, grid, k, (x - grid[k, 0]) / cell, (y - grid[k, 1]) / cell)
        if gap < NEAR_ENOUGH * t:
            if gap_before > gap:  # the straight line through the last two gaps meets zero here
                t = before + (t - before) * gap_before / (gap_before - gap)
                x, y = eye[0] + t * ray[0], eye[1] + t * ray[1]
            return _shade(k, heights, lits, grid, x, y, ray, sun, t * pixel_rad)
        before, gap_before = t, gap
        t += max(gap / closing, 0.5 * level * cell, growth * t)
    return 0.0


@njit(cache=True, error_model="numpy", parallel=True)
def _trace(
    lens: Array, R: Array, eye: Array, heights: Array, lits: Array, grid: Array, sun: Array,
    top_m: float, out: Array,
) -> None:  # fmt: skip
    """Fill `out` (H, W) with the radiance of each pixel; `lens` is fx, fy, cx, cy.

    Rows are shared out over the cores; a pixel does not depend on who draws it.
    """
    fx, fy, cx, cy = lens
    rows, cols = out.shape
    for row in prange(rows):
        ray = np.empty(3)
        for col in range(cols):
            a, b = (col - cx) / fx, (row - cy) / fy
            norm = math.sqrt(a * a + b * b + 1.0)
            for i in range(3):
                ray[i] = (R[i, 0] * a + R[i, 1] * b + R[i, 2]) / norm
            out[row, col] = _march(heights, lits, grid, eye, ray, sun, top_m, 1.0 / fx)


def render(
    dems: Sequence[Dem],
    camera: Camera,
    map_R_camera: Array,
    position_m: Array,
    sun_azimuth_rad: float,
    sun_elevation_rad: float,
    rng: np.random.Generator,
    exposure: float | None = None,
) -> Array:
    """The picture that a camera takes of the lit ground.

    Parameters
    ----------
    dems : Sequence[Dem]
        Maps, finest first; at most three are seen, all cast shadows. The same objects should be
        handed in again while nothing changed: their light maps are kept.
    map_R_camera : ndarray, shape (3, 3)
        Optical axes in `map`.
    position_m : ndarray, shape (3,)
        Of the camera in `map`.
    rng : np.random.Generator
        Source of the shot and read noise.
    exposure : float or None
        Grey levels (of 255) per unit of radiance, 1 being a white board facing the Sun; None:
        automatic, so that the brightest twentieth of the ground comes out near 200.

    Returns
    -------
    ndarray, shape (H, W)
        uint8; the sky is black.

    Raises
    ------
    UserError
        No map.
    """
    if not dems:
        raise UserError("render: needs at least one map")
    scene = _SCENES.get(dems, sun_azimuth_rad, sun_elevation_rad)
    cos_el = math.cos(sun_elevation_rad)
    sun = np.array([math.sin(sun_azimuth_rad) * cos_el, math.cos(sun_azimuth_rad) * cos_el,
                    math.sin(sun_elevation_rad)])  # fmt: skip
    out = np.empty((camera.height, camera.width), np.float32)
    _trace(
        np.array([camera.fx, camera.fy, camera.cx, camera.cy]),
        np.ascontiguousarray(map_R_camera, dtype=np.float64),
        np.asarray(position_m, np.float64),
        scene.heights, scene.lit, scene.grid, sun, scene.top_m, out,
    )  # fmt: skip
    return _expose(out * ALBEDO, exposure, rng)


def _expose(radiance: Array, exposure: float | None, rng: np.random.Generator) -> Array:
    """Radiance to grey levels with shot noise and read noise."""
    if exposure is None:
        ground = radiance[::4, ::4]
        ground = ground[ground > 0.0]
        bright = float(np.percentile(ground, 95)) if ground.size else 1.0
        exposure = 200.0 / max(bright, 1e-4)
    level = np.minimum(radiance * (exposure / 255.0), 1.0)
    sigma = np.sqrt(level / FULL_WELL_E + (READ_NOISE_E / FULL_WELL_E) ** 2)
    level = level + sigma * rng.standard_normal(level.shape, dtype=np.float32)
    return np.clip(level * 255.0 + 0.5, 0.0, 255.0).astype(np.uint8)
