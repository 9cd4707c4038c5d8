"""The package's metadata, as pip and colcon read them."""

import ast
import re
import shutil
import subprocess
import sys
from email.parser import Parser
from pathlib import Path
from xml.etree import ElementTree

import pytest

ROOT = Path(__file__).parents[3]
# As colcon does: everything that setup() knows must be plain data, or `colcon build` stops.
COLCON = """
import sys, setuptools
from distutils.core import run_setup
dist = run_setup("setup.py", script_args=("--dry-run",), stop_after="config")
skipped = ("cmdclass", "distclass", "ext_modules", "metadata")
data = {k: v for k, v in dist.__dict__.items() if not k.startswith("_") and not callable(v)
        and k not in skipped and k not in dist.display_option_names}
data["metadata"] = {k: v for k, v in dist.metadata.__dict__.items()
                    if k not in ("license_files", "provides_extras")}
sys.stdout.buffer.write(repr(data).encode())
"""
METADATA = (
    "import sys; from setuptools import build_meta as b; "
    "b.prepare_metadata_for_build_wheel(sys.argv[1])"
)
# Packages of ROS that our modules import, and that package.xml must name therefore.
ROS = re.compile(
    r"^\s*(?:from|import) (rclpy|\w+_msgs|\w+_interfaces|std_srvs|ament_index_python|launch\w*)\b",
    re.MULTILINE,
)


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """A checkout that may be written to, without what takes long to copy."""
    folder = tmp_path_factory.mktemp("checkout")
    for name in ("setup.py", "setup.cfg", "pyproject.toml", "package.xml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, folder / name)
    for name in ("launch", "config", "urdf", "resource"):
        shutil.copytree(ROOT / name, folder / name)
    for path in (ROOT / "lupex_rover").rglob("__init__.py"):
        target = folder / path.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
    return folder


def run(folder, *arguments):
    return subprocess.run(
        [sys.executable, *arguments], cwd=folder, capture_output=True, text=True, check=True,
        timeout=120,
    ).stdout  # fmt: skip


def test_colcon_can_read_what_setup_says(copy):
    data = ast.literal_eval(run(copy, "-c", COLCON).splitlines()[-1])
    scripts = data["entry_points"]["console_scripts"]
    assert any(script.startswith("lupex_node") for script in scripts)
    installed = dict(data["data_files"])
    assert installed["share/ament_index/resource_index/packages"] == ["resource/lupex_rover"]
    assert installed["share/lupex_rover/launch"]
    assert "lupex_rover.landing" in data["packages"]


def test_pip_finds_the_sets_and_the_lowest_python(copy, tmp_path):
    run(copy, "-c", METADATA, tmp_path)
    (path,) = tmp_path.rglob("METADATA")
    told = Parser().parsestr(path.read_text(encoding="utf-8"))
    assert told["Requires-Python"] == ">=3.10"
    assert told["License"] == "Apache-2.0"
    sets = set(told.get_all("Provides-Extra"))
    assert {"flight", "simulation", "ground", "development", "ros"} <= sets
    wanted = told.get_all("Requires-Dist")
    assert all("extra ==" in w for w in wanted), "something would be installed with every set"
    assert any(re.match(r"numpy.*extra == .flight.", w) for w in wanted)
    assert any(re.match(r"mujoco.*extra == .simulation.", w) for w in wanted)
    assert not any(re.match(r"mujoco.*extra == .flight.", w) for w in wanted)


def test_package_xml_names_the_packages_of_ros_that_are_imported():
    package = ElementTree.parse(ROOT / "package.xml").getroot()
    named = {e.text for e in package if e.tag in ("depend", "exec_depend")}
    imported = set()
    for folder in ("lupex_rover", "launch"):
        for path in (ROOT / folder).rglob("*.py"):
            imported |= set(ROS.findall(path.read_text(encoding="utf-8")))
    assert {"rclpy", "launch_ros"} <= imported
    assert not imported - named
