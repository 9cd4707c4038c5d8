"""`lupex rover`: the published figures of the stowed rover, and a picture where OpenGL is."""

import json
import os
import subprocess
import sys
from pathlib import Path

import cv2
import pytest
from typer.testing import CliRunner

from lupex_rover.cli.app import app

PUBLISHED_M, PUBLISHED_KG = (1.75, 1.46, 1.50), 350.0  # as in the head of the URDF


def figures(*more):
    told = CliRunner().invoke(app, ["rover", "--json", *more])
    assert told.exit_code == 0
    return json.loads(told.stdout)


def test_another_rover_is_shown_from_its_file():
    small = Path(__file__).parents[3] / "examples/own_rover/small_rover.urdf.xacro"
    assert figures("--urdf", str(small))["mass_kg"] == pytest.approx(160.0)


def test_the_stowed_rover_fills_the_published_box_and_weighs_as_published():
    told = figures("--stowed")
    for side, most in zip(told["size_m"], PUBLISHED_M, strict=True):
        assert most - 0.05 < side <= most
    assert told["mass_kg"] == pytest.approx(PUBLISHED_KG)
    assert sum(told["parts_kg"].values()) == pytest.approx(PUBLISHED_KG)


def test_the_deployed_tower_stands_higher():
    assert figures()["size_m"][2] == pytest.approx(2.0, abs=0.02)


def test_a_picture_shows_gold_and_cells_or_says_what_to_install(tmp_path):
    """In a process of its own: which OpenGL is used is chosen on first import."""
    path = tmp_path / "rover.png"
    done = subprocess.run(
        [sys.executable, "-m", "lupex_rover.cli", "rover", "--draw", str(path)],
        capture_output=True, text=True, env={**os.environ, "MUJOCO_GL": "egl"}, timeout=120,
    )  # fmt: skip
    if done.returncode == 2 and "install" in done.stderr:
        pytest.skip("no OpenGL here")
    assert done.returncode == 0, done.stderr
    blue, green, red = (c.astype(int) for c in cv2.split(cv2.imread(str(path))))
    assert ((red > 150) & (red > blue + 80)).mean() > 0.02  # the body's foil
    assert ((blue > 50) & (blue > red + 30)).mean() > 0.03  # the cells


@pytest.mark.parametrize("text", ["nan", "inf", "-361"])
def test_a_direction_that_is_none_is_refused(tmp_path, text):
    told = CliRunner().invoke(app, ["rover", "--draw", str(tmp_path / "x.png"), "--from-deg", text])
    assert f"--from-deg: {float(text):g} is outside -360 .. 360" in str(told.exception)
    assert list(tmp_path.iterdir()) == []


def test_another_kind_of_file_is_refused_by_name(tmp_path):
    told = CliRunner().invoke(app, ["rover", "--draw", str(tmp_path / "x.gif")])
    assert "--draw" in str(told.exception) and ".png" in str(told.exception)
