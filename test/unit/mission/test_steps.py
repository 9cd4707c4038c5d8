"""Steps with site and hole: what a name may say, what the plan must have, what is resumed."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, replace

import pytest
from scripted_rover import HOUR, PLAN, Rover, ended

from lupex_rover.core import params as reading
from lupex_rover.core.errors import UserError
from lupex_rover.drill.component import CUPS as DRILL_CUPS
from lupex_rover.mission.executive import Executive
from lupex_rover.mission.params import ExecutiveParams
from lupex_rover.mission.plan import CUPS, Hole, load_plan
from lupex_rover.mission.steps import check_names, phase_of, steps
from lupex_rover.planning.more_holes import more_holes
from lupex_rover.planning.site_params import SiteParams
from lupex_rover.scenarios.scenario import Scenario
from lupex_rover.science.component import CUPS as SCIENCE_CUPS

HOLES = (
    Hole(1, 2, (80.0, 5.0), (0.4,)), Hole(2, 1, (60.0, 40.0), (0.6, 1.2)),
)  # fmt: skip
LARGE = replace(PLAN, more_holes=HOLES)
FLOWN = (
    "traverse@1", "drill@1.1", "traverse@1.2", "drill@1.2", "science@1", "return", "recharge",
    "traverse@2", "drill@2.1", "science@2", "return@2",
)  # fmt: skip


def test_a_name_says_site_and_hole():
    one, two, three, four = steps(["drill@2.3", "science@2", "drill", "recharge@2"])
    assert (one.phase, one.site, one.hole) == ("drill", 2, 3)
    assert (two.phase, two.numbers) == ("science", (2,))
    assert (three.site, three.hole, three.numbers) == (1, 1, ())
    assert four.numbers == (2,) and phase_of(four.name) == "recharge"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("dril@1", "phase 'dril@1' is unknown; did you mean 'drill'"),
        ("drill@", "takes a site, and a hole"),
        ("drill@0", "takes a site, and a hole"),
        ("drill@1.2.3", "takes a site, and a hole"),
        ("drill@one", "takes a site, and a hole"),
        ("science@1.2", "takes a site: science@2"),
        ("recharge@1.2", "takes one number, how often"),
        ("night@2", "night is flown once, without a number"),
        ("done", "'done' is unknown"),
        ("", "'' is unknown"),
    ],
)
def test_a_name_that_says_nothing_is_refused_with_what_it_takes(name, words):
    with pytest.raises(UserError, match=words):
        steps([name])


@pytest.mark.parametrize(
    "names",
    [("drill", "drill"), ("drill", "drill@1"), ("drill@1", "drill@1.1"), ("return", "return@1")],
)
def test_one_step_that_stands_twice_is_refused(names):
    with pytest.raises(UserError, match="names one twice"):
        check_names(names)


def test_science_of_a_site_is_not_science_of_all():
    assert len(check_names(("science@1", "science@2", "science"))) == 3


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("traverse@3", r"'traverse@3': the plan has no site 3, hole 1; .* 1\.1, 1\.2, 2\.1"),
        ("drill@2.2", r"the plan has no site 2, hole 2"),
        ("science@3", r"the plan has no site 3; "),
    ],
)
def test_a_place_that_the_plan_does_not_have_is_refused(name, words):
    with pytest.raises(UserError, match=words):
        Executive(ExecutiveParams(), LARGE, (name,))


def test_a_scenario_names_the_key_that_asks_for_more():
    site = SiteParams(drill_sites=2)
    assert Scenario(site=site, phases=("drill@2",)).phases == ("drill@2",)
    with pytest.raises(UserError, match=r"'drill@2\.2': site\.holes is 1; set it to 2"):
        Scenario(site=site, phases=("drill@2.2",))
    with pytest.raises(UserError, match=r"'science@3': site\.drill_sites is 2; set it to 3"):
        Scenario(site=site, phases=("science@3",))


def test_a_plan_comes_back_from_its_file_and_old_ones_have_one_hole(tmp_path):
    path = tmp_path / "plan.json"
    path.write_text(json.dumps(asdict(LARGE)))
    assert load_plan(path) == LARGE
    old = asdict(PLAN)
    del old["more_holes"]
    path.write_text(json.dumps(old))
    assert [hole.at for hole in load_plan(path).holes] == [PLAN.drill_target]


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ([Hole(1, 1, (0.0, 0.0), (0.5,))], "hole 1 of site 1 stands there twice"),
        ([Hole(0, 1, (0.0, 0.0), (0.5,))], "count from 1"),
        ([Hole(k, 1, (0.0, 0.0), (0.5, 1.0, 1.5)) for k in (2, 3, 4, 5)], "15 samples .* 12 cups"),
    ],
)
def test_a_plan_that_cannot_be_is_refused(tmp_path, more, words):
    path = tmp_path / "plan.json"
    path.write_text(json.dumps(asdict(replace(PLAN, more_holes=tuple(more)))))
    with pytest.raises(UserError, match=words):
        load_plan(path)


def test_there_are_as_many_cups_as_the_boards_have():
    assert CUPS == DRILL_CUPS == SCIENCE_CUPS
    with pytest.raises(UserError, match="make 18 samples; there are 12 cups"):
        reading.load(SiteParams, {"drill_sites": 3, "holes": 2}, "site")


class Recording(Rover):
    """Keeps the goals themselves."""

    def __init__(self, *args):
        super().__init__(*args)
        self.sent = []

    def answer(self, request):
        self.sent.append((request.action, request.goal))
        return super().answer(request)


def targets(rover):
    return [(g.x_m, g.y_m) for action, g in rover.sent if action == "drive_to"]


def cups(rover, action):
    return [goal.cup for kind, goal in rover.sent if kind == action]


def test_sites_and_holes_are_flown_in_order_each_sample_in_its_own_cup():
    rover = Recording()
    rover.t_ns = HOUR * 10**9
    rover.fly(Executive(ExecutiveParams(), LARGE, FLOWN), 8 * HOUR)
    assert ended(rover) == dict.fromkeys(FLOWN, "MIS-000")
    places = [LARGE.drill_target, HOLES[0].at, LARGE.haven, HOLES[1].at, LARGE.haven]
    assert targets(rover) == places
    assert cups(rover, "drill_sample") == [0, 1, 2, 3, 4, 5]
    assert cups(rover, "analyze_sample") == [0, 1, 2, 3, 4, 5]
    order = [a for a, _ in rover.sent if a != "drive_to"]
    assert order == ["drill_sample"] * 4 + ["analyze_sample"] * 4 + ["drill_sample"] * 2 + [
        "analyze_sample"] * 2  # fmt: skip
    where = [(s["site"], s["hole"]) for s in rover.memory["samples"]]
    assert where == [(1, 1)] * 3 + [(1, 2)] + [(2, 1)] * 2


def test_a_restart_at_any_step_goes_on_in_that_step_and_does_nothing_twice():
    """The computer starts again after every answer that the executive took."""
    rover, results = Recording(), []
    rover.t_ns, rover.charged_s, rover.memory = HOUR * 10**9, 1.0, {}
    executive, boots = Executive(ExecutiveParams(), LARGE, FLOWN), 0
    while rover.states[-1:] != [("done", "complete", "")] and rover.t_ns < 12 * HOUR * 10**9:
        rover.t_ns += 5 * 10**9
        out = executive.step(rover.t_ns, rover.inbox(results))
        rover.take(out)
        if results:
            executive, boots = Executive(ExecutiveParams(), LARGE, FLOWN), boots + 1
            executive.restore(rover.memory)
        results = [rover.answer(request) for request in out.goals]
    assert boots > 12
    assert ended(rover) == dict.fromkeys(FLOWN, "MIS-000")
    assert cups(rover, "drill_sample") == cups(rover, "analyze_sample") == [0, 1, 2, 3, 4, 5]


def test_energy_is_asked_for_the_way_to_the_steps_own_hole():
    rover = Recording()
    rover.t_ns = HOUR * 10**9
    executive = Executive(ExecutiveParams(), LARGE, ("traverse@2",))
    rover.fly(executive, 1.1 * HOUR)
    assert targets(rover) == [HOLES[1].at] and executive.context.hole is LARGE.more_holes[1]


def test_more_holes_are_apart_in_reach_and_fit():
    site = SiteParams(drill_sites=3, site_gap_m=20.0, holes=2, hole_gap_m=5.0)
    cells = [(85.0, 0.0), (110.0, 0.0), (80.0, 30.0), (60.0, 60.0)]

    def passable(a, b):
        return (110.0, 0.0) not in (a, b)

    found = more_holes(PLAN, cells, site, passable, lambda place: place[1] >= 0.0)
    assert [(h.site, h.hole) for h in found] == [(1, 2), (2, 1), (2, 2), (3, 1), (3, 2)]
    assert [found[1].at, found[3].at] == [(80.0, 30.0), (60.0, 60.0)]
    firsts = [PLAN.drill_target, found[1].at, found[3].at]
    for first, beside in zip(firsts, (found[0], found[2], found[4])):
        assert math.dist(first, beside.at) == pytest.approx(5.0)


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        ({"drill_sites": 4}, "2 drill sites 20 m apart are in reach, drill_sites is 4"),
        ({"holes": 2}, r"1 holes 5 m apart are possible at drill site 1, holes is 2"),
    ],
)
def test_too_few_places_are_told_with_what_to_change(wanted, words):
    site = SiteParams(**wanted)
    with pytest.raises(UserError, match=words):
        more_holes(PLAN, [(80.0, 30.0)], site, lambda a, b: True, lambda place: False)
