"""Node `navigator`."""

from lupex_rover.navigation.navigator import Navigator
from lupex_rover.navigation.params import NavigatorParams
from lupex_rover.nodes.context import Context


def build(ctx: Context) -> Navigator:
    """The navigator with the vehicle's geometry over the onboard map."""
    return Navigator(ctx.params("navigator", NavigatorParams), ctx.vehicle, ctx.onboard_map)
