"""A descent under a Sun that was asked for: it stands so, and shines on the target."""

import dataclasses
import math

import pytest

from lupex_rover.core.errors import UserError
from lupex_rover.mission.plan import MissionPlan
from lupex_rover.scenarios import scenario as scenarios
from lupex_rover.simulator.site.descent_start import lit_start
from lupex_rover.simulator.site.world import World, WorldParams


def test_the_sun_stands_as_asked_over_a_lit_target():
    world = World(WorldParams(site_size_m=2000.0), 5)
    x, y = world.centre
    plan = MissionPlan(0, (x, y), 0.0, (x, y), (x, y), (), 0, 0)
    base = scenarios.read("reference")
    site = dataclasses.replace(base.site, date_from="2029-09-01T00:00:00Z", date_days=60.0)
    starts = set()
    for seed in range(6):
        asked = dataclasses.replace(base, seed=seed, site=site, start_sun_deg=(0.5, 2.5))
        t_ns = lit_start(world, world.site, plan, asked)
        assert 0.5 <= math.degrees(world.sky(t_ns).sun_elevation_rad) <= 2.5
        assert world.sun_fraction(x, y, 3.0, t_ns) > 0.0
        starts.add(t_ns)
    assert len(starts) > 3
    with pytest.raises(UserError, match="start_sun_deg"):
        lit_start(world, world.site, plan, dataclasses.replace(asked, start_sun_deg=(20.0, 30.0)))
