"""Key `vehicle`: another rover from a file, and what its board allows."""

import dataclasses
import re
from pathlib import Path

import pytest

from lupex_rover.core.constants import TRACK_LIMIT_MPS
from lupex_rover.core.errors import UserError
from lupex_rover.core.vehicle import default_path
from lupex_rover.core.vehicle_reader import read_vehicle
from lupex_rover.navigation.follower_params import FollowerParams
from lupex_rover.navigation.kinematics import crawler_command
from lupex_rover.navigation.params import NavigatorParams
from lupex_rover.nodes.build import components
from lupex_rover.nodes.context import Context
from lupex_rover.protocol.fields import fields_of
from lupex_rover.protocol.messages import Drive
from lupex_rover.scenarios import rover_config, run_files, scenario
from lupex_rover.scenarios.vehicle_config import VehicleConfig
from lupex_rover.simulator.gazebo.start import maker

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


def test_another_rover_is_what_its_file_says(another):
    """`test/examples/test_own_rover.py` drives one."""
    vehicle = scenario.read(str(another)).vehicle.vehicle()
    plain = read_vehicle(default_path())
    assert vehicle.crawler_flat_m == pytest.approx(plain.crawler_flat_m + 0.04)
    assert max(abs(crawler_command(1.0, 0.0, vehicle).speed_mps)) == pytest.approx(0.2)


@pytest.mark.parametrize("limit_rad", ["1.5", "1.8"])
def test_steering_that_board_or_kinematics_cannot_do_is_refused(another, limit_rad):
    path = another.parent / "models" / "longer.urdf.xacro"
    text = path.read_text().replace('lower="-1.75" upper="1.75"', f'lower="-{limit_rad}" upper="2"')
    path.write_text(text)
    with pytest.raises(UserError, match=rf"longer\.urdf\.xacro: the steering .* {limit_rad}"):
        scenario.read(str(another)).vehicle.vehicle()


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"clearance_m": 1.0}, r"own\.yaml\.nodes\.navigator\.clearance_m: 1 m is less than half"),
        ({"clearance_tight_m": 0.6}, r"clearance_tight_m: 0\.6 m is less than half the width"),
    ],
)
def test_a_plan_that_would_not_clear_the_rover_is_refused(another, wrong, named):
    vehicle = scenario.read(str(another)).vehicle.vehicle()
    context = Context(None, None, vehicle, 1, {"navigator": wrong}, source="own.yaml")
    with pytest.raises(UserError, match=named):
        components(context, ["navigator"])


def test_gazebo_drives_no_other_rover(another, tmp_path):
    chosen = scenario.read(str(another))
    with pytest.raises(UserError, match=r"longer\.urdf\.xacro: in Gazebo .* bundled rover alone"):
        maker(chosen, chosen.vehicle.vehicle(), tmp_path)


def test_a_speed_above_what_the_board_takes_is_refused(another):
    chosen = scenario.read(str(another), seed=1)
    fast = {"navigator": {"track_limit_mps": 0.25}}
    context = Context(None, None, chosen.vehicle.vehicle(), 1, fast, source="own.yaml")
    with pytest.raises(UserError, match=r"0\.25 is above vehicle\.track_limit_mps, 0\.2 m/s"):
        components(context, ["navigator"])


def test_the_board_s_greatest_speed_stands_once():
    assert fields_of(Drive)["track_speed_mps"].limits == (-TRACK_LIMIT_MPS, TRACK_LIMIT_MPS)
    assert VehicleConfig().track_limit_mps == TRACK_LIMIT_MPS
    both = [*dataclasses.fields(NavigatorParams), *dataclasses.fields(FollowerParams)]
    fields = {field.name: field for field in both}
    for name in ("speed_mps", "track_limit_mps", "backup_speed_mps", "min_speed_mps"):
        assert fields[name].metadata["high"] == TRACK_LIMIT_MPS
