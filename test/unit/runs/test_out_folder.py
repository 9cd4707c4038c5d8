"""The folder of --out: one run at a time, and what cannot be written is told in a line."""

import json
import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from lupex_rover.cli.app import app
from lupex_rover.core.errors import UserError
from lupex_rover.core.files import copy_whole, write_whole
from lupex_rover.runs.out_folder import claim

ROOT = Path(__file__).parents[3]
RUN = ROOT / "test/replay/run"
HOLD = """
import sys
from lupex_rover.runs.out_folder import claim
from pathlib import Path
with claim(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def refused(*words):
    done = CliRunner().invoke(app, [str(word) for word in words])
    assert isinstance(done.exception, UserError), done
    return str(done.exception)


@pytest.fixture
def config(tmp_path):
    """A rover.yaml with plan and map beside it."""
    for name in ("plan.json", "onboard_map.tif"):
        (tmp_path / name).write_bytes((RUN / name).read_bytes())
    path = tmp_path / "rover.yaml"
    path.write_text("ports: {MOB: none}\nplan: plan.json\nonboard_map: onboard_map.tif\n")
    return path


@pytest.fixture
def no_start(monkeypatch):
    """Nothing is started: what would be, ends the command."""
    from lupex_rover.runs.child_processes import Children

    def start(self, name, *_, **__):
        raise RuntimeError(f"started {name}")

    monkeypatch.setattr(Children, "start", start)
    for name in ("ROS_DOMAIN_ID", "ROS_AUTOMATIC_DISCOVERY_RANGE"):
        monkeypatch.setenv(name, os.environ.get(name, ""))


@pytest.mark.parametrize("words", [("sim",), ("up", "simulation"), ("up", "rover")])
def test_a_file_for_out_is_refused(tmp_path, no_start, config, words):
    path = tmp_path / "file"
    path.write_text("mine")
    more = ("--config", config) if "rover" in words else ()
    assert refused(*words, *more, "--out", path) == f"--out {path}: is a file; name a folder"
    assert f"--out {path}/in" in refused(*words, *more, "--out", path / "in")
    assert path.read_text() == "mine"


def test_a_replay_into_a_file_is_refused(tmp_path, no_start):
    (tmp_path / "file").write_text("mine")
    said = refused("up", "replay", "--bag", RUN.parent / "power.mcap", "--out", tmp_path / "file")
    assert "is a file" in said


def test_out_may_be_the_folder_of_the_configuration(tmp_path, no_start, config):
    before = {p.name: p.read_bytes() for p in tmp_path.iterdir()}
    done = CliRunner().invoke(app, ["up", "rover", "--config", str(config), "--out", str(tmp_path)])
    assert str(done.exception) == "started recorder"
    assert json.loads((tmp_path / "run.json").read_text())["ports"] == {"MOB": "none"}
    assert {name: (tmp_path / name).read_bytes() for name in before} == before


def test_the_second_run_in_a_folder_is_refused_until_the_first_is_dead(tmp_path, no_start):
    folder = tmp_path / "run"
    env = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"}
    first = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(folder)], env=env,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert first.stdout.readline() == "held\n"
        for words in (("up", "simulation"), ("sim",)):
            said = refused(*words, "--out", folder)
            assert f"--out {folder}: process {first.pid} is running in it" in said
        first.send_signal(signal.SIGKILL)
        first.wait(10)
        with claim(folder):
            assert (folder / ".lock").read_text() == f"{os.getpid()}\n"
    finally:
        first.kill()
        first.communicate()


def test_what_is_refused_leaves_no_folder_and_other_files_stay(tmp_path):
    with pytest.raises(UserError), claim(tmp_path / "runs/new"):
        raise UserError("no")
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "old").mkdir()
    (tmp_path / "old/notes").write_text("mine")
    with pytest.raises(UserError), claim(tmp_path / "old"):
        raise UserError("no")
    assert [p.name for p in (tmp_path / "old").iterdir()] == ["notes"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere")
def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(UserError, match="cannot write there"), claim(tmp_path):
        pass


def test_a_full_disk_is_told_and_the_old_file_stays(tmp_path):
    """A limit on the size of files stands for the disk."""
    write_whole(tmp_path / "run.json", "{}")
    (tmp_path / "big").write_bytes(bytes(100_000))
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limit[1]))
    try:
        with pytest.raises(UserError, match=r"run\.json: cannot be written \(File too large\)"):
            write_whole(tmp_path / "run.json", "x" * 5000)
        with pytest.raises(UserError, match=r"copy: cannot be written \(File too large\)"):
            copy_whole(tmp_path / "big", tmp_path / "copy")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
        signal.signal(signal.SIGXFSZ, before)
    assert (tmp_path / "run.json").read_text() == "{}"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["big", "run.json"]


def test_the_file_of_a_lost_source_is_named(tmp_path):
    with pytest.raises(UserError, match="gone: cannot be copied"):
        copy_whole(tmp_path / "gone", tmp_path / "copy")
    assert list(tmp_path.iterdir()) == []
