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

import numpy as np
from numba import njit

from lupex_rover.core.errors import UserError
from lupex_rover.terrain.dem import Dem, bilinear_at
from lupex_rover.terrain.hashing import cell_hash, unit
from lupex_rover.terrain.shadow import lit_map

Array = np.ndarray
ALBEDO = 0.12  # normal albedo of highland ground, Vasavada et al. 2012: 0.12 .. 0.16
SKY_SHINE = 0.012  # of full sunlight, light from lit terrain that reaches a shadow (assumed)
FULL_WELL_E = 12_000.0  # electrons at full scale: shot noise (assumed, small CMOS)
READ_NOISE_E = 15.0  # electrons (assumed)
STEEP = 0.8  # the march trusts that ground is no steeper than this on the average over a step
TEXTURE_LAYER = 400
MAX_MAPS = 3


@dataclass(frozen=True)
class Camera:
    """A pinhole without distortion; pixel centres are integers from 0."""

    width: int
    height: int
    fx: float
    fy: float
    cx: float
    cy: float

    @property
    def matrix(self) -> Array:
        """(3, 3) K."""
        return np.array([[self.fx, 0.0, self.cx], [0.0, self.fy, self.cy], [0.0, 0.0, 1.0]])


class LitCache:
    """Light maps of the last few sets of maps and Suns."""

    def __init__(self, size: int = 6) -> None:
        self._maps: OrderedDict[tuple, tuple[tuple[Dem, ...], list[Array]]] = OrderedDict()
        self._size = size

    def get(self, dems: Sequence[Dem], azimuth_rad: float, elevation_rad: float) -> list[Array]:
        """(rows, cols) light of each map, for the Sun to the nearest 0.1 and 0.02 degrees."""
        az = round(math.degrees(azimuth_rad), 1)
        el = round(math.degrees(elevation_rad) / 0.02) * 0.02
        key = (*map(id, dems), az, el)
        if key not in self._maps:
            a, e = math.radians(az), math.radians(el)
            lit = [lit_map(dems[i:], a, e) for i in range(len(dems))]
            self._maps[key] = (tuple(dems), lit)  # holding the maps keeps their ids theirs
            if len(self._maps) > self._size:
                self._maps.popitem(last=False)
        self._maps.move_to_end(key)
        return self._maps[key][1]


_LIT = LitCache()


@njit(cache=True, inline="always")
def _on(grid: Array, k: int, x: float, y: float) -> bool:
    u, v = (x - grid[k, 0]) / grid[k, 2], (y - grid[k, 1]) / grid[k, 2]
    return u >= 0.0 and v >= 0.0 and u <= grid[k, 3] and v <= grid[k, 4]


@njit(cache=True, inline="always")
def _lattice(x: float, y: float, cell: float, layer: int) -> float:
    """Value noise: hashed values at the corners of a lattice, bilinear between; 0..1."""
    u, v = x / cell, y / cell
    i, j = math.floor(u), math.floor(v)
    fu, fv = u - i, v - j
    a = unit(cell_hash(int(i), int(j), layer, 7))
    b = unit(cell_hash(int(i) + 1, int(j), layer, 7))
    c = unit(cell_hash(int(i), int(j) + 1, layer, 7))
    d = unit(cell_hash(int(i) + 1, int(j) + 1, layer, 7))
    low = a + (b - a) * fu
    return low + (c + (d - c) * fu - low) * fv


@njit(cache=True, inline="always")
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


@njit(cache=True)
def _shade(
    k: int, hs: tuple, lits: tuple, grid: Array, x: float, y: float, ray: Array, sun: Array,
    pixel_m: float,
) -> float:  # fmt: skip
    """Radiance of the ground at x, y as a share of a white board facing the Sun."""
    cell = grid[k, 2]
    u, v = (x - grid[k, 0]) / cell, (y - grid[k, 1]) / cell
    h = hs[0] if k == 0 else (hs[1] if k == 1 else hs[2])
    lit_grid = lits[0] if k == 0 else (lits[1] if k == 1 else lits[2])
    gx = (bilinear_at(h, u + 1.0, v) - bilinear_at(h, u - 1.0, v)) / (2.0 * cell)
    gy = (bilinear_at(h, u, v + 1.0) - bilinear_at(h, u, v - 1.0)) / (2.0 * cell)
    norm = math.sqrt(1.0 + gx * gx + gy * gy)
    mu0 = (-gx * sun[0] - gy * sun[1] + sun[2]) / norm
    mu = max(0.02, (gx * ray[0] + gy * ray[1] - ray[2]) / norm)
    lit = bilinear_at(lit_grid, u, v)
    value = SKY_SHINE * (0.5 + 0.5 * mu)
    if mu0 > 0.0 and lit > 0.0:
        g = math.acos(max(-1.0, min(1.0, -(ray[0] * sun[0] + ray[1] * sun[1] + ray[2] * sun[2]))))
        g = math.degrees(g)
        share = max(0.0, 1.0 - 0.019 * g + 2.42e-4 * g * g - 1.46e-6 * g * g * g)
        value += lit * (2.0 * share * mu0 / (mu0 + mu) + (1.0 - share) * mu0)
    return value * _texture(x, y, pixel_m)


@njit(cache=True)
def _trace(
    width: int, height: int, fx: float, fy: float, cx: float, cy: float, R: Array, eye: Array,
    hs: tuple, lits: tuple, grid: Array, count: int, sun: Array, top_m: float, out: Array,
) -> None:  # fmt: skip
    ray = np.empty(3)
    for row in range(height):
        for col in range(width):
            a, b = (col - cx) / fx, (row - cy) / fy
            norm = math.sqrt(a * a + b * b + 1.0)
            for i in range(3):
                ray[i] = (R[i, 0] * a + R[i, 1] * b + R[i, 2]) / norm
            level = math.sqrt(ray[0] * ray[0] + ray[1] * ray[1])
            out[row, col] = 0.0
            t = 0.0
            if eye[2] > top_m:
                if ray[2] >= -1e-9:
                    continue
                t = (top_m - eye[2]) / ray[2]
            before, gap_before = t, 1e9
            for _ in range(600):
                x, y, z = eye[0] + t * ray[0], eye[1] + t * ray[1], eye[2] + t * ray[2]
                if z > top_m and ray[2] >= 0.0:
                    break
                k = 0
                while k < count and not _on(grid, k, x, y):
                    k += 1
                if k == count:
                    break
                cell = grid[k, 2]
                u, v = (x - grid[k, 0]) / cell, (y - grid[k, 1]) / cell
                h = hs[0] if k == 0 else (hs[1] if k == 1 else hs[2])
                gap = z - bilinear_at(h, u, v)
                if gap <= 0.0 or gap < 2e-4 * t:
                    if gap < 0.0 and gap_before < 1e8:
                        t = before + (t - before) * gap_before / (gap_before - gap)
                        x, y = eye[0] + t * ray[0], eye[1] + t * ray[1]
                    out[row, col] = _shade(k, hs, lits, grid, x, y, ray, sun, t / fx)
                    break
                before, gap_before = t, gap
                t += max(gap / (STEEP * level - ray[2] if ray[2] < 0.0 else STEEP * level),
                         0.15 * cell, 2e-3 * t)  # fmt: skip


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
    dems : maps, finest first; at most three are seen, all cast shadows. The same objects should
        be handed in again while nothing changed: their light maps are kept.
    map_R_camera : (3, 3), optical axes in `map`.
    position_m : (3,) of the camera in `map`.
    rng : source of the shot and read noise.
    exposure : grey levels (of 255) per unit of radiance, 1 being a white board facing the Sun;
        None: automatic, so that the brightest twentieth of the ground comes out near 200.

    Returns
    -------
    (H, W) uint8; the sky is black.

    Raises
    ------
    UserError
        No map.
    """
    if not dems:
        raise UserError("render: needs at least one map")
    lits = _LIT.get(dems, sun_azimuth_rad, sun_elevation_rad)[:MAX_MAPS]
    seen = list(dems)[:MAX_MAPS]
    grid = np.zeros((MAX_MAPS, 5))
    for i, dem in enumerate(seen):
        rows, cols = dem.heights.shape
        grid[i] = dem.x0, dem.y0, dem.resolution_m, cols - 1.0, rows - 1.0
    count = len(seen)
    heights = [d.heights for d in seen] + [seen[0].heights] * (MAX_MAPS - count)
    lits = lits + [lits[0]] * (MAX_MAPS - count)
    top_m = max(float(d.heights.max()) for d in seen) + 0.01
    cos_el = math.cos(sun_elevation_rad)
    sun = np.array([math.sin(sun_azimuth_rad) * cos_el, math.cos(sun_azimuth_rad) * cos_el,
                    math.sin(sun_elevation_rad)])  # fmt: skip
    out = np.empty((camera.height, camera.width), np.float32)
    _trace(
        camera.width, camera.height, camera.fx, camera.fy, camera.cx, camera.cy,
        np.ascontiguousarray(map_R_camera, dtype=np.float64), np.asarray(position_m, np.float64),
        tuple(heights), tuple(lits), grid, count, sun, top_m, out,
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
