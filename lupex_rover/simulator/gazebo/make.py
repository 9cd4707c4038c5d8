"""A Gazebo scene from any elevation map: `lupex world`."""

from __future__ import annotations

import dataclasses
import math

import numpy as np

from lupex_rover.core.errors import UserError
from lupex_rover.core.transforms import Pose
from lupex_rover.core.vehicle import Vehicle
from lupex_rover.ephemeris import sky
from lupex_rover.simulator.gazebo.mesh import MOST_VERTICES
from lupex_rover.simulator.gazebo.world_file import Scene, SunLight
from lupex_rover.simulator.site.standing_pose import stand
from lupex_rover.terrain.dem import Dem
from lupex_rover.terrain.horizon import horizon_at
from lupex_rover.terrain.relief import Relief, ReliefParams
from lupex_rover.terrain.sun_share import share_past_level

EYE_M = 1.0  # the Sun is judged this high above the ground


@dataclasses.dataclass(frozen=True)
class WorldRequest:
    """A square of `size_m` round x, y of `map`, at `t_ns`.

    Attributes
    ----------
    step_m : float
        Edge of the mesh's triangles.
    seed : int or None
        Of craters and bumps finer than the map's cells; None: the map alone.
    rocks_m : float
        Smallest rock put on the ground, m; 0: none.
    heading_rad : float
        Of the rover, counter-clockwise from grid east.
    """

    x_m: float
    y_m: float
    size_m: float
    step_m: float
    t_ns: int
    seed: int | None
    rocks_m: float
    heading_rad: float


def scene_of(land: Dem, wanted: WorldRequest, vehicle: Vehicle) -> Scene:
    """The scene on the map `land`.

    Raises
    ------
    UserError
        The square is not on the map, has no heights there, or is too fine.
    """
    w = wanted
    half = w.size_m / 2
    x0, y0 = w.x_m - half, w.y_m - half
    _check(land, w, (x0, y0, w.x_m + half, w.y_m + half))
    no_rocks = dataclasses.replace(ReliefParams(), rock_density=0.0)
    relief = Relief(land, w.seed or 0, no_rocks)
    if w.seed is None:
        ground = _as_mapped(land, x0, y0, w.size_m, w.step_m)
    else:
        ground = relief.window(x0, y0, w.size_m, w.size_m, w.step_m)
    rocks = np.empty((0, 4))
    if w.rocks_m > 0.0:
        strewn = Relief(land, w.seed or 0)
        box = (x0 + 1.0, y0 + 1.0, w.x_m + half - 1.0, w.y_m + half - 1.0)
        rocks = _clear_of(strewn.rocks(box, w.rocks_m), w, vehicle)
    origin = np.array([w.x_m, w.y_m, float(ground.height(w.x_m, w.y_m))])
    rover = Pose.from_matrix(*stand(ground, vehicle, w.x_m, w.y_m, w.heading_rad))
    return Scene(ground, origin, rover, sun_at([ground, land], w.x_m, w.y_m, w.t_ns), rocks)


def sun_at(lands: list[Dem], x_m: float, y_m: float, t_ns: int) -> SunLight:
    """The Sun over a place, behind the terrain of `lands` (finest first)."""
    seen = sky(x_m, y_m, t_ns)
    eye = float(lands[0].height(x_m, y_m)) + EYE_M
    horizon = horizon_at(lands, x_m, y_m, eye, np.array([seen.sun_azimuth_rad]))
    fraction = float(share_past_level(seen.sun, seen.earth, float(horizon[0])))
    return SunLight(t_ns, seen.sun_azimuth_rad, seen.sun_elevation_rad, fraction)


def _check(land: Dem, w: WorldRequest, box: tuple[float, float, float, float]) -> None:
    x_min, y_min, x_max, y_max = land.extent
    if box[0] < x_min or box[1] < y_min or box[2] > x_max or box[3] > y_max:
        raise UserError(
            f"--at {w.x_m:g} {w.y_m:g} --size {w.size_m:g}: not inside the map, which covers"
            f" x {x_min:.0f} .. {x_max:.0f}, y {y_min:.0f} .. {y_max:.0f} m"
        )
    count = (w.size_m / w.step_m + 1.0) ** 2
    if count > MOST_VERTICES:
        finest = w.size_m / (math.sqrt(MOST_VERTICES) - 1.0)
        raise UserError(
            f"--step {w.step_m:g}: {count:.3g} vertices are more than {MOST_VERTICES:.3g};"
            f" give at least {finest:.2f} m or a smaller --size"
        )
    around = 2.0 * land.resolution_m
    near = land.window(box[0] - around, box[1] - around, box[2] + around, box[3] + around)
    if near.void is not None or not np.isfinite(near.heights).all():
        raise UserError(f"--at {w.x_m:g} {w.y_m:g}: the map has no heights in part of the square")


def _as_mapped(land: Dem, x0: float, y0: float, size_m: float, step_m: float) -> Dem:
    count = max(2, round(size_m / step_m) + 1)
    axis = np.arange(count) * step_m
    return Dem(land.height(*np.meshgrid(x0 + axis, y0 + axis)), x0, y0, step_m)


def _clear_of(rocks: np.ndarray, w: WorldRequest, vehicle: Vehicle) -> np.ndarray:
    """Without the rocks that would stand in the rover."""
    away = np.hypot(rocks[:, 0] - w.x_m, rocks[:, 1] - w.y_m)
    return rocks[away > vehicle.footprint_radius_m + rocks[:, 2] / 2]
