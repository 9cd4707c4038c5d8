"""`lupex mission`: the folder it takes, what a run keeps, options that cannot be."""

import pytest
from typer.testing import CliRunner

from lupex_rover.cli import mission as command
from lupex_rover.cli.app import app
from lupex_rover.core.errors import UserError
from lupex_rover.runs.out_folder import claim

NOT_FLOWN = "stopped before the flight"


@pytest.fixture
def lupex(monkeypatch):
    """Run a command up to the flight; its error."""

    def fly(*_):
        raise UserError(NOT_FLOWN)

    monkeypatch.setattr(command, "_fly", fly)

    def run(*arguments):
        done = CliRunner().invoke(app, [str(a) for a in arguments])
        assert isinstance(done.exception, UserError), done.output
        return str(done.exception)

    return run


@pytest.mark.parametrize(
    "name", ["mission.mcap", "metadata.yaml", "result.json", "report.html", "flown.yaml"]
)
def test_a_folder_that_holds_a_run_is_refused_and_left_as_it_is(lupex, tmp_path, name):
    (tmp_path / name).write_text("precious")
    told = lupex("mission", "--out", tmp_path)
    assert f"--out {tmp_path}: holds a run already ({name})" in told and "--force" in told
    assert [(p.name, p.read_text()) for p in tmp_path.iterdir()] == [(name, "precious")]


def test_force_goes_on_and_a_flight_that_does_not_begin_costs_nothing(lupex, tmp_path):
    (tmp_path / "mission.mcap").write_text("precious")
    assert lupex("mission", "--out", tmp_path, "--force") == NOT_FLOWN
    assert (tmp_path / "mission.mcap").read_text() == "precious"


def test_folders_without_a_run_and_new_ones_are_taken(lupex, tmp_path):
    (tmp_path / "1.log").write_text("of another program")
    for out in (tmp_path, tmp_path / "new", tmp_path / "new"):
        assert lupex("mission", "--out", out) == NOT_FLOWN
    assert [p.name for p in tmp_path.iterdir()] == ["1.log"]


def test_two_missions_at_once_do_not_share_a_folder(lupex, tmp_path):
    with claim(tmp_path / "run"):
        assert "is running in it" in lupex("mission", "--out", tmp_path / "run", "--force")


def test_without_out_each_run_has_a_folder_of_its_own_also_within_a_second(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(command.time, "strftime", lambda _: "20300101T000000")
    folders = {command.folder_of(None, "told", 7, False) for _ in range(3)}
    assert len(folders) == 3 and all(f.is_dir() for f in folders)


@pytest.mark.parametrize(
    ("option", "value", "words"),
    [
        ("--speed", "nan", "--speed: nan is no number; give 0 for no limit"),
        ("--speed", "inf", "--speed: inf is no number"),
        ("--speed", "1e-300", "--speed: 1e-300 is outside 0.001 .. 1e+06; give 0 for no limit"),
        ("--speed", "-0.5", "--speed: -0.5 is negative"),
        ("--seed", "2147483648", "--seed: 2147483648 is outside 0 .. 2147483647"),
        ("--phases", "", "phase '' is unknown"),
    ],
)
def test_numbers_and_phases_that_cannot_be_are_refused(lupex, tmp_path, option, value, words):
    assert words in lupex("mission", "--out", tmp_path / "run", f"{option}={value}")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("value", ["0", "0.001", "1000"])
def test_speeds_that_can_be_are_taken(lupex, tmp_path, value):
    assert lupex("mission", "--out", tmp_path, "--speed", value) == NOT_FLOWN


def test_what_cannot_be_resumed_or_given_beside_it_is_named(lupex, tmp_path):
    assert "keeps no simulated world" in lupex("mission", "--resume", tmp_path)
    told = lupex("mission", "--resume", tmp_path, "--seed", "3")
    assert "--resume goes on with what was flown; leave --seed out" in told
