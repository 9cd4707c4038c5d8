"""A month of simulated time in the harness while nothing moves: what the scheduler costs."""

from __future__ import annotations

import time
from typing import Any

NS_PER_H = 3600 * 10**9


def measure(days: float = 30.0, seed: int = 2) -> dict[str, Any]:
    """Every component, driver and board; the computer on, light as the site has it."""
    from lupex_rover.hosts.harness import Harness
    from lupex_rover.nodes.build import components
    from lupex_rover.runs.harness_setup import set_up_harness
    from lupex_rover.scenarios import scenario as scenarios

    scenario = scenarios.read("reference", seed=seed, phases=())
    made = set_up_harness(scenario, scenario.vehicle.vehicle())
    engine = made.engine
    count = [0]

    def on_publish(*_: Any) -> None:
        count[0] += 1

    harness = Harness(engine, lambda: components(made.context), on_publish)
    end = engine.t_ns + int(days * 24 * NS_PER_H)
    ticks, started, wall = 0, time.process_time(), time.monotonic()
    while engine.t_ns < end:
        harness.step()
        ticks += 1
    cpu = time.process_time() - started
    return {
        "days": days, "ticks": ticks, "messages": count[0], "process_s": round(cpu, 1),
        "wall_s": round(time.monotonic() - wall, 1), "us_per_tick": round(1e6 * cpu / ticks, 1),
        "boots": engine.boot_count, "charge_at_end": round(engine.eps.soc, 3),
    }  # fmt: skip
