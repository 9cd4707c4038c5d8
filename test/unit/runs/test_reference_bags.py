"""The reference bags: each subsystem says again what it said; a change of any input is found."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from lupex_rover.cli.app import app
from lupex_rover.codec.conversion import encode
from lupex_rover.core.errors import UserError
from lupex_rover.power.params import PowerParams
from lupex_rover.runs import replay_cases, replay_run
from lupex_rover.runs.replay_run import prepare, read_context, records

FOLDER = Path(__file__).parents[2] / "replay"
CASES = replay_cases.read(FOLDER / "cases.yaml")
REPORTS = {}  # each case is replayed once for all tests that only look at the report


def report(name):
    if name not in REPORTS:
        REPORTS[name] = replay_cases.run_case(CASES, name)
    return REPORTS[name]


@pytest.mark.parametrize("name", CASES.cases)
def test_it_says_again_what_it_said(name):
    found = report(name)
    assert found["differences"] == []
    assert sum(m["recorded"] for m in found["messages"].values()) > 10


@pytest.mark.parametrize(
    ("name", "topic", "count"),
    [
        ("landing", "landing/fix", 10), ("navigation", "navigation/visual_odometry", 9),
        ("navigation", "mobility/command", 100), ("drill", "drill/command", 1000),
        ("drill", "mission/action", 3), ("science", "science/slot_command", 3),
        ("power", "power/state", 1000), ("health", "/diagnostics", 100),
        ("mission", "mission/action", 1),
    ],
)  # fmt: skip
def test_a_bag_shows_its_subsystem_at_work(name, topic, count):
    assert report(name)["messages"][topic]["recorded"] >= count


@pytest.mark.parametrize("name", CASES.cases)
def test_two_runs_are_the_same_to_the_last_digit(name):
    assert _bytes(name) == _bytes(name)


def _bytes(name):
    """The first part of a case's outputs, as CDR."""
    context = read_context(FOLDER / "run")
    replay = prepare(CASES.cases[name].components, context)
    stream = (r for r, _ in zip(records(CASES.bag(name)), range(1200)))
    ours, _ = replay.run(stream)
    return [(t, t_ns, encode(t, m)) for t in sorted(ours) for t_ns, m in ours[t]]


@pytest.fixture
def copy(tmp_path):
    """The cases without the large landing bag."""
    shutil.copytree(FOLDER, tmp_path / "r", ignore=shutil.ignore_patterns("landing.mcap"))
    return tmp_path / "r" / "cases.yaml"


def lupex(*arguments):
    return CliRunner().invoke(app, [str(a) for a in arguments])


def test_another_parameter_is_found_with_topic_field_time_and_update_takes_it_over(
    copy, monkeypatch
):
    assert lupex("replay", "--cases", copy, "--case", "power").exit_code == 0
    smaller = {"power": {"capacity_ah": 0.99 * PowerParams().capacity_ah}}
    monkeypatch.setattr(
        replay_run, "read_context", lambda run: replace(read_context(run), config=smaller)
    )
    done = lupex("replay", "--cases", copy, "--case", "power")
    assert done.exit_code == 1
    assert "DIFFERENT" in done.stdout
    assert "power/battery message 0 at 20" in done.stdout and "recorded" in done.stdout
    assert lupex("replay", "--cases", copy, "--case", "power", "--update").exit_code == 0
    assert lupex("replay", "--cases", copy, "--case", "power").exit_code == 0


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("[power]", "[powr]", "'powr' is no node"),
        ("carry: [landing/state]", "carry: [landing/stat]", "'landing/stat' is not in the graph"),
        ("to_s: 160.0", "to: 160.0", "cases.landing: unknown key 'to'"),
    ],
)
def test_a_wrong_case_is_named(copy, old, new, named):
    copy.write_text(copy.read_text().replace(old, new))
    with pytest.raises(UserError, match=named.replace("[", r"\[")):
        replay_cases.read(copy)


def test_an_unknown_case_and_a_missing_bag_are_named(copy):
    cases = replay_cases.read(copy)
    with pytest.raises(UserError, match="no case 'moon'"):
        cases.pick(["moon"])
    with pytest.raises(UserError, match=r"landing\.mcap"):
        replay_cases.run_case(cases, "landing")
