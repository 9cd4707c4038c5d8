"""Node `mapping`."""

from lupex_rover.navigation.mapping import Mapping
from lupex_rover.navigation.params import MappingParams
from lupex_rover.nodes.context import Context


def build(ctx: Context) -> Mapping:
    """Stereo mapping with the vehicle's cameras over the onboard map."""
    return Mapping(ctx.params("mapping", MappingParams), ctx.vehicle, ctx.onboard_map)
