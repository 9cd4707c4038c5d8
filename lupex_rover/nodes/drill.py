"""Node `drill`."""

from lupex_rover.drill.component import Drill
from lupex_rover.drill.params import DrillingParams
from lupex_rover.nodes.context import Context


def build(ctx: Context) -> Drill:
    """The drill with its configured parameters."""
    return Drill(ctx.params("drill", DrillingParams))
