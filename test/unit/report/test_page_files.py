"""`lupex report` on files that are not what a mission left, and on a full disk."""

import copy
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from lupex_rover.cli import mission
from lupex_rover.cli.app import app
from lupex_rover.core.errors import UserError
from lupex_rover.core.transforms import Pose
from lupex_rover.core.types import DrillTelemetry, Truth
from lupex_rover.report import figures, story
from lupex_rover.scenarios import run_files
from lupex_rover.terrain.dem_file import read_dem

FOLDER = Path(__file__).parents[2] / "replay"
RESULT = json.loads((FOLDER / "run" / "result.json").read_text())


@pytest.fixture
def run(tmp_path):
    shutil.copytree(FOLDER / "run", tmp_path / "run")
    shutil.copyfile(FOLDER / "health.mcap", tmp_path / "run" / "mission.mcap")
    return tmp_path / "run"


def report(run):
    return CliRunner().invoke(app, ["report", str(run)])


def refused(run):
    done = report(run)
    assert isinstance(done.exception, UserError), done.output
    assert not (run / "report.html").exists()
    return str(done.exception)


def changed(path, value):
    """The reference result with the value at `path` replaced, or without it."""
    result = copy.deepcopy(RESULT)
    *way, last = path.split(".")
    at = result
    for name in way:
        at = at[int(name) if name.isdecimal() else name]
    if value is ...:
        del at[last]
    else:
        at[last] = value
    return result


def test_a_run_is_drawn_again(run):
    done = report(run)
    assert done.exit_code == 0, done.exception
    assert (run / "report.html").stat().st_size > 100_000
    assert not list(run.glob("*.new"))


def test_the_page_says_what_the_scenario_is_for(run):
    scenario = "name: reference\ndescription: Down <and> to a shadow.\n"
    (run / "flown.yaml").write_text(scenario)
    assert report(run).exit_code == 0
    text = (run / "report.html").read_text()
    assert "<p>Down &lt;and&gt; to a shadow.</p>" in text


def test_each_map_has_a_scale_of_its_colours_over_the_heights_it_shows():
    told = story.Story(RESULT, json.loads((FOLDER / "run" / "plan.json").read_text()))
    ends = np.array(told.plan["landing_target"]) + [[-300.0, 0.0], [0.0, 0.0]]
    told.truth_descent = [
        Truth(k, Pose(np.array([*xy, 0.0]), np.array([0.0, 0.0, 0.0, 1.0])), np.zeros(3),
              np.zeros(4), 0.8, 5.0, 4.0, 90.0, 50.0, 1.0, True, 0.0, 1.5, 0.0, False, False)
        for k, xy in enumerate(ends)
    ]  # fmt: skip
    onboard = read_dem(FOLDER / "run" / "onboard_map.tif")
    figure = figures.landing_map(told, onboard)
    heights = next(trace for trace in figure.data if trace.type == "heatmap")
    assert heights.colorbar.title.text == "height, m" and heights.colorscale
    box = *figure.layout.xaxis.range, *figure.layout.yaxis.range
    shown = onboard.window(box[0], box[2], box[1], box[3]).heights
    assert (heights.zmin, heights.zmax) == (shown.min(), shown.max())


@pytest.mark.parametrize(
    ("path", "value", "named"),
    [
        ("scenario", ..., "scenario is missing"),
        ("phases", None, "phases: expected a list"),
        ("phases.0.code", ..., "phases[0].code is missing"),
        ("landing", [], "landing: expected keys and values"),
        ("landing.error_m", "near", "landing.error_m: expected a number"),
        ("science.samples", {}, "science.samples: expected a list"),
        ("science.samples.0.sigma_wt_pct", ..., "science.samples[0].sigma_wt_pct is missing"),
        ("power.min_soc", True, "power.min_soc: expected a number"),
        ("events.0.text", 3, "events[0].text: expected a text"),
        ("unmet", [1], "unmet[0]: expected a text"),
    ],
)
def test_a_result_that_is_not_a_missions_is_named_with_its_field(run, path, value, named):
    (run / "result.json").write_text(json.dumps(changed(path, value)))
    assert f"result.json: {named}" in refused(run)


@pytest.mark.parametrize("text", ["{}", "[]", "3", "null", '"x"'])
def test_a_result_that_is_none_at_all_is_named(run, text):
    (run / "result.json").write_text(text)
    assert "result.json: " in refused(run)


def test_numbers_that_are_not_known_are_allowed(run):
    (run / "result.json").write_text(json.dumps(changed("landing.error_m", None)))
    story.load(run, ())


def test_water_whose_sigma_is_not_known_is_drawn_without_a_bar():
    told = story.Story(changed("science.samples.0.sigma_wt_pct", None), {})
    told.messages["drill/telemetry"].append(
        DrillTelemetry(0, 0.5, 60.0, 3.0, 80.0, 0.001, -20.0, 1.0, 0.0, 0, 0)
    )
    drawn = figures.drill_profile(told)
    assert drawn is not None
    bars = next(t.error_x.array for t in drawn.data if t.name == "measured")
    assert bars[0] == 0.0 and bars[1] > 0.0


def test_a_plan_that_is_none_is_named(run):
    (run / "plan.json").write_text("{}")
    assert "plan.json: key 'start_ns' is missing" in refused(run)


def test_a_full_disk_is_named_and_the_page_before_kept(run):
    """What is written to /dev/full meets a full disk."""
    (run / "report.html").write_text("before")
    (run / "report.html.new").symlink_to("/dev/full")
    done = report(run)
    assert isinstance(done.exception, UserError), done.exception
    assert "report.html: cannot be written (No space left on device)" in str(done.exception)
    assert (run / "report.html").read_text() == "before"
    assert not list(run.glob("*.new"))


def test_a_full_disk_under_a_result_is_named(tmp_path):
    (tmp_path / "result.json.new").symlink_to("/dev/full")
    with pytest.raises(UserError, match=r"result\.json: cannot be written \(No space left"):
        run_files.write_json(tmp_path / "result.json", {"a": 1})
    assert not list(tmp_path.iterdir())


def test_a_full_disk_in_flight_is_named(tmp_path, monkeypatch):
    def fly(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(mission, "_fly", fly)
    done = CliRunner().invoke(app, ["mission", "--out", str(tmp_path / "run")])
    assert isinstance(done.exception, UserError), done.exception
    assert "run: cannot be written (No space left on device)" in str(done.exception)
