"""Node `localization`."""

from lupex_rover.navigation.localization import Localization
from lupex_rover.navigation.params import LocalizationParams
from lupex_rover.nodes.context import Context


def build(ctx: Context) -> Localization:
    """Localization round the landing target; without a descent the rover starts on it."""
    site = ctx.plan.landing_target
    start = site if "descent" not in ctx.phases else None
    return Localization(
        ctx.params("localization", LocalizationParams),
        ctx.vehicle,
        ctx.onboard_map,
        site,
        start,
    )
