"""The simulator's truth, for the bag and the report only. No flight code reads it."""

from __future__ import annotations

import math
from typing import Protocol

from lupex_rover import graph
from lupex_rover.core.saved import SavedFields
from lupex_rover.core.time import ns
from lupex_rover.core.topic import Said
from lupex_rover.core.types import Truth
from lupex_rover.ephemeris import Sky
from lupex_rover.simulator.body import Body
from lupex_rover.simulator.drill.drill_site import DrillSite
from lupex_rover.simulator.power.eps import EpsPhysics

PERIOD_S = 0.5


class Simulated(Protocol):
    """What truth is told of; the engine is one."""

    t_ns: int
    body: Body
    eps: EpsPhysics
    rig: DrillSite
    sky: Sky
    sun_fraction: float
    ground_lit: bool

    @property
    def computer_on(self) -> bool: ...


class TruthTeller(SavedFields):
    """Makes `sim/truth` at 2 Hz, or once a tick where ticks are longer."""

    SAVED = ("_next_ns",)
    FIXED = ("_engine",)

    def __init__(self, engine: Simulated) -> None:
        self._engine = engine
        self._next_ns = 0

    def due(self) -> list[Said]:
        e = self._engine
        if e.t_ns < self._next_ns:
            return []
        self._next_ns = e.t_ns + ns(PERIOD_S)
        return [graph.SIM_TRUTH.says(self._truth())]

    def _truth(self) -> Truth:
        e = self._engine
        sky = e.sky
        return Truth(
            stamp_ns=e.t_ns,
            pose=e.body.pose,
            velocity_mps=e.body.velocity_mps,
            slip=e.body.slip,
            soc=e.eps.soc,
            battery_degc=e.eps.battery_degc,
            electronics_degc=e.eps.electronics_degc,
            array_w=e.eps.array_w,
            load_w=e.eps.load_w,
            sun_fraction=e.sun_fraction,
            ground_lit=e.ground_lit,
            sun_azimuth_deg=math.degrees(sky.sun_azimuth_rad),
            sun_elevation_deg=math.degrees(sky.sun_elevation_rad),
            drill_depth_m=e.rig.drill_state()[0] if e.body.landed else 0.0,
            asleep=not e.computer_on,
            landed=e.body.landed,
        )
