"""The relief against its published statistics, and that it is one ground in every window."""

import numpy as np
import pytest

from lupex_rover.terrain.dem import Dem
from lupex_rover.terrain.relief import Relief, ReliefParams

FLAT = Dem(np.zeros((40, 40)), -32_000.0, -32_000.0, 1600.0)


def test_windows_of_any_size_and_place_show_the_same_ground():
    relief = Relief(FLAT, 11)
    a = relief.window(100.0, 200.0, 60.0, 60.0, 0.25)
    b = relief.window(90.0, 180.0, 100.0, 100.0, 0.25)
    x, y = np.meshgrid(np.linspace(101, 159, 40), np.linspace(201, 259, 40))
    np.testing.assert_allclose(a.height(x, y), b.height(x, y), atol=1e-4)
    coarse = relief.window(90.0, 180.0, 100.0, 100.0, 2.0)
    assert np.abs(coarse.height(x, y) - a.height(x, y)).std() < 0.15
    other = Relief(FLAT, 12).window(100.0, 200.0, 60.0, 60.0, 0.25)
    assert np.abs(other.heights - a.heights).std() > 0.2


def test_the_base_map_is_followed():
    y, x = np.mgrid[0:20, 0:20] * 100.0
    base = Dem(0.05 * x - 0.02 * y, 0.0, 0.0, 100.0)
    bare = ReliefParams(noise_height_m=0.0, crater_density=0.0, rock_density=0.0)
    dem = Relief(base, 1, bare).window(500.0, 500.0, 800.0, 800.0, 5.0)
    assert dem.height(777.0, 1111.0) == pytest.approx(0.05 * 777 - 0.02 * 1111, abs=1e-3)


def test_slopes_are_those_of_lunar_ground():
    """Median slope at 17 m: 2..3 deg in maria, 7..8 deg in highlands (Rosenburg et al. 2011);
    Hurst exponent between 0.7 and 1 (the same)."""
    dem = Relief(FLAT, 4).window(-1000.0, -1000.0, 2000.0, 2000.0, 2.0)
    h = dem.heights.astype(float)
    lag = 8  # 16 m
    slope = np.hypot(h[:-lag, lag:] - h[:-lag, :-lag], h[lag:, :-lag] - h[:-lag, :-lag]) / 16.0
    assert 2.0 < np.degrees(np.median(np.arctan(slope))) < 8.0
    rms = [np.sqrt(np.mean((h[:, k:] - h[:, :-k]) ** 2)) for k in (4, 32)]
    assert 0.65 < np.log(rms[1] / rms[0]) / np.log(8.0) < 1.0


def test_a_rover_can_find_a_way():
    dem = Relief(FLAT, 4).window(0.0, 0.0, 1000.0, 1000.0, 1.0)
    slope = np.degrees(dem.slope_map())
    assert (slope < 12.0).mean() > 0.6
    assert 0.001 < (slope > 25.0).mean() < 0.08  # and there is something to go round


def test_craters_cover_what_their_size_distribution_says():
    """N(>D) = 0.079 D^-1.83 per m2 (Trask 1966): ground that craters of
    16..32 m and their ejecta, out to 2.5 radii, have changed."""
    params = ReliefParams(
        noise_height_m=0.0, rock_density=0.0, crater_min_m=16.0, crater_max_m=32.0,
        depth_old=0.1, depth_fresh=0.1,
    )  # fmt: skip
    dem = Relief(FLAT, 3, params).window(0.0, 0.0, 3000.0, 3000.0, 2.0)
    d = np.linspace(16.0, 32.0, 2000)
    area = 2.5**2 * np.pi / 4 * d**2 * 0.079 * 1.83 * d**-2.83
    covered = 1.0 - np.exp(-np.trapezoid(area, d))
    assert (dem.heights != 0.0).mean() == pytest.approx(covered, rel=0.05)


def test_rocks_are_as_many_as_at_surveyor_vii():
    """Shoemaker and Morris 1970: 7.9e3 y^-1.82 rocks over y mm per 100 m2."""
    rocks = Relief(FLAT, 9).rocks((0.0, 0.0, 600.0, 600.0), 0.3)
    expected = (7.9e3 * 300**-1.82 - 7.9e3 * 1280**-1.82) / 100.0 * 600.0**2
    assert len(rocks) == pytest.approx(expected, abs=4 * np.sqrt(expected))
    assert rocks[:, 2].min() >= 0.3 and (rocks[:, 3] < rocks[:, 2]).all()
    ground = Relief(FLAT, 9).window(0.0, 0.0, 50.0, 50.0, 0.25)
    bare = Relief(FLAT, 9, ReliefParams(rock_density=0.0)).window(0.0, 0.0, 50.0, 50.0, 0.25)
    x, y, diameter, height = rocks[(rocks[:, :2].max(axis=1) < 49.0)][0]
    rise = Dem(ground.heights - bare.heights, 0.0, 0.0, 0.25).height(x, y)
    assert 0.4 * height < rise <= 1.1 * height
