"""The scenario that a run keeps: whole, with seed and phases, without the file it came from."""

import json

import pytest

from lupex_rover.core.errors import UserError
from lupex_rover.scenarios import run_files
from lupex_rover.scenarios import scenario as scenarios

TEXT = """
description: über den Rand
base_map: maps/site.tif
site: {landing_slope_deg: 4.0}
nodes: {landing: {position_sigma_m: 120.5}}
simulator: {lander: {gate_m: 1.0e-5}}
"""


@pytest.fixture
def own(tmp_path):
    path = tmp_path / "own.yaml"
    path.write_text(TEXT, encoding="utf-8")
    return path


def result(folder, **values):
    told = {"scenario": "reference", "seed": 5, "phases": [{"name": "descent"}], **values}
    (folder / "result.json").write_text(json.dumps(told))


def test_what_was_flown_is_read_back_without_its_file(own, tmp_path):
    flown = scenarios.read(str(own), seed=9, phases=("descent", "checkout"))
    run_files.keep_scenario(flown, tmp_path)
    own.unlink()
    again = run_files.scenario_of(tmp_path)
    assert again.base_map.endswith("/maps/site.tif") and again.base_map.startswith("/")
    kept, was = scenarios.values(again), scenarios.values(flown)
    del kept["base_map"], was["base_map"]
    assert kept == was and kept["name"] == "own" and again.seed == 9


def test_an_older_run_is_read_by_the_name_in_its_result(tmp_path):
    result(tmp_path)
    told = run_files.scenario_of(tmp_path)
    assert (told.name, told.seed, told.phases) == ("reference", 5, ("descent",))
    assert told.nodes == scenarios.read("reference").nodes


def test_an_older_run_of_a_scenario_of_ones_own_says_what_to_do(own, tmp_path):
    result(tmp_path, scenario="own")
    with pytest.raises(UserError, match=r"result\.json: scenario 'own'.*called flown\.yaml"):
        run_files.scenario_of(tmp_path)
    (tmp_path / "flown.yaml").write_text(TEXT + "seed: 5\nphases: [descent]\n")
    assert run_files.scenario_of(tmp_path).nodes["landing"]["position_sigma_m"] == 120.5


@pytest.mark.parametrize("told", ["{}", "[]", "{", '{"scenario": "reference", "seed": "x"}'])
def test_a_run_that_says_nothing_is_named(told, tmp_path):
    (tmp_path / "result.json").write_text(told)
    with pytest.raises(UserError, match=r"result\.json: says no scenario and seed"):
        run_files.scenario_of(tmp_path)


def test_what_a_run_could_not_keep_is_not_read(tmp_path):
    path = tmp_path / "dated.yaml"
    path.write_text("nodes: {landing: {day: !!timestamp 2029-01-01}}")
    with pytest.raises(UserError, match=r"dated\.yaml: .*line 1 \(tag !!timestamp is not read"):
        scenarios.read(str(path))


def test_a_cleared_folder_keeps_what_is_not_of_a_run(tmp_path):
    for name in (*run_files.LEFT, "truth.json", "notes.txt"):
        (tmp_path / name).write_text("")
    run_files.clear(tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["notes.txt"]
