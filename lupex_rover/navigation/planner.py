"""Shortest path on a cost grid, and straight pieces where they cost no more.

A* on the 8-connected grid (Hart, Nilsson and Raphael 1968, IEEE TSSC 4(2)); a move costs its length
times the mean cost of the two cells.
"""

from __future__ import annotations

import heapq
import math
from itertools import pairwise

import numpy as np
from numba import njit

Array = np.ndarray
DIAGONAL = math.sqrt(2.0)


@njit(cache=True)
def _search(
    travel: Array, start: int, goal_row: int, goal_col: int, reach: float
) -> tuple[int, float, Array]:
    """Cell index reached (-1: none), its cost in cells, and each cell's predecessor."""
    rows, cols = travel.shape
    best = np.full(rows * cols, np.inf)
    came = np.full(rows * cols, -1, np.int64)
    done = np.zeros(rows * cols, np.bool_)
    best[start] = 0.0
    heap = [(0.0, start)]
    while len(heap) > 0:
        _, cell = heapq.heappop(heap)
        if done[cell]:
            continue
        done[cell] = True
        r, c = cell // cols, cell % cols
        if math.hypot(r - goal_row, c - goal_col) <= reach:
            return cell, best[cell], came
        for i in range(-1, 2):
            for j in range(-1, 2):
                rr, cc = r + i, c + j
                if (i == 0 and j == 0) or rr < 0 or cc < 0 or rr >= rows or cc >= cols:
                    continue
                other = rr * cols + cc
                if done[other] or not travel[rr, cc] < np.inf:
                    continue
                length = DIAGONAL if i != 0 and j != 0 else 1.0
                cost = best[cell] + 0.5 * length * (travel[r, c] + travel[rr, cc])
                if cost < best[other]:
                    best[other] = cost
                    came[other] = cell
                    left = max(0.0, math.hypot(rr - goal_row, cc - goal_col) - reach)
                    heapq.heappush(heap, (cost + left, other))
    return -1, np.inf, came


def shortest_path(
    travel: Array, start: tuple[int, int], goal: tuple[int, int], reach: float = 0.0
) -> tuple[Array, float] | None:
    """Cheapest way from a cell to within `reach` cells of another.

    Parameters
    ----------
    travel : ndarray, shape (rows, cols)
        Cost per cell length, at least 1; infinite where closed.
    start, goal : tuple[int, int]
        Row, column.

    Returns
    -------
    tuple[ndarray, float] or None, shape (N, 2)
        Rows and columns from start on, and the cost in cell lengths; None if there is no way.
    """
    cols = travel.shape[1]
    end, cost, came = _search(
        np.ascontiguousarray(travel),
        start[0] * cols + start[1],
        goal[0],
        goal[1],
        reach,
    )
    if end < 0:
        return None
    cells = [end]
    while came[cells[-1]] >= 0:
        cells.append(came[cells[-1]])
    found = np.array(cells[::-1])
    return np.column_stack([found // cols, found % cols]), float(cost)


@njit(cache=True)
def line_cost(travel: Array, a: Array, b: Array) -> float:
    """Cost in cell lengths of the straight line between fractional cells; infinite if closed."""
    length = math.hypot(b[0] - a[0], b[1] - a[1])
    n = int(length * 4.0) + 1
    total = 0.0
    for i in range(n):
        f = (i + 0.5) / n
        r = math.floor(a[0] + f * (b[0] - a[0]) + 0.5)
        c = math.floor(a[1] + f * (b[1] - a[1]) + 0.5)
        if r < 0 or c < 0 or r >= travel.shape[0] or c >= travel.shape[1]:
            return np.inf
        total += travel[r, c]
    return total / n * length


@njit(cache=True)
def _pull(travel: Array, cells: Array, slack: float) -> Array:
    n = len(cells)
    along = np.zeros(n)
    for i in range(1, n):
        along[i] = along[i - 1] + line_cost(travel, cells[i - 1], cells[i])
    keep = np.zeros(n, np.bool_)
    keep[0] = True
    at = 0
    while at < n - 1:
        step = at + 1
        for other in range(at + 2, n):
            direct = line_cost(travel, cells[at], cells[other])
            if direct <= (along[other] - along[at]) * slack + 1e-9:
                step = other
        keep[step] = True
        at = step
    return keep


def pull_string(travel: Array, cells: Array, slack: float = 1.02) -> Array:
    """Drop the corners of a path that a straight line makes no dearer (by the factor `slack`)."""
    if len(cells) < 3:
        return cells
    return cells[_pull(np.ascontiguousarray(travel), cells.astype(np.float64), slack)]


def path_cost(travel: Array, points: Array) -> float:
    """Cost in cell lengths of a polyline of (N, 2) fractional rows and columns."""
    return float(sum(line_cost(travel, a, b) for a, b in pairwise(points)))
