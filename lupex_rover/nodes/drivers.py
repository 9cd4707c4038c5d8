"""The driver nodes: one per board."""

from lupex_rover.drivers import boards
from lupex_rover.drivers.eps_params import EpsDriverParams
from lupex_rover.nodes.context import Context


def mobility(ctx: Context) -> boards.MobilityDriver:
    return boards.MobilityDriver(ctx.vehicle.crawler_radius_m, ctx.lease("mobility_driver"))


def imu(ctx: Context) -> boards.ImuDriver:
    return boards.ImuDriver()


def star_tracker(ctx: Context) -> boards.StarTrackerDriver:
    return boards.StarTrackerDriver()


def eps(ctx: Context) -> boards.EpsDriver:
    return boards.EpsDriver(ctx.params("eps_driver", EpsDriverParams))


def drill(ctx: Context) -> boards.DrillDriver:
    return boards.DrillDriver(ctx.lease("drill_driver"))


def science(ctx: Context) -> boards.ScienceDriver:
    return boards.ScienceDriver()


def lander(ctx: Context) -> boards.LanderDriver:
    return boards.LanderDriver()


def guidance(ctx: Context) -> boards.GuidanceDriver:
    return boards.GuidanceDriver()
