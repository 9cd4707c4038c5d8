"""`run.json`: one type, written whole, read with every key checked."""

import dataclasses
import json
from pathlib import Path

import pytest

from lupex_rover.core.errors import UserError
from lupex_rover.scenarios import run_file
from lupex_rover.scenarios.run_file import RunFile

ROOT = Path(__file__).parents[3]
RUN = RunFile(
    scenario="reference",
    seed=3,
    phases=("descent", "checkout"),
    nodes={"landing": {"hazard": {"divert_m": 15.0}}},
    simulated=False,
    ports={"MOB": "/dev/ttyUSB0"},
    reopen_s=3.0,
)


def test_what_is_written_is_whole_json_and_read_back(tmp_path):
    run_file.write(tmp_path, RUN)
    assert run_file.read(tmp_path) == RUN
    assert [p.name for p in tmp_path.iterdir()] == ["run.json"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"seed": "3"}, r"run\.json\.seed: expected int, found '3'"),
        ({"port": {}}, r"run\.json: unknown key 'port'; did you mean 'ports'"),
        ({"phases": ["descend"]}, "'descend' is unknown"),
        ({"seed": -1}, "seed: -1 is outside"),
        ({"speed": -1.0}, "speed: -1.0 is negative"),
        ({"physics": "ode"}, "physics: 'ode' is unknown"),
        ({"ports": None}, "ports: only a simulator"),
        ({"simulated": True, "played": True}, "simulated and played"),
    ],
)
def test_what_is_wrong_is_named(tmp_path, change, words):
    run_file.write(tmp_path, RUN)
    path = tmp_path / "run.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    with pytest.raises(UserError, match=words):
        run_file.read(tmp_path)


@pytest.mark.parametrize("text", [None, "{half"])
def test_a_missing_or_broken_file_is_named(tmp_path, text):
    if text:
        (tmp_path / "run.json").write_text(text)
    with pytest.raises(UserError, match=r"run\.json"):
        run_file.read(tmp_path)


def test_a_missing_key_is_named(tmp_path):
    (tmp_path / "run.json").write_text('{"scenario": "reference"}')
    with pytest.raises(UserError, match=r"run\.json: key 'seed' is missing"):
        run_file.read(tmp_path)


def test_a_wrong_run_is_not_written(tmp_path):
    with pytest.raises(UserError, match="speed: nan is no number"):
        run_file.write(tmp_path, dataclasses.replace(RUN, speed=float("nan")))
    assert not list(tmp_path.iterdir())


def test_it_is_written_and_read_in_one_place():
    users = [p.relative_to(ROOT).as_posix()
             for folder in ("lupex_rover", "benchmarks", "launch")
             for p in (ROOT / folder).rglob("*.py") if '"run.json"' in p.read_text()]  # fmt: skip
    assert users == ["lupex_rover/scenarios/run_file.py"]
