"""What is refused by name, with exit code 2, before anything is started."""

from __future__ import annotations

import sys

import pytest

from lupex_rover.cli import app
from lupex_rover.core.errors import UserError
from lupex_rover.scenarios import run_folder
from lupex_rover.simulator.gazebo import server
from lupex_rover.terrain.dem import Dem
from lupex_rover.terrain.dem_file import write_dem


def call(monkeypatch, capsys, *words):
    monkeypatch.setattr(sys, "argv", ["lupex", *map(str, words)])
    with pytest.raises(SystemExit) as ended:
        app.main()
    return ended.value.code, capsys.readouterr()


@pytest.mark.parametrize("words", [("sim",), ("sim", "--boards"), ("mission",), ("up",)])
def test_without_gz_it_says_what_to_install(monkeypatch, capsys, tmp_path, words):
    monkeypatch.setenv("PATH", str(tmp_path))
    out = tmp_path / "out"
    code, said = call(monkeypatch, capsys, *words, "--physics", "gazebo", "--out", out)
    assert code == 2
    assert said.err.count("\n") == 1
    assert "gz is not on the PATH; install Gazebo Harmonic" in said.err


def test_bindings_that_are_missing_are_named(monkeypatch):
    from lupex_rover.simulator.gazebo import transport

    monkeypatch.setattr(transport, "SYSTEM_PACKAGES", server.Path("/nowhere"))
    with pytest.raises(UserError, match=r"cannot import gz\.transport99"):
        transport.bindings("transport99")


def test_a_physics_that_is_not(monkeypatch, capsys, tmp_path):
    code, said = call(monkeypatch, capsys, "sim", "--physics", "ode", "--out", tmp_path)
    assert code == 2
    assert said.err == "lupex: --physics: 'ode' is unknown; choose stand-in or gazebo\n"


def test_a_launch_argument_physics_that_is_not(tmp_path):
    with pytest.raises(UserError, match="launch argument physics: 'ode'"):
        run_folder.launch_simulation(str(tmp_path), "reference", "", "1.0", [], "ode")


def test_a_world_from_a_map_and_what_it_refuses(monkeypatch, capsys, tmp_path):
    import numpy as np

    write_dem(Dem(np.zeros((30, 30)), -150.0, -150.0, 10.0), tmp_path / "m.tif")
    base = ("world", "--map", tmp_path / "m.tif", "--at", 0, 0, "--out", tmp_path / "w")
    code, said = call(monkeypatch, capsys, *base, "--size", 20, "--step", 0.5)
    assert code == 0, said.err
    assert (tmp_path / "w/world.sdf").is_file()
    for words, text in [
        (("--size", 400), "not inside the map"),
        (("--utc", "soon"), "--utc: 'soon'"),
        (("--rocks", 0.01), "--rocks: 0.01"),
        (("--size", "nan"), "--size: nan"),
        (("--size", 8, "--step", 50), "--step: 50 is longer than half of --size, 8"),
        (("--size", 20), "world.sdf: is there; --overwrite replaces it"),
    ]:
        code, said = call(monkeypatch, capsys, *base, *words)
        assert (code, text in said.err) == (2, True), said.err


def test_a_world_is_overwritten_only_when_asked_to(monkeypatch, capsys, tmp_path):
    """And its mesh fills the square, whatever the step."""
    import numpy as np

    write_dem(Dem(np.zeros((30, 30)), -150.0, -150.0, 10.0), tmp_path / "m.tif")
    (tmp_path / "w").mkdir()
    (tmp_path / "w/world.sdf").write_text("mine")
    words = ("world", "--map", tmp_path / "m.tif", "--at", 0, 0, "--out", tmp_path / "w",
             "--size", 20, "--step", 7)  # fmt: skip
    code, _ = call(monkeypatch, capsys, *words)
    assert code == 2 and (tmp_path / "w/world.sdf").read_text() == "mine"
    assert [p.name for p in (tmp_path / "w").iterdir()] == ["world.sdf"]
    code, said = call(monkeypatch, capsys, *words, "--overwrite")
    assert code == 0, said.err
    assert "<sdf" in (tmp_path / "w/world.sdf").read_text()
    lines = (tmp_path / "w/terrain.obj").read_text().splitlines()
    x = [float(line.split()[1]) for line in lines if line.startswith("v ")]
    assert (min(x), max(x), len(set(x))) == (-10.0, 10.0, 4)
