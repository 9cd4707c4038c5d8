"""Node `power`."""

import math

import numpy as np

from lupex_rover.core.transforms import Pose, toward
from lupex_rover.core.vehicle_checks import check_arrays
from lupex_rover.ephemeris import sky
from lupex_rover.nodes.context import Context
from lupex_rover.power.energy_monitor import EnergyMonitor, Sky
from lupex_rover.power.manager import PowerManager
from lupex_rover.power.params import PowerParams
from lupex_rover.terrain.dem import Dem
from lupex_rover.terrain.horizon import horizon_at

EYE_M = 1.0  # of the array over base_link
CLEAR_RAD = math.radians(0.5)  # over the horizon of the onboard map: the whole disc is seen


def sun_over(dem: Dem) -> Sky:
    """Direction and share of the Sun over the ground of `dem`: all or nothing, but for Earth."""

    def sun(t_ns: int, pose: Pose) -> tuple[np.ndarray, float]:
        x, y, z = (float(v) for v in pose.position_m)
        seen = sky(x, y, t_ns)
        azimuth, elevation = float(seen.sun_azimuth_rad), float(seen.sun_elevation_rad)
        horizon = float(horizon_at([dem], x, y, z + EYE_M, np.array([azimuth]))[0])
        share = float(elevation > horizon + CLEAR_RAD) * seen.sun_uncovered
        return toward(azimuth, elevation), share

    return sun


def build(ctx: Context) -> PowerManager:
    """The power manager with the context's parameters, and the Sun over the onboard map.

    Raises
    ------
    UserError
        The panels of the parameters are not those of the vehicle.
    """
    params = ctx.params("power", PowerParams)
    where = f"{ctx.where('power')}.array.area_m2"
    check_arrays(ctx.vehicle, params.array.area_m2, where)
    return PowerManager(params, EnergyMonitor(sun_over(ctx.onboard_map), params.array))
