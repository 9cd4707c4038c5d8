"""Node `landing`."""

from lupex_rover.ephemeris import site_frame, sky
from lupex_rover.landing.component import Landing, Site
from lupex_rover.landing.matching.interface import make_matcher
from lupex_rover.landing.params import LandingParams
from lupex_rover.nodes.context import Context


def build(ctx: Context) -> Landing:
    """The landing component for the plan and onboard map of `ctx`."""
    dem = ctx.onboard_map
    x_min, y_min, x_max, y_max = dem.extent
    x, y = (x_min + x_max) / 2, (y_min + y_max) / 2

    def sun(t_ns: int) -> tuple[float, float]:
        """Sun over the vertical of `map`, which is that of the map's middle."""
        seen = sky(x, y, t_ns)
        return float(seen.sun_azimuth_rad), float(seen.sun_elevation_rad)

    site = Site(
        onboard_map=dem,
        target_xy=ctx.plan.landing_target,
        azimuth_rad=ctx.plan.landing_azimuth_rad,
        start_ns=ctx.plan.start_ns,
        moon_R_map=site_frame(*ctx.plan.landing_target),
        sun=sun,
    )
    params = ctx.params("landing", LandingParams)
    where = ctx.where("landing")
    matcher = make_matcher(params.image_matcher, dem, params.image_matcher_params, where)
    return Landing(
        site,
        ctx.vehicle.base_T_frame("descent_camera_optical"),
        ctx.vehicle.base_height_m,
        params,
        matcher,
    )
