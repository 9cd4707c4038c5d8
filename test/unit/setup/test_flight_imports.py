"""What flies needs the set `flight` only (and ROS 2): the others' libraries are hidden here."""

import importlib.util
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
HIDDEN = (
    "mujoco", "plotly", "dask", "distributed", "pytest", "_pytest", "skyfield", "skyfield_data",
    "mcap_ros2", "spacepackets", "urdf_parser_py", "coverage", "de421", "jplephem", "matplotlib",
)  # fmt: skip
PROGRAM = """
import importlib, json, pkgutil, sys
hidden, ros = set(json.loads(sys.argv[1])), json.loads(sys.argv[2])

class Hide:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in hidden:
            raise ModuleNotFoundError("hidden: " + name, name=name)

sys.meta_path.insert(0, Hide())
import lupex_rover
imported, failed = [], {}
for module in pkgutil.walk_packages(lupex_rover.__path__, "lupex_rover."):
    if module.name.endswith("__main__"):
        continue
    try:
        importlib.import_module(module.name)
        imported.append(module.name)
    except ModuleNotFoundError as error:
        failed[module.name] = error.name.split(".")[0]
print(json.dumps([imported, failed]))
"""
# The simulator, the report, and what ties them to a host or a command.
ON_THE_GROUND = tuple(f"lupex_rover.{n}" for n in ("simulator", "report", "cli", "runs"))
HOSTS_OF_THE_SIMULATOR = (
    "harness", "component_faults", "sim_process", "injected_here", "simulator"
)  # fmt: skip


@pytest.fixture(scope="module")
def walked():
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, json.dumps(HIDDEN), "true"], capture_output=True,
        text=True, cwd=ROOT, timeout=300, env={**os.environ, "PYTHONPATH": path()},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def path():
    return f"{ROOT}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"


def test_every_module_that_flies_can_be_imported(walked):
    imported, failed = walked
    ros = importlib.util.find_spec("rclpy") is not None
    wrong = {
        name: missing
        for name, missing in failed.items()
        if not name.startswith(ON_THE_GROUND)
        and name.split(".")[-1] not in HOSTS_OF_THE_SIMULATOR
        and (ros or missing in HIDDEN)
    }
    assert not wrong
    assert len(imported) > 150
    assert any(".landing." in name for name in imported)
    if ros:
        scripts = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
        assert "lupex_rover.runs.fly_ros" in imported  # `lupex up rover` starts what flies by it
        for program in ("lupex_node", "lupex_cameras", "lupex_recorder"):
            assert re.search(rf'^{program} = "(.*):main"', scripts, re.M)[1] in imported


def test_the_commands_start_on_the_rovers_computer(walked):
    assert "lupex_rover.cli.app" in walked[0]


def test_a_command_names_the_set_that_it_misses():
    program = PROGRAM.split("import lupex_rover")[0] + (
        "from lupex_rover.cli.app import main\nsys.argv[1:] = ['test']\nmain()"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, json.dumps(HIDDEN), "true"], capture_output=True,
        text=True, cwd=ROOT, timeout=300,
        env={**os.environ, "PYTHONPATH": path(), "LUPEX_EXTRAS": "ground"},
    )  # fmt: skip
    assert done.returncode == 2, done.stderr
    assert done.stderr.startswith("lupex: this needs pytest, of the set `development`")
    assert "LUPEX_EXTRAS=ground,development" in done.stderr
