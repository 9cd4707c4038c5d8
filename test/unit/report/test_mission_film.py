"""The moving picture of a run: what it shows, and what it refuses."""

import copy
import json
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from lupex_rover.cli.app import app
from lupex_rover.core.errors import UserError
from lupex_rover.core.transforms import Pose
from lupex_rover.report import mission_film
from lupex_rover.report.story import Story
from lupex_rover.terrain.dem import Dem

RUN = Path(__file__).parents[2] / "replay" / "run"
RESULT = json.loads((RUN / "result.json").read_text())
UP = np.array([0.0, 0.0, 0.0, 1.0])
PLAN = {"drill_target": (40.0, 0.0), "haven": (60.0, 30.0), "landing_target": (0.0, 0.0)}


def at(x, z=0.0):
    return Pose(np.array([x, 0.0, z]), UP)


def made_run():
    """A descent of 40 s, a straight drive, a hole of 1.5 m."""
    story = Story(copy.deepcopy(RESULT), PLAN)
    second = 10**9
    for k in range(40):
        image = SimpleNamespace(stamp_ns=k * second, pixels=np.full((64, 64), 5 * k, np.uint8))
        story.messages["camera/descent/image_raw"].append(image)
        state = SimpleNamespace(stamp_ns=k * second, pose=at(0.0, 400.0 - 10 * k))
        story.messages["landing/state"].append(state)
    for k in range(60):
        truth = SimpleNamespace(stamp_ns=(41 + k) * second, landed=True, pose=at(float(k)),
                                sun_azimuth_deg=30.0, sun_elevation_deg=3.0)  # fmt: skip
        story.messages["sim/truth"].append(truth)
    for k in range(1, 30):
        row = SimpleNamespace(depth_m=0.05 * k, feed_mps=0.001, torque_nm=0.2 * k)
        story.messages["drill/telemetry"].append(row)
    return story


GROUND = Dem(np.zeros((60, 60), np.float32), -100.0, -100.0, 5.0)


def test_the_film_moves_and_ends_with_the_assay(tmp_path):
    path = tmp_path / "run.webp"
    mission_film.write(path, made_run(), GROUND)
    assert cv2.imreadanimation(str(path))[0]
    frames = mission_film.draw(made_run(), GROUND)
    assert len(frames) == 68
    panels = np.array_split(np.arange(frames[0].shape[1]), 3)
    for panel, first, last in ((0, 0, 21), (1, 22, 43), (2, 44, 67)):  # descent, drive, drill
        before, after = frames[first][50:320, panels[panel]], frames[last][50:320, panels[panel]]
        assert np.abs(before.astype(int) - after).max() > 60


def test_a_run_without_a_drive_is_refused(tmp_path):
    story = made_run()
    del story.messages["sim/truth"][1:]
    with pytest.raises(UserError, match="no descent, no drive or no drilling"):
        mission_film.write(tmp_path / "run.webp", story, GROUND)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name, said", [("run.mp4", r"\.webp or \.gif"), ("no/run.gif", "folder")])
def test_a_film_that_cannot_be_written_is_refused_before_work(tmp_path, name, said):
    (tmp_path / "mission.mcap").touch()
    done = CliRunner().invoke(app, ["report", str(tmp_path), "--film", str(tmp_path / name)])
    assert isinstance(done.exception, UserError)
    assert said.replace("\\", "").split(" ")[0] in str(done.exception)
