"""What tells the world of one run from that of another, for the state that outlives a run."""

from __future__ import annotations

import hashlib
import json

from lupex_rover.scenarios import scenario as scenarios
from lupex_rover.scenarios.scenario import Scenario

# What of a scenario does not make its world another one.
NOT_OF_IT = ("description", "success", "recorder", "phases", "max_days", "nodes")


def world_of(scenario: Scenario) -> str:
    """Name and seed to read, and a sum of all that the simulated world is made from."""
    made = {k: v for k, v in scenarios.values(scenario).items() if k not in NOT_OF_IT}
    text = json.dumps(made, sort_keys=True)
    return f"{scenario.name} seed {scenario.seed} {hashlib.sha256(text.encode()).hexdigest()[:16]}"
