"""Inner loops of the relief: what is added to a grid of heights at absolute positions."""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from lupex_rover.terrain.hashing import cell_hash, mix, poisson, unit

Array = np.ndarray
REACH = 2.5  # ejecta end at this many crater radii
MOST = 12  # in one hash cell


@njit(cache=True)
def add_noise(
    out: Array, x0: float, y0: float, step: float, spacing: float, rms: float, layer: int, seed: int
) -> None:
    """Add gradient noise (Perlin 2002) of lattice `spacing` and height `rms`, m.

    The lattice of each layer is turned and shifted, so that layers do not line up.
    """
    turn = 0.61 * layer + 0.3
    ca, sa = math.cos(turn) / spacing, math.sin(turn) / spacing
    shift_x = 1000.0 * unit(cell_hash(1, 2, layer, seed))
    shift_y = 1000.0 * unit(cell_hash(3, 4, layer, seed))
    gain = rms / 0.2205  # RMS of this noise with unit gradients
    rows, cols = out.shape
    last_x, last_y = -(2**62), -(2**62)
    g = np.zeros(8)
    for r in range(rows):
        y = y0 + r * step
        for c in range(cols):
            x = x0 + c * step
            u = ca * x - sa * y + shift_x
            v = sa * x + ca * y + shift_y
            ix, iy = int(math.floor(u)), int(math.floor(v))
            if ix != last_x or iy != last_y:
                last_x, last_y = ix, iy
                for k in range(4):
                    angle = 6.283185307179586 * unit(
                        cell_hash(ix + (k & 1), iy + (k >> 1), layer, seed)
                    )
                    g[2 * k] = math.cos(angle)
                    g[2 * k + 1] = math.sin(angle)
            u -= ix
            v -= iy
            fu = u * u * u * (u * (u * 6.0 - 15.0) + 10.0)
            fv = v * v * v * (v * (v * 6.0 - 15.0) + 10.0)
            low = g[0] * u + g[1] * v
            low += fu * (g[2] * (u - 1.0) + g[3] * v - low)
            high = g[4] * u + g[5] * (v - 1.0)
            high += fu * (g[6] * (u - 1.0) + g[7] * (v - 1.0) - high)
            out[r, c] += gain * (low + fv * (high - low))


@njit(cache=True)
def _stamp(
    out: Array, x0: float, y0: float, step: float, x: float, y: float, radius: float,
    depth: float, fresh: float,
) -> None:  # fmt: skip
    """One crater: a bowl, softer the older it is, its rim, and ejecta falling as r^-3."""
    reach = REACH * radius
    rows, cols = out.shape
    c0 = max(0, int(math.ceil((x - reach - x0) / step)))
    c1 = min(cols - 1, int(math.floor((x + reach - x0) / step)))
    r0 = max(0, int(math.ceil((y - reach - y0) / step)))
    r1 = min(rows - 1, int(math.floor((y + reach - y0) / step)))
    rim = 0.2 * depth * (0.25 + 0.75 * fresh)
    end = REACH**-3.0
    for r in range(r0, r1 + 1):
        dy = y0 + r * step - y
        for c in range(c0, c1 + 1):
            dx = x0 + c * step - x
            q = (dx * dx + dy * dy) / (radius * radius)
            if q < 1.0:
                bowl = (1.0 - q) * (fresh + (1.0 - fresh) * (1.0 - q))
                out[r, c] += rim * q * q - (depth - rim) * bowl
            elif q < REACH * REACH:
                out[r, c] += rim * (q**-1.5 - end) / (1.0 - end)


@njit(cache=True)
def _drawn(
    h: int, i: int, j: int, cell: float, smallest: float, slope: float
) -> tuple[int, float, float, float]:
    """The next hash, and the place and diameter of one thing in lattice cell i, j."""
    h = mix(h)
    x = (i + unit(h)) * cell
    h = mix(h)
    y = (j + unit(h)) * cell
    h = mix(h)
    diameter = smallest * (1.0 - (1.0 - 2.0**-slope) * unit(h)) ** (-1.0 / slope)
    return mix(h), x, y, diameter


@njit(cache=True)
def add_craters(
    out: Array, x0: float, y0: float, step: float, smallest: float, density: float, slope: float,
    depth_low: float, depth_high: float, ageing: float, layer: int, seed: int,
) -> None:  # fmt: skip
    """Add the craters with diameters `smallest` .. 2 `smallest`, `density` of them per m2."""
    rows, cols = out.shape
    cell = 4.0 * smallest
    reach = REACH * smallest
    i0, i1 = math.floor((x0 - reach) / cell), math.floor((x0 + cols * step + reach) / cell)
    j0, j1 = math.floor((y0 - reach) / cell), math.floor((y0 + rows * step + reach) / cell)
    mean = density * cell * cell
    for j in range(int(j0), int(j1) + 1):
        for i in range(int(i0), int(i1) + 1):
            h = cell_hash(i, j, layer, seed)
            for _ in range(poisson(mean, unit(h), MOST)):
                h, x, y, diameter = _drawn(h, i, j, cell, smallest, slope)
                fresh = unit(h) ** ageing
                depth = diameter * (depth_low + (depth_high - depth_low) * fresh)
                _stamp(out, x0, y0, step, x, y, 0.5 * diameter, depth, fresh)


@njit(cache=True)
def list_rocks(
    x_min: float, y_min: float, x_max: float, y_max: float, smallest: float, density: float,
    slope: float, tall: float, layer: int, seed: int,
) -> Array:  # fmt: skip
    """(N, 4) x, y, diameter, height of rocks with diameters `smallest` .. 2 `smallest`."""
    cell = 32.0 * smallest
    mean = density * cell * cell
    i0, i1 = int(math.floor(x_min / cell)), int(math.floor(x_max / cell))
    j0, j1 = int(math.floor(y_min / cell)), int(math.floor(y_max / cell))
    found = np.empty(((i1 - i0 + 1) * (j1 - j0 + 1) * MOST, 4))
    n = 0
    for j in range(j0, j1 + 1):
        for i in range(i0, i1 + 1):
            h = cell_hash(i, j, layer, seed)
            for _ in range(poisson(mean, unit(h), MOST)):
                h, x, y, diameter = _drawn(h, i, j, cell, smallest, slope)
                if x_min <= x <= x_max and y_min <= y <= y_max:
                    found[n, 0], found[n, 1], found[n, 2] = x, y, diameter
                    found[n, 3] = diameter * tall * (0.7 + 0.6 * unit(h))
                    n += 1
    return found[:n].copy()


@njit(cache=True)
def add_rocks(out: Array, x0: float, y0: float, step: float, rocks: Array) -> None:
    """Put half ellipsoids on the ground; a rock narrower than a cell still fills its cell."""
    rows, cols = out.shape
    for n in range(rocks.shape[0]):
        x, y, height = rocks[n, 0], rocks[n, 1], rocks[n, 3]
        radius = max(0.5 * rocks[n, 2], 0.71 * step)
        c0 = max(0, int(math.ceil((x - radius - x0) / step)))
        c1 = min(cols - 1, int(math.floor((x + radius - x0) / step)))
        r0 = max(0, int(math.ceil((y - radius - y0) / step)))
        r1 = min(rows - 1, int(math.floor((y + radius - y0) / step)))
        for r in range(r0, r1 + 1):
            for c in range(c0, c1 + 1):
                dx, dy = x0 + c * step - x, y0 + r * step - y
                q = (dx * dx + dy * dy) / (radius * radius)
                if q < 1.0:
                    out[r, c] += height * math.sqrt(1.0 - q)


@njit(cache=True, inline="always")
def _weights(u: float, w: Array) -> None:
    """Catmull-Rom: passes through the samples, with a continuous slope."""
    w[0] = u * (-0.5 + u * (1.0 - 0.5 * u))
    w[1] = 1.0 + u * u * (-2.5 + 1.5 * u)
    w[2] = u * (0.5 + u * (2.0 - 1.5 * u))
    w[3] = u * u * (-0.5 + 0.5 * u)


@njit(cache=True)
def add_base(
    out: Array, x0: float, y0: float, step: float, base: Array, bx0: float, by0: float, bstep: float
) -> None:
    """Add the bicubic interpolation of the base map (Catmull-Rom; border cells repeated)."""
    rows, cols = out.shape
    base_rows, base_cols = base.shape
    wx, wy = np.empty(4), np.empty(4)
    for r in range(rows):
        v = min(max((y0 + r * step - by0) / bstep, 0.0), base_rows - 1.0)
        j = int(v)
        _weights(v - j, wy)
        for c in range(cols):
            u = min(max((x0 + c * step - bx0) / bstep, 0.0), base_cols - 1.0)
            i = int(u)
            _weights(u - i, wx)
            total = 0.0
            for n in range(4):
                rr = min(max(j + n - 1, 0), base_rows - 1)
                line = 0.0
                for m in range(4):
                    line += wx[m] * base[rr, min(max(i + m - 1, 0), base_cols - 1)]
                total += wy[n] * line
            out[r, c] += total
