"""`test/unit` has the folders of the package, and `benchmarks` those of the benchmarks."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
UNIT = ROOT / "test" / "unit"
# Folders of code without a folder of tests of their own, and what tests them instead.
TESTED_ELSEWHERE = {
    "core/types": "codec/test_codec.py: every message there and back; test_graph.py: its fields",
    "simulator/payload": "science/test_assay.py: the assay on the simulated instruments",
    "benchmarks/bags": "times alone, of code that is tested in bags",
    "benchmarks/graph": "times alone, on ROS",
}


# Folders of tests of what is no package.
OF_NO_PACKAGE = {"setup": "the program `lupex`, the locks, the files of packaging"}


def counterpart(folder):
    """The folder of code that a folder of tests stands for, as a path below `test/unit`."""
    if folder.parts[:1] == ("benchmarks",):
        return ROOT / folder
    return ROOT / "lupex_rover" / folder


def code_folders():
    """Every folder with code of its own, by the name of the folder of its tests."""
    for top, prefix in (("lupex_rover", Path()), ("benchmarks", Path("benchmarks"))):
        for init in (ROOT / top).rglob("__init__.py"):
            if len(list(init.parent.glob("*.py"))) > 1:
                yield (prefix / init.parent.relative_to(ROOT / top)).as_posix()


def folders_of_tests():
    return {p.parent.relative_to(UNIT) for p in UNIT.rglob("*.py")} - {Path()}


def test_every_folder_of_tests_has_its_code():
    lone = [str(f) for f in folders_of_tests() if not (counterpart(f) / "__init__.py").exists()]
    assert lone == list(OF_NO_PACKAGE)


def test_every_folder_of_code_has_its_tests():
    tested = {p.parent.relative_to(UNIT).as_posix() for p in UNIT.rglob("test_*.py")}
    without = {f for f in code_folders() if f not in tested | {"."}}
    assert without == set(TESTED_ELSEWHERE)
