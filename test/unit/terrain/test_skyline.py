"""The skyline against a march by separate code: points 3D on the sphere, steps of a centimetre."""

import math

import numpy as np
import pytest

from lupex_rover.ephemeris import site_frame, xy_of
from lupex_rover.terrain.dem import Dem
from lupex_rover.terrain.disc import disc_share
from lupex_rover.terrain.relief import Relief
from lupex_rover.terrain.skyline import grid_axes, skyline

R = 1_737_400.0


def marched(dem, x, y, z, azimuth, arcs):
    """Great circle of points lifted to the ground, each looked at from the eye."""
    frame = site_frame(x, y)
    way = math.sin(azimuth) * frame[:, 0] + math.cos(azimuth) * frame[:, 1]
    points = np.cos(arcs)[:, None] * frame[:, 2] + np.sin(arcs)[:, None] * way
    colatitude = np.pi - np.arccos(points[:, 2])
    longitude = np.arctan2(points[:, 1], points[:, 0])
    rho = 2.0 * R * np.tan(colatitude / 2.0)
    east, north = rho * np.sin(longitude), rho * np.cos(longitude)
    on = dem.contains(east, north)
    count = on.size if on.all() else int(on.argmin())
    ground = points[:count] * (R + dem.height(east[:count], north[:count]))[:, None]
    toward = (ground - frame[:, 2] * (R + z)) @ frame
    return np.arctan2(toward[:, 2], np.hypot(toward[:, 0], toward[:, 1])).max()


@pytest.mark.parametrize(("height_m", "seed"), [(2.0, 1), (0.3, 2), (0.0, 3)])
def test_rough_ground(height_m, seed):
    flat = Dem(np.zeros((40, 40)), -32e3, -32e3, 1600.0)
    dem = Relief(flat, 2).window(-6000.0, 9000.0, 1000.0, 1000.0, 5.0)
    rng = np.random.default_rng(seed)
    arcs = np.concatenate([np.geomspace(0.005, 100.0, 20_000), np.arange(100.0, 1500.0, 0.02)]) / R
    for _ in range(6):
        x, y = rng.uniform(-5800, -5200), rng.uniform(9200, 9800)
        z = float(dem.height(x, y)) + height_m
        azimuths = rng.uniform(0, 2 * np.pi, 4)
        truth = [marched(dem, x, y, z, a, arcs) for a in azimuths]
        np.testing.assert_allclose(skyline([dem], x, y, z, azimuths), truth, atol=1e-4)


def test_mountains_300_km_from_the_pole():
    """Where metres of the grid are 0.8 % longer than those of the sphere, and rays bend."""
    rng = np.random.default_rng(7)
    x, y = xy_of(math.radians(-80.0), math.radians(30.0))
    dem = Dem(1000.0 * rng.random((201, 201)), x - 160e3, y - 160e3, 1600.0)
    z = float(dem.height(x, y)) + 2.0
    azimuths = rng.uniform(0, 2 * np.pi, 12)
    truth = [marched(dem, x, y, z, a, np.arange(2.0, 250e3, 5.0) / R) for a in azimuths]
    np.testing.assert_allclose(skyline([dem], x, y, z, azimuths), truth, atol=1e-4)


def test_over_a_bare_sphere_the_horizon_dips():
    dem = Dem(np.zeros((400, 400)), -80e3, -80e3, 400.0)
    seen = skyline([dem], 0.0, 0.0, 100.0, np.linspace(0, 6, 20))
    np.testing.assert_allclose(seen, -math.acos(R / (R + 100.0)), rtol=1e-4)


def test_the_axes_of_the_grid_are_those_of_the_ephemeris():
    for x, y in ((0.0, 0.0), (3e3, -7e3), (-4e5, 2e5)):
        np.testing.assert_allclose(grid_axes(x, y), site_frame(x, y), atol=1e-12)


@pytest.mark.parametrize("tilt", [0.0, 0.6, -1.5])
def test_the_share_of_a_disc_over_a_slope_is_its_area(tilt):
    """Against counting points of the disc above a slanted line."""
    x, y = np.meshgrid(np.linspace(-1, 1, 1001), np.linspace(-1, 1, 1001))
    inside = x**2 + y**2 <= 1.0
    radius = 0.00465
    for level in (-0.5, 0.0, 0.8):
        truth = (inside & (y > level + tilt * x)).sum() / inside.sum()
        horizon = lambda a, n=level: radius * n + tilt * (a - 1.0)  # noqa: E731
        assert disc_share(1.0, 0.0, radius, horizon)[0] == pytest.approx(truth, abs=0.01)
