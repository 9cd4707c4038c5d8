"""Node `executive`."""

from lupex_rover.mission.executive import Executive
from lupex_rover.mission.params import ExecutiveParams
from lupex_rover.nodes.context import Context


def build(ctx: Context) -> Executive:
    """The mission executive on the context's plan and phases."""
    return Executive(ctx.params("executive", ExecutiveParams), ctx.plan, ctx.phases)
