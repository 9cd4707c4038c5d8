"""`lupex replay`: tolerances that are none, JSON that is JSON, and every kind of bag."""

import dataclasses
import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from lupex_rover.cli.app import app
from lupex_rover.core.errors import UserError
from lupex_rover.hosts import replay as host
from lupex_rover.runs import replay_cases, replay_run

FOLDER = Path(__file__).parents[2] / "replay"


def lupex(*arguments):
    return CliRunner().invoke(app, [str(a) for a in arguments])


def refused(*arguments):
    done = lupex(*arguments)
    assert isinstance(done.exception, UserError), done.output
    return str(done.exception)


@pytest.fixture
def run(tmp_path):
    """The folder of a run, its bag `mission.mcap`."""
    folder = tmp_path / "seven"
    shutil.copytree(FOLDER / "run", folder)
    shutil.copyfile(FOLDER / "mission.mcap", folder / "mission.mcap")
    return folder


@pytest.mark.parametrize("option", ["--absolute", "--relative"])
@pytest.mark.parametrize("value", ["nan", "inf", "-1", "-inf"])
def test_a_tolerance_that_is_none_is_refused(option, value):
    bag = FOLDER / "power.mcap"
    for arguments in ((bag, "--component", "power"), ("--case", "power")):
        assert f"{option}: " in refused("replay", *arguments, "--compare", option, value)


@pytest.mark.parametrize("value", ["-1.0", ".nan", ".inf"])
def test_a_tolerance_of_the_cases_file_that_is_none_is_refused(tmp_path, value):
    cases = tmp_path / "cases.yaml"
    case = f"{{components: [power], tolerances: {{power/state: {{absolute: {value}}}}}}}"
    cases.write_text(f"cases:\n  power: {case}")
    with pytest.raises(UserError, match=r"cases\.yaml.*power/state.*absolute"):
        replay_cases.read(cases)
    cases.write_text(f"tolerance: {{relative: {value}}}\ncases: {{}}")
    with pytest.raises(UserError, match=r"cases\.yaml.*tolerance.*relative"):
        replay_cases.read(cases)


def test_json_has_null_for_a_difference_that_is_no_number(run, monkeypatch):
    """A charge that is said again as NaN differs from the recorded one by no number."""
    shutil.copyfile(FOLDER / "power.mcap", run / "mission.mcap")
    decode = host.decode

    def spoiled(topic, data):
        message = decode(topic, data)
        return dataclasses.replace(message, soc=float("nan")) if topic == "power/state" else message

    monkeypatch.setattr(replay_run.Replay, "_keep", _keeper(spoiled))
    done = lupex("replay", run / "mission.mcap", "--component", "power", "--json", "--compare")
    assert done.exit_code == 1
    report = json.loads(done.stdout, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
    assert report["components"][0]["worst"]["power/state.soc"] is None
    assert report["components"][0]["differences"][0]["ours"] == "nan"


def _keeper(decode):
    def keep(self, topic, message, t_ns):
        if topic in self.compared:
            self._said.append((topic, decode(topic, host.encode(topic, message))))

    return keep


# --- bags


def same(run, bag):
    one, other = (
        replay_run.one(b, ["executive"], replay_run.Tolerances(), True)
        for b in (run / "mission.mcap", bag)
    )
    assert other["messages"] == one["messages"] and other["differences"] == []
    assert sum(m["recorded"] for m in other["messages"].values()) > 100
    assert other["problems"] == []


def test_a_sqlite_bag_its_folder_and_the_runs_folder_are_replayed_as_the_mcap(run):
    assert lupex("bag", "convert", run / "mission.mcap", "--out", run / "sql").exit_code == 0
    same(run, run / "sql")
    same(run, next((run / "sql").glob("*.db3")))
    same(run, run)


def test_a_folder_of_two_files_is_one_bag(run):
    from lupex_rover.bags.own_bag import BagReader, BagWriter

    parts = run / "parts"
    parts.mkdir()
    records = list(BagReader(run / "mission.mcap").records())
    middle_ns = records[len(records) // 2][2]
    for k in (0, 1):
        with BagWriter(parts / f"{k}.mcap") as bag:
            for topic, data, t_ns in records:
                if (t_ns >= middle_ns) == bool(k):
                    bag.write(topic, data, t_ns)
    told = {"relative_file_paths": ["0.mcap", "1.mcap"]}
    (parts / "metadata.yaml").write_text(json.dumps({"rosbag2_bagfile_information": told}))
    same(run, parts)


def test_what_is_wrong_with_a_bag_is_told_and_exits_1(run):
    lupex("bag", "convert", run / "mission.mcap", "--out", run / "sql")
    (run / "sql" / "metadata.yaml").write_text("rosbag2_bagfile_information: {}")
    done = lupex("replay", run / "sql", "--component", "executive")
    assert done.exit_code == 1
    assert "problem: metadata.yaml names no files" in done.stderr
    assert "as recorded" in done.stdout


def test_a_topic_of_another_type_and_what_is_no_bag_are_named(run):
    import sqlite3

    lupex("bag", "convert", run / "mission.mcap", "--out", run / "sql")
    base = sqlite3.connect(next((run / "sql").glob("*.db3")))
    base.execute("UPDATE topics SET type = 'std_msgs/msg/Bool' WHERE name = '/mission/state'")
    base.commit()
    base.close()
    told = refused("replay", run / "sql", "--component", "executive")
    assert "/mission/state" in told and "std_msgs/msg/Bool" in told
    (run / "no.db3").write_text("no bag")
    assert "no.db3: neither" in refused("replay", run / "no.db3", "--component", "executive")
    assert "gone.mcap: no such bag" in refused("replay", run / "gone.mcap")
    (run / "empty").mkdir()
    assert "empty" in refused("replay", run / "empty", "--component", "executive")
