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
