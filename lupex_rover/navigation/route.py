"""Keeps the way to the goal: plans it, watches it, plans it again."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from lupex_rover.core.types import Grid
from lupex_rover.navigation.params import NavigatorParams
from lupex_rover.navigation.planner import path_cost, pull_string, shortest_path
from lupex_rover.navigation.planning_grid import PlanningGrid
from lupex_rover.terrain.dem import Dem

Array = np.ndarray
START_COST = 20.0  # of the cell the rover stands in, when that is closed
BETTER = 0.85  # a new way replaces a good old one only when it costs less than this part
SPACING_M = 0.25
# What is given up, one after the other, when there is no way: clearance, the wanted slope limit,
# the memory of places where the rover got stuck. (tight, steep, forget)
WAYS = (
    (False, False, False), (True, False, False), (True, True, False), (True, True, True),
)  # fmt: skip


@dataclass(frozen=True)
class Plan:
    """Points (N, 2) from the rover to the goal, m, and what had to be given up for them."""

    points_m: Array
    tight: bool  # full clearance
    steep: bool  # the slope limit that is wanted


def densify(points: Array, spacing_m: float) -> Array:
    """(N, 2) polyline with points at most `spacing_m` apart."""
    out = [points[:1]]
    for a, b in pairwise(points):
        n = max(1, int(np.ceil(np.hypot(*(b - a)) / spacing_m)))
        out.append(a + (b - a) * (np.arange(1, n + 1) / n)[:, None])
    return np.vstack(out)


class Route:
    """The way to one goal; `failed` are discs (x, y, radius), m, where the rover got stuck.

    Attributes
    ----------
    plan : Plan or None
        The present plan, or None.
    """

    def __init__(
        self,
        params: NavigatorParams,
        onboard_map: Dem,
        start: Array,
        goal: Array,
        tolerance: float,
        failed: list[tuple[float, float, float]],
    ) -> None:
        self._p = params
        self._goal = goal
        self._tolerance = tolerance
        self._failed = failed
        self.grid = PlanningGrid(params, onboard_map, start, goal)
        self.plan: Plan | None = None

    def paste(self, grid: Grid) -> None:
        self.grid.paste(grid)

    def replan(self, here: Array) -> bool:
        """Plan from `here` (2,); the old plan stays while it is open and nearly as good.

        Returns
        -------
        bool
            False when there is no way, even with the tight clearance, over steep ground and through
            places where the rover got stuck before; the plan is then None.
        """
        p = self._p
        for tight, steep, forget in WAYS:
            if forget:
                self._failed.clear()
            clearance = p.clearance_tight_m if tight else p.clearance_m
            travel = self.grid.travel_cost(clearance, here, self._failed, steep)
            self._open_start(travel, here)
            found = self._search(travel, here)
            if found is None:
                continue
            points, cost = found
            if self._old_is_good(travel, here, cost):
                return True
            self.plan = Plan(points, tight, steep)
            return True
        self.plan = None
        return False

    def blocked(self, here: Array) -> bool:
        """Is the plan closed within the look-ahead?"""
        if self.plan is None:
            return True
        p = self._p
        travel = self.grid.travel_cost(p.clearance_tight_m, here, self._failed, self.plan.steep)
        self._open_start(travel, here)
        ahead = self._rest(here)
        gone = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(ahead, axis=0).T))])
        near = ahead[gone <= p.look_ahead_m]
        if len(near) < 2:
            return False
        return not np.isfinite(path_cost(travel, self._cells(near)))

    def _rest(self, here: Array) -> Array:
        """The plan from the rover on."""
        assert self.plan is not None
        points = self.plan.points_m
        nearest = int(np.argmin(np.hypot(*(points - here).T)))
        return np.vstack([here, points[nearest + 1 :]])

    def _cells(self, points: Array) -> Array:
        """(N, 2) fractional rows and columns, integers at cell centres."""
        g = self.grid
        return np.column_stack(
            [
                (points[:, 1] - g.y0_m) / g.cell_m - 0.5,
                (points[:, 0] - g.x0_m) / g.cell_m - 0.5,
            ]
        )

    def _open_start(self, travel: Array, here: Array) -> None:
        row, col = self.grid.cell_of(*here)
        if self.grid.inside(row, col) and not np.isfinite(travel[row, col]):
            travel[row, col] = START_COST

    def _search(self, travel: Array, here: Array) -> tuple[Array, float] | None:
        """To the goal itself, else as near as the tolerance allows."""
        start, goal = self.grid.cell_of(*here), self.grid.cell_of(*self._goal)
        if not self.grid.inside(*start):
            return None
        reaches = [0.0] if np.isfinite(travel[goal]) else []
        reaches += [f * self._tolerance / self.grid.cell_m for f in (0.5, 0.8)]
        for reach in reaches:
            found = shortest_path(travel, start, goal, reach)
            if found is None:
                continue
            cells, cost = found
            points = self.grid.points(pull_string(travel, cells))
            points[0] = here
            if reach == 0.0:
                points[-1] = self._goal
            if len(points) == 1:
                points = np.vstack([here, self._goal if reach == 0.0 else points])
            return densify(points, SPACING_M), cost
        return None

    def _old_is_good(self, travel: Array, here: Array, new_cost: float) -> bool:
        if self.plan is None:
            return False
        old = path_cost(travel, self._cells(self._rest(here)))
        return bool(np.isfinite(old) and new_cost > BETTER * old)
