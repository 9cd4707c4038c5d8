"""Key `vehicle`: another rover from a file, and what its board allows."""

import dataclasses
import re
from pathlib import Path

import pytest

from lupex_rover.core.constants import TRACK_LIMIT_MPS
from lupex_rover.core.errors import UserError
from lupex_rover.core.vehicle import default_path
from lupex_rover.core.vehicle_reader import read_vehicle
from lupex_rover.hosts.harness import Harness
from lupex_rover.navigation.follower_params import FollowerParams
from lupex_rover.navigation.kinematics import crawler_command
from lupex_rover.navigation.params import NavigatorParams
from lupex_rover.nodes.build import components
from lupex_rover.nodes.context import Context
from lupex_rover.protocol import layouts
from lupex_rover.runs.harness_setup import set_up_harness
from lupex_rover.scenarios import rover_config, run_files, scenario
from lupex_rover.scenarios.vehicle_config import VehicleConfig

ROOT = Path(__file__).parents[3]


@pytest.fixture
def another(tmp_path):
    """A rover with longer crawlers, in a folder beside the scenario's."""
    text = default_path().read_text()
    changed = re.sub(r'(name="track_flat" value=)"0.30"', r'\1"0.34"', text)
    assert changed != text
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "longer.urdf.xacro").write_text(changed)
    path = tmp_path / "own.yaml"
    path.write_text(
        "phases: [checkout, egress]\n"
        "vehicle: {urdf: models/longer.urdf.xacro, track_limit_mps: 0.2}\n"
    )
    return path


def test_the_default_is_the_bundled_rover():
    vehicle = scenario.read("reference").vehicle.vehicle()
    assert vehicle.urdf_text == read_vehicle(default_path()).urdf_text
    assert vehicle.track_limit_mps == TRACK_LIMIT_MPS


def test_a_file_is_found_beside_the_one_that_names_it(another, monkeypatch, tmp_path):
    monkeypatch.chdir(ROOT)
    config = scenario.read(str(another)).vehicle
    assert config.urdf == str(tmp_path / "models/longer.urdf.xacro")
    (tmp_path / "run").mkdir()
    run_files.keep_scenario(scenario.read(str(another)), tmp_path / "run")
    assert run_files.scenario_of(tmp_path / "run").vehicle == config


def test_a_file_that_is_not_there_is_named(tmp_path):
    path = tmp_path / "own.yaml"
    path.write_text("vehicle: {urdf: none.urdf}\n")
    with pytest.raises(UserError, match=r"own\.yaml\.vehicle\.urdf: 'none\.urdf' is no file"):
        scenario.read(str(path))
    for name in ("plan.json", "map.tif"):
        (tmp_path / name).write_text("{}")
    path.write_text("{ports: {}, plan: plan.json, onboard_map: map.tif, vehicle: {urdf: no.urdf}}")
    with pytest.raises(UserError, match="'no.urdf' is no file"):
        rover_config.read(path)


def test_another_rover_runs_in_the_harness(another):
    chosen = scenario.read(str(another), seed=1)
    plain = read_vehicle(default_path())
    made = set_up_harness(chosen, chosen.vehicle.vehicle())
    vehicle = made.context.vehicle
    assert vehicle.crawler_flat_m == pytest.approx(plain.crawler_flat_m + 0.04)
    assert max(abs(crawler_command(1.0, 0.0, vehicle).speed_mps)) == pytest.approx(0.2)
    heard = []
    harness = Harness(
        made.engine, lambda: components(made.context), lambda topic, m, t: heard.append((topic, m))
    )
    for _ in range(600):
        harness.step()
    moved = [m for topic, m in heard if topic == "mobility/state"]
    assert max(abs(m.track_speed_mps).max() for m in moved) > 0.05


def test_a_speed_above_what_the_board_takes_is_refused(another):
    chosen = scenario.read(str(another), seed=1)
    fast = {"navigator": {"track_limit_mps": 0.25}}
    context = Context(None, None, chosen.vehicle.vehicle(), 1, fast, source="own.yaml")
    with pytest.raises(UserError, match=r"0\.25 is above vehicle\.track_limit_mps, 0\.2 m/s"):
        components(context, ["navigator"])


def test_the_board_s_greatest_speed_stands_once():
    assert layouts._TRACK_SPEED(TRACK_LIMIT_MPS) and not layouts._TRACK_SPEED(0.301)
    assert VehicleConfig().track_limit_mps == TRACK_LIMIT_MPS
    both = [*dataclasses.fields(NavigatorParams), *dataclasses.fields(FollowerParams)]
    fields = {field.name: field for field in both}
    for name in ("speed_mps", "track_limit_mps", "backup_speed_mps", "min_speed_mps"):
        assert fields[name].metadata["high"] == TRACK_LIMIT_MPS
