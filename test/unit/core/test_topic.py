"""A topic is its name, and a type checker knows what it carries."""

import copy
import pickle
import re
from pathlib import Path

import pytest

from lupex_rover import graph
from lupex_rover.core.component import GoalRequest, Inbox, Outbox
from lupex_rover.core.types import DriveToGoal, Event

ROOT = Path(__file__).parents[3]
CODE = """
from lupex_rover import graph
from lupex_rover.core.component import Inbox, Outbox
from lupex_rover.core.types import DriveToResult, Event
def f(inbox: Inbox, out: Outbox, event: Event, result: DriveToResult) -> None:
    reveal_type(inbox.latest(graph.LANDING_FIX))
    reveal_type(inbox.all(graph.MISSION_EVENT))
    reveal_type(inbox.goals_for(graph.DRIVE_TO)[0].goal)
    out.publish(graph.MISSION_EVENT, event)
    out.give_result(graph.DRIVE_TO, "a", 4, result)
    out.publish(graph.LANDING_FIX, event)
    out.give_result(graph.DRILL_SAMPLE, "a", 4, result)
    inbox.latest("landing/fix")
"""


def test_what_comes_by_name_is_found_by_the_topic_and_the_reverse():
    event = Event(1, 0, "a", "MIS-001", "")
    assert Inbox({"mission/event": [event]}).latest(graph.MISSION_EVENT) is event
    out = Outbox()
    out.publish(graph.MISSION_EVENT, event)
    assert out.messages == [("mission/event", event)]


def test_a_message_of_a_stream_is_known_by_its_topic():
    event = Event(1, 0, "a", "MIS-001", "")
    assert graph.MISSION_EVENT.of("mission/event", event) is event
    assert graph.MISSION_EVENT.of("mission/state", event) is None
    assert graph.MISSION_EVENT.says(event) == ("mission/event", event)


@pytest.mark.parametrize("made_again", [copy.deepcopy, lambda t: pickle.loads(pickle.dumps(t))])
def test_a_copy_knows_as_much(made_again):
    for topic in graph.TOPICS.values():
        again = made_again(topic)
        assert again == topic and vars(again) == vars(topic)
    for action in graph.ACTIONS.values():
        again = made_again(action)
        assert again == action and vars(again) == vars(action)


def test_a_server_takes_only_the_goals_of_its_action():
    goal = GoalRequest("drive_to", "a", DriveToGoal(1.0, 2.0))
    inbox = Inbox(goals=[goal, GoalRequest("drill_sample", "b", None)])
    assert inbox.goals_for(graph.DRIVE_TO) == [goal]


def test_a_type_checker_knows_the_message_where_it_is_read_and_where_it_is_said(monkeypatch):
    api = pytest.importorskip("mypy.api", reason="mypy is not here")
    monkeypatch.chdir(ROOT)
    said, _, _ = api.run(["--config-file=", "--ignore-missing-imports", "-c", CODE])
    known = re.findall(r'Revealed type is "(.*)"', said)
    short = [re.sub(r"[\w.]+\.", "", kind) for kind in known]
    assert short == ["LandingFix | None", "list[Event]", "DriveToGoal"]
    wrong = [int(n) for n in re.findall(r":(\d+): error", said)]
    assert wrong == [11, 12, 13], said
