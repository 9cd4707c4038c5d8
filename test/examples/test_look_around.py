"""A phase out of tree, by a key of the scenario: admitted, told and flown as the others are."""

from dataclasses import replace

import numpy as np
import pytest
from flying import EXAMPLES
from scripted_rover import PLAN, Rover, ended

from lupex_rover.core.errors import UserError
from lupex_rover.mission.executive import Executive
from lupex_rover.mission.extra_phases import load_phases
from lupex_rover.mission.params import ExecutiveParams
from lupex_rover.runs.early_checks import check_parameters
from lupex_rover.scenarios.scenario import read

EXAMPLE = EXAMPLES / "look_around"
WANTED = {"look_around": "look_around.phase:PHASE"}


@pytest.fixture(autouse=True)
def on_path(monkeypatch):
    monkeypatch.syspath_prepend(str(EXAMPLE))


def flown(phases, rover, until_s=2000.0):
    executive = Executive(ExecutiveParams(), PLAN, phases, load_phases(WANTED))
    rover.fly(executive, until_s, step_s=5.0)
    return ended(rover)


def test_the_scenario_names_it_among_the_phases():
    scenario = read(str(EXAMPLE / "scenario.yaml"))
    assert scenario.phases[-1] == "look_around" and scenario.extra_phases == WANTED


def test_it_is_flown_among_the_others_and_again():
    rover = Rover()
    phases = ("descent", "look_around", "egress", "look_around@2")
    assert flown(phases, rover) == dict.fromkeys(phases, "MIS-000")
    assert rover.goals == ["drive_to"] * 7 and np.hypot(*rover.at[:2]) > 4.0


def test_it_is_admitted_by_its_own_row():
    rover = Rover()
    rover.mute = {"MOB"}
    assert flown(("look_around",), rover) == {"look_around": "MIS-002"} and not rover.goals


def test_its_failure_is_told_with_its_reason():
    rover = Rover(fail=["drive_to"])
    assert flown(("look_around",), rover) == {"look_around": "MIS-021"}
    assert sum("is left out: XXX-001" in text for text in rover.texts) == 3
    assert "MIS-021 look_around: none of the places was reached" in rover.texts


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        ({"look": "nowhere.phase:PHASE"}, r"extra_phases\.look: 'nowhere\.phase:PHASE' cannot be"),
        ({"look": "look_around.phase:look_around"}, "is a function; .* needs a ExtraPhase"),
        ({"drill": "look_around.phase:PHASE"}, r"extra_phases\.drill: is no name, or one of"),
        ({"look@2": "look_around.phase:PHASE"}, "is no name"),
    ],
)
def test_what_cannot_be_is_named(wanted, words):
    with pytest.raises(UserError, match=words):
        load_phases(wanted)


def test_a_wrong_one_is_told_before_the_world_is_made():
    scenario = replace(read(str(EXAMPLE / "scenario.yaml")), extra_phases={"look_around": "no:NO"})
    with pytest.raises(UserError, match=r"scenario\.yaml\.extra_phases\.look_around: 'no:NO'"):
        check_parameters(scenario)
