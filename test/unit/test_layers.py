"""The layers of docs/architecture.md, held by import-linter; they leave no module out."""

import configparser
import subprocess
import sys
from pathlib import Path

import pytest

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "lupex_rover"
SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]
CONTRACTS = SETTINGS["importlinter"]["contracts"]
KNOW_ROS = {"lupex_rover.hosts.ros", "lupex_rover.programs", "lupex_rover.runs", "lupex_rover.cli"}


def parts(folder):
    """Modules and packages right below a folder of the package."""
    found = [p for p in folder.iterdir() if p.suffix == ".py" or (p / "__init__.py").exists()]
    names = {p.stem for p in found} - {"__init__"}
    return {".".join([*folder.relative_to(ROOT).parts, name]) for name in names}


def test_layers_hold():
    lint = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as c; c()"]
    done = subprocess.run(lint + ["--no-cache"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{len(CONTRACTS)} kept, 0 broken" in done.stdout


def test_every_module_is_told_whether_it_may_know_ros():
    contract = next(c for c in CONTRACTS if "rclpy" in c.get("forbidden_modules", ()))
    told = set(contract["source_modules"])
    every = parts(PACKAGE) - {"lupex_rover.hosts"} | parts(PACKAGE / "hosts")
    assert told | KNOW_ROS == every
    assert not told & KNOW_ROS


def test_every_module_is_type_checked():
    examples = {p.parent.name for p in (ROOT / "examples").glob("*/*/__init__.py")}
    packages = SETTINGS["mypy"]["packages"]
    assert set(packages) == {"lupex_rover", "benchmarks"} | examples


def test_every_program_that_is_in_no_package_is_type_checked():
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("no git, or no checkout: which files are the repository's is not known")
    settings = configparser.ConfigParser()
    settings.read(ROOT / "test" / "mypy.ini")
    checked = [Path(name.strip()) for name in settings["mypy"]["files"].split(",")]
    packages = set(SETTINGS["mypy"]["packages"])
    left = [
        path
        for path in map(Path, listed.stdout.splitlines())
        if is_python(ROOT / path)
        and not packages & set(path.parts)
        and not any(path == c or c in path.parents for c in checked)
    ]
    assert left == []


def is_python(path):
    """By its name or its first line."""
    if path.suffix:
        return path.suffix == ".py"
    with path.open("rb") as file:
        return file.readline().startswith(b"#!") and b"python" in path.read_bytes()[:80]


def test_no_folder_is_too_full():
    for folder in {p.parent for p in PACKAGE.rglob("*.py")}:
        assert len(list(folder.glob("*.py"))) <= 34, folder
