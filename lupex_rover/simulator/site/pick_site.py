"""A world with a plan: the first of the scenario's site centres where a mission can be flown."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from lupex_rover.core.errors import UserError
from lupex_rover.mission.plan import MissionPlan
from lupex_rover.planning.site import SiteParams, design
from lupex_rover.simulator.site.world import World, WorldParams
from lupex_rover.terrain.dem import Dem


def choose(
    world: WorldParams, site: SiteParams, seed: int, base_map_path: Path | str | None = None,
    base_map_band: int | None = None,
) -> tuple[World, Dem, MissionPlan]:  # fmt: skip
    """The world at the first centre that fits, what orbit knows of it, and the plan made from that.

    Raises
    ------
    UserError
        No centre gives a plan; the text says why for each.
    """
    why: dict[str, str] = {}
    for latitude, longitude in site.centres:
        here = dataclasses.replace(world, latitude_deg=latitude, longitude_deg=longitude)
        try:
            made = World(here, seed, base_map_path, base_map_band)
            onboard = made.onboard_map()
            return made, onboard, design(onboard, made.regional, site, seed)
        except UserError as error:
            why[f"({latitude}, {longitude})"] = str(error)
    if len(set(why.values())) == 1:
        raise UserError(f"site.centres: no mission fits anywhere; {next(iter(why.values()))}")
    told = "; ".join(f"{place}: {text}" for place, text in why.items())
    raise UserError(f"site.centres: no mission fits anywhere; {told}")
