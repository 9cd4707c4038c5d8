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
LEAST_BEND = 0.3  # of a direction in which steps go
FEW_BLOCKS = 40  # and fewer tell the noise of no direction apart
BEND_NOISE = 1.3  # of what is told of a direction, over the root of the number of blocks
LEAST_MEAN_BEND = 0.05
SETTLED = 0.01  # sigmas: nearer than this to where the steps lead they end
BEST_RATE, WORST_RATE = 0.1, 0.9  # at which steps grow shorter, at what is looked at of it
FLAT = 0.4  # of the typical slope of the expectation: flatter cells are left out


@dataclass(frozen=True)
class Ground:
    """The sheet on which image and expectation lie, and the camera from which it was laid.

    Attributes
    ----------
    heights : ndarray, shape (rows, cols)
        m, all finite.
    corner_m, step_m : ndarray and float
        x, y of cell [0, 0] and size of a cell.
    position_m : ndarray, shape (3,)
        Of the camera.
    """

    heights: Array
    corner_m: Array
    step_m: float
    position_m: Array


@dataclass(frozen=True)
class PriorInformation:
    """What is known before: information (6, 6), and the change (6,) that would meet it.

    Attributes
    ----------
    floor_m : tuple[float, float]
        Error that large parts of the view share, 1 sigma: least, and more of it times one minus the
        correlation of the fit.
    shared : ndarray, shape (6, 6)
        Covariance of the pose where that error is one metre.
    moves : ndarray, shape (6, 6)
        Of a change of pose, the mean square by which it moves the view over the ground.
    """

    keep: Array
    toward: Array
    floor_m: tuple[float, float]
    shared: Array
    moves: Array


@dataclass(frozen=True)
class PoseChange:
    """A change of pose (6,), position m and rotation vector rad; what the picture tells of it."""

    change: Array
    information: Array
    correlation: float


def align(
    image: Array, expected: Array, ground: Ground, held: PriorInformation, start: Array, block: int,
    strides: tuple[int, ...], more: int, reach_m: float, trust: float,
) -> PoseChange | None:  # fmt: skip
    """The change of pose that makes `image` fit `expected`; None when too little is lit.

    Parameters
    ----------
    image, expected : ndarray, shape (rows, cols)
        Brightness of the same band, 0 where unknown.
    start : ndarray, shape (6,)
        Change to begin with.
    block : int
        cells on a side over which errors may be shared.
    strides : tuple[int, ...]
        Of each round of steps: every n-th cell is looked at.
    more : int
        Rounds that follow with the last stride, at most, until the steps have settled.
    reach_m : float
        Farthest that one step may move the view over the ground.
    trust : float
        Part of the picture's information that is believed beside the prior's.
    """
    rows, cols = image.shape
    across, down = -(-cols // block), -(-rows // block)
    flat = (FLAT * _steepness(expected) / ground.step_m) ** 2
    change, before_last, spread, before = start, start, 1.0, math.inf
    rounds = len(strides) + more
    for n in range(rounds):
        stride = strides[min(n, len(strides) - 1)]
        normal, slopes, pulls, stats = cell_sums(
            image, expected, ground.heights, ground.corner_m, ground.step_m, ground.position_m,
            change, spread, block, across, across * down, stride, flat,
        )  # fmt: skip
        if np.count_nonzero(pulls.any(axis=1)) < LEAST_BLOCKS or stats[0] < LEAST_CELLS:
            return None
        try:
            view = _View.of(normal, slopes, pulls, stats)
            step, sigmas = view.step(held, change, trust)
        except np.linalg.LinAlgError:
            return None
        if not np.isfinite(step).all():
            return None
        moves_m = math.sqrt(float(step @ held.moves @ step))
        before_last, change = change, change + step * min(1.0, reach_m / max(moves_m, TINY))
        rate = min(max(sigmas / max(before, TINY), BEST_RATE), WORST_RATE)
        if n >= len(strides) - 1 and sigmas * rate / (1.0 - rate) < SETTLED:
            break
        before = sigmas
        spread = max(math.sqrt(float(stats[1] / stats[0])), 1e-3)
    try:
        noise = _noise(pulls, slopes, view.slope, DECIDES)
        step, information = view.weighed(held, before_last, noise)
    except np.linalg.LinAlgError:
        return None
    change = before_last + step if trust == 1.0 else change
    return PoseChange(change, information, view.correlation)


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


@dataclass(frozen=True)
class _View:
    """What all cells say together at one pose.

    Attributes
    ----------
    pull : ndarray, shape (6,)
        On the pose.
    slope : ndarray, shape (6, 6)
        How it falls as the pose follows it.
    noise : ndarray, shape (6, 6)
        Its variance.
    bends : ndarray, shape (6,)
        The slope along `ways`, over that of pictures which agree perfectly: 1 there, the
        correlation where they agree less, about 0 where nothing is seen.
    ways : ndarray, shape (6, 6)
        Columns, changes of pose.
    blocks : int
        In which anything is seen.
    """

    pull: Array
    slope: Array
    noise: Array
    bends: Array
    ways: Array
    blocks: int
    correlation: float

    @classmethod
    def of(cls, normal: Array, slopes: Array, pulls: Array, stats: Array) -> _View:
        pull, slope = pulls.sum(axis=0), slopes.sum(axis=0)
        whiten = np.linalg.inv(np.linalg.cholesky(_firm(normal)))
        bends, ways = np.linalg.eigh(whiten @ slope @ whiten.T)
        correlation = float(stats[2] / np.sqrt(stats[3] * stats[4] + 1e-12))
        noise = _noise(pulls, slopes, slope, NEVER)
        blocks = int(np.count_nonzero(pulls.any(axis=1)))
        return cls(pull, slope, noise, bends, whiten.T @ ways, blocks, correlation)

    def doubt(self, noise: Array) -> float:
        """`noise` over what perfect agreement would have, the mean of all directions."""
        return float(np.einsum("ik,ij,jk->", self.ways, noise, self.ways)) / len(self.bends)

    def held_slope(self, least: float) -> Array:
        """(6, 6) the slope, at least this part of the one that perfect agreement would have.

        Where the picture tells little its slope is noise and may even be negative: a step of
        Newton is then long and leads away from where the pictures agree.
        """
        back = np.linalg.inv(self.ways)
        return back.T @ (np.maximum(self.bends, least)[:, None] * back)

    def step(self, held: PriorInformation, change: Array, trust: float) -> tuple[Array, float]:
        """A step of Newton from `change`, drawn to the prior, and its length in sigmas.

        The picture's pull has one weight beside the prior's. A weight for each direction, which
        the noise would give, changes from step to step and leads in circles where the picture
        tells little; `weighed` gives it once, at the end.
        """
        weight = trust * max(float(self.bends.mean()), LEAST_MEAN_BEND) / self.doubt(self.noise)
        known = weight * self.held_slope(LEAST_BEND) + held.keep
        step = np.linalg.solve(known, weight * self.pull + held.keep @ (held.toward - change))
        return step, math.sqrt(max(float(step @ known @ step), 0.0))

    def weighed(self, held: PriorInformation, change: Array, noise: Array) -> tuple[Array, Array]:
        """A step that weighs each direction by its own noise; the picture's information."""
        part = min(1.0, FEW_BLOCKS / self.blocks)
        back = np.linalg.inv(self.ways)
        noise = (1.0 - part) * noise + part * self.doubt(noise) * (back.T @ back)
        slope = self.held_slope(LEAST_BEND)
        reply = np.linalg.solve(noise, slope).T
        wanted = reply @ self.pull + held.keep @ (held.toward - change)
        step = np.linalg.solve(reply @ slope + held.keep, wanted)
        slope = self.held_slope(BEND_NOISE / math.sqrt(self.blocks))
        floor = held.floor_m[0] + held.floor_m[1] * (1.0 - self.correlation)
        covariance = np.linalg.inv(slope @ np.linalg.solve(noise, slope)) + floor**2 * held.shared
        return step, np.linalg.inv(covariance)


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


def view_moves(ground: Ground) -> Array:
    """(6, 6) sum of squares by which a change of pose moves `PARTS` x `PARTS` points seen."""
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
    return move.T @ move
