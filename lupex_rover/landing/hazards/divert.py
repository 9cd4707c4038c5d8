"""The choice of a safer place to land, picture by picture."""

from __future__ import annotations

import math

import numpy as np

from lupex_rover.core.camera import Camera
from lupex_rover.core.transforms import Pose
from lupex_rover.landing.estimation.filter_state import State
from lupex_rover.landing.hazards.hazard import halt_at, hazard_map, safer_place
from lupex_rover.landing.params import HazardParams
from lupex_rover.terrain.dem import Dem
from lupex_rover.terrain.shadow import lit_map


class Divert:
    """Between two heights, once the lander knows its place, aims at a safer spot if there is one.

    Parameters
    ----------
    onboard_map : Dem
        Heights, m.
    plan_xy : ndarray, shape (2,)
        Planned place in `map`, m.
    """

    def __init__(self, onboard_map: Dem, plan_xy: np.ndarray, params: HazardParams) -> None:
        self._map, self._plan_xy, self._params = onboard_map, plan_xy, params
        self._lit: bool | None = None

    def place(
        self, pixels: np.ndarray, camera: Camera, base_T_camera: Pose, state: State,
        base: Pose, target_m: np.ndarray, sun: tuple[float, float],
    ) -> np.ndarray | None:  # fmt: skip
        """Where to aim, (2,) in `map`; None to stay.

        Parameters
        ----------
        pixels : ndarray, shape (H, W)
            grey.
        state, base : State and Pose
            The lander at the time of the picture, `map_T_base`.
        target_m : ndarray, shape (3,)
            Present aim in `map`.
        sun : tuple[float, float]
            Azimuth from grid north and elevation, rad.
        """
        h = self._params
        above_m = float(base.position_m[2] - target_m[2])
        sure = math.sqrt(state.covariance[0, 0] + state.covariance[1, 1]) < h.sure_m
        if not (h.freeze_m < above_m < h.below_m and sure):
            return None
        eye = base * base_T_camera
        hazards = hazard_map(
            self._map, pixels, camera, eye, self._plan_xy, sun, self._plan_lit(sun), h
        )
        halt = halt_at(base.position_m[:2], state.velocity_mps[:2], h.halt_mps2)
        return safer_place(hazards, halt, target_m[:2], h.reach * above_m, h, h.move * above_m)

    def _plan_lit(self, sun: tuple[float, float]) -> bool:
        """Whether most of the ground about the plan is in the Sun by the map; found once."""
        if self._lit is None:
            reach = self._params.divert_m
            x, y = self._plan_xy
            near = self._map.window(x - reach, y - reach, x + reach, y + reach)
            self._lit = float(lit_map([near, self._map], *sun).mean()) > 0.5
        return self._lit
