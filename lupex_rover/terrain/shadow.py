"""Which ground the Sun lights.

Heights are resampled on lines that run along the light; down each line the top of the shadow
falls by the tangent of the Sun's elevation per metre and is lifted by whatever stands higher. One
pass over the grid gives it for every cell. Heights are taken in a plane at the map's centre
(curvature drop d^2 / 2R), where the rays of the Sun are parallel.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numba import njit

from lupex_rover.core.constants import MOON_RADIUS_M
from lupex_rover.terrain.dem import Dem, bilinear_at
from lupex_rover.terrain.horizon import disc_fraction

Array = np.ndarray
SUN_RADIUS_RAD = 0.004652  # 0.2666 degrees at 1 au
STRIPS = (-0.8, -0.4, 0.0, 0.4, 0.8)  # of the radius: centres of five bands of the disc
NO_SHADOW_M = -1.0e6


@njit(cache=True)
def _lines(
    heights: Array, du: float, dv: float, u_start: float, v_start: float, side: int
) -> Array:
    """Heights on `side` lines of `side` points; line k is offset across the light, NaN outside."""
    rows, cols = heights.shape
    out = np.full((side, side), np.nan)
    for k in range(side):
        for i in range(side):
            u = u_start + i * du - k * dv
            v = v_start + i * dv + k * du
            if u >= -0.5 and v >= -0.5 and u <= cols - 0.5 and v <= rows - 0.5:
                out[k, i] = bilinear_at(heights, u, v)
    return out


@njit(cache=True)
def _sweep(lines: Array, fall: float, entry: Array) -> Array:
    """Top of the shadow cast by the ground before each point; `entry` where a line begins."""
    top = np.empty(lines.shape)
    n_lines, n = lines.shape
    for k in range(n_lines):
        inside = False
        s = 0.0
        for i in range(n):
            h = lines[k, i]
            if math.isnan(h):
                if inside:
                    s -= fall
                top[k, i] = s if inside else NO_SHADOW_M
                continue
            if not inside:
                inside = True
                s = max(entry[k, i], h - 300.0)
                for back in range(i):  # the empty start takes it too, for the interpolation
                    top[k, back] = s
            else:
                s -= fall
                if lines[k, i - 1] - fall > s:
                    s = lines[k, i - 1] - fall
            top[k, i] = s
    return top


@njit(cache=True)
def _back(
    top: Array, du: float, dv: float, u_start: float, v_start: float, rows: int, cols: int
) -> Array:
    """The line grid's values at the cells of the map."""
    out = np.empty((rows, cols), np.float32)
    for r in range(rows):
        for c in range(cols):
            a, b = c - u_start, r - v_start
            out[r, c] = bilinear_at(top, a * du + b * dv, -a * dv + b * du)
    return out


def _flat(dem: Dem, x_m: float, y_m: float) -> Dem:
    """Heights above the plane that touches the sphere at x, y."""
    x, y = dem.grid()
    drop = ((x[None, :] - x_m) ** 2 + (y[:, None] - y_m) ** 2) / (2.0 * MOON_RADIUS_M)
    return Dem(dem.heights - drop, dem.x0, dem.y0, dem.resolution_m)


def _tops(
    flat: Dem, sun_azimuth_rad: float, elevations: Sequence[float], coarse: Sequence[Dem | None]
) -> list[Dem]:
    """Top of the shadow over each cell, one map per elevation, above the same plane."""
    rows, cols = flat.heights.shape
    du, dv = -math.sin(sun_azimuth_rad), -math.cos(sun_azimuth_rad)  # the way the light goes
    side = math.ceil(math.hypot(rows, cols)) + 3
    mid = (side - 1) / 2
    u_start = (cols - 1) / 2 - mid * du + mid * dv
    v_start = (rows - 1) / 2 - mid * dv - mid * du
    lines = _lines(flat.heights, du, dv, u_start, v_start, side)
    tops = []
    for elevation, outer in zip(elevations, coarse):
        entry = np.full(lines.shape, NO_SHADOW_M)
        if outer is not None:
            k, i = np.nonzero(_first(lines))
            u, v = u_start + i * du - k * dv, v_start + i * dv + k * du
            step = flat.resolution_m
            entry[k, i] = outer.height(flat.x0 + step * u, flat.y0 + step * v)
        top = _sweep(lines, math.tan(elevation) * flat.resolution_m, entry)
        back = _back(top, du, dv, u_start, v_start, rows, cols)
        tops.append(Dem(back, flat.x0, flat.y0, flat.resolution_m))
    return tops


def _first(lines: Array) -> Array:
    """The first point of each line that is on the map."""
    known = ~np.isnan(lines)
    before = np.zeros_like(known)
    before[:, 1:] = known[:, :-1]
    return known & ~before


def _chain(
    dems: Sequence[Dem], sun_azimuth_rad: float, elevations: Sequence[float]
) -> list[tuple[Dem, list[Dem]]]:
    """Each map above the plane at the finest one's centre, and the shadows over it, one per
    elevation, those of the coarser maps included; finest first."""
    x_min, y_min, x_max, y_max = dems[0].extent
    x, y = (x_min + x_max) / 2, (y_min + y_max) / 2
    tops: Sequence[Dem | None] = [None] * len(elevations)
    done: list[tuple[Dem, list[Dem]]] = []
    for dem in reversed(dems):
        flat = _flat(dem, x, y)
        made = _tops(flat, sun_azimuth_rad, elevations, tops)
        tops = made
        done.insert(0, (flat, made))
    return done


def lit_maps(
    dems: Sequence[Dem],
    sun_azimuth_rad: float,
    sun_elevation_rad: float,
    far_horizon_rad: float | None = None,
    sun_radius_rad: float = SUN_RADIUS_RAD,
) -> list[Array]:
    """Share of the Sun's disc that each cell of each map sees.

    Parameters
    ----------
    dems : Sequence[Dem]
        Maps, finest first; the coarser ones cast shadows onto the finer ones from outside.
    sun_azimuth_rad, sun_elevation_rad : float
        At the finest map's centre, azimuth clockwise from grid north.
    far_horizon_rad : float or None
        Elevation of the horizon beyond the maps at the Sun's azimuth, if any.

    Returns
    -------
    list[ndarray], shape (rows, cols)
        float32 for each map, 0..1, edges smooth over about a cell.
    """
    bands = [sun_elevation_rad + s * sun_radius_rad for s in STRIPS]
    weights = _band_areas()
    lit_all = []
    for flat, tops in _chain(dems, sun_azimuth_rad, bands):
        lit = np.zeros(flat.heights.shape, np.float32)
        for elevation, weight, top in zip(bands, weights, tops):
            if far_horizon_rad is not None and elevation < far_horizon_rad:
                continue
            soft = max(0.01, flat.resolution_m * math.tan(abs(elevation)))
            lit += weight * np.clip((flat.heights - top.heights) / soft, 0.0, 1.0)
        lit_all.append(np.clip(lit, 0.0, 1.0))
    return lit_all


def lit_map(
    dem: Dem | Sequence[Dem],
    sun_azimuth_rad: float,
    sun_elevation_rad: float,
    far_horizon_rad: float | None = None,
    sun_radius_rad: float = SUN_RADIUS_RAD,
) -> Array:
    """Light of one map, or of the finest of several; as `lit_maps`. (rows, cols) float32, 0..1."""
    dems = [dem] if isinstance(dem, Dem) else list(dem)
    return lit_maps(dems, sun_azimuth_rad, sun_elevation_rad, far_horizon_rad, sun_radius_rad)[0]


def _band_areas() -> list[float]:
    """Share of the disc's area in each of the five bands."""
    above = disc_fraction(0.0, np.array([*(s - 0.2 for s in STRIPS), 1.0]), 1.0)
    return [float(share) for share in -np.diff(above)]


def shadow_height(
    dem: Dem | Sequence[Dem], sun_azimuth_rad: float, sun_elevation_rad: float
) -> Array:
    """Height above the ground from which the Sun's centre is seen, m; 0 where the ground sees it.

    Arguments as of `lit_map`; (rows, cols) float32.
    """
    dems = [dem] if isinstance(dem, Dem) else list(dem)
    flat, tops = _chain(dems, sun_azimuth_rad, [sun_elevation_rad])[0]
    return np.maximum(tops[0].heights - flat.heights, 0.0)
