"""What tells one run's world from another's is the same when the run goes on."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from lupex_rover.hosts.state_file import plan_id
from lupex_rover.mission.plan import MissionPlan
from lupex_rover.scenarios import run_files
from lupex_rover.scenarios import scenario as scenarios
from lupex_rover.scenarios.run_world import world_of


def test_a_scenario_that_is_read_back_from_its_run_is_of_the_same_world(tmp_path: Path) -> None:
    chosen = dataclasses.replace(scenarios.read("reference", seed=7), nodes={"drill": {"a": 1}})
    run_files.keep_scenario(chosen, tmp_path)
    again = run_files.scenario_of(tmp_path)
    assert world_of(again) == world_of(chosen) and "seed 7" in world_of(chosen)
    shorter = dataclasses.replace(again, phases=again.phases[:1], max_days=1.0)
    assert world_of(shorter) == world_of(chosen)


def test_another_seed_site_or_simulator_is_another_world() -> None:
    one = scenarios.read("reference", seed=1)
    others = [
        scenarios.read("reference", seed=2),
        dataclasses.replace(one, start_soc=0.5),
        dataclasses.replace(one, simulator={"world": {"rocks": 1}}),
    ]
    assert len({world_of(s) for s in (one, *others)}) == 4


def test_plans_differ_by_anything_in_them() -> None:
    plan = MissionPlan(1, (0.0, 0.0), 0.0, (1.0, 1.0), (2.0, 2.0), (0.5,), 3, 4)
    assert plan_id(plan) == plan_id(dataclasses.replace(plan))
    assert plan_id(plan) != plan_id(dataclasses.replace(plan, drill_depths_m=(0.5, 1.0)))
