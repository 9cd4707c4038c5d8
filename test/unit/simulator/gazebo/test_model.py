"""The rover's URDF for Gazebo, as other people's readers see it."""

from __future__ import annotations

import shutil
import subprocess
import xml.etree.ElementTree as ElementTree

import mujoco
import pytest

from lupex_rover.core.types import WHEELS
from lupex_rover.simulator.gazebo.model import urdf_text
from lupex_rover.simulator.gazebo.params import GazeboParams

TEXT = urdf_text(GazeboParams(), cameras=True)


def names(text, tag):
    return sorted(e.get("name") for e in ElementTree.fromstring(text).findall(tag))


def test_it_is_the_rovers_own_description_and_more(vehicle):
    for tag in ("link", "joint"):
        assert names(TEXT, tag) == names(vehicle.urdf_text, tag)


def test_mujoco_reads_it_with_the_same_mass(vehicle):
    text = TEXT.replace("</robot>", '<mujoco><compiler discardvisual="true"/></mujoco></robot>')
    model = mujoco.MjModel.from_xml_string(text)
    fixed = sum(model.body_mass)  # base_link is welded to the world there, its mass left out
    free = text.replace(
        "</robot>",
        '<link name="world"/><joint name="free" type="floating"><parent link="world"/>'
        '<child link="base_link"/></joint></robot>',
    )
    assert mujoco.mj_getTotalmass(mujoco.MjModel.from_xml_string(free)) == pytest.approx(350.0)
    assert fixed < 350.0
    assert vehicle.total_mass_kg == pytest.approx(350.0)


def test_urdfdom_py_reads_it(vehicle):
    reader = pytest.importorskip("urdf_parser_py.urdf", reason="urdfdom-py is not installed")
    robot = reader.URDF.from_xml_string(vehicle.urdf_text)
    assert robot.get_root() == "base_link"
    assert len(robot.joints) == len(vehicle.joints)
    mass = sum(link.inertial.mass for link in robot.links if link.inertial)
    assert mass == pytest.approx(350.0)


@pytest.mark.skipif(shutil.which("check_urdf") is None, reason="no check_urdf (liburdfdom-tools)")
def test_check_urdf_is_clean(tmp_path):
    (tmp_path / "r.urdf").write_text(TEXT)
    done = subprocess.run(["check_urdf", "r.urdf"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "Successfully Parsed" in done.stdout
    assert done.stderr == ""


def test_every_wheel_has_belt_sprocket_and_steering_at_the_rovers_rates(vehicle):
    plugins = ElementTree.fromstring(TEXT).findall("gazebo/plugin")
    belts = {p.findtext("link"): p for p in plugins if p.find("link") is not None}
    joints = {p.findtext("joint_name"): p for p in plugins if p.find("joint_name") is not None}
    for wheel in WHEELS:
        assert float(belts[f"{wheel}_crawler"].findtext("max_velocity")) == 0.3  # ICD, MOB
        assert f"{wheel}_drive_joint" in joints
        steer = joints[f"{wheel}_steer_joint"]
        assert float(steer.findtext("cmd_max")) == vehicle.steer_rate_rps


def test_friction_and_step_are_the_parameters():
    text = urdf_text(GazeboParams(friction=0.5, step_s=0.005), cameras=False)
    root = ElementTree.fromstring(text)
    assert {m.text for m in root.iter("mu1")} == {"0.5"}
    (sensor,) = root.iter("sensor")
    assert float(sensor.findtext("update_rate")) == 200.0
