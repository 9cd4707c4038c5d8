"""Further drill sites and holes of a plan, once landing, haven, date and first hole are chosen."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from lupex_rover.core.errors import UserError
from lupex_rover.mission.plan import Hole, MissionPlan, Point
from lupex_rover.planning.site_params import SiteParams

AROUND = 16  # directions in which a further hole is looked for


def more_holes(
    plan: MissionPlan,
    cells: Sequence[Point],
    site: SiteParams,
    passable: Callable[[Point, Point], bool],
    fits: Callable[[Point], bool],
) -> tuple[Hole, ...]:
    """The holes after the first, site by site.

    Parameters
    ----------
    plan : MissionPlan
        With its first hole.
    cells : Sequence[Point]
        Places for a site, the best first.
    passable : Callable[[Point, Point], bool]
        Whether the rover may drive straight from one to the other.
    fits : Callable[[Point], bool]
        Whether a hole may be there.

    Raises
    ------
    UserError
        There are not as many as `site` asks for.
    """
    sites = [plan.drill_target]
    for place in cells:
        if len(sites) == site.drill_sites:
            break
        apart = all(math.dist(place, other) >= site.site_gap_m for other in sites)
        if apart and passable(sites[-1], place) and passable(place, plan.haven):
            sites.append(place)
    if len(sites) < site.drill_sites:
        raise UserError(
            f"site: {len(sites)} drill sites {site.site_gap_m:g} m apart are in reach, drill_sites"
            f" is {site.drill_sites}; ask for fewer, or a smaller site_gap_m"
        )
    found: list[Hole] = []
    for number, first in enumerate(sites, 1):
        places = [first, *_beside(first, number, site, passable, fits)]
        found += (Hole(number, k, at, plan.drill_depths_m) for k, at in enumerate(places, 1))
    return tuple(found[1:])


def _beside(
    first: Point,
    number: int,
    site: SiteParams,
    passable: Callable[[Point, Point], bool],
    fits: Callable[[Point], bool],
) -> list[Point]:
    places: list[Point] = []
    for k in range(AROUND):
        if len(places) == site.holes - 1:
            break
        angle, gap_m = 2.0 * math.pi * k / AROUND, site.hole_gap_m
        place = (first[0] + gap_m * math.sin(angle), first[1] + gap_m * math.cos(angle))
        apart = all(math.dist(place, other) >= gap_m - 1e-6 for other in places)
        if apart and fits(place) and passable(first, place):
            places.append(place)
    if len(places) < site.holes - 1:
        raise UserError(
            f"site: {len(places) + 1} holes {site.hole_gap_m:g} m apart are possible at drill site"
            f" {number}, holes is {site.holes}; ask for fewer, or another hole_gap_m"
        )
    return places
