"""The last step of the matcher: its covariance, and what draws it toward the Sun."""

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.landing.scenes import KINDS, ground, orbital_map, scene
from lupex_rover.core.transforms import quat_inverse, quat_multiply, quat_to_rotvec
from lupex_rover.landing.matcher_params import MatcherParams
from lupex_rover.landing.matching.full_view_fit import exact
from lupex_rover.landing.matching.gauss_newton import _noise
from lupex_rover.landing.matching.image_pyramid import Frame
from lupex_rover.landing.matching.lighting import LightedMap

POLAR = replace(KINDS["polar"], sun_deg=(2.5, 5.0))


def test_the_noise_is_the_jackknife_of_whole_blocks():
    """Against least squares by numpy with one block left out at a time."""
    rng = np.random.default_rng(3)
    blocks = [rng.normal(size=(n, 6)) * rng.uniform(0.2, 3.0) for n in (40, 9, 25, 90, 14, 33, 8)]
    told = [x @ np.arange(6.0) + rng.normal(size=len(x)) * rng.uniform(0.5, 2.0) for x in blocks]

    def fit(left_out):
        x = np.vstack([b for k, b in enumerate(blocks) if k != left_out])
        y = np.concatenate([t for k, t in enumerate(told) if k != left_out])
        return np.linalg.lstsq(x, y, rcond=None)[0]

    whole = fit(None)
    off = np.array([fit(k) for k in range(len(blocks))])
    wanted = (off - off.mean(axis=0)).T @ (off - off.mean(axis=0))
    pulls = np.array([x.T @ (y - x @ whole) for x, y in zip(blocks, told)])
    slopes = np.array([x.T @ x for x in blocks])
    inverse = np.linalg.inv(slopes.sum(axis=0))
    found = inverse @ _noise(pulls, slopes, slopes.sum(axis=0), 1e-9) @ inverse
    np.testing.assert_allclose(found, wanted, rtol=1e-5)


@pytest.fixture(scope="module")
def scenes():
    """Views of rough ground under a low Sun, and maps three times coarser: without errors, with."""
    heights = ground(41, cells=1024, relief_m=(22.0, 24.0))
    clean, noisy = (orbital_map(heights, POLAR.map_factor, m, 0) for m in (0.0, POLAR.map_noise_m))
    return clean, noisy, [scene(POLAR, heights, clean, 500 + seed) for seed in range(5)]


def _found(dem, s, p):
    """`exact`, begun at the truth, and its error: position m, rotation vector rad."""
    lighted = LightedMap(dem)
    lighted.set_sun(*s.sun_rad)
    found = exact(Frame.of(s.image, s.camera, s.prior), lighted, p, s.truth)
    turn = quat_multiply(found.pose.orientation_xyzw, quat_inverse(s.truth.orientation_xyzw))
    moved = found.pose.position_m - s.truth.position_m
    return found, np.concatenate((moved, quat_to_rotvec(turn)))


def _toward_sun_cells(dem, s, p):
    """How far `exact`, begun at the truth, puts the middle of the view toward the Sun."""
    _, error = _found(dem, s, p)
    col, row = s.truth.position_m[:2] / dem.resolution_m
    height = s.truth.position_m[2] - dem.heights[int(row), int(col)]
    ray = s.truth.matrix[:, 2]
    arm = -height / ray[2] * ray
    off = error[:3] + np.cross(error[3:], arm)
    off = off[:2] - off[2] * arm[:2] / arm[2]
    azimuth = s.sun_rad[0]
    return off @ [np.sin(azimuth), np.cos(azimuth)] / dem.resolution_m


def test_short_shadows_of_a_coarse_map_do_not_draw_the_pose_toward_the_sun(scenes):
    dem, _, views = scenes
    p = MatcherParams()
    left = np.mean([_toward_sun_cells(dem, s, p) for s in views])
    drawn = np.mean([_toward_sun_cells(dem, s, replace(p, sunward_cell=0.0)) for s in views])
    assert drawn > 0.02, "nothing to be mended here"
    assert abs(left) < 0.8 * drawn


def test_the_true_error_is_what_the_covariance_says(scenes):
    """Mean normalised error squared: 6 is honest; of five scenes 99.9 % lie in 2.1 to 12.4."""
    _, dem, views = scenes
    squared = []
    for s in views:
        found, error = _found(dem, s, MatcherParams())
        squared.append(error @ np.linalg.solve(found.covariance, error))
    assert 2.1 < np.mean(squared) < 12.4, squared
