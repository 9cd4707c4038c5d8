"""What each cell of the view tells of the pose, summed over blocks of cells.

A block's cells are first looked at one by one, then their products are summed over whole rows of
numbers, which a processor does several at a time.
"""

from __future__ import annotations

import numpy as np
from numba import njit

Array = np.ndarray
CELL_KEYS = 15  # see `_cells`
EDGE = 1.0  # of the typical residual: beyond it a cell counts by its sign rather than its size


@njit(cache=True, fastmath=True)
def cell_sums(
    image: Array, expected: Array, heights: Array, corner: Array, step: float, position: Array,
    change: Array, spread: float, block: int, block_cols: int, blocks: int, stride: int,
    flat: float,
) -> tuple[Array, Array, Array, Array]:  # fmt: skip
    """Normal matrix, slope of the pull per block, pull per block, sums for the correlation.

    Parameters
    ----------
    image, expected : (rows, cols) brightness of the same band, 0 where unknown.
    heights : (rows, cols) m; corner (x, y) of cell [0, 0], step : of that sheet, m.
    position : (3,) of the camera; change : (6,) of its pose, m and rad.
    spread : typical residual.
    block, block_cols, blocks : cells on a block's side, blocks in a row of them, and in all.
    stride : every so-manieth cell.
    flat : cells whose expected brightness changes by less than its root per metre are left out.

    Returns
    -------
    (6, 6); (blocks, 6, 6); (blocks, 6); (5,): weights, weighted squares of residuals, products
    image x expected, image x image, expected x expected.
    """
    normal, slope = np.zeros((6, 6)), np.zeros((blocks, 6, 6))
    pull, stats = np.zeros((blocks, 6)), np.zeros(5)
    told = np.empty((CELL_KEYS, (block // stride + 1) ** 2))
    for b in range(blocks):
        corner_cell = (b // block_cols) * block, (b % block_cols) * block
        count = _cells(
            image, expected, heights, corner, step, position, change, spread, block, corner_cell,
            stride, flat, told, stats,
        )  # fmt: skip
        if count > 0:
            _summed(told, count, normal, slope[b], pull[b])
    return normal, slope, pull, stats


@njit(cache=True, fastmath=True)
def _summed(told: Array, count: int, normal: Array, slope: Array, pull: Array) -> None:
    """Adds a block's `count` cells to the sums."""
    residual, weight, part = told[12][:count], told[13][:count], told[14][:count]
    weighted = np.empty(count)
    for k in range(6):
        row = told[k][:count]
        for c in range(count):
            weighted[c] = weight[c] * row[c]
        pull[k] = _dot(weighted, residual)
        for m in range(6):
            normal[k, m] += _dot(weighted, told[6 + m][:count])
        for c in range(count):
            weighted[c] *= part[c]
        for m in range(6):
            slope[k, m] = _dot(weighted, told[6 + m][:count])


@njit(cache=True, fastmath=True)
def _dot(a: Array, b: Array) -> float:
    total = 0.0
    for c in range(len(a)):
        total += a[c] * b[c]
    return total


@njit(cache=True, fastmath=True)
def _cells(
    image: Array, expected: Array, heights: Array, corner: Array, step: float, position: Array,
    change: Array, spread: float, block: int, corner_cell: tuple[int, int], stride: int,
    flat: float, told: Array, stats: Array,
) -> int:  # fmt: skip
    """What the cells of one block tell, a column of `told` each; how many do.

    Rows of `told`: 0 to 5 how expected brightness moves with each parameter, 6 to 11 how the
    image's does, then residual, weight, and the loss's second derivative over the weight.
    """
    rows, cols = image.shape
    tx, ty, tz, wx, wy, wz = change
    first_r, first_c = corner_cell
    begin_r = first_r + (1 - first_r) % stride  # cells 1, 1 + stride, ... of the sheet
    begin_c = first_c + (1 - first_c) % stride
    n = 0
    for r in range(begin_r, min(first_r + block, rows - 1), stride):
        ay = corner[1] + r * step - position[1]
        for c in range(begin_c, min(first_c + block, cols - 1), stride):
            e = expected[r, c]
            if e == 0.0 or image[r, c] == 0.0:
                continue
            ex = 0.5 * (expected[r, c + 1] - expected[r, c - 1]) / step
            ey = 0.5 * (expected[r + 1, c] - expected[r - 1, c]) / step
            if ex * ex + ey * ey < flat:
                continue
            ax = corner[0] + c * step - position[0]
            az = heights[r, c] - position[2]
            sx = (heights[r, c + 1] - heights[r, c - 1]) / (2.0 * step)
            sy = (heights[r + 1, c] - heights[r - 1, c]) / (2.0 * step)
            across = az - sx * ax - sy * ay  # normal . ray
            if not across < -1e-3:
                continue
            qx, qy = ax / across, ay / across
            # rotation moves the seen point by w x a
            mx, my, mz = tx + wy * az - wz * ay, ty + wz * ax - wx * az, tz + wx * ay - wy * ax
            lift = mz - sx * mx - sy * my
            u = c - (mx - lift * qx) / step
            v = r - (my - lift * qy) / step
            if not (1.0 <= u < cols - 2.0 and 1.0 <= v < rows - 2.0):
                continue
            i, j = int(v), int(u)
            if image[i, j] == 0.0 or image[i + 1, j + 1] == 0.0:
                continue
            fv, fu = v - i, u - j
            a, b = image[i, j], image[i, j + 1]
            d, f = image[i + 1, j], image[i + 1, j + 1]
            value = (a * (1 - fu) + b * fu) * (1 - fv) + (d * (1 - fu) + f * fu) * fv
            cx = ((b - a) * (1 - fv) + (f - d) * fv) / step
            cy = ((d - a) * (1 - fu) + (f - b) * fu) / step
            residual = value - e
            ratio = residual / (EDGE * spread)
            weight = 1.0 / np.sqrt(1.0 + ratio * ratio)
            # shift per parameter: (m - (n . m) q), m = unit translation or rotation
            eq, cq = ex * qx + ey * qy, cx * qx + cy * qy
            _moves(told, 0, n, ex + sx * eq, ey + sy * eq, -eq, ax, ay, az)
            _moves(told, 6, n, cx + sx * cq, cy + sy * cq, -cq, ax, ay, az)
            told[12, n], told[13, n], told[14, n] = residual, weight, weight * weight
            n += 1
            stats[0] += weight
            stats[1] += weight * residual * residual
            stats[2] += value * e
            stats[3] += value * value
            stats[4] += e * e
    return n


@njit(cache=True, fastmath=True)
def _moves(
    to: Array, k: int, n: int, gx: float, gy: float, gz: float, ax: float, ay: float, az: float
) -> None:
    """Translation's part g and rotation's a x g, into column `n` from row `k` on."""
    to[k, n], to[k + 1, n], to[k + 2, n] = gx, gy, gz
    to[k + 3, n] = ay * gz - az * gy
    to[k + 4, n] = az * gx - ax * gz
    to[k + 5, n] = ax * gy - ay * gx
