"""An eclipse at a site: what the simulated board measures, and what the flight side expects."""

import numpy as np
import pytest

from lupex_rover.core.time import from_iso
from lupex_rover.core.transforms import Pose, toward
from lupex_rover.nodes.power import sun_over
from lupex_rover.simulator.power.eps import EpsPhysics
from lupex_rover.simulator.power.params import EpsParams
from lupex_rover.simulator.site.world import World, WorldParams

TOTALITY = from_iso("2029-06-26T03:22:00Z")
BEFORE, AFTER = from_iso("2029-06-26T00:30:00Z"), from_iso("2029-06-26T06:30:00Z")
HALF = (from_iso("2029-06-26T01:50:00Z"), from_iso("2029-06-26T05:00:00Z"))


@pytest.fixture(scope="module")
def world():
    """Where the Sun stands 9 degrees high then."""
    return World(WorldParams(latitude_deg=-80.0, longitude_deg=22.7, site_size_m=2000.0), 5)


def test_the_sun_of_a_site_is_that_of_its_sky(world):
    x, y = world.centre
    z_m = 30.0  # over all ridges there
    assert world.sun_fraction(x, y, z_m, BEFORE) == world.sun_fraction(x, y, z_m, AFTER) == 1.0
    assert world.sun_fraction(x, y, z_m, TOTALITY) == 0.0 and not world.lit(x, y, TOTALITY)
    for t in HALF:
        seen = world.sun_fraction(x, y, z_m, t)
        assert 0.1 < seen < 0.9 and seen == world.sky(t).sun_uncovered


def test_the_array_gives_what_the_eclipse_leaves_and_the_rover_cools(world):
    x, y = world.centre
    eps = EpsPhysics(EpsParams(), np.random.default_rng(1), BEFORE, 0.6)
    amperes, chassis_k, shares = [], [], []
    for t in range(BEFORE, AFTER, 300 * 10**9):
        sky = world.sky(t)
        sun = toward(sky.sun_azimuth_rad, sky.sun_elevation_rad)
        shares.append(world.sun_fraction(x, y, 30.0, t))
        eps.advance(300.0, sun, shares[-1], 180.0)
        amperes.append(float(eps.power()[4].sum()))
        chassis_k.append(eps.heat.kelvin[2])
    share, current = np.array(shares), np.array(amperes)
    assert (current[share == 0.0] == 0.0).all() and (share == 0.0).sum() > 15
    full = current[0]
    partly = (share > 0.1) & (share < 0.9)
    assert partly.sum() > 8
    np.testing.assert_allclose(current[partly] / full, share[partly], atol=0.15)  # colder cells
    assert min(chassis_k) < chassis_k[0] - 2.0


def test_panels_are_not_judged_in_an_eclipse(world):
    """A panel without power in full sunlight is an event; behind Earth there is no sunlight."""
    onboard = world.onboard_map()
    sky = sun_over(onboard)
    x, y = world.centre
    pose = Pose(np.array([x, y, float(onboard.height(x, y)) + 30.0]), np.array([0, 0, 0, 1.0]))
    assert sky(BEFORE, pose)[1] == 1.0
    assert sky(TOTALITY, pose)[1] == 0.0
    assert 0.1 < sky(HALF[0], pose)[1] < 0.9
