"""`lupex land` on frames as people have them: lenses, byte order marks, keys that nobody knows."""

import json
import math
import shutil
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import scenes
from test_lens_cases import seen_by

from lupex_rover.cli import app
from lupex_rover.cli.common.frame_json import parse_frame
from lupex_rover.core.camera import Camera
from lupex_rover.core.errors import UserError
from lupex_rover.core.transforms import Pose
from lupex_rover.simulator.sensors.cameras import render
from lupex_rover.terrain.dem_file import write_dem

SHARED = Path(__file__).parents[4] / "shared"
SIDE, WIDE, FOCAL = 512, 660, 575.0
LENSES = {
    "frame_2": ("plumb_bob", [-0.25, 0.08, 0.0, 0.0, 0.0]),
    "frame_3": ("plumb_bob", [0.12, 0.05, 1e-3, -1e-3]),
    "frame_4": ("rational_polynomial", [-0.3, 0.1, 0, 0, 0, 0.05, 0.01, 0]),
    "frame_5": ("equidistant", [-0.02, 0.01, -0.005, 0.001]),
}


def document(position=(500.0, 500.0, 600.0), orientation=(1.0, 0.0, 0.0, 0.0), **camera):
    middle = (SIDE - 1) / 2
    return {
        "camera": {"width": SIDE, "height": SIDE, "fx": FOCAL, "fy": FOCAL,
                   "cx": middle, "cy": middle, **camera},
        "prior": {"position_m": list(position), "orientation_xyzw": list(orientation),
                  "position_sigma_m": [40.0, 40.0, 5.0], "orientation_sigma_rad": 0.004},
        "sun": {"azimuth_deg": 115.0, "elevation_deg": 6.0},
    }  # fmt: skip


def bent(wide, model, k):
    """What a camera behind this lens takes where a wide pinhole takes `wide`: the inverse of the
    manual's formula, found by iteration, without a line of the code under test."""
    goal = (np.stack(np.meshgrid(np.arange(SIDE), np.arange(SIDE))) - (SIDE - 1) / 2) / FOCAL
    ray = goal.copy()
    for _ in range(12):  # each leaves a third of the error or less
        ray += goal - np.stack(seen_by(model, np.array(k), *ray))
    x, y = (ray * FOCAL + (WIDE - 1) / 2).astype(np.float32)
    return cv2.remap(wide, x, y, cv2.INTER_CUBIC)


def run(monkeypatch, capsys, *words):
    """Exit code, lines on stdout as json by name of the frame, stderr."""
    monkeypatch.setattr("sys.argv", ["lupex", "land", *map(str, words)])
    with pytest.raises(SystemExit) as done:
        app.main()
    out, err = capsys.readouterr()
    return done.value.code, {r["frame"]: r for r in map(json.loads, out.splitlines())}, err


def test_cases_a_fix_through_each_lens_is_that_of_the_pinhole(tmp_path, monkeypatch, capsys):
    """One ground, one place, rendered once: every lens's frame gives the place within its sigma.
    With the lens passed over they gave no fix, or one 11 m too low with a sigma of 0.7 m."""
    ground = scenes.ground(4)
    write_dem(scenes.orbital(ground, 5), tmp_path / "map.tif")
    attitude = scenes.nadir(0.7, 0.1)
    place = np.array([610.0, 590.0, ground.height(610.0, 590.0) + 560.0])
    pinhole = Camera(WIDE, WIDE, FOCAL, FOCAL, (WIDE - 1) / 2, (WIDE - 1) / 2)
    sun = math.radians(115.0), math.radians(6.0)
    wide = render([ground], pinhole, attitude, place, *sun, np.random.default_rng(6))
    edge = (WIDE - SIDE) // 2
    plain = wide[edge : edge + SIDE, edge : edge + SIDE]
    pose = Pose.from_matrix(place + [25.0, -20.0, 3.0], attitude)
    told = document(pose.position_m, pose.orientation_xyzw)
    frames = {
        "frame_0": (plain, told),
        "frame_1": (plain, document(pose.position_m, pose.orientation_xyzw,
                                    distortion_model="plumb_bob", distortion_coefficients=[0] * 5)),
    }  # fmt: skip
    for name, (model, k) in LENSES.items():
        words = {"distortion_model": model, "distortion_coefficients": k}
        frames[name] = (
            bent(wide, model, k), document(pose.position_m, pose.orientation_xyzw, **words)
        )  # fmt: skip
    folder = tmp_path / "frames"
    folder.mkdir()
    for name, (picture, text) in frames.items():
        cv2.imwrite(str(folder / f"{name}.png"), picture)
        (folder / f"{name}.json").write_text(json.dumps(text))
    code, rows, err = run(monkeypatch, capsys, "--map", tmp_path / "map.tif", "--frames", folder)
    assert (code, err) == (0, "") and {r["status"] for r in rows.values()} == {"fix"}
    # no distortion: to the last digit what it was
    for key in ("position_m", "orientation_xyzw", "covariance", "score", "inliers"):
        assert rows["frame_0"][key] == rows["frame_1"][key]
    straight = np.array(rows["frame_0"]["position_m"])
    for name, row in rows.items():
        error = np.array(row["position_m"]) - place
        covariance = np.array(row["covariance"])[:3, :3]
        assert error @ np.linalg.solve(covariance, error) < 11.35, name  # 99 % of chi-squared
        assert np.linalg.norm(error) < 3.0, name
        assert np.linalg.norm(row["position_m"] - straight) < 0.6, name


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_cases_a_frame_with_a_byte_order_mark_is_read(tmp_path, monkeypatch, capsys, encoding):
    write_dem(scenes.orbital(scenes.Dem(np.zeros((1200, 1200)), 0.0, 0.0, 1.0), 5),
              tmp_path / "map.tif")  # fmt: skip
    noise = np.random.default_rng(2).integers(0, 255, (SIDE, SIDE)).astype(np.uint8)
    cv2.imwrite(str(tmp_path / "frame_0.png"), noise)
    (tmp_path / "frame_0.json").write_text(json.dumps(document()), encoding=encoding)
    code, rows, err = run(monkeypatch, capsys, "--map", tmp_path / "map.tif", "--frames", tmp_path)
    assert (code, err) == (0, "") and rows["frame_0"]["code"] != "LND-009"


@pytest.mark.parametrize(
    ("part", "key", "value", "said"),
    [
        ("camera", "distortion_coeffs", [0.1] * 4, "did you mean 'distortion_coefficients'"),
        ("camera", "k1", -0.2, "camera.k1: unknown key"),
        ("camera", "distortion_model", "fov", "camera.distortion_model: 'fov' is not known"),
        ("camera", "distortion_coefficients", [0.1, 0.2], "2 numbers, but plumb_bob has 4 or 5"),
        ("camera", "distortion_coefficients", [-9.0, 0, 0, 0], "are they of this camera"),
        ("camera", "distortion_coefficients", [0.1, None, 0, 0], "is not a finite number"),
        ("prior", "position_sgima_m", 3.0, "did you mean 'position_sigma_m'"),
        ("sun", "azimuth_rad", 1.0, "did you mean 'azimuth_deg'"),
        ("", "distortion_coefficients", [0.1] * 4, "distortion_coefficients: unknown key"),
        ("", "epoch", "2029-01-01", "did you mean 'epoch_utc'"),
    ],
)
def test_cases_a_key_that_is_not_understood_is_named_and_no_fix_is_given(
    tmp_path, monkeypatch, capsys, part, key, value, said
):
    write_dem(scenes.Dem(np.zeros((60, 60)), 0.0, 0.0, 20.0), tmp_path / "map.tif")
    cv2.imwrite(str(tmp_path / "frame_0.png"), np.zeros((SIDE, SIDE), np.uint8))
    text = document()
    (text[part] if part else text)[key] = value
    (tmp_path / "frame_0.json").write_text(json.dumps(text))
    code, rows, err = run(monkeypatch, capsys, "--map", tmp_path / "map.tif", "--frames", tmp_path)
    assert code == 2 and rows["frame_0"]["code"] == "LND-009"
    assert said in err and err.count("\n") == 1 and "unexpected" not in err


def test_cases_a_matrix_as_ros_writes_it_is_taken_for_coefficients():
    told: dict[str, Any] = {"rows": 1, "cols": 4, "data": [-0.02, 0.01, -0.005, 0.001]}
    frame = parse_frame(document(camera_model="fisheye", distortion_coefficients=told))
    assert (frame.lens.model, frame.lens.coefficients) == ("equidistant", tuple(told["data"]))
    with pytest.raises(UserError, match="rows 1 x cols 5, but 4 numbers"):
        parse_frame(document(distortion_coefficients={**told, "cols": 5}))


@pytest.mark.skipif(not (SHARED / "cases/I03").is_dir(), reason="the collected cases are not here")
def test_cases_that_were_collected(tmp_path, monkeypatch, capsys):
    shutil.copytree(SHARED / "cases/I03/l2_distorted", tmp_path / "frames")
    marked = SHARED / "cases/I04/frame_9000.json"
    shutil.copyfile(marked, tmp_path / "frames/frame_9001.json")
    format_ = SHARED / "data/landing_format"
    shutil.copyfile(format_ / "frames/frame_9000.png", tmp_path / "frames/frame_9001.png")
    code, rows, err = run(monkeypatch, capsys, "--map", format_ / "map.tif", "--frames",
                          tmp_path / "frames")  # fmt: skip
    assert (code, err) == (0, "")
    truth = json.loads((format_ / "truth_9000.json").read_text())["position_m"]
    for row in rows.values():
        error = np.array(row["position_m"]) - truth
        covariance = np.array(row["covariance"])[:3, :3]
        assert error @ np.linalg.solve(covariance, error) < 11.35
