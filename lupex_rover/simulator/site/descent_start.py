"""An hour to begin a descent under another Sun than the mission's."""

from __future__ import annotations

import math

import numpy as np

from lupex_rover.core.constants import NS
from lupex_rover.core.errors import UserError
from lupex_rover.core.time import from_iso
from lupex_rover.ephemeris import SkyTable
from lupex_rover.mission.plan import MissionPlan
from lupex_rover.scenarios.scenario import Scenario
from lupex_rover.simulator.site.world import World
from lupex_rover.terrain.dem import Dem
from lupex_rover.terrain.horizon import horizon_mask, mask_at

HOUR_NS = 3600 * NS
BINS = 72
DRAWS = 100  # until one is in no eclipse
EYE_M = 1.0  # the target is lit when a point this high over it is


def lit_start(world: World, onboard: Dem, plan: MissionPlan, scenario: Scenario) -> int:
    """UTC ns of an hour, drawn by the scenario's seed, with the Sun as `start_sun_deg` asks.

    Raises
    ------
    UserError
        The Sun never stands so over the landing target within the site's dates, eclipses apart.
    """
    assert scenario.start_sun_deg is not None
    low, high = (math.radians(v) for v in scenario.start_sun_deg)
    x, y = plan.landing_target
    first = from_iso(scenario.site.date_from, "site.date_from")
    hours = first + HOUR_NS * np.arange(int(scenario.site.date_days * 24.0), dtype=np.int64)
    sky = SkyTable(*world.centre, int(hours[0]), int(hours[-1])).many(hours)
    eye = float(onboard.height(x, y)) + EYE_M
    horizon = horizon_mask([onboard, world.regional], x, y, eye, BINS)
    lit = sky.sun_elevation_rad > mask_at(horizon, sky.sun_azimuth_rad)
    fits = np.flatnonzero(lit & (sky.sun_elevation_rad >= low) & (sky.sun_elevation_rad <= high))
    if not fits.size:
        raise UserError(
            f"start_sun_deg: the Sun is never {scenario.start_sun_deg} degrees high over a lit"
            f" landing target in {scenario.site.date_days:.0f} days from {scenario.site.date_from}"
        )
    rng = np.random.default_rng([scenario.seed, 0x5AE])
    uncovered = sky.sun_uncovered
    for _ in range(DRAWS):
        hour = rng.choice(fits)
        if uncovered[hour] >= 1.0:
            return int(hours[hour])
    raise UserError("start_sun_deg: the Sun stands so within the site's dates in eclipses alone")
