"""What can be told of a scenario before its world is made, which takes seconds."""

from __future__ import annotations

from lupex_rover.core import params
from lupex_rover.dictionary.parameter_tree import roots
from lupex_rover.nodes.names import check_names
from lupex_rover.scenarios.scenario import Scenario
from lupex_rover.simulator.params import check_sections


def check_parameters(scenario: Scenario) -> None:
    """Load the parameters of every node of the graph and every section of the simulator.

    Raises
    ------
    UserError
        A node or section that does not exist, a wrong key or value; named with the file.
    """
    check_names(scenario.nodes, scenario.outside, f"{scenario.where}.nodes: ")
    check_sections(scenario.simulator, scenario.where)
    told = {"nodes": scenario.nodes, "simulator": scenario.simulator}
    for root in roots():
        part, _, name = root.prefix.partition(".")
        if name in told.get(part, ()):
            params.load(root.cls, told[part][name], f"{scenario.where}.{root.prefix}")
