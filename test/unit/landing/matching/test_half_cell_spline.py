"""Heights between the cells of a map: the same as scipy's spline, and truer slopes."""

import numpy as np
import pytest
from scipy import ndimage

from benchmarks.landing.scenes import KINDS, ground, orbital_map, scene
from lupex_rover.landing.matcher_params import MatcherParams
from lupex_rover.landing.matching.half_cell_spline import halve_cells
from lupex_rover.landing.matching.matcher import Matcher
from lupex_rover.terrain.dem import Dem


@pytest.mark.parametrize("part", [(10, 30, 5, 40), (0, 20, 0, 25), (22, 40, 30, 50)])
def test_it_is_the_cubic_spline_that_scipy_gives(part):
    r0, r1, c0, c1 = part
    heights = np.random.default_rng(0).normal(1700.0, 3.0, (40, 50)).astype(np.float32)
    rows, cols = (np.arange(2 * a, 2 * b) / 2.0 - 0.25 for a, b in ((r0, r1), (c0, c1)))
    at = np.meshgrid(rows, cols, indexing="ij")
    spline = ndimage.map_coordinates(heights.astype(float), at, order=3, mode="mirror")
    assert halve_cells(heights, *part) == pytest.approx(spline, abs=2e-3)


def test_slopes_are_truer_than_differences_of_the_cells():
    """A wave of seven cells: central differences lose an eighth of its slope, half cells half."""
    x = np.arange(70)
    wave = np.tile(np.sin(2.0 * np.pi * x / 7.0), (70, 1)).astype(np.float32)
    true = 2.0 * np.pi / 7.0
    coarse = np.abs(wave[35, 2:] - wave[35, :-2]).max() / 2.0
    fine_z = halve_cells(wave, 0, 70, 0, 70)[70, 20:-20]
    fine = np.abs(fine_z[2:] - fine_z[:-2]).max()  # two cells of a half
    assert coarse < 0.88 * true < 0.93 * true < fine <= true


def test_a_map_smoother_than_its_cells_is_still_fixed_to_a_part_of_a_cell():
    kind = KINDS["polar"]
    heights = ground(41, cells=1024)
    sharp = orbital_map(heights, kind.map_factor, 0.2, 3)
    smooth = ndimage.gaussian_filter(sharp.heights, 1.2)
    dem = Dem(smooth, sharp.x0, sharp.y0, sharp.resolution_m)
    errors = []
    for seed in range(3):
        s = scene(kind, heights, dem, 60 + seed)
        match = Matcher(dem, MatcherParams()).match(s.image, s.camera, s.prior, *s.sun_rad)
        if match.accepted:
            errors.append(np.linalg.norm(match.pose.position_m - s.truth.position_m))
    assert len(errors) >= 2 and np.median(errors) < dem.resolution_m
    assert max(errors) < 2.0 * dem.resolution_m
