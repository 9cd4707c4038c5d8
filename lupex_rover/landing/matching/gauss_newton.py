"""The last step to the exact pose: every lit cell of the view, not patches, tells its offset.

The image, laid on the map, is warped by a small change of the pose until it fits the expectation:
Newton's method on the six parameters of the pose over all cells at once. A straight shadow edge, of
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

from lupex_rover.landing.matching.fit_kernels import cell_sums

Array = np.ndarray
TINY = 1e-6
LEAST_BLOCKS = 12
LEAST_CELLS = 50
PARTS = 4
DECIDES = 0.05  # of the pose's six parameters, by one block
NEVER = math.inf  # a share that no block has: the early rounds need no jackknife
FLAT = 0.4  # of the typical slope of the expectation: flatter cells are left out


@dataclass(frozen=True)
class Ground:
    """The sheet on which image and expectation lie, and the camera from which it was laid.

    heights : (rows, cols) m, all finite. corner_m, step_m : x, y of cell [0, 0] and size of a cell.
    position_m : (3,) of the camera.
    """

    heights: Array
    corner_m: Array
    step_m: float
    position_m: Array


@dataclass(frozen=True)
class PriorInformation:
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
class PoseChange:
    """A change of pose (6,), position m and rotation vector rad; what the picture tells of it."""

    change: Array
    information: Array
    correlation: float


def align(
    image: Array, expected: Array, ground: Ground, held: PriorInformation, start: Array, block: int,
    strides: tuple[int, ...], trust: float,
) -> PoseChange | None:  # fmt: skip
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
        normal, slopes, pulls, stats = cell_sums(
            image, expected, ground.heights, ground.corner_m, ground.step_m, ground.position_m,
            change, spread, block, across, across * down, stride, flat,
        )  # fmt: skip
        if np.count_nonzero(pulls.any(axis=1)) < LEAST_BLOCKS or stats[0] < LEAST_CELLS:
            return None
        try:
            change, information, correlation = _step(
                change, normal, slopes, pulls, stats, held, trust,
                DECIDES if n == len(strides) - 1 else NEVER,
            )  # fmt: skip
        except np.linalg.LinAlgError:
            return None
        if not np.isfinite(change).all():
            return None
        spread = max(float(np.sqrt(stats[1] / stats[0])), 1e-3)
    return PoseChange(change, information, correlation)


def _noise(pulls: Array, slopes: Array, slope: Array, decides: float) -> Array:
    """(6, 6) variance of the summed pull, each block's pull as the fit to all others leaves it.

    A block that decides the pose bends the fit to itself and then seems to agree (Bell and
    McCaffrey 2002, the jackknife of whole clusters, CR3). That is looked at where its share of the
    six parameters may be over `decides`.
    """
    seen = pulls.any(axis=1)
    pulls, slopes = pulls[seen], slopes[seen]
    if decides < NEVER:
        inverse = np.linalg.inv(_firm(slope))
        deciding = np.tensordot(slopes, inverse.T) > decides
        others = slope - slopes[deciding]
        left = np.linalg.solve(_firm(others), pulls[deciding][..., None])
        pulls[deciding] = (slope @ left)[..., 0]
    total = pulls.sum(axis=0)
    return pulls.T @ pulls - np.outer(total, total) / len(pulls)


def _firm(matrix: Array) -> Array:
    """(..., 6, 6) with a billionth more of its diagonal, to be solved with."""
    return matrix * (1.0 + 1e-9 * np.eye(6))


def _step(
    change: Array, normal: Array, slopes: Array, pulls: Array, stats: Array, held: PriorInformation,
    trust: float, decides: float,
) -> tuple[Array, Array, float]:  # fmt: skip
    """One step of Newton from `change`, drawn to the prior as far as the picture is unsure.

    Where the picture is not trusted whole the step is Gauss and Newton's, which is shorter and
    safer: its `normal` matrix leaves out that large residuals pull less and less.

    Returns the change after it, the information of the picture, and the correlation.
    """
    total, slope = pulls.sum(axis=0), slopes.sum(axis=0)
    noise = _noise(pulls, slopes, slope, decides)
    picture = slope @ np.linalg.solve(_firm(noise), slope)
    correlation = float(stats[2] / np.sqrt(stats[3] * stats[4] + 1e-12))
    floor = held.floor_m[0] + held.floor_m[1] * (1.0 - correlation)
    spread = np.linalg.inv(picture + TINY * held.keep) + floor**2 * held.shared
    information = trust * np.linalg.inv(spread)
    own = np.linalg.solve(_firm(slope if trust == 1.0 else normal), total)
    wanted = information @ own + held.keep @ (held.toward - change)
    step = np.linalg.solve(information + held.keep, wanted)
    return change + step, information, correlation


@njit(cache=True)
def _steepness(field: Array) -> float:
    """Typical change from a cell to the next."""
    rows, cols = field.shape
    total, pairs = 0.0, 0
    for r in range(rows):
        for c in range(1, cols):
            a, b = field[r, c - 1], field[r, c]
            if a != 0.0 and b != 0.0:
                total += (b - a) ** 2
                pairs += 1
    return math.sqrt(total / max(pairs, 1))


def of_shared_error(ground: Ground) -> Array:
    """Covariance (6, 6) of the pose from `PARTS` x `PARTS` points of the view, each a metre off."""
    rows, cols = ground.heights.shape
    part = (np.arange(PARTS) + 0.5) / PARTS
    v, u = np.meshgrid(part * rows, part * cols, indexing="ij")
    z = ground.heights[v.astype(int), u.astype(int)].astype(float)
    ax = ground.corner_m[0] + u * ground.step_m - ground.position_m[0]
    ay = ground.corner_m[1] + v * ground.step_m - ground.position_m[1]
    az = z - ground.position_m[2]
    # the seen point moves by m - (m_z / a_z) a on level ground, m = translation or w x a
    qx, qy, one, zero = ax / az, ay / az, np.ones_like(az), np.zeros_like(az)
    east = np.stack([one, zero, -qx, -qx * ay, az + qx * ax, -ay], axis=-1)
    north = np.stack([zero, one, -qy, -az - qy * ay, qy * ax, ax], axis=-1)
    move = np.concatenate((east, north)).reshape(-1, 6)
    return np.linalg.inv(move.T @ move)
