"""The plan that the ground makes before launch: where to land, drill and spend the night, and when.

Works on what orbit knows: the onboard map (5 m, with errors) and the regional elevation map.
No truth. The order of the search: smooth ground to land on; lit rises near it that see both light
and a night of the right length; the date; a shadow's edge within reach at that date.
"""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from lupex_rover.core.errors import UserError
from lupex_rover.core.time import from_iso, ns
from lupex_rover.ephemeris import Sky, SkyTable
from lupex_rover.mission.plan import MissionPlan, Point
from lupex_rover.planning.haven_light import HOUR_NS, Night, light, nights
from lupex_rover.planning.more_holes import more_holes
from lupex_rover.planning.site_params import SiteParams
from lupex_rover.terrain.dem import Dem
from lupex_rover.terrain.horizon import horizon_band
from lupex_rover.terrain.shadow import shadow_height

__all__ = ["SiteParams", "design"]

Array = np.ndarray
TABLE_STEP_NS = 6 * HOUR_NS
HAVENS = 150  # looked at closely, best first
GUESSES = 4000  # rises compared roughly
REACH_M = 100.0  # haven to the nearest ground to land on
AROUND_M = 400.0  # half the side of the box searched for the shadow
EDGE_KEPT_M = 700.0  # of the site's border is left out: shadows come from outside
NIGHTS_TRIED = 2  # of each haven
PLANS = 6  # compared before the best is taken
BEST_NIGHT_H = 88.0  # predicted darkness: long enough if it comes out short, and the reverse
BEST_SHADE_M = 1.3
CELLS, MANY_CELLS = 80, 2000  # for the first drill site, and for more of them
LIT_ROUND_M = 60.0  # the landing target, for pictures on the way down


@dataclass(frozen=True)
class Places:
    """What was found round a haven; the lower the value the better, in metres of inconvenience."""

    value: float
    landing: Point
    drill: Point


@dataclass(frozen=True)
class Ground:
    """The onboard map and what follows from it; (rows, cols) arrays."""

    map: Dem
    wide: Dem  # the same in cells of twice the size, for shadows from farther away
    regional: Dem
    slope_deg: Array
    landable: Array  # bool

    @property
    def centre(self) -> Point:
        x_min, y_min, x_max, y_max = self.map.extent
        return (x_min + x_max) / 2, (y_min + y_max) / 2

    def xy(self, row: int, col: int) -> Point:
        step = self.map.resolution_m
        return float(self.map.x0 + col * step), float(self.map.y0 + row * step)


def design(onboard: Dem, regional: Dem, site: SiteParams, seed: int) -> MissionPlan:
    """Choose the places and the time of the mission.

    Parameters
    ----------
    onboard : Dem
        What orbit knows of the site, 5 m cells.
    regional : Dem
        The elevation map round it, for far horizons.
    site : SiteParams
        What is asked of places and dates.
    seed : int
        Which of the rises are looked at where there are too many.

    Raises
    ------
    UserError
        No place of this map fits; name another centre, more days, or looser limits.
    """
    ground = _ground(onboard, regional, site)
    t0 = from_iso(site.date_from, "site.date_from")
    hours = t0 + HOUR_NS * np.arange(int(site.date_days * 24) + 1)
    sky = SkyTable(*ground.centre, int(hours[0]), int(hours[-1]), TABLE_STEP_NS).many(hours)
    havens = _havens(ground, site, np.random.default_rng([seed, 0x517E]))
    high = sky.sun_elevation_rad >= math.radians(site.sun_min_deg)
    plans: list[tuple[float, MissionPlan, Night]] = []
    dark = 0
    for haven in havens:
        seen = light([onboard, regional], *haven, sky, ground.centre, site)
        fitting = [night for night in nights(seen, site) if high[night.start_h]]
        dark += bool(fitting)
        fitting.sort(key=_inconvenience)
        for night in fitting[:NIGHTS_TRIED]:
            places = _places(ground, haven, sky, night, site)
            if places is not None:
                plan = _plan(places, haven, sky, night, hours, site)
                plans.append((places.value + _inconvenience(night), plan, night))
        if len(plans) >= PLANS:
            break
    if plans:
        _, plan, night = min(plans, key=lambda p: p[0])
        return _with_more_holes(ground, plan, sky, night, site)
    raise UserError(
        f"site: no plan at {ground.centre[0]:.0f}, {ground.centre[1]:.0f} m"
        f" ({len(havens)} lit rises near landing ground, {dark} with a night of"
        f" {site.night_min_h:.0f}..{site.night_max_h:.0f} h); try another centre or more date_days"
    )


def _inconvenience(night: Night) -> float:
    """How far a night is from a sure one of the best length; the lower the better."""
    return 0.3 * abs(night.dawn_h - night.dusk_h - BEST_NIGHT_H) + 0.5 * night.unsure_h


def _ground(onboard: Dem, regional: Dem, site: SiteParams) -> Ground:
    slope = np.degrees(onboard.slope_map())
    reach = max(1, round(site.footprint_m / onboard.resolution_m))
    clear = ndimage.distance_transform_edt(slope <= site.landing_slope_deg) >= reach
    border = round(EDGE_KEPT_M / onboard.resolution_m)
    inside = np.zeros(clear.shape, bool)
    inside[border:-border, border:-border] = True
    wide = onboard.resample(2.0 * onboard.resolution_m)
    return Ground(onboard, wide, regional, slope, clear & inside)


def _disk(radius: int) -> Array:
    rows, cols = np.mgrid[-radius : radius + 1, -radius : radius + 1]
    return rows**2 + cols**2 <= radius**2


def _havens(ground: Ground, site: SiteParams, rng: np.random.Generator) -> list[Point]:
    """Even rises within reach of landing ground, the most open first."""
    step = ground.map.resolution_m
    if not ground.landable.any():
        return []
    distance = ndimage.distance_transform_edt(~ground.landable) * step
    even = ndimage.maximum_filter(ground.slope_deg, footprint=_disk(2)) <= site.path_slope_deg - 3
    rows, cols = np.nonzero((distance <= REACH_M) & even)
    pick = rng.permutation(rows.size)[:GUESSES]
    openness = np.array([_openness(ground, r, c, site) for r, c in zip(rows[pick], cols[pick])])
    chosen: list[Point] = []
    for i in pick[np.argsort(openness, kind="stable")]:
        x, y = ground.xy(rows[i], cols[i])
        if all(math.hypot(x - a, y - b) > 60.0 for a, b in chosen):
            chosen.append((x, y))
        if len(chosen) == HAVENS:
            break
    return chosen


def _openness(ground: Ground, row: int, col: int, site: SiteParams) -> float:
    """Mean horizon of the ground within 600 m as the array sees it, none below -1.5 degrees."""
    x, y = ground.xy(row, col)
    eye = float(ground.map.heights[row, col]) + site.array_height_m
    around = 2.0 * math.pi / 24 * np.arange(24)
    mask = horizon_band([ground.map], x, y, eye, around, (site.doubt_m,), near_m=7.0, end_m=600.0)
    return float(np.maximum(mask, -0.026).mean())


# --- the shadow's edge and the way to it ----------------------------------------------------------


def _places(
    ground: Ground, haven: Point, sky: Sky, night: Night, site: SiteParams
) -> Places | None:
    """Landing and drill target round a haven at a date, or None."""
    box = _box(ground, haven)
    shade = _shade(ground, box, sky, night, site)
    landings = _landing_cells(ground, box, shade[0], site)
    if not len(landings):
        return None
    found: list[Places] = []
    for value, drill in _drill_cells(box, shade, haven, site):
        if found and value >= found[0].value:
            break
        if _passable(ground, drill, haven, site):
            landing = _landing_for(ground, landings, drill, site)
            if landing is not None:
                found.append(Places(value + landing[0], landing[1], drill))
                found.sort(key=lambda p: p.value)
    return found[0] if found else None


def _box(ground: Ground, haven: Point) -> Dem:
    """The map round the haven that is searched for shadow."""
    x, y = haven
    return ground.map.window(x - AROUND_M, y - AROUND_M, x + AROUND_M, y + AROUND_M)


def _with_more_holes(
    ground: Ground, plan: MissionPlan, sky: Sky, night: Night, site: SiteParams
) -> MissionPlan:
    """The plan with as many drill sites and holes as are asked for."""
    if site.drill_sites * site.holes == 1:
        return plan
    box = _box(ground, plan.haven)
    shade = _shade(ground, box, sky, night, site)
    cells = [place for _, place in _drill_cells(box, shade, plan.haven, site, MANY_CELLS)]

    def fits(place: Point) -> bool:
        low_m = min(float(one.height(*place)) for one in shade)
        return (
            low_m >= site.shade_min_m
            and float(np.degrees(ground.map.slope(*place))) <= site.drill_slope_deg
        )

    found = more_holes(plan, cells, site, lambda a, b: _passable(ground, a, b, site), fits)
    return dataclasses.replace(plan, more_holes=found)


def _landing_for(
    ground: Ground, landings: Array, drill: Point, site: SiteParams
) -> tuple[float, Point] | None:
    """The best landing cell from which the drill target can be reached, with its value."""
    away = np.hypot(landings[:, 0] - drill[0], landings[:, 1] - drill[1])
    fits = np.flatnonzero((away >= site.traverse_min_m) & (away <= site.traverse_max_m))
    middle = (site.traverse_min_m + site.traverse_max_m) / 2
    values = np.abs(away[fits] - middle) + 20.0 * (1.0 - landings[fits, 2])
    for i in np.argsort(values, kind="stable")[:20]:
        landing = (float(landings[fits[i], 0]), float(landings[fits[i], 1]))
        if _passable(ground, landing, drill, site):
            return float(values[i]), landing
    return None


def _shade(ground: Ground, box: Dem, sky: Sky, night: Night, site: SiteParams) -> list[Dem]:
    """Height of the shadow over the box at the start, the middle and the end of the work."""
    maps = []
    for hour in (0.5, site.work_h / 2, site.work_h):
        i = night.start_h + round(hour)
        az, el = float(sky.sun_azimuth_rad[i]), float(sky.sun_elevation_rad[i])
        shade = shadow_height([box, ground.wide, ground.regional], az, el)
        maps.append(Dem(shade, box.x0, box.y0, box.resolution_m))
    return maps


def _drill_cells(
    box: Dem, shade: list[Dem], haven: Point, site: SiteParams, count: int = CELLS
) -> list[tuple[float, Point]]:
    """Shadowed cells near lit ground with their values, the best first."""
    heights = np.array([s.heights for s in shade])
    low, high = heights.min(axis=0), heights.max(axis=0)
    to_light = ndimage.distance_transform_edt(high > 0.0) * box.resolution_m
    slope = np.degrees(box.slope_map())
    x, y = np.meshgrid(*box.grid())
    near = np.hypot(x - haven[0], y - haven[1]) <= site.return_max_m
    good = (low >= site.shade_min_m) & (high <= site.shade_max_m) & near
    good &= (to_light <= site.edge_max_m) & (slope <= site.drill_slope_deg)
    rows, cols = np.nonzero(good)
    values = 2.0 * to_light[rows, cols] + 8.0 * np.abs(low[rows, cols] - BEST_SHADE_M)
    order = np.argsort(values, kind="stable")
    return [(float(values[i]), (float(x[0, cols[i]]), float(y[rows[i], 0]))) for i in order[:count]]


def _landing_cells(ground: Ground, box: Dem, shade: Dem, site: SiteParams) -> Array:
    """(N, 3) x, y and the lit share round it, of the landing ground with light at the array."""
    step = box.resolution_m
    rows, cols = box.heights.shape
    c0 = round((box.x0 - ground.map.x0) / step)
    r0 = round((box.y0 - ground.map.y0) / step)
    lit = (shade.heights <= 0.0).astype(float)
    lit = ndimage.uniform_filter(lit, round(2 * LIT_ROUND_M / step))
    good = ground.landable[r0 : r0 + rows, c0 : c0 + cols]
    r, c = np.nonzero(good & (shade.heights < site.array_height_m - site.doubt_m))
    return np.column_stack([box.x0 + step * c, box.y0 + step * r, lit[r, c]])


def _passable(ground: Ground, a: Point, b: Point, site: SiteParams) -> bool:
    """No slope above the limit on the straight way, 5 m to either side."""
    length = math.hypot(b[0] - a[0], b[1] - a[1])
    if length < 1.0:
        return True
    step = ground.map.resolution_m
    along = np.linspace(0.0, 1.0, math.ceil(length / (step / 2)) + 1)
    nx, ny = -(b[1] - a[1]) / length, (b[0] - a[0]) / length
    offset = np.array([-step, 0.0, step])[:, None]
    x = a[0] + along * (b[0] - a[0]) + offset * nx
    y = a[1] + along * (b[1] - a[1]) + offset * ny
    cols = np.rint((x - ground.map.x0) / step).astype(int)
    rows = np.rint((y - ground.map.y0) / step).astype(int)
    return bool(ground.slope_deg[rows, cols].max() <= site.path_slope_deg)


def _plan(
    places: Places, haven: Point, sky: Sky, night: Night, hours: Array, site: SiteParams
) -> MissionPlan:
    landing, drill = places.landing, places.drill
    sun = float(sky.sun_azimuth_rad[night.start_h])
    ahead = math.atan2(drill[0] - landing[0], drill[1] - landing[1])
    azimuth = max((sun + math.pi / 2, sun - math.pi / 2), key=lambda a: math.cos(a - ahead))
    return MissionPlan(
        start_ns=int(hours[night.start_h]),
        landing_target=landing,
        landing_azimuth_rad=azimuth % (2 * math.pi),
        drill_target=drill,
        haven=haven,
        drill_depths_m=site.drill_depths_m,
        night_start_ns=int(hours[night.dusk_h]) - ns(1800),
        night_end_ns=int(hours[night.dawn_h]) - ns(1800),
        return_drive_m=math.hypot(haven[0] - drill[0], haven[1] - drill[1]),
    )
