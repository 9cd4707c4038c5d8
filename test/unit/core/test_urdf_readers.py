"""The rover's description as urdfdom reads it (`check_urdf`), where that is on the PATH.

`check_urdf` comes with liburdfdom-tools, or with the wheel cmeel-urdfdom.
"""

import re
import shutil
import subprocess
from xml.etree import ElementTree

import pytest

from lupex_rover.core.vehicle import default_path
from lupex_rover.core.vehicle_reader import read_vehicle

CHECK = shutil.which("check_urdf")


@pytest.mark.skipif(CHECK is None, reason="check_urdf is not on the PATH")
def test_urdfdom_finds_one_tree_with_every_link(tmp_path):
    path = tmp_path / "rover.urdf"
    path.write_text(read_vehicle(default_path()).urdf_text, encoding="utf-8")
    done = subprocess.run([CHECK, str(path)], capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, done.stderr
    assert "Successfully Parsed XML" in done.stdout and "rror" not in done.stderr
    names = {link.get("name") for link in ElementTree.parse(path).iter("link")}
    listed = set(re.findall(r"(?:root Link: |child\(\d+\):\s+)(\S+)", done.stdout))
    assert listed == names


def test_cases_of_a_root_that_weighs_nothing():
    """KDL drops a root's inertia, and robot_state_publisher warns of it."""
    reader = pytest.importorskip("urdf_parser_py.urdf", reason="urdfdom-py is not installed")
    vehicle = read_vehicle(default_path())
    robot = reader.URDF.from_xml_string(vehicle.urdf_text)
    root = robot.link_map[robot.get_root()]
    assert (root.name, root.inertial, root.visuals, root.collisions) == ("base_link", None, [], [])
    assert robot.child_map["base_link"][0] == ("body_link_joint", "body_link")
    weighed = sum(link.inertial.mass for link in robot.links if link.inertial is not None)
    assert weighed == pytest.approx(350.0) == pytest.approx(vehicle.total_mass_kg)
    names = [link.name for link in robot.links] + [joint.name for joint in robot.joints]
    assert len(names) == len(set(names))
    moving = [joint for joint in robot.joints if joint.type != "fixed"]
    assert all(robot.link_map[j.child].inertial is not None for j in moving)
