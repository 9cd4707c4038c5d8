"""Node `executive`."""

from lupex_rover.core.errors import UserError
from lupex_rover.mission.executive import Executive
from lupex_rover.mission.extra_phases import load_phases
from lupex_rover.mission.params import ExecutiveParams
from lupex_rover.nodes.context import Context


def build(ctx: Context) -> Executive:
    """The mission executive on the context's plan and phases."""
    outside = load_phases(ctx.extra_phases, ctx.source)
    params = ctx.params("executive", ExecutiveParams)
    try:
        return Executive(params, ctx.plan, ctx.phases, outside)
    except UserError as error:
        raise UserError(f"{ctx.source}: {error}" if ctx.source else str(error)) from None
