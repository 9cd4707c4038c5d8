"""How much of a body's disc each place of a map sees at an instant, by its horizon masks."""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from lupex_rover.core.constants import EARTH_RADIUS_M, MOON_RADIUS_M, SUN_RADIUS_M
from lupex_rover.core.discs import offset_compiled, uncovered_compiled
from lupex_rover.terrain.disc import strips
from lupex_rover.terrain.horizon_masks import SCALE
from lupex_rover.terrain.sun_share import AT, HALF, WEIGHT, strips_seen

Array = np.ndarray
_AT, _HALF, _WEIGHT = strips()


def seen_map(
    masks: Array, x: Array, y: Array, body: Array, body_radius_m: float, out: Array
) -> None:
    """Share of a body's disc above each place's horizon.

    Parameters
    ----------
    masks : ndarray
        Of `horizon_masks`; the horizon is linear between its azimuths.
    x, y : ndarray, shape (cols,)
        (rows,) of the places in `map`, m.
    body : ndarray, shape (3,)
        From the Moon's centre, m, Moon-fixed axes.
    out : ndarray, shape (rows, cols)
        float32, 0..1, is filled.
    """
    _seen(masks, x, y, body, body_radius_m, _AT, _HALF, _WEIGHT, out)


def sun_map(masks: Array, x: Array, y: Array, bodies: Array, out: Array) -> None:
    """Share of the Sun's disc above each place's horizon and not behind Earth.

    Parameters
    ----------
    masks, x, y : ndarray
        As of `seen_map`.
    bodies : ndarray, shape (6,)
        Sun and Earth from the Moon's centre, m, Moon-fixed axes.
    out : ndarray, shape (rows, cols)
        float32, 0..1, is filled.
    """
    sun, earth = (np.ascontiguousarray(body) for body in (bodies[:3], bodies[3:]))
    seen_map(masks, x, y, sun, SUN_RADIUS_M, out)
    if earth_may_cover(sun, earth):
        _past_earth(masks, x, y, sun, earth, AT, HALF, WEIGHT, out)


def earth_may_cover(sun: Array, earth: Array) -> bool:
    """Whether Earth may stand before the Sun anywhere on the Moon; (3,) from its centre, m."""
    far, near = float(np.linalg.norm(sun)), float(np.linalg.norm(earth))
    reach = SUN_RADIUS_M / far + (EARTH_RADIUS_M + 1.1 * MOON_RADIUS_M) / near
    return float(sun @ earth) > math.cos(reach) * far * near


@njit(cache=True)
def _in_sky(x: float, y: float, body: Array) -> tuple[float, float, float]:
    """Azimuth from grid north, elevation (rad), distance (m) of a body from a place of the grid."""
    # Stereographic inverse: with q = rho / 2R, up = (2q cos, 2q sin, q^2-1) / (1+q^2)
    a, b = x / (2.0 * MOON_RADIUS_M), y / (2.0 * MOON_RADIUS_M)
    s = 1.0 / (1.0 + a * a + b * b)
    ux, uy, uz = 2.0 * b * s, 2.0 * a * s, 1.0 - 2.0 * s
    bx = body[0] - MOON_RADIUS_M * ux
    by = body[1] - MOON_RADIUS_M * uy
    bz = body[2] - MOON_RADIUS_M * uz
    up = bx * ux + by * uy + bz * uz
    # grid axes: derivatives of `up` by y (grid north) and x (grid east), each of length 1
    north = bx * (1.0 - 2.0 * b * b * s) - by * 2.0 * a * b * s + bz * 2.0 * b * s
    east = by * (1.0 - 2.0 * a * a * s) - bx * 2.0 * a * b * s + bz * 2.0 * a * s
    far = math.sqrt(bx * bx + by * by + bz * bz)
    return math.atan2(east, north), math.asin(up / far), far


@njit(cache=True)
def _horizon(masks: Array, r: int, c: int, place: float) -> float:
    """The horizon's elevation, rad, at a place between two of its azimuths."""
    k, n_az = math.floor(place), masks.shape[0]
    one, two = masks[k % n_az, r, c], masks[(k + 1) % n_az, r, c]
    return (one + (place - k) * (float(two) - one)) / SCALE


@njit(cache=True)
def _seen(
    masks: Array, x: Array, y: Array, body: Array, body_radius_m: float, at: Array, half: Array,
    weight: Array, out: Array,
) -> None:  # fmt: skip
    n_az = masks.shape[0]
    turn = n_az / (2.0 * math.pi)
    for r in range(y.size):
        for c in range(x.size):
            azimuth, elevation, far = _in_sky(x[c], y[r], body)
            size = body_radius_m / far
            first = math.floor((azimuth - size) * turn)
            last = math.floor((azimuth + size) * turn) + 1
            low, high = 32767, -32768
            for k in range(first, last + 1):
                seen = masks[k % n_az, r, c]
                low, high = min(low, seen), max(high, seen)
            if elevation - size >= high / SCALE:
                out[r, c] = 1.0
                continue
            if elevation + size <= low / SCALE:
                out[r, c] = 0.0
                continue
            total = 0.0
            for i in range(at.size):
                horizon = _horizon(masks, r, c, (azimuth + size * at[i]) * turn)
                chord = size * half[i]
                seen_part = (elevation + chord - horizon) / (2.0 * chord)
                total += weight[i] * min(max(seen_part, 0.0), 1.0)
            out[r, c] = total


@njit(cache=True)
def _past_earth(
    masks: Array, x: Array, y: Array, sun: Array, earth: Array, at: Array, half: Array,
    weight: Array, out: Array,
) -> None:  # fmt: skip
    """From what `out` says the horizon leaves of the Sun, what is behind Earth is taken."""
    n_az = masks.shape[0]
    turn = n_az / (2.0 * math.pi)
    above = np.empty(at.size)
    for r in range(y.size):
        for c in range(x.size):
            if out[r, c] <= 0.0:
                continue
            azimuth, elevation, far = _in_sky(x[c], y[r], sun)
            front_az, front_el, near = _in_sky(x[c], y[r], earth)
            size, front = SUN_RADIUS_M / far, EARTH_RADIUS_M / near
            right, up = offset_compiled(azimuth, elevation, front_az, front_el)
            left = uncovered_compiled(math.hypot(right, up), size, front)
            if left >= 1.0:
                continue
            if left <= 0.0 or out[r, c] >= 1.0:
                out[r, c] = left
                continue
            for i in range(at.size):
                above[i] = _horizon(masks, r, c, (azimuth + size * at[i]) * turn) - elevation
            out[r, c] = strips_seen(above, size, right, up, front, at, half, weight)
