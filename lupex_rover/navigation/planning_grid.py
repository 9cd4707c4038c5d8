"""The grid the planner searches: onboard map, cost maps seen so far, and places that failed."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numba import njit

from lupex_rover.core.types import Grid
from lupex_rover.navigation.params import NavigatorParams
from lupex_rover.navigation.traversability import LETHAL, STEEP, slope_cost
from lupex_rover.terrain.dem import Dem

Array = np.ndarray
CLOSED = np.inf


@njit(cache=True)
def _paste(
    cost: Array, cell_m: float, new: Array, new_cell_m: float, offset_x: float, offset_y: float
) -> None:
    rows, cols = cost.shape
    fresh = np.full(cost.shape, -1, np.int16)
    for i in range(new.shape[0]):
        r = math.floor((offset_y + (i + 0.5) * new_cell_m) / cell_m)
        if r < 0 or r >= rows:
            continue
        for j in range(new.shape[1]):
            c = math.floor((offset_x + (j + 0.5) * new_cell_m) / cell_m)
            if c >= 0 and c < cols and new[i, j] > fresh[r, c]:
                fresh[r, c] = new[i, j]
    for r in range(rows):
        for c in range(cols):
            if fresh[r, c] >= 0:
                cost[r, c] = fresh[r, c]


class PlanningGrid:
    """Fixed cells over start, goal and a margin; row 0 at the low y.

    Attributes
    ----------
    cost : ndarray, shape (rows, cols)
        int16 as in `traversability.assess`. Outside the onboard map is impassable.
    x0_m, y0_m : float
        Low corner of cell [0, 0].
    """

    def __init__(
        self, params: NavigatorParams, onboard_map: Dem, start: Array, goal: Array
    ) -> None:
        self._p = params
        self.cell_m = cell = params.plan_cell_m
        low = np.floor((np.minimum(start, goal) - params.plan_margin_m) / cell)
        high = np.ceil((np.maximum(start, goal) + params.plan_margin_m) / cell)
        cols, rows = (high - low).astype(int)
        self.x0_m, self.y0_m = low * cell
        x = self.x0_m + (np.arange(cols) + 0.5) * cell
        y = self.y0_m + (np.arange(rows) + 0.5) * cell
        xx, yy = np.meshgrid(x, y)
        prior = slope_cost(
            onboard_map.slope(xx, yy), params.prior_slope_limit_deg, params.prior_slope_last_deg
        )
        self.cost = np.where(onboard_map.contains(xx, yy), prior, LETHAL).astype(np.int16)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows, columns."""
        return self.cost.shape[0], self.cost.shape[1]

    def cell_of(self, x_m: float, y_m: float) -> tuple[int, int]:
        """Row, column of the cell a point lies in; may be outside."""
        return (
            math.floor((y_m - self.y0_m) / self.cell_m),
            math.floor((x_m - self.x0_m) / self.cell_m),
        )

    def inside(self, row: int, col: int) -> bool:
        return 0 <= row < self.cost.shape[0] and 0 <= col < self.cost.shape[1]

    def points(self, cells: Array) -> Array:
        """(N, 2) x, y of the centres of (N, 2) row, column cells, m."""
        return np.column_stack(
            [
                self.x0_m + (cells[:, 1] + 0.5) * self.cell_m,
                self.y0_m + (cells[:, 0] + 0.5) * self.cell_m,
            ]
        )

    def paste(self, grid: Grid) -> None:
        """Take over a cost map: the worst of its cells in each cell of this grid."""
        offset_x = grid.origin_x_m - self.x0_m
        offset_y = grid.origin_y_m - self.y0_m
        _paste(self.cost, self.cell_m, grid.cost, grid.resolution_m, offset_x, offset_y)

    def _discs(self, discs: list[tuple[float, float, float]]) -> Array:
        rows, cols = self.cost.shape
        y = self.y0_m + (np.arange(rows) + 0.5) * self.cell_m
        x = self.x0_m + (np.arange(cols) + 0.5) * self.cell_m
        inside = np.zeros(self.cost.shape, bool)
        for x_m, y_m, radius_m in discs:
            inside |= np.hypot(x[None, :] - x_m, y[:, None] - y_m) <= radius_m
        return inside

    def travel_cost(
        self,
        clearance_m: float,
        here: Array,
        failed: list[tuple[float, float, float]],
        steep: bool = False,
    ) -> Array:
        """(rows, cols) float64 cost per metre, 1 on the best ground, infinite where closed.

        Closed are cells nearer than `clearance_m` to impassable ones; round the rover's own place
        `here` (2,) they are only dear, so that it can leave. `failed` discs count as impassable,
        and so does ground steeper than wanted unless `steep`.
        """
        p = self._p
        bad = self._discs(failed)
        lethal = (self.cost >= (LETHAL if steep else STEEP)) | bad
        distance = cv2.distanceTransform((~lethal).astype(np.uint8), cv2.DIST_L2, 5)
        distance = distance.astype(float) * self.cell_m
        near = np.clip(1.0 - distance / p.comfort_m, 0.0, 1.0)
        rough = np.clip(self.cost, 0, 99) / 100.0
        travel = 1.0 + p.cost_weight * rough**2 + p.comfort_weight * near**2
        travel[self.cost >= STEEP] += p.steep_cost
        closed = distance < clearance_m
        rows, cols = self.cost.shape
        y = self.y0_m + (np.arange(rows) + 0.5) * self.cell_m - here[1]
        x = self.x0_m + (np.arange(cols) + 0.5) * self.cell_m - here[0]
        escape = closed & (np.hypot(x[None, :], y[:, None]) <= p.escape_m)
        travel[closed] = CLOSED
        travel[escape & ~bad] = 20.0
        return travel
