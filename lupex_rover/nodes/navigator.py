"""Node `navigator`."""

from lupex_rover.core.errors import UserError
from lupex_rover.navigation.navigator import Navigator
from lupex_rover.navigation.params import NavigatorParams
from lupex_rover.nodes.context import Context


def build(ctx: Context) -> Navigator:
    """The navigator with the vehicle's geometry over the onboard map."""
    params = ctx.params("navigator", NavigatorParams)
    if params.track_limit_mps > ctx.vehicle.track_limit_mps:
        raise UserError(
            f"{ctx.where('navigator')}.track_limit_mps: {params.track_limit_mps:g} is above"
            f" vehicle.track_limit_mps, {ctx.vehicle.track_limit_mps:g} m/s"
        )
    for key, part_m, what in (
        ("clearance_m", ctx.vehicle.half_diagonal_m, "half the diagonal"),
        ("clearance_tight_m", ctx.vehicle.half_width_m, "half the width"),
    ):
        if getattr(params, key) < part_m:
            raise UserError(
                f"{ctx.where('navigator')}.{key}: {getattr(params, key):g} m is less than {what}"
                f" of the crawlers' outline, {part_m:.2f} m, of {ctx.vehicle.source}"
            )
    return Navigator(params, ctx.vehicle, ctx.onboard_map)
