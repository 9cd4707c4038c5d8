"""Worlds: what stands in the SDF, read back, and what the SDF parser says where it is installed."""

from __future__ import annotations

import dataclasses
import json
import math
import shutil
import subprocess
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest
import yaml

from lupex_rover.core.errors import UserError
from lupex_rover.core.files import shipped
from lupex_rover.core.transforms import rpy_to_matrix
from lupex_rover.simulator.gazebo.make import WorldRequest, scene_of
from lupex_rover.simulator.gazebo.mesh import write_obj
from lupex_rover.simulator.gazebo.params import GazeboParams
from lupex_rover.simulator.gazebo.world_file import SunLight, write_world
from lupex_rover.terrain.dem import Dem

T_NS = 1861920000_000000000  # 2029-01-01


@pytest.fixture
def land():
    """A bowl of 2 km at 20 m."""
    axis = np.linspace(-1000, 1000, 101)
    x, y = np.meshgrid(axis, axis)
    return Dem((x**2 + y**2) / 4e4, -1000.0, -1000.0, 20.0)


def wanted(**changes):
    values = {"x_m": 100.0, "y_m": -50.0, "size_m": 20.0, "step_m": 0.5, "t_ns": T_NS, "seed": 3,
              "rocks_m": 0.16, "heading_rad": 0.3}  # fmt: skip
    return WorldRequest(**{**values, **changes})


@pytest.fixture
def made(land, vehicle, tmp_path):
    scene = scene_of(land, wanted(), vehicle)
    path = write_world(scene, tmp_path / "w", GazeboParams(), cameras=True)
    return scene, path


def read_obj(path):
    """Vertices (N, 3) and triangles (M, 3) by the OBJ specification."""
    vertices, faces = [], []
    for line in path.read_text().splitlines():
        words = line.split()
        if words[0] == "v":
            vertices.append([float(w) for w in words[1:]])
        if words[0] == "f":
            faces.append([int(w.split("/")[0]) - 1 for w in words[1:]])
    return np.array(vertices), np.array(faces)


def test_mesh_is_the_ground_and_faces_up(tmp_path):
    rng = np.random.default_rng(1)
    dem = Dem(rng.normal(size=(7, 9)), 100.0, 200.0, 0.5)
    origin = np.array([101.0, 201.0, 0.5])
    write_obj(dem, origin, tmp_path / "t.obj")
    vertices, faces = read_obj(tmp_path / "t.obj")
    assert (len(vertices), len(faces)) == (63, 2 * 6 * 8)
    at = vertices + origin
    np.testing.assert_allclose(at[:, 2], dem.height(at[:, 0], at[:, 1]), atol=1e-4)
    a, b, c = (vertices[faces[:, k]] for k in range(3))
    normals = np.cross(b - a, c - a)
    assert (normals[:, 2] > 0).all()
    assert normals[:, 2].sum() / 2 == pytest.approx(8 * 0.5 * 6 * 0.5)  # covers it once


def test_sunlight_travels_away_from_the_sun():
    east = SunLight(0, math.radians(90), 0.0, 1.0)
    np.testing.assert_allclose(east.direction, [-1, 0, 0], atol=1e-12)
    north = SunLight(0, 0.0, math.radians(30), 1.0)
    np.testing.assert_allclose(north.direction, [0, -math.sqrt(3) / 2, -0.5], atol=1e-12)


def test_world_is_the_moon(made):
    _, path = made
    root = ElementTree.parse(path).getroot()
    assert root.get("version") == "1.9"
    world = root.find("world")
    assert [float(v) for v in world.findtext("gravity").split()] == [0, 0, pytest.approx(-1.6249)]
    assert float(world.findtext("atmosphere/pressure")) == 0
    assert world.findtext("scene/background") == "0 0 0 1"
    assert world.find("wind") is None


def test_rover_stands_on_the_ground_with_its_heading(made, vehicle):
    scene, path = made
    x, y, z, *rpy = map(float, ElementTree.parse(path).findtext("world/include/pose").split())
    up = rpy_to_matrix(*rpy)[:, 2]
    foot = np.array([x, y, z]) - vehicle.base_height_m * up
    np.testing.assert_allclose(foot[:2], 0.0, atol=1e-4)
    under = scene.ground.height(100.0, -50.0) - scene.origin_m[2]
    assert under - 0.05 < foot[2] < under + 0.2
    assert rpy[2] == pytest.approx(0.3, abs=0.03)


def test_rocks_stick_out_as_high_and_wide_as_they_are(made):
    scene, path = made
    rocks = ElementTree.parse(path).findall("world/model[@name='rocks']/link/collision")
    assert len(rocks) == len(scene.rocks) > 0
    for element, (x, y, diameter, height) in zip(rocks, scene.rocks):
        cx, cy, cz = map(float, element.findtext("pose").split()[:3])
        radius = float(element.findtext("geometry/sphere/radius"))
        ground = scene.ground.height(float(x), float(y)) - scene.origin_m[2]
        np.testing.assert_allclose([cx + 100, cy - 50], [x, y], atol=1e-3)
        assert cz + radius - ground == pytest.approx(height, abs=2e-3)
        at_ground = 2 * math.sqrt(radius**2 - (ground - cz) ** 2)
        assert at_ground == pytest.approx(diameter, rel=0.02)


@pytest.mark.parametrize(("elevation_deg", "brightness"), [(1.5, 3.0), (15.0, 2.146), (60.0, 1.0)])
def test_a_grazing_sun_is_exposed_longer_and_half_a_sun_half_as_bright(
    made, elevation_deg, brightness, tmp_path
):
    """15 degrees: 0.25 / (0.45 sin 15 deg) = 2.146."""
    scene, _ = made
    sun = SunLight(T_NS, 1.0, math.radians(elevation_deg), 0.5)
    path = write_world(dataclasses.replace(scene, sun=sun), tmp_path, GazeboParams(), False)
    light = ElementTree.parse(path).find("world/light")
    assert float(light.findtext("intensity")) == pytest.approx(0.5 * brightness, abs=1e-3)
    np.testing.assert_allclose([float(v) for v in light.findtext("direction").split()],
                               sun.direction, atol=1e-5)  # fmt: skip


def test_no_sun_no_light(land, vehicle, tmp_path):
    """In the bowl's middle the Sun, at most 1.6 degrees high at the pole, does not come in."""
    scene = scene_of(land, wanted(x_m=0.0, y_m=0.0), vehicle)
    path = write_world(scene, tmp_path, GazeboParams(), cameras=False)
    lights = ElementTree.parse(path).findall("world/light")
    assert scene.sun.fraction == 0.0
    assert lights == []
    assert json.loads((tmp_path / "world.json").read_text())["sun_fraction"] == 0.0


@pytest.mark.parametrize(
    ("changes", "names"),
    [({"x_m": 995.0}, "not inside the map"), ({"step_m": 0.01}, "--step 0.01")],
)
def test_what_cannot_be_made_is_refused_by_name(land, vehicle, changes, names):
    with pytest.raises(UserError, match=names):
        scene_of(land, wanted(**changes), vehicle)


def test_without_relief_it_is_the_map(land, vehicle):
    scene = scene_of(land, wanted(seed=None), vehicle)
    x, y = np.meshgrid(*scene.ground.grid())
    np.testing.assert_allclose(scene.ground.heights, land.height(x, y), atol=1e-5)


@pytest.mark.skipif(shutil.which("ign") is None, reason="no ign sdf (ignition-tools)")
def test_the_sdf_parser_finds_nothing_wrong(made):
    _, path = made
    for file in ("world.sdf", "models/lupex_rover/lupex_rover.urdf"):
        done = subprocess.run(
            ["ign", "sdf", "-k", file], cwd=path.parent, capture_output=True, text=True
        )
        assert "Valid." in done.stdout, done.stdout + done.stderr
        assert "Error" not in done.stdout + done.stderr


def test_the_bridge_names_topics_that_the_world_has(made):
    _, path = made
    text = (path.parent / "models/lupex_rover/lupex_rover.urdf").read_text()
    rover = ElementTree.fromstring(text)
    has = {"/world/lupex/clock", "/model/lupex_rover/pose"}
    has |= {t.text for t in rover.iter("topic")}
    for plugin in rover.iter("plugin"):
        link, joint = plugin.findtext("link"), plugin.findtext("joint_name")
        has.add(f"/model/lupex_rover/link/{link}/track_cmd_vel")
        has.add(f"/model/lupex_rover/joint/{joint}/0/cmd_pos")
    bridged = yaml.safe_load(shipped("config/gazebo_bridge.yaml").read_text())
    assert len(bridged) == 15
    for entry in bridged:
        assert entry["gz_topic_name"] in has
        assert set(entry) == {
            "ros_topic_name", "gz_topic_name", "ros_type_name", "gz_type_name", "direction"
        }  # fmt: skip
