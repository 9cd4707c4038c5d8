"""A scenario made ready for the harness: its world and plan, the simulator, the nodes' context."""

from __future__ import annotations

from dataclasses import dataclass

from lupex_rover.core.vehicle import Vehicle
from lupex_rover.nodes.context import Context
from lupex_rover.runs.early_checks import check_parameters
from lupex_rover.scenarios.injected_fault import check_host
from lupex_rover.scenarios.scenario import Scenario
from lupex_rover.simulator.engine import Engine, RoverMaker
from lupex_rover.simulator.site.prepare import PreparedScenario, prepare


@dataclass(frozen=True)
class HarnessSetup:
    """Both sides, not yet joined; the context holds nothing of the world."""

    prepared: PreparedScenario
    engine: Engine
    context: Context


def set_up_harness(
    scenario: Scenario, vehicle: Vehicle, make_rover: RoverMaker | None = None
) -> HarnessSetup:
    """Prepare `scenario`; `make_rover` as for the engine."""
    check_parameters(scenario)
    check_host(scenario.faults, scenario.where, "harness")
    prepared = prepare(scenario)
    return HarnessSetup(
        prepared,
        Engine(scenario, prepared.world, prepared.plan, vehicle, make_rover),
        Context(
            prepared.onboard_map, prepared.plan, vehicle, scenario.seed, scenario.nodes,
            scenario.phases, scenario.where, scenario.extra_nodes,
            scenario.instruments, scenario.boards or (), scenario.extra_phases,
        ),
    )  # fmt: skip
