"""Paths in files have one base: the folder of the file as it was named, links not followed."""

import json
import shutil
from pathlib import Path

import pytest
import yaml

from lupex_rover.core.config_file import read_yaml
from lupex_rover.core.errors import UserError
from lupex_rover.scenarios import rover_config, run_file
from lupex_rover.scenarios import scenario as scenarios

PORTS = {"MOB": "/dev/lupex/mob"}
SHARED = Path(__file__).parents[4] / "shared" / "cases"


def linked(tmp_path, **values):
    """`etc/rover.yaml`, a link to `real/rover.yaml`; the folders' files differ."""
    given = {"ports": PORTS, "plan": "plan.json", "onboard_map": "map.tif", **values}
    for name in ("etc", "real"):
        (tmp_path / name).mkdir()
    (tmp_path / "real/rover.yaml").write_text(yaml.safe_dump(given))
    (tmp_path / "etc/rover.yaml").symlink_to("../real/rover.yaml")
    return tmp_path / "etc", tmp_path / "real"


def fill(folder, names=("plan.json", "map.tif")):
    folder.mkdir(exist_ok=True)
    for name in names:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(json.dumps({"of": folder.name}))


@pytest.mark.parametrize("relative", [False, True])
@pytest.mark.parametrize("both", [False, True])
def test_cases_a_linked_configuration_is_checked_and_copied_from_beside_the_link(
    tmp_path, monkeypatch, both, relative
):
    etc, real = linked(tmp_path, cameras={"stereo/left": {"calibration": "left.yaml"}},
                       vehicle={"urdf": "sub/r.urdf"},
                       nodes={"health": {"faults_file": "faults.yaml"}})  # fmt: skip
    names = ("plan.json", "map.tif", "sub/r.urdf", "faults.yaml")
    fill(etc, names)
    if both:
        fill(real, names)
    monkeypatch.chdir(etc if relative else tmp_path)
    config = rover_config.read(Path("rover.yaml") if relative else etc / "rover.yaml")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "run").mkdir()
    rover_config.write_run(config, tmp_path / "run")
    for copy in ("plan.json", "onboard_map.tif"):
        assert json.loads((tmp_path / "run" / copy).read_text()) == {"of": "etc"}
    run = run_file.read(tmp_path / "run")
    assert run.base == str(etc)
    assert run.vehicle.urdf == str(etc / "sub/r.urdf")
    assert run.nodes["health"]["faults_file"] == str(etc / "faults.yaml")


def test_cases_a_file_that_lies_beside_the_links_target_only_is_told(tmp_path):
    etc, real = linked(tmp_path)
    fill(real)
    words = rf"rover\.yaml\.plan: 'plan\.json' is no file; it is taken from {etc}; {real}, where"
    with pytest.raises(UserError, match=words):
        rover_config.read(etc / "rover.yaml")


def test_cases_a_scenario_that_is_a_link_finds_its_map_beside_the_link(tmp_path):
    etc, real = linked(tmp_path)
    (real / "s.yaml").write_text("base_map: maps/site.tif\n")
    (etc / "s.yaml").symlink_to(real / "s.yaml")
    found = scenarios.read(str(etc / "s.yaml"))
    assert found.base_map == str(etc / "maps/site.tif")
    # what re-reads it, as the simulator's process does, finds the same
    assert scenarios.read(found.source).base_map == found.base_map


def test_cases_a_fault_table_that_is_not_there_is_named_with_its_key(tmp_path):
    (tmp_path / "s.yaml").write_text("nodes: {health: {faults_file: none.yaml}}\n")
    with pytest.raises(UserError, match=r"nodes\.health\.faults_file: 'none\.yaml' is no file"):
        scenarios.read(str(tmp_path / "s.yaml"))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"ports": {"MOB": "a", "MBO": "b"}}, r"ports: 'MBO' is unknown; did you mean 'MOB'"),
        ({"cameras": {"stereo/lft": {}}}, r"cameras: 'stereo/lft' is unknown; did you mean"),
        ({"phases": ["descend"]}, r"phases: 'descend' is unknown; did you mean 'descent'"),
        ({"onboard_mpa": "x"}, r"unknown key 'onboard_mpa' \(line \d\); .* 'onboard_map'"),
        ({"plan": ""}, r"key 'plan' is missing"),
        ({"plan": "a\0b"}, "NUL"),
    ],
)
def test_cases_unknown_names_of_the_configuration_are_told_with_the_nearest(
    tmp_path, change, words
):
    fill(tmp_path)
    given = {"ports": PORTS, "plan": "plan.json", "onboard_map": "map.tif", **change}
    (tmp_path / "rover.yaml").write_text(yaml.safe_dump(given))
    with pytest.raises(UserError, match=words):
        rover_config.read(tmp_path / "rover.yaml")


@pytest.mark.skipif(not (SHARED / "C06").is_dir(), reason="the collected cases are not here")
def test_cases_that_were_collected(tmp_path):
    with pytest.raises(UserError, match=r"line 6 \(key 'MOB' stands twice, first in line 2\)"):
        read_yaml(SHARED / "C03/y2_dup.yaml")
    etc = tmp_path / "etc"
    shutil.copytree(SHARED / "C06/real", tmp_path / "real")
    fill(etc, ["onboard_map.tif"])
    shutil.copyfile(SHARED / "C06/etc/plan.json", etc / "plan.json")
    (etc / "rover.yaml").symlink_to("../real/rover.yaml")
    fill(tmp_path / "run", [])
    rover_config.write_run(rover_config.read(etc / "rover.yaml"), tmp_path / "run")
    assert (tmp_path / "run/plan.json").read_bytes() == (etc / "plan.json").read_bytes()


@pytest.mark.parametrize("name", ["~/plan.json", "$HOME/plan.json"])
def test_cases_signs_of_a_shell_in_a_path_are_told(tmp_path, name):
    etc, _ = linked(tmp_path, plan=name)
    fill(etc)
    words = r"rover\.yaml\.plan: .* is no file; .*stand for nothing in a path here: write it out"
    with pytest.raises(UserError, match=words):
        rover_config.read(etc / "rover.yaml")


def test_cases_a_file_that_is_not_named_is_a_key_that_is_missing(tmp_path):
    etc, _ = linked(tmp_path, plan="")
    fill(etc)
    with pytest.raises(UserError, match=r"rover\.yaml: key 'plan' is missing"):
        rover_config.read(etc / "rover.yaml")
