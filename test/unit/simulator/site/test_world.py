"""The site's truth: one ground, one light, and what orbit knows of it."""

import dataclasses

import numpy as np
import pytest

from lupex_rover.core.errors import UserError
from lupex_rover.core.time import from_iso
from lupex_rover.ephemeris import sky
from lupex_rover.simulator.site.world import World, WorldParams
from lupex_rover.terrain.dem_file import write_dem
from lupex_rover.terrain.relief import Relief, ReliefParams
from lupex_rover.terrain.shadow import lit_map

SMALL = WorldParams(site_size_m=2000.0)
T = from_iso("2029-09-15T12:00:00Z")


@pytest.fixture(scope="module")
def world():
    return World(SMALL, 5)


def test_the_same_seed_gives_the_same_world(world):
    again = World(SMALL, 5)
    np.testing.assert_array_equal(again.site.heights, world.site.heights)
    np.testing.assert_array_equal(again.onboard_map().heights, world.onboard_map().heights)
    assert np.abs(World(SMALL, 6).site.heights - world.site.heights).std() > 1.0


def test_near_ground_refines_the_site_and_is_kept(world):
    x, y = world.centre
    before = world.height(x, y)
    near = world.near(x, y, 120.0)
    assert world.near(x, y, 120.0) is near
    assert near.resolution_m == 0.25
    assert world.height(x, y) == pytest.approx(near.height(x, y))
    assert abs(world.height(x, y) - before) < 1.0
    line = np.linspace(-50.0, 50.0, 30)
    np.testing.assert_allclose(world.height(x + line, y + 0 * line), near.height(x + line, y))


def test_orbit_knows_the_site_to_its_stated_error(world):
    onboard = world.onboard_map()
    assert onboard.extent == pytest.approx(world.site.extent)
    error = onboard.heights - world.site.heights
    assert 0.4 < error.std() < 0.8
    flat = error - error.mean()
    near = (flat[:, 1:] * flat[:, :-1]).mean() / flat.var()
    assert near > 0.6  # neighbours err together


def test_light_at_a_point_is_that_of_the_swept_map(world):
    """Marched horizon at a point and swept shadow map of the same ground and Sun."""
    x, y = world.centre
    near = world.near(x, y, 160.0)
    seen = sky(x, y, T)
    lit = lit_map([near, world.site, world.regional], seen.sun_azimuth_rad, seen.sun_elevation_rad)
    agree, ours = [], []
    for dx, dy in np.random.default_rng(0).integers(-38, 38, (80, 2)):
        px, py = round(x) + int(dx), round(y) + int(dy)
        f = world.sun_fraction(px, py, 0.02, T)
        col, row = round((px - near.x0) * 4), round((py - near.y0) * 4)
        agree.append(abs(f - lit[row, col]) < 0.4)
        ours.append(f)
    assert np.mean(agree) > 0.9
    assert 0.0 <= min(ours) and max(ours) <= 1.0
    assert world.lit(round(x), round(y), T) == (world.sun_fraction(x, y, 0.05, T) > 0.0)


def test_higher_up_there_is_more_light(world):
    x, y = world.centre
    times = T + 3600 * 10**9 * np.arange(0, 700, 10)
    low, high = (np.mean([world.sun_fraction(x, y, z, int(t)) for t in times]) for z in (0.1, 30.0))
    assert high > low


def test_a_fine_map_of_ones_own_is_followed(tmp_path, world):
    x, y = world.centre
    bare = ReliefParams(noise_height_m=0.0, crater_density=0.0, rock_density=0.0)
    base = Relief(world.regional, 1).window(x - 1500, y - 1500, 3000, 3000, 20.0)
    write_dem(base, tmp_path / "mine.tif")
    mine = World(dataclasses.replace(SMALL, relief=bare), 5, tmp_path / "mine.tif")
    probe = np.linspace(-700.0, 700.0, 15)
    np.testing.assert_allclose(
        mine.site.height(x + probe, y + probe), base.height(x + probe, y + probe), atol=1.0
    )
    assert mine.regional.resolution_m == 1600.0
    with pytest.raises(UserError, match="mine.tif"):
        World(WorldParams(latitude_deg=-80.0), 5, tmp_path / "mine.tif")
