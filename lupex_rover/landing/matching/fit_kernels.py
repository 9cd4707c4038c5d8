"""What each cell of the view tells of the pose, summed over blocks of cells.

A row of the sheet is worked on at a time: each quantity of its cells is a row of a table, and all
arithmetic is done along these, several cells at once, in single precision. Rows that make up a
block are added cell by cell, then each block's columns are.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from lupex_rover.core.compiled import IN_ORDER

Array = np.ndarray
EDGE = 1.0  # of the typical residual: beyond it a cell counts by its sign rather than its size
LEAST_FALL = np.float32(1e-3)  # of a ray against the ground, times its length
ZERO, HALF, ONE = np.float32(0.0), np.float32(0.5), np.float32(1.0)

WIDE = 1040  # cells of a row, at most: the sheet of a last step has up to 1025
# where the rows of the table begin
COL, AX, AZ = 0 * WIDE, 1 * WIDE, 2 * WIDE  # cell; ray from the camera to it, m
EXPECTED, EX, EY = 3 * WIDE, 4 * WIDE, 5 * WIDE  # expected brightness and its slope, per m
SX, SY = 6 * WIDE, 7 * WIDE  # slope of the ground
QX, QY = 8 * WIDE, 9 * WIDE  # the ray over its fall against the ground
U, V = 10 * WIDE, 11 * WIDE  # column and row at which the image is read
VALUE, CX, CY = 12 * WIDE, 13 * WIDE, 14 * WIDE  # image brightness there and its slope, per m
KNOWN, RESIDUAL, WEIGHT, PART = 15 * WIDE, 16 * WIDE, 17 * WIDE, 18 * WIDE
BY_EXPECTED, BY_IMAGE = 19 * WIDE, 25 * WIDE  # how brightness moves with each of six parameters
KEYS = 31
# rows of the sums; of symmetric matrices the upper triangle, row by row
PULL, NORMAL, SLOPE = 0, 6, 27
WEIGHTS, SQUARES, BOTH, SEEN, FORETOLD = 48, 49, 50, 51, 52
SUMS = 53


@njit(cache=True, fastmath=IN_ORDER, error_model="numpy")
def cell_sums(
    image: Array, expected: Array, heights: Array, corner: Array, step: float, position: Array,
    change: Array, spread: float, block: int, block_cols: int, blocks: int, stride: int,
    flat: float,
) -> tuple[Array, Array, Array, Array]:  # fmt: skip
    """Normal matrix, slope of the pull per block, pull per block, sums for the correlation.

    Parameters
    ----------
    image, expected : ndarray, shape (rows, cols)
        Brightness of the same band, 0 where unknown.
    heights : ndarray, shape (rows, cols)
        m, all finite; corner (x, y) of cell [0, 0], step : of that sheet, m.
    position : ndarray, shape (3,)
        Of the camera;
    change : ndarray, shape (6,)
        Of its pose, m and rad.
    spread : float
        Typical residual.
    block, block_cols, blocks : int
        cells on a block's side, blocks in a row of them, and in all.
    stride : int
        Every so-manieth cell.
    flat : float
        cells whose expected brightness changes by less than its root per metre are left out.

    Returns
    -------
    tuple[ndarray, ndarray, ndarray, ndarray], shape (6, 6)
        The slope that the pull would have if the pictures agreed; (blocks, 6, 6), the symmetric
        part of the slope it has; (blocks, 6), the pull; (5,): weights, weighted squares of
        residuals, products image x expected, image x image, expected x expected.
    """
    rows, cols = image.shape
    normal, slope = np.zeros((6, 6)), np.zeros((blocks, 6, 6))
    pull, stats = np.zeros((blocks, 6)), np.zeros(5)
    table, sums = np.zeros(KEYS * WIDE, np.float32), np.zeros((SUMS, WIDE), np.float32)
    camera = np.array([corner[0] - position[0], corner[1] - position[1], position[2]], np.float32)
    small, one_step, edge = change.astype(np.float32), np.float32(step), np.float32(EDGE * spread)
    count = (cols - 3) // stride + 1  # cells 1, 1 + stride, ...
    for first in range(0, rows, block):
        sums[:] = ZERO
        for r in range(first + (1 - first) % stride, min(first + block, rows - 1), stride):
            ay = camera[1] + np.float32(r) * one_step
            given = image, expected, heights, camera, one_step, r, np.float32(flat), table
            _row(count, stride, given)
            _aim(table, count, ay, r, small, one_step)
            _read(image, table, count, one_step)
            _weigh(table, count, edge)
            _moves(table, count, ay)
            _add(table, count, sums)
        first_block = first // block * block_cols
        _by_blocks(sums, count, first_block, block, stride, normal, slope, pull, stats)
    return normal, slope, pull, stats


@njit(cache=True, fastmath=IN_ORDER, error_model="numpy")
def _row(count: int, stride: int, given: tuple[Any, ...]) -> None:
    """Cells 1, 1 + stride, ... of a row; `given` is what `_cell` takes."""
    if stride == 1:  # apart, for it is done several cells at once
        for n in range(count):
            _cell(n, n + 1, *given)
    else:
        for n in range(count):
            _cell(n, stride * n + 1, *given)


@njit(cache=True, fastmath=IN_ORDER, error_model="numpy")
def _cell(
    n: int, c: int, image: Array, expected: Array, heights: Array, camera: Array, step: float,
    r: int, flat: float, table: Array,
) -> None:  # fmt: skip
    """Column `c` of row `r` as number `n` of the table; known if both are, and it is not flat."""
    e, over = expected[r, c], HALF / step
    ex = (expected[r, c + 1] - expected[r, c - 1]) * over
    ey = (expected[r + 1, c] - expected[r - 1, c]) * over
    steep = ex * ex + ey * ey >= flat
    table[COL + n], table[AX + n] = c, camera[0] + np.float32(c) * step
    table[AZ + n] = heights[r, c] - camera[2]
    table[EXPECTED + n], table[EX + n], table[EY + n] = e, ex, ey
    table[SX + n] = (heights[r, c + 1] - heights[r, c - 1]) * over
    table[SY + n] = (heights[r + 1, c] - heights[r - 1, c]) * over
    table[KNOWN + n] = ONE if steep & (e != ZERO) & (image[r, c] != ZERO) else ZERO


@njit(cache=True, fastmath=IN_ORDER, error_model="numpy")
def _aim(table: Array, count: int, ay: float, r: int, change: Array, step: float) -> None:
    """Where the image shows each cell when the pose has changed; column -1 where it sees none."""
    tx, ty, tz, wx, wy, wz = change
    over, row = ONE / step, np.float32(r)
    for n in range(count):
        ax, az, sx, sy = table[AX + n], table[AZ + n], table[SX + n], table[SY + n]
        across = az - sx * ax - sy * ay  # normal . ray
        falls = across < -LEAST_FALL
        inverse = ONE / across if falls else ZERO
        qx, qy = ax * inverse, ay * inverse
        # rotation moves the seen point by w x a
        mx, my, mz = tx + wy * az - wz * ay, ty + wz * ax - wx * az, tz + wx * ay - wy * ax
        lift = mz - sx * mx - sy * my
        table[U + n] = table[COL + n] - (mx - lift * qx) * over if falls else -ONE
        table[V + n] = row - (my - lift * qy) * over
        table[QX + n], table[QY + n] = qx, qy


@njit(cache=True, fastmath=IN_ORDER, error_model="numpy")
def _read(image: Array, table: Array, count: int, step: float) -> None:
    """The image's brightness and slope at those places; what it does not show is not known."""
    right, low = np.float32(image.shape[1] - 2), np.float32(image.shape[0] - 2)
    over = ONE / step
    for n in range(count):
        u, v = table[U + n], table[V + n]
        inside = (u >= ONE) & (u < right) & (v >= ONE) & (v < low)
        u, v = (u, v) if inside else (ONE, ONE)
        i, j = int(v), int(u)
        a, b, d, f = image[i, j], image[i, j + 1], image[i + 1, j], image[i + 1, j + 1]
        fv, fu = v - np.float32(i), u - np.float32(j)
        top, under = a + (b - a) * fu, d + (f - d) * fu
        table[VALUE + n] = top + (under - top) * fv
        table[CX + n] = ((b - a) * (ONE - fv) + (f - d) * fv) * over
        table[CY + n] = (under - top) * over
        if not inside or a == ZERO or f == ZERO:
            table[KNOWN + n] = ZERO


@njit(cache=True, fastmath=IN_ORDER, error_model="numpy")
def _weigh(table: Array, count: int, edge: float) -> None:
    """Residual and weight; `PART` is the loss's second derivative over the weight."""
    for n in range(count):
        residual = table[VALUE + n] - table[EXPECTED + n]
        ratio = residual / edge
        part = ONE / (ONE + ratio * ratio)
        table[RESIDUAL + n], table[PART + n] = residual, part
        table[WEIGHT + n] = table[KNOWN + n] * np.sqrt(part)


@njit(cache=True, fastmath=IN_ORDER, error_model="numpy")
def _moves(table: Array, count: int, ay: float) -> None:
    """How expected and seen brightness move with translation and rotation.

    A unit m of translation, or of rotation's w x a, shifts the seen point by m - (n . m) q.
    """
    for x, y, to in ((EX, EY, BY_EXPECTED), (CX, CY, BY_IMAGE)):
        for n in range(count):
            gx, gy = table[x + n], table[y + n]
            along = gx * table[QX + n] + gy * table[QY + n]
            gx, gy, gz = gx + table[SX + n] * along, gy + table[SY + n] * along, -along
            ax, az = table[AX + n], table[AZ + n]
            table[to + n], table[to + WIDE + n], table[to + 2 * WIDE + n] = gx, gy, gz
            table[to + 3 * WIDE + n] = ay * gz - az * gy
            table[to + 4 * WIDE + n] = az * gx - ax * gz
            table[to + 5 * WIDE + n] = ax * gy - ay * gx


@njit(cache=True, fastmath=IN_ORDER, error_model="numpy")
def _add(table: Array, count: int, sums: Array) -> None:
    """Adds a row's cells to the sums of their columns."""
    for n in range(count):
        weight, residual = table[WEIGHT + n], table[RESIDUAL + n]
        value, e, known = table[VALUE + n], table[EXPECTED + n], table[KNOWN + n]
        sums[WEIGHTS, n] += weight
        sums[SQUARES, n] += weight * residual * residual
        sums[BOTH, n] += known * value * e
        sums[SEEN, n] += known * value * value
        sums[FORETOLD, n] += known * e * e
    p = 0
    for k in range(6):
        own_e, own_i = BY_EXPECTED + k * WIDE, BY_IMAGE + k * WIDE
        for n in range(count):
            sums[PULL + k, n] += table[WEIGHT + n] * table[own_e + n] * table[RESIDUAL + n]
        for m in range(k, 6):
            other_e, other_i = BY_EXPECTED + m * WIDE, BY_IMAGE + m * WIDE
            for n in range(count):
                weight = HALF * table[WEIGHT + n] * table[PART + n]
                both = table[own_e + n] * table[other_i + n]
                both += table[other_e + n] * table[own_i + n]
                sums[SLOPE + p, n] += weight * both
                sums[NORMAL + p, n] += table[WEIGHT + n] * table[own_e + n] * table[other_e + n]
            p += 1


@njit(cache=True, fastmath=IN_ORDER, error_model="numpy")
def _by_blocks(
    sums: Array, count: int, first: int, block: int, stride: int, normal: Array, slope: Array,
    pull: Array, stats: Array,
) -> None:  # fmt: skip
    """Adds up the columns of each block of one row of blocks, of which `first` is the first."""
    for k in range(5):
        for n in range(count):
            stats[k] += sums[WEIGHTS + k, n]
    p = 0
    for k in range(6):
        for m in range(k, 6):
            total = ZERO
            for n in range(count):
                total += sums[NORMAL + p, n]
            normal[k, m] += total
            normal[m, k] = normal[k, m]
            p += 1
    begin, b = 0, first
    while begin < count:
        end = min((block * (b - first + 1) - 2) // stride + 1, count)  # its last column is inside
        _one_block(sums, begin, end, slope[b], pull[b])
        begin, b = end, b + 1


@njit(cache=True, fastmath=IN_ORDER, error_model="numpy")
def _one_block(sums: Array, begin: int, end: int, slope: Array, pull: Array) -> None:
    """Adds up columns `begin` to `end`."""
    p = 0
    for k in range(6):
        for n in range(begin, end):
            pull[k] += sums[PULL + k, n]
        for m in range(k, 6):
            total = ZERO
            for n in range(begin, end):
                total += sums[SLOPE + p, n]
            slope[k, m] = slope[m, k] = total
            p += 1
