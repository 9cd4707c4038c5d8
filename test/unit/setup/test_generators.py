"""`tools/rosidl/sitecustomize.py`: ROS's generators write the same with it, byte by byte."""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
TOOL = ROOT / "tools/rosidl"
MESSAGES = ("msg/DriveState.msg", "msg/Sample.msg", "action/DriveTo.action")
ADAPT = """
import pathlib, sys
from rosidl_adapter import convert_to_idl
for name in sys.argv[3:]:
    source, out = map(pathlib.Path, sys.argv[1:3])
    convert_to_idl(source, "lupex_rover_interfaces", pathlib.Path(name), out)
"""


@pytest.fixture(scope="module")
def tool():
    spec = importlib.util.spec_from_file_location("rosidl_tool", TOOL / "sitecustomize.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_it_does_nothing_in_other_programs(tool):
    assert tool.arguments_file() is None


def test_every_item_is_done_once_and_a_failure_elsewhere_is_told(tool, tmp_path):
    items = [str(n) for n in range(7)]
    tool.in_shares(items, lambda share: [(tmp_path / n).write_text(n) for n in share])
    assert sorted(p.name for p in tmp_path.iterdir()) == items

    def fails(share):
        if "1" in share:
            raise ValueError("bad")

    with pytest.raises((RuntimeError, ValueError)):
        tool.in_shares(items, fails)


@pytest.mark.parametrize("generator", ["rosidl_generator_py", "rosidl_typesupport_fastrtps_c"])
def test_generators_write_the_same(tmp_path, generator):
    module = pytest.importorskip(generator, reason="needs ROS 2's generators")
    prefix = Path(module.__file__).parents[4]
    program = prefix / "lib" / generator / generator
    templates = prefix / "share" / generator / "resource"
    if not program.is_file():
        pytest.skip(f"{generator}: not where the wheels have it")
    source = ROOT / "lupex_rover_interfaces"
    subprocess.run([sys.executable, "-c", ADAPT, source, tmp_path, *MESSAGES], check=True)
    written = {}
    for way in ("plain", "quick"):
        out = tmp_path / way
        arguments = tmp_path / f"{way}.json"
        idl = [f"{tmp_path}:{Path(name).with_suffix('.idl')}" for name in MESSAGES]
        arguments.write_text(json.dumps({
            "package_name": "lupex_rover_interfaces", "output_dir": str(out),
            "template_dir": str(templates), "idl_tuples": idl,
            "ros_interface_dependencies": [], "target_dependencies": [str(program)],
        }))  # fmt: skip
        for folder in ("msg", "action"):
            (out / folder).mkdir(parents=True)
        env = {**os.environ, "PYTHONHASHSEED": "0"}
        if way == "quick":
            env["PYTHONPATH"] = f"{TOOL}{os.pathsep}{env.get('PYTHONPATH', '')}"
            env["LUPEX_IDL"] = str(tmp_path / "idl")
        command = [sys.executable, program, "--generator-arguments-file", arguments]
        if generator == "rosidl_generator_py":
            command += ["--typesupport-impls", "rosidl_typesupport_c"]
        done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr
        assert "not made quick" not in done.stderr
        files = [p for p in out.rglob("*") if p.is_file()]
        written[way] = {p.relative_to(out): p.read_bytes() for p in files}
    assert len(written["plain"]) >= 2 * len(MESSAGES)
    assert written["quick"] == written["plain"]
    assert len(list((tmp_path / "idl").iterdir())) == len(MESSAGES)
