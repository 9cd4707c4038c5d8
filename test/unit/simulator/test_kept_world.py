"""The world that a run keeps in its folder: whose it is, and whether it may be taken up."""

import dataclasses
import json

import pytest

from lupex_rover.core.errors import UserError
from lupex_rover.mission.plan import MissionPlan
from lupex_rover.simulator import kept_world

PLAN = MissionPlan(
    start_ns=10, landing_target=(1.0, 2.0), landing_azimuth_rad=0.1, drill_target=(3.0, 4.0),
    haven=(5.0, 6.0), drill_depths_m=(0.5,), night_start_ns=20, night_end_ns=30,
)  # fmt: skip


def test_a_folder_that_keeps_no_world_is_refused(tmp_path):
    with pytest.raises(UserError, match="keeps no simulated world"):
        kept_world.host_of(tmp_path)


def test_another_plan_is_refused(tmp_path):
    (tmp_path / "plan.json").write_text(json.dumps(dataclasses.asdict(PLAN)))
    kept_world.same_plan(PLAN, tmp_path)
    with pytest.raises(UserError, match="is not the plan"):
        kept_world.same_plan(dataclasses.replace(PLAN, haven=(5.0, 6.1)), tmp_path)
