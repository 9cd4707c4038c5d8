"""Runs that nobody was left to finish: result, page and the reason in words."""

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from lupex_rover.bags.lasting_bag import LastingBag
from lupex_rover.cli.app import app
from lupex_rover.core.errors import UserError
from lupex_rover.core.types import Event, MissionState, Sample
from lupex_rover.events.event_store import EventStore
from lupex_rover.mission.plan import load_plan
from lupex_rover.runs import partial_run, run_logs
from lupex_rover.runs.why_ended import why_ended
from lupex_rover.scenarios import run_files
from lupex_rover.scenarios import scenario as scenarios
from lupex_rover.scenarios.recorder_params import RecorderParams

RUN = Path(__file__).parents[2] / "replay" / "run"
START_NS = load_plan(RUN / "plan.json").start_ns


def at(k):
    return START_NS + k * 1_000_000_000


def event(k, code="MIS-010", severity=0):
    return Event(at(k), severity, "executive", code, f"event {k}")


@pytest.fixture
def killed(tmp_path):
    """The folder of a run that was killed in the second of its phases."""
    for name in ("plan.json", "onboard_map.tif"):
        shutil.copy(RUN / name, tmp_path)
    run_files.keep_scenario(scenarios.read("reference"), tmp_path)
    bag = LastingBag(tmp_path / run_files.BAG, RecorderParams())
    bag.write_message("mission/state", MissionState(at(0), "descent", "started"), at(0))
    bag.write_message("mission/event", event(1), at(1))
    bag.write_message("mission/state", MissionState(at(9), "descent", "succeeded", "OK"), at(9))
    bag.write_message("mission/state", MissionState(at(10), "checkout", "heat"), at(10))
    bag.write_message("mission/sample", Sample(at(11), 1, 0.5, 2.0, 200.0, 0), at(11))
    bag.turn()  # as far as the disk has it
    bag.write_message("mission/state", MissionState(at(12), "checkout", "lost"), at(12))
    store = EventStore(tmp_path / run_files.EVENTS, boot=1)
    store.add([event(1), event(12, "HST-002", 2)])
    yield tmp_path
    store.close()  # its log lies beside it until then


def contents(folder):
    kept = (run_files.BAG, run_files.EVENTS, f"{run_files.EVENTS}-wal", "plan.json")
    return {name: (folder / name).read_bytes() for name in kept}


def test_a_killed_run_gives_result_and_page_and_nothing_of_it_is_written_over(killed):
    before = contents(killed)
    done = CliRunner().invoke(app, ["report", str(killed)])
    assert done.exit_code == 0, done.output
    assert contents(killed) == before
    result = json.loads((killed / "result.json").read_text())
    assert [(p["name"], p["outcome"]) for p in result["phases"]] == [
        ("descent", "succeeded"), ("checkout", "unfinished"),
    ]  # fmt: skip
    assert [e["text"] for e in result["events"]] == ["event 1", "event 12"]  # the bag has one
    assert len(result["drill"]["samples"]) == 1
    assert result["outcome"] == "partial" and result["unmet"][0] == partial_run.NOT_ENDED
    assert result["ended"]["by_itself"] is False and "cut short" in result["ended"]["problems"][0]
    assert "the run did not end by itself" in (killed / "report.html").read_text()


@pytest.mark.parametrize("left", [0, 8, 300])
def test_a_bag_that_had_just_begun_gives_a_report_too(killed, left):
    data = (killed / run_files.BAG).read_bytes()
    (killed / run_files.BAG).write_bytes(data[:left])
    done = CliRunner().invoke(app, ["report", str(killed)])
    assert done.exit_code == 0, done.output
    result = json.loads((killed / "result.json").read_text())
    assert result["phases"] == [] and len(result["events"]) == 2


def test_a_run_that_ended_before_its_plan_says_so(killed):
    (killed / "plan.json").unlink()
    with pytest.raises(UserError, match="ended before it began"):
        partial_run.make_result(killed)


def test_doctor_tells_that_everything_was_killed_at_once(killed):
    told = why_ended(killed)
    assert told.verdict.startswith("everything ended at once") and not told.well
    assert "last step of phase checkout: heat" in told.happened
    assert told.happened[-1].startswith("the bag ends at")
    assert "HST-002 event 12" in told.faults[-1]
    assert any("cut short" in line for line in told.wrong)
    assert any(line.startswith("HST-002: ") for line in told.to_do)
    assert any("lupex report" in line for line in told.to_do)


def test_doctor_names_the_process_that_ended_with_its_last_words(killed):
    with run_logs.open_log(killed / "flight.log") as log:
        log.write("Traceback (most recent call last):\nValueError: seven\n")
    run_logs.note_exit(killed, "flight", 1)
    done = CliRunner().invoke(app, ["doctor", "--run", str(killed)])
    assert done.exit_code == 1
    assert "process flight ended with code 1 (something of ours broke)" in done.output
    assert "flight.log ends with: ValueError: seven" in done.output
    assert "read the end of flight.log" in done.output


def test_an_exit_of_an_earlier_life_of_the_folder_is_no_reason(killed):
    run_logs.note_exit(killed, "flight", 1)
    run_logs.note_begin(killed)
    assert why_ended(killed).verdict.startswith("everything ended at once")


def test_doctor_knows_a_good_end_and_a_run_that_goes_on(killed):
    from lupex_rover.runs.out_folder import claim

    with claim(killed):
        told = why_ended(killed)
    assert told.well and "has not ended" in told.verdict
    with LastingBag(killed / run_files.BAG, RecorderParams()) as bag:
        bag.write_message("mission/state", MissionState(at(0), "descent", "succeeded", "OK"), at(0))
        bag.write_message("mission/state", MissionState(at(1), "done", ""), at(1))
    (killed / "result.json").write_text('{"outcome": "success"}')
    told = why_ended(killed)
    assert told.well and "outcome: success" in told.verdict and told.to_do == []


def test_doctor_refuses_what_is_no_run(tmp_path):
    with pytest.raises(UserError, match="nothing of a run is there"):
        why_ended(tmp_path)
