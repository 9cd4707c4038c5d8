"""The sums over cells: the same as a plain loop of numpy in double precision."""

import numpy as np
import pytest

from lupex_rover.landing.matching.fit_kernels import cell_sums

ROWS, COLS, STEP, BLOCK = 61, 75, 1.5, 14
POSITION = np.array([40.0, 55.0, 700.0])
CORNER = np.array([3.0, 7.0])
SPREAD, FLAT = 0.8, 0.02


@pytest.fixture(scope="module")
def view():
    rng = np.random.default_rng(4)
    image, expected = (rng.normal(size=(ROWS, COLS)).astype(np.float32) for _ in range(2))
    image[20:25, 30:50] = 0.0  # unknown there
    expected[:, -3:] = 0.0
    heights = rng.normal(0.0, 0.4, (ROWS, COLS)).cumsum(axis=0).astype(np.float32)
    change = np.array([0.7, -0.4, 0.3, 2e-4, -3e-4, 5e-4])
    return image, expected, heights, change


def one_cell(view, r, c):
    """Of one cell: its residual and how expected and seen brightness move, or None."""
    image, expected, heights, change = view
    e = expected[r, c]
    slope = np.array([
        expected[r, c + 1] - expected[r, c - 1], expected[r + 1, c] - expected[r - 1, c]
    ], float) / (2.0 * STEP)  # fmt: skip
    if e == 0.0 or image[r, c] == 0.0 or slope @ slope < FLAT:
        return None
    ray = np.array([CORNER[0] + c * STEP, CORNER[1] + r * STEP, heights[r, c]]) - POSITION
    sx = (heights[r, c + 1] - heights[r, c - 1]) / (2.0 * STEP)
    sy = (heights[r + 1, c] - heights[r - 1, c]) / (2.0 * STEP)
    normal = np.array([-sx, -sy, 1.0])
    moves = np.hstack((np.eye(3), np.column_stack([np.cross(w, ray) for w in np.eye(3)])))
    shift = (moves - np.outer(ray / (normal @ ray), normal @ moves))[:2]  # of the seen point
    u, v = np.array([c, r]) - shift @ change / STEP
    if not (1.0 <= u < COLS - 2 and 1.0 <= v < ROWS - 2):
        return None
    i, j = int(v), int(u)
    (a, b), (d, f) = image[i : i + 2, j : j + 2].astype(float)
    if a == 0.0 or f == 0.0:
        return None
    fu, fv = u - j, v - i
    value = (a * (1 - fu) + b * fu) * (1 - fv) + (d * (1 - fu) + f * fu) * fv
    seen = np.array([(b - a) * (1 - fv) + (f - d) * fv, (d - a) * (1 - fu) + (f - b) * fu]) / STEP
    return value, float(e), slope @ shift, seen @ shift


@pytest.mark.parametrize("stride", [1, 2])
def test_they_are_those_of_a_plain_loop(view, stride):
    image, expected, heights, change = view
    across, down = -(-COLS // BLOCK), -(-ROWS // BLOCK)
    normal, slopes = np.zeros((6, 6)), np.zeros((across * down, 6, 6))
    pulls, stats = np.zeros((across * down, 6)), np.zeros(5)
    for r in range(1, ROWS - 1, stride):
        for c in range(1, COLS - 1, stride):
            told = one_cell(view, r, c)
            if told is None:
                continue
            value, e, by_expected, by_image = told
            residual, b = value - e, r // BLOCK * across + c // BLOCK
            weight = 1.0 / np.sqrt(1.0 + (residual / SPREAD) ** 2)
            both = 0.5 * (np.outer(by_expected, by_image) + np.outer(by_image, by_expected))
            normal += weight * np.outer(by_expected, by_expected)
            slopes[b] += weight**3 * both
            pulls[b] += weight * residual * by_expected
            stats += [weight, weight * residual**2, value * e, value * value, e * e]
    found = cell_sums(
        image, expected, heights, CORNER, STEP, POSITION, change, SPREAD, BLOCK, across,
        across * down, stride, FLAT,
    )  # fmt: skip
    for told, wanted in zip(found, (normal, slopes, pulls, stats)):
        assert np.abs(told - wanted).max() < 2e-5 * np.abs(wanted).max()


def test_a_view_that_the_camera_does_not_look_down_on_tells_nothing(view):
    image, expected, heights, change = view
    below = np.array([*POSITION[:2], -700.0])
    normal, _, pulls, stats = cell_sums(
        image, expected, heights, CORNER, STEP, below, change, SPREAD, BLOCK, 6, 30, 1, FLAT
    )
    assert not normal.any() and not pulls.any() and not stats.any()
