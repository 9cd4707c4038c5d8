"""`lupex replay --update`: all is read and made before any reference is replaced."""

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from lupex_rover.bags.own_bag import BagReader, BagWriter
from lupex_rover.cli.app import app
from lupex_rover.core.errors import UserError

FOLDER = Path(__file__).parents[2] / "replay"
SCENARIO = FOLDER.parents[1] / "config" / "scenarios" / "reference.yaml"
CASES = """
map_m: [900.0, 2400.0]
tolerance: {absolute: 1.0e-6, relative: 1.0e-6}
cases:
  short: {components: [executive], phase: descent, to_s: 50.0}
  mission: {components: [executive], phase: descent, to_s: 100.0}
"""


@pytest.fixture
def cases(tmp_path):
    """Two reference cases and their run."""
    folder = tmp_path / "replay"
    folder.mkdir()
    shutil.copytree(FOLDER / "run", folder / "run")
    for name in ("short.mcap", "mission.mcap"):
        shutil.copyfile(FOLDER / "mission.mcap", folder / name)
    (folder / "cases.yaml").write_text(CASES)
    return folder / "cases.yaml"


@pytest.fixture
def mission(tmp_path):
    """The folder of a mission with another plan; its bag is the first 120 s of the reference."""
    folder = tmp_path / "flown"
    shutil.copytree(FOLDER / "run", folder)
    plan = json.loads((folder / "plan.json").read_text())
    (folder / "plan.json").write_text(json.dumps({**plan, "return_drive_m": 1.25}))
    rows = list(BagReader(FOLDER / "mission.mcap").records())
    with BagWriter(folder / "mission.mcap") as bag:
        for topic, data, t_ns in rows:
            if t_ns < rows[0][2] + 120e9:
                bag.write(topic, data, t_ns)
    return folder / "mission.mcap"


def files(cases):
    return {p: p.read_bytes() for p in cases.parent.rglob("*") if p.is_file()}


def lupex(*arguments):
    return CliRunner().invoke(app, ["replay", *map(str, arguments)])


def refused(before, cases, *arguments):
    """The update's error; nothing is changed and nothing left behind."""
    done = lupex(*arguments, "--cases", cases, "--update")
    assert isinstance(done.exception, UserError), done.output
    assert files(cases) == before
    assert {p.name for p in cases.parent.iterdir() if p.is_dir()} == {"run"}
    return str(done.exception)


def test_all_are_cut_anew_with_plan_and_map(cases, mission):
    before = files(cases)
    done = lupex(mission, "--cases", cases, "--update")
    assert done.exit_code == 0, done.output
    assert "short.mcap: " in done.output and "mission.mcap: " in done.output
    now = files(cases)
    assert now.keys() == before.keys()
    assert json.loads(now[cases.parent / "run" / "plan.json"])["return_drive_m"] == 1.25
    assert len(now[cases.parent / "short.mcap"]) < len(before[cases.parent / "short.mcap"])
    assert lupex("--cases", cases).exit_code == 0


def test_the_runs_scenario_comes_along_and_that_of_an_older_one_goes(cases, mission):
    kept = cases.parent / "run" / "flown.yaml"
    shutil.copyfile(SCENARIO, mission.parent / "flown.yaml")
    assert lupex(mission, "--cases", cases, "--update").exit_code == 0
    assert kept.read_bytes() == (mission.parent / "flown.yaml").read_bytes()
    (mission.parent / "flown.yaml").unlink()
    assert lupex(mission, "--cases", cases, "--update").exit_code == 0
    assert not kept.exists()


def test_a_bag_that_breaks_off_or_is_missing_leaves_the_references_as_they_were(cases, mission):
    before = files(cases)
    mission.write_bytes(mission.read_bytes()[:-2000])
    assert "mission.mcap: not a complete MCAP bag" in refused(before, cases, mission)
    mission.unlink()
    assert "mission.mcap" in refused(before, cases, mission)


@pytest.mark.parametrize(
    ("name", "text", "named"),
    [
        ("result.json", "{}", r"result.json: says no phases"),
        ("result.json", '{"phases": [{"name": "descent"}]}', r"result.json: says no phases"),
        ("result.json", '{"phases": []}', "result.json: has no phase 'descent'"),
        ("plan.json", "{}", "plan.json"),
        ("onboard_map.tif", "no map", "onboard_map.tif"),
    ],
)
def test_a_file_of_the_run_that_is_wrong_leaves_the_references(cases, mission, name, text, named):
    before = files(cases)
    (mission.parent / name).write_text(text)
    assert named in refused(before, cases, mission)


def test_a_bag_without_anything_of_a_case_is_no_reference(cases, mission):
    before = files(cases)
    result = json.loads((mission.parent / "result.json").read_text())
    result["phases"][0]["start_utc"] = "2029-10-27T02:00:00.000Z"
    (mission.parent / "result.json").write_text(json.dumps(result))
    told = refused(before, cases, mission)
    assert "case short" in told and "no message" in told


def test_of_two_references_neither_is_replaced_when_the_second_cannot_be_read(cases):
    whole = (cases.parent / "mission.mcap").read_bytes()
    (cases.parent / "mission.mcap").write_bytes(whole[:-2000])
    before = files(cases)
    assert "mission.mcap" in refused(before, cases, "--case", "short", "--case", "mission")


def test_a_full_disk_is_named_and_leaves_the_references(cases, mission, monkeypatch):
    before = files(cases)

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(BagWriter, "write", full)
    assert f"{cases.parent}: cannot be written (No space left" in refused(before, cases, mission)
