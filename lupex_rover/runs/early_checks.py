"""What can be told of a scenario before its world is made, which takes seconds."""

from __future__ import annotations

from lupex_rover.core import params
from lupex_rover.dictionary.parameter_tree import roots
from lupex_rover.mission.extra_phases import load_phases
from lupex_rover.mission.steps import steps
from lupex_rover.nodes.names import check_names
from lupex_rover.scenarios.scenario import Scenario
from lupex_rover.simulator.params import check_sections


def check_parameters(scenario: Scenario) -> None:
    """Load the parameters of every node and section of the simulator, and phases from outside.

    Raises
    ------
    UserError
        A node, section or phase that does not exist, a wrong key or value; named with the file.
    """
    check_names(scenario.nodes, scenario.outside, f"{scenario.where}.nodes: ")
    check_sections(scenario.simulator, scenario.where)
    outside = load_phases(scenario.extra_phases, scenario.where)
    steps(scenario.phases, {name: phase.rule for name, phase in outside.items()})
    told = {"nodes": scenario.nodes, "simulator": scenario.simulator}
    for root in roots():
        part, _, name = root.prefix.partition(".")
        if name in told.get(part, ()):
            params.load(root.cls, told[part][name], f"{scenario.where}.{root.prefix}")
