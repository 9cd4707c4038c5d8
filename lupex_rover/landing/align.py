"""The last step to the exact pose: every lit cell of the view, not patches, tells its offset.

The image, laid on the map, is warped by a small change of the pose until it fits the expectation:
Gauss-Newton on the six parameters of the pose over all cells at once. A straight shadow edge, of
which a patch could not say where along it lies, counts here across itself, as it should.

How well the pose is then known is read from the picture itself: what pulls on the pose is summed
per block of cells, and the spread of these sums over the blocks is the noise of the pull, whatever
made it (a wrong map, rocks, the camera). That is White's (1980) sandwich for clustered data, with
the slope of the pull as Huber (1967) has it. Large residuals, of shadows that the map cannot show,
are drawn in by Charbonnier's loss (pseudo-Huber), which is convex: it adds no wrong minimum.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numba import njit

Array = np.ndarray
TINY = 1e-6
LEAST_BLOCKS = 12
LEAST_CELLS = 50
PARTS = 4
DECIDES = 0.05  # of the pose's six parameters, by one block
NEVER = math.inf  # a share that no block has: the early rounds need no jackknife
FLAT = 0.4  # of the typical slope of the expectation: flatter cells are left out
EDGE = 1.0  # of the typical residual: beyond it a cell counts by its sign rather than its size


@dataclass(frozen=True)
class Ground:
    """The sheet on which image and expectation lie, and the camera from which it was laid.

    heights : (rows, cols) m. corner_m, step_m : x, y of cell [0, 0] and size of a cell.
    position_m : (3,) of the camera.
    """

    heights: Array
    corner_m: Array
    step_m: float
    position_m: Array


@dataclass(frozen=True)
class Held:
    """What is known before: information (6, 6), and the change (6,) that would meet it.

    floor_m : error that large parts of the view share, 1 sigma: least, and more of it times one
        minus the correlation of the fit.
    shared : (6, 6) covariance of the pose where that error is one metre.
    """

    keep: Array
    toward: Array
    floor_m: tuple[float, float]
    shared: Array


@dataclass(frozen=True)
class Aligned:
    """A change of pose (6,), position m and rotation vector rad; what the picture tells of it."""

    change: Array
    information: Array
    correlation: float


def align(
    image: Array, expected: Array, ground: Ground, held: Held, start: Array, block: int,
    strides: tuple[int, ...], trust: float,
) -> Aligned | None:  # fmt: skip
    """The change of pose that makes `image` fit `expected`; None when too little is lit.

    Parameters
    ----------
    image, expected : (rows, cols) brightness of the same band, 0 where unknown.
    start : (6,) change to begin with.
    block : cells on a side over which errors may be shared.
    strides : a round of Gauss-Newton each, over every so-manieth cell.
    trust : part of the picture's information that is believed beside the prior's.
    """
    rows, cols = image.shape
    across, down = -(-cols // block), -(-rows // block)
    flat = (FLAT * _steepness(expected) / ground.step_m) ** 2
    change, information, correlation = start, np.zeros((6, 6)), 0.0
    spread = 1.0
    for n, stride in enumerate(strides):
        normal, slopes, pulls, stats = _sums(
            image, expected, ground.heights, ground.corner_m, ground.step_m, ground.position_m,
            change, spread, block, across, across * down, stride, flat,
        )  # fmt: skip
        if np.count_nonzero(pulls.any(axis=1)) < LEAST_BLOCKS or stats[0] < LEAST_CELLS:
            return None
        try:
            change, information, correlation = _step(
                change, normal, slopes, pulls, stats, held.keep, held.toward, held.shared,
                held.floor_m, trust, DECIDES if n == len(strides) - 1 else NEVER,
            )  # fmt: skip
        except np.linalg.LinAlgError:
            return None
        if not np.isfinite(change).all():
            return None
        spread = max(float(np.sqrt(stats[1] / stats[0])), 1e-3)
    return Aligned(change, information, correlation)


@njit(cache=True)
def _noise(pulls: Array, slopes: Array, slope: Array, decides: float) -> Array:
    """(6, 6) variance of the summed pull, each block's pull as the fit to all others leaves it.

    A block that decides the pose bends the fit to itself and then seems to agree (Bell and
    McCaffrey 2002, the jackknife of whole clusters, CR3). That is looked at where its share of the
    six parameters may be over `decides`.
    """
    noise, total, blocks = np.zeros((6, 6)), np.zeros(6), 0
    inverse = np.linalg.inv(slope + 1e-9 * np.diag(np.diag(slope)))
    for b in range(len(pulls)):
        if not np.abs(pulls[b]).any():
            continue
        pull = pulls[b]
        if decides < NEVER and (inverse * slopes[b].T).sum() > decides:
            own = 0.5 * (slopes[b] + slopes[b].T)
            pull = slope @ np.linalg.solve(slope - own + 1e-9 * np.diag(np.diag(slope)), pull)
        total += pull
        noise += np.outer(pull, pull)
        blocks += 1
    return noise - np.outer(total, total) / blocks


@njit(cache=True)
def _step(
    change: Array, normal: Array, slopes: Array, pulls: Array, stats: Array, keep: Array,
    toward: Array, shared: Array, floor_m: tuple[float, float], trust: float,
    decides: float,
) -> tuple[Array, Array, float]:  # fmt: skip
    """One step of Newton from `change`, drawn to the prior as far as the picture is unsure.

    Returns the change after it, the information of the picture, and the correlation.
    """
    total = pulls.sum(axis=0)
    normal = 0.5 * (normal + normal.T)
    slope = slopes.sum(axis=0)
    slope = 0.5 * (slope + slope.T)
    noise = _noise(pulls, slopes, slope, decides)
    picture = slope @ np.linalg.solve(noise + 1e-9 * np.diag(np.diag(noise)), slope)
    correlation = stats[2] / np.sqrt(stats[3] * stats[4] + 1e-12)
    floor = floor_m[0] + floor_m[1] * (1.0 - correlation)
    information = trust * np.linalg.inv(np.linalg.inv(picture + TINY * keep) + floor**2 * shared)
    own = np.linalg.solve(normal + 1e-9 * np.diag(np.diag(normal)), total)
    wanted = information @ own + keep @ (toward - change)
    step = np.linalg.solve(information + keep, wanted)
    return change + step, information, correlation


def _steepness(field: Array) -> float:
    """Typical change from a cell to the next."""
    known = field != 0.0
    change = np.diff(field, axis=1)[known[:, 1:] & known[:, :-1]]
    return float(np.sqrt(np.vdot(change, change) / max(change.size, 1)))


def of_shared_error(ground: Ground) -> Array:
    """Covariance (6, 6) of the pose from `PARTS` x `PARTS` points of the view, each a metre off."""
    heights = ground.heights
    rows, cols = heights.shape
    v, u = (np.arange(PARTS) + 0.5) / PARTS * rows, (np.arange(PARTS) + 0.5) / PARTS * cols
    at = np.stack(np.meshgrid(u, v), axis=-1).reshape(-1, 2)
    z = heights[at[:, 1].astype(int), at[:, 0].astype(int)]
    z = np.where(np.isfinite(z), z, np.nanmean(heights))
    arm = np.column_stack((ground.corner_m + at * ground.step_m, z)) - ground.position_m
    moves = np.zeros((len(arm), 3, 6))
    moves[:, :, :3] = np.eye(3)
    for k, axis in enumerate(np.eye(3)):
        moves[:, :, 3 + k] = np.cross(axis, arm)
    shift = moves[:, :2] - (arm[:, :2] / arm[:, 2:])[:, :, None] * moves[:, 2:3]
    return np.linalg.inv(np.einsum("nik,nil->kl", shift, shift))


@njit(cache=True, fastmath=True)
def _sums(
    image: Array, expected: Array, heights: Array, corner: Array, step: float, position: Array,
    change: Array, spread: float, block: int, block_cols: int, blocks: int, stride: int,
    flat: float,
) -> tuple[Array, Array, Array, Array]:  # fmt: skip
    """Normal matrix, slope of the pull per block, pull per block, sums for the correlation."""
    rows, cols = image.shape
    normal, slope = np.zeros((6, 6)), np.zeros((blocks, 6, 6))
    pull = np.zeros((blocks, 6))
    stats = np.zeros(5)
    row, col = np.empty(6), np.empty(6)
    tx, ty, tz, wx, wy, wz = change
    for r in range(1, rows - 1, stride):
        ay = corner[1] + r * step - position[1]
        for c in range(1, cols - 1, stride):
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
            part = weight * weight  # the loss's second derivative over its weight
            # shift per parameter: (m - (n . m) q), m = unit translation or rotation
            eq = ex * qx + ey * qy
            row[0], row[1], row[2] = ex + sx * eq, ey + sy * eq, -eq
            row[3] = -az * row[1] + ay * row[2]
            row[4] = az * row[0] - ax * row[2]
            row[5] = -ay * row[0] + ax * row[1]
            cq = cx * qx + cy * qy
            col[0], col[1], col[2] = cx + sx * cq, cy + sy * cq, -cq
            col[3] = -az * col[1] + ay * col[2]
            col[4] = az * col[0] - ax * col[2]
            col[5] = -ay * col[0] + ax * col[1]
            at = (r // block) * block_cols + c // block
            for k in range(6):
                wk = weight * row[k]
                pull[at, k] += wk * residual
                for m in range(6):
                    normal[k, m] += wk * col[m]
                    slope[at, k, m] += part * wk * col[m]
            stats[0] += weight
            stats[1] += weight * residual * residual
            stats[2] += value * e
            stats[3] += value * value
            stats[4] += e * e
    return normal, slope, pull, stats
