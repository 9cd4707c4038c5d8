"""How soon loads go off after a fault, and whether they come and go: manager and EPS in a loop."""

from __future__ import annotations

from typing import Any

import numpy as np

from lupex_rover import graph
from lupex_rover.core.component import Inbox
from lupex_rover.core.types import LOADS, PowerTelemetry
from lupex_rover.power.manager import PowerManager
from lupex_rover.power.params import PowerParams
from lupex_rover.simulator.power.eps import EpsParams, EpsPhysics

STEP_S = 0.5
VITAL = ("computer", "battery_heater", "electronics_heater")


class Loop:
    """Manager and EPS at 2 Hz; counts switches."""

    def __init__(self, soc: float, seed: int = 1) -> None:
        self.eps = EpsPhysics(EpsParams(), np.random.default_rng(seed), 0, soc)
        self.manager = PowerManager(PowerParams())
        self.switched: list[tuple[float, str]] = []
        self.t_s = 0.0
        for load in range(1, 12):
            self.eps.switch(load, True)

    def step(self, sag_v: float = 0.0) -> None:
        eps = self.eps
        eps.advance(STEP_S, None, 0.0, 200.0)
        self.t_s += STEP_S
        bus, volt, amp, degc, array, loads, watt = eps.power()
        m = PowerTelemetry(eps.t_ns, bus, volt - sag_v, amp, degc, array, loads, watt)
        out = self.manager.step(eps.t_ns, Inbox({graph.POWER_TELEMETRY: [m]}))
        for topic, message in out.messages:
            if switch := graph.POWER_SWITCH.of(topic, message):
                eps.switch(LOADS.index(switch.load), switch.on)
                self.switched.append((self.t_s, switch.load))


def measure() -> dict[str, Any]:
    """Seconds from fault to switch, by fault; switches while the charge hovers at a limit."""
    told: dict[str, Any] = {}
    loop = Loop(0.6)
    for _ in range(40):
        loop.step()
    start = loop.t_s
    for _ in range(20):
        loop.step(sag_v=9.0)
    told["under_voltage_s"] = max(t for t, _ in loop.switched) - start
    loop = Loop(0.6)
    loop.eps.demand_w["mobility"] = 900.0
    for _ in range(20):
        loop.step()
    limit_s = PowerParams().overload_s
    told["overload_s"] = loop.switched[0][0] - STEP_S
    told["overload_is_let_be_for_s"] = limit_s
    told |= _slow(0.27, 3.0)
    return told


def _slow(soc: float, hours: float) -> dict[str, Any]:
    """The charge falls through every limit: each load goes once, none comes back."""
    loop = Loop(soc, seed=4)
    loop.eps.demand_w["drill"] = 300.0
    for _ in range(int(hours * 3600.0 / STEP_S)):
        loop.step()
    names = [load for _, load in loop.switched]
    return {
        "low_charge_switches_per_load": {n: names.count(n) for n in dict.fromkeys(names)},
        "vital_loads_shed": [n for n in names if n in VITAL],
        "charge_at_end": round(loop.eps.soc, 3),
    }
