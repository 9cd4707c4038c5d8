"""`tools/first_imports.py`: what our code imports is imported once, whatever comes of it."""

import importlib.util
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def tool():
    spec = importlib.util.spec_from_file_location("first_imports", ROOT / "tools/first_imports.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_it_finds_libraries_also_inside_functions_and_none_of_ours_or_pythons(tool):
    found = tool.imported([ROOT / "lupex_rover"])
    assert {"numpy", "scipy", "numba", "cv2", "plotly", "mujoco", "rclpy"} <= {
        name.split(".")[0] for name in found
    }
    assert not {"os", "json", "lupex_rover", "benchmarks"} & {n.split(".")[0] for n in found}


def test_a_library_that_fails_does_not_end_it(tool, tmp_path, monkeypatch, capsys):
    (tmp_path / "ends_at_once.py").write_text("raise SystemExit(3)\n")
    (tmp_path / "good_one.py").write_text("")
    (tmp_path / "code.py").write_text(
        "import ends_at_once\ndef f():\n    from good_one import x\nimport missing_one\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(tool, "ALSO", ())
    tool.main([tmp_path])
    assert "good_one" in sys.modules
    told = capsys.readouterr().out
    assert "ends_at_once: SystemExit" in told
    assert "missing_one: ModuleNotFoundError" in told
