"""The planner against SciPy's shortest paths, and what string pulling may and may not do."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import dijkstra

from lupex_rover.navigation.planner import line_cost, path_cost, pull_string, shortest_path


def random_ground(seed: int, rows: int = 30, cols: int = 40) -> np.ndarray:
    rng = np.random.default_rng(seed)
    travel = 1.0 + 4.0 * rng.random((rows, cols))
    travel[rng.random((rows, cols)) < 0.25] = np.inf
    travel[0, 0] = travel[-1, -1] = 1.0
    return travel


def scipy_costs(travel: np.ndarray) -> np.ndarray:
    """(cells,) cost from cell 0 to every cell."""
    rows, cols = travel.shape
    source, target, weight = [], [], []
    for r in range(rows):
        for c in range(cols):
            for i, j in ((0, 1), (1, 0), (1, 1), (1, -1)):
                rr, cc = r + i, c + j
                if 0 <= rr < rows and 0 <= cc < cols:
                    cost = 0.5 * math.hypot(i, j) * (travel[r, c] + travel[rr, cc])
                    if math.isfinite(cost):
                        source.append(r * cols + c)
                        target.append(rr * cols + cc)
                        weight.append(cost)
    graph = coo_matrix((weight, (source, target)), shape=(rows * cols,) * 2).tocsr()
    return dijkstra(graph, directed=False, indices=0)


@pytest.mark.parametrize("seed", range(6))
def test_cost_equals_dijkstra(seed: int) -> None:
    travel = random_ground(seed)
    goal = (29, 39)
    found = shortest_path(travel, (0, 0), goal)
    best = scipy_costs(travel)[goal[0] * 40 + goal[1]]
    if not math.isfinite(best):
        assert found is None
        return
    assert found is not None
    cells, cost = found
    assert cost == pytest.approx(best, rel=1e-12)
    steps = np.abs(np.diff(cells, axis=0))
    assert steps.max() == 1
    legs = travel[tuple(cells[:-1].T)] + travel[tuple(cells[1:].T)]
    assert (0.5 * legs * np.hypot(*steps.T)).sum() == pytest.approx(best, rel=1e-12)


def test_reach_ends_at_the_cheapest_cell_near_the_goal() -> None:
    travel = random_ground(3)
    reach = 4.0
    travel[-1, -1] = np.inf
    costs = scipy_costs(travel).reshape(travel.shape)
    r, c = np.mgrid[:30, :40]
    near = np.hypot(r - 29, c - 39) <= reach
    found = shortest_path(travel, (0, 0), (29, 39), reach)
    assert found is not None
    assert found[1] == pytest.approx(costs[near].min())


def test_no_way_through_a_closed_wall() -> None:
    travel = np.ones((20, 20))
    travel[:, 10] = np.inf
    assert shortest_path(travel, (5, 2), (5, 17)) is None
    travel[19, 10] = 1.0
    assert shortest_path(travel, (5, 2), (5, 17)) is not None


def test_string_pulling_is_straight_on_open_ground_and_never_crosses_closed_cells() -> None:
    travel = np.ones((50, 50))
    cells, _ = shortest_path(travel, (3, 4), (40, 21))
    assert len(pull_string(travel, cells)) == 2
    travel[10:40, 25] = np.inf
    cells, cost = shortest_path(travel, (25, 5), (25, 45))
    pulled = pull_string(travel, cells)
    assert 2 < len(pulled) < len(cells)
    assert path_cost(travel, pulled.astype(float)) <= 1.02 * cost
    assert line_cost(travel, np.array([25.0, 5.0]), np.array([25.0, 45.0])) == np.inf
