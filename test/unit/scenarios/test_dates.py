"""Dates that no message can hold are refused where they are read."""

import dataclasses
import json

import pytest

from lupex_rover.core.errors import UserError
from lupex_rover.core.time import from_iso
from lupex_rover.mission.plan import MissionPlan, load_plan
from lupex_rover.scenarios import scenario as scenarios


@pytest.mark.parametrize(
    ("site", "named"),
    [
        ("date_from: '2039-01-01T00:00:00Z'", "2039-01-01T00:00:00"),
        ("date_from: '2037-06-01T00:00:00Z'", "2038-0"),  # a start within 365 days, 30 of flight
        ("date_from: '1960-01-01T00:00:00Z'", "1960-01-01T00:00:00"),
        ("date_from: someday", "someday"),
    ],
)
def test_a_scenario_that_may_leave_the_range_of_stamps_is_refused(tmp_path, site, named):
    path = tmp_path / "late.yaml"
    path.write_text(f"site: {{{site}}}")
    with pytest.raises(UserError, match="site.date_from") as told:
        scenarios.read(str(path))
    assert named in str(told.value)


def test_the_last_dates_that_fit_are_taken(tmp_path):
    path = tmp_path / "last.yaml"
    path.write_text("site: {date_from: '2036-12-01T00:00:00Z'}")
    assert scenarios.read(str(path)).site.date_from.startswith("2036")


def test_a_plan_with_such_a_time_is_refused(tmp_path):
    plan = MissionPlan(0, (0.0, 0.0), 0.0, (0.0, 0.0), (0.0, 0.0), (), 0, from_iso("2040-01-01"))
    path = tmp_path / "plan.json"
    path.write_text(json.dumps(dataclasses.asdict(plan)))
    with pytest.raises(UserError, match=r"plan\.json.night_end_ns: 2040-01-01"):
        load_plan(path)
