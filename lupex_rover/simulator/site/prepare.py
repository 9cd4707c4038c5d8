"""Before the flight: the world, what orbit knows of it, and the plan made from that."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path

from lupex_rover.core import params
from lupex_rover.core.files import write_whole
from lupex_rover.mission.plan import MissionPlan
from lupex_rover.scenarios.scenario import Scenario
from lupex_rover.simulator.site.descent_start import lit_start
from lupex_rover.simulator.site.pick_site import choose
from lupex_rover.simulator.site.world import World, WorldParams
from lupex_rover.terrain.dem import Dem
from lupex_rover.terrain.dem_file import write_dem


@dataclass(frozen=True)
class PreparedScenario:
    """What both sides start from; the flight side gets no `world`."""

    world: World
    onboard_map: Dem
    plan: MissionPlan


def prepare(scenario: Scenario) -> PreparedScenario:
    """Make the world of `scenario` and design the mission on its orbital map."""
    values = scenario.simulator.get("world")
    world_params = params.load(WorldParams, values, f"{scenario.where}.simulator.world")
    base_map = Path(scenario.base_map) if scenario.base_map else None
    world, onboard, plan = choose(
        world_params, scenario.site, scenario.seed, base_map, scenario.base_map_band
    )
    if scenario.start_sun_deg is not None:
        start_ns = lit_start(world, onboard, plan, scenario)
        plan = dataclasses.replace(plan, start_ns=start_ns)
    return PreparedScenario(world, onboard, plan)


def save(prepared: PreparedScenario, folder: Path) -> None:
    """Write what the flight side needs: `onboard_map.tif` and `plan.json`."""
    write_dem(prepared.onboard_map, folder / "onboard_map.tif")
    write_whole(folder / "plan.json", json.dumps(dataclasses.asdict(prepared.plan), indent=1))
