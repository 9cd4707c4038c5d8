"""`colcon build` installs the package as ROS expects it: programs in lib, launch files in share."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
KEPT_OUT = shutil.ignore_patterns(".*", "__pycache__", "runs", "build", "install", "log")


@pytest.mark.timeout(300)
def test_colcon_builds_the_package(tmp_path):
    colcon = shutil.which("colcon", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    if not colcon:
        pytest.skip("colcon is not on the PATH")
    pytest.importorskip("ament_package", reason="needs ROS 2; run through ./lupex")
    source, install = tmp_path / "src", tmp_path / "install"
    source.mkdir()
    for name in ("lupex_rover", "launch", "config", "urdf", "resource"):
        shutil.copytree(ROOT / name, source / name, ignore=KEPT_OUT)
    for name in ("setup.py", "setup.cfg", "pyproject.toml", "package.xml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source / name)
    # Our messages count as built: making them takes long, and ./lupex has made them by their CMake.
    messages = install / "lupex_rover_interfaces/share/lupex_rover_interfaces"
    messages.mkdir(parents=True)
    (messages / "package.sh").touch()
    done = subprocess.run(
        [colcon, "--log-base", tmp_path / "log", "build", "--base-paths", source,
         "--packages-select", "lupex_rover", "--build-base", tmp_path / "build",
         "--install-base", install],
        cwd=tmp_path, capture_output=True, text=True, timeout=250,
        env={**os.environ, "COLCON_HOME": str(tmp_path), "COLCON_DEFAULTS_FILE": os.devnull},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    made = install / "lupex_rover"
    programs = {p.name for p in (made / "lib/lupex_rover").iterdir()}
    assert {"lupex", "lupex_node", "lupex_cameras", "lupex_recorder", "lupex_simulator"} <= programs
    share = made / "share/lupex_rover"
    assert list((share / "launch").glob("*.launch.py"))
    assert (share / "package.xml").is_file()
    assert (made / "share/ament_index/resource_index/packages/lupex_rover").is_file()
    assert list(made.glob("lib/python3*/site-packages/lupex_rover/craters/*.npz"))
