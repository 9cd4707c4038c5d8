"""The nodes that hear a bag are given just what they do not say themselves."""

import importlib
import json
import shutil
from pathlib import Path

import pytest

from lupex_rover.core.errors import UserError
from lupex_rover.graph import NODES
from lupex_rover.runs.replay_run import read_context
from lupex_rover.scenarios import bag_driven_run, run_file, run_files, run_folder, scenario

RUN = Path(__file__).parents[2] / "replay"


def component(name):
    module, function = next(n.build for n in NODES if n.name == name).split(":")
    found = importlib.import_module(module)
    returned = found.__dict__[function].__annotations__["return"]
    return eval(returned, found.__dict__) if isinstance(returned, str) else returned


def test_the_sensors_are_what_is_heard_and_not_said():
    classes = [component(name) for name in bag_driven_run.NODES]
    heard = {topic for c in classes for topic in c.inputs}
    said = {topic for c in classes for topic in c.outputs}
    assert set(bag_driven_run.SENSORS) == heard - said
    assert not any(c.serves or c.serial for c in classes)


def test_a_run_is_laid_out_from_the_folder_of_the_bag(tmp_path):
    shutil.copytree(RUN / "run", tmp_path / "was")
    bag = tmp_path / "was" / "mission.mcap"
    shutil.copyfile(RUN / "power.mcap", bag)
    bag_driven_run.lay_out(bag, tmp_path / "new")
    run = run_folder.read_with_ports(tmp_path / "new", lambda: True)
    told = json.loads((tmp_path / "was" / "result.json").read_text())
    assert run.played and not run.simulated and run.seed == told["seed"]
    with pytest.raises(UserError, match="the recorded run itself"):
        bag_driven_run.lay_out(bag, tmp_path / "was")
    (tmp_path / "was" / "plan.json").unlink()
    with pytest.raises(UserError, match=r"plan\.json: missing"):
        bag_driven_run.lay_out(bag, tmp_path / "new")


def test_a_run_of_a_scenario_of_ones_own_is_laid_out_and_replayed_by_the_copy_it_keeps(tmp_path):
    was = tmp_path / "was"
    shutil.copytree(RUN / "run", was)
    shutil.copyfile(RUN / "power.mcap", was / "mission.mcap")
    (was / "result.json").unlink()  # as after a power cut
    own = tmp_path / "own.yaml"
    own.write_text("seed: 3\nphases: [descent]\nnodes: {power: {capacity_ah: 55.0}}\n")
    run_files.keep_scenario(scenario.read(str(own)), was)
    own.unlink()
    bag_driven_run.lay_out(was / "mission.mcap", tmp_path / "new")
    run = run_file.read(tmp_path / "new")
    assert run.nodes["power"] == {"capacity_ah": 55.0}
    assert (run.seed, run.phases) == (3, ("descent",))
    context = read_context(was)
    assert context.config["power"] == {"capacity_ah": 55.0}
    assert (context.seed, context.phases) == (3, ("descent",))
    again = run_files.scenario_of(tmp_path / "new")
    assert again.nodes == context.config
