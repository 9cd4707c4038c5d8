"""Node `power`."""

from lupex_rover.nodes.context import Context
from lupex_rover.power.manager import PowerManager
from lupex_rover.power.params import PowerParams


def build(ctx: Context) -> PowerManager:
    """The power manager with the context's parameters."""
    return PowerManager(ctx.params("power", PowerParams))
