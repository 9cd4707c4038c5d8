"""Node `science`."""

from lupex_rover.nodes.context import Context
from lupex_rover.science.component import Science
from lupex_rover.science.params import ScienceParams


def build(ctx: Context) -> Science:
    """The science component with its configured parameters."""
    return Science(ctx.params("science", ScienceParams))
