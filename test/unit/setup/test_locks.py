"""The lock files: exact, hashed, without addresses, of one mind, and fit for a rover's computer."""

import csv
import re
import sys
from pathlib import Path

import pytest
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name, parse_wheel_filename

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).parents[3]
LOCKS = sorted((ROOT / "locks").rglob("*.txt"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
NOT_ON_BOARD = {
    "mujoco", "plotly", "dask", "distributed", "pytest", "coverage", "ruff", "mypy", "skyfield",
    "matplotlib", "sphinx", "spacepackets", "import-linter", "lunar-toolkit", "de421",
}  # fmt: skip
PYTHONS = ("3.10", "3.11", "3.12", "3.13", "3.14")
GLIBC = (2, 28)


def pins(path):
    """(requirement, its hashes) of each entry of a lock."""
    found = []
    for entry in path.read_text(encoding="utf-8").replace("\\\n", " ").splitlines():
        if entry.strip() and not entry.startswith("#"):
            text, *hashes = entry.split("--hash=")
            found.append((Requirement(text.strip()), {h.strip() for h in hashes}))
    return found


def by_name(path):
    held = {}
    for requirement, hashes in pins(path):
        held.setdefault(canonicalize_name(requirement.name), []).append((requirement, hashes))
    return held


def wanted(extra):
    """Requirements of a set, with those of the sets it holds."""
    for text in EXTRAS[extra]:
        requirement = Requirement(text)
        if canonicalize_name(requirement.name) == canonicalize_name(PROJECT["name"]):
            for inner in requirement.extras:
                yield from wanted(inner)
        else:
            yield requirement


def version(requirement):
    (only,) = requirement.specifier
    assert only.operator == "==", requirement
    return only.version


def machine(python, platform="aarch64"):
    return {
        "python_version": python, "python_full_version": f"{python}.1", "sys_platform": "linux",
        "platform_system": "Linux", "os_name": "posix", "platform_machine": platform,
        "implementation_name": "cpython", "platform_python_implementation": "CPython", "extra": "",
    }  # fmt: skip


@pytest.mark.parametrize("path", LOCKS, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_a_lock_pins_every_package_with_hashes_and_names_no_address(path):
    found = pins(path)
    assert found
    for requirement, hashes in found:
        assert version(requirement)
        assert requirement.url is None
        assert hashes
        assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", h) for h in hashes), requirement
    assert "://" not in path.read_text(encoding="utf-8")


def test_there_is_a_lock_for_each_set_of_libraries():
    assert {"flight", "simulation", "ground", "development"} <= set(EXTRAS)
    for extra in EXTRAS:
        assert (ROOT / "locks" / f"{extra}.txt").is_file()
        assert extra == "ros" or (ROOT / "locks/sourced" / f"{extra}.txt").is_file()


@pytest.mark.parametrize("folder", ["locks", "locks/sourced"])
@pytest.mark.parametrize("extra", EXTRAS)
def test_a_lock_holds_what_its_set_wants(folder, extra):
    path = ROOT / folder / f"{extra}.txt"
    if not path.exists():
        assert (folder, extra) == ("locks/sourced", "ros")
        return
    held = by_name(path)
    for requirement in wanted(extra):
        entries = held[canonicalize_name(requirement.name)]
        for entry, _ in entries:
            other = requirement.marker and entry.marker and requirement.marker != entry.marker
            assert other or requirement.specifier.contains(version(entry)), (requirement, entry)


@pytest.mark.parametrize("folder", ["locks", "locks/sourced"])
def test_locks_agree_so_that_one_may_be_installed_while_another_is_used(folder):
    seen = {}
    for path in (ROOT / folder).glob("*.txt"):
        for name, entries in by_name(path).items():
            for python in PYTHONS:
                for platform in ("x86_64", "aarch64"):
                    env = machine(python, platform)
                    now = {version(r) for r, _ in entries if not r.marker or r.marker.evaluate(env)}
                    if now:
                        first = seen.setdefault((name, python, platform), (now, path.name))
                        assert now == first[0], (name, python, path.name, first[1])


@pytest.mark.parametrize("folder", ["locks", "locks/sourced"])
def test_the_rovers_computer_gets_no_simulator_plots_or_tests(folder):
    assert not NOT_ON_BOARD & set(by_name(ROOT / folder / "flight.txt"))
    whole = set(by_name(ROOT / folder / "development.txt"))
    assert NOT_ON_BOARD - {"lunar-toolkit", "de421"} <= whole


def fits(tag, python):
    """Whether CPython `python` on aarch64 with the C library of GLIBC takes a wheel of `tag`."""
    if tag.platform != "any":
        found = re.fullmatch(r"manylinux_(\d+)_(\d+)_aarch64|manylinux2014_aarch64", tag.platform)
        if not found or (found[1] and (int(found[1]), int(found[2])) > GLIBC):
            return False
    number = int(python.split(".")[1])
    if tag.abi == "none":
        return tag.interpreter in ("py3", "py2", f"cp3{number}")
    oldest = int(tag.interpreter[3:]) if re.fullmatch(r"cp3\d+", tag.interpreter) else 99
    if tag.abi == "abi3":
        return oldest <= number
    return tag.abi == tag.interpreter and oldest == number


@pytest.mark.parametrize(
    ("lock", "pythons"), [("flight.txt", PYTHONS), ("sourced/flight.txt", ("3.12",))]
)
def test_everything_that_flies_has_a_wheel_for_aarch64(lock, pythons):
    """`flight-aarch64.csv` names the wheels; their hashes in the lock show that they are its."""
    with open(ROOT / "locks/flight-aarch64.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for requirement, hashes in pins(ROOT / "locks" / lock):
        for python in pythons:
            marker = requirement.marker or Marker("python_version > '3'")
            if not marker.evaluate(machine(python)):
                continue
            name = canonicalize_name(requirement.name)
            good = [
                row for row in rows
                if canonicalize_name(row["package"]) == name
                and f"sha256:{row['sha256']}" in hashes
                and str(parse_wheel_filename(row["wheel"])[1]) == version(requirement)
                and any(fits(tag, python) for tag in parse_wheel_filename(row["wheel"])[3])
            ]  # fmt: skip
            assert good, f"{requirement} has no wheel for aarch64, Python {python}"
