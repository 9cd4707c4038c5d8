"""A camera from a recorded file: grey, rectified, with the calibration's pinhole."""

from types import SimpleNamespace

import cv2
import numpy as np
import pytest
import yaml

from lupex_rover.core.errors import UserError
from lupex_rover.drivers.camera import CameraConfig, CameraSource

W, H, F = 64, 48, 60.0


def calibration(path, k1=0.0, width=W):
    told = {
        "image_width": width, "image_height": H,
        "camera_matrix": {"data": [F, 0, 31.5, 0, F, 23.5, 0, 0, 1]},
        "distortion_coefficients": {"data": [k1, 0, 0, 0, 0]},
        "rectification_matrix": {"data": np.eye(3).ravel().tolist()},
        "projection_matrix": {"data": [F, 0, 31.5, -F * 0.3, 0, F, 23.5, 0, 0, 0, 1, 0]},
    }  # fmt: skip
    path.write_text(yaml.safe_dump(told))


@pytest.fixture
def folder(tmp_path):
    """Pictures p0.png and p1.png of a dot at column 50, row 40, and a calibration."""
    for k in range(2):
        picture = np.zeros((H, W, 3), np.uint8)
        picture[39:42, 49:52] = 200
        cv2.imwrite(str(tmp_path / f"p{k}.png"), picture)
    calibration(tmp_path / "c.yaml")
    return tmp_path


def shot(folder):
    camera = CameraSource("stereo/right", CameraConfig("p%d.png", "c.yaml", "eye", 1.0), folder)
    assert camera.grab()
    return camera, *camera.read(5)


def test_picture_and_pinhole(folder):
    camera, image, info = shot(folder)
    assert image.pixels.shape == (H, W) and image.pixels.dtype == np.uint8
    assert image.pixels[40, 50] == 200 and image.frame_id == info.frame_id == "eye"
    assert (info.fx, info.fy, info.cx, info.cy, info.baseline_m) == (F, F, 31.5, 23.5, 0.3)
    assert camera.grab() and not camera.grab()  # the file ends
    camera.close()


def test_distortion_is_taken_out(folder):
    """A dot seen through k1 lies where distortion (Brown 1971) moves it to where it was seen."""
    calibration(folder / "c.yaml", k1=-0.4)
    _, image, _ = shot(folder)
    rows, cols = np.nonzero(image.pixels > 60)
    flat = np.array([cols.mean() - 31.5, rows.mean() - 23.5]) / F
    bent = flat * (1.0 - 0.4 * flat @ flat) * F + [31.5, 23.5]
    np.testing.assert_allclose(bent, [50, 40], atol=0.4)
    assert np.hypot(*(flat * F)) > np.hypot(18.5, 16.5) + 0.5


@pytest.mark.parametrize(
    ("break_it", "named"),
    [
        (lambda f: [p.unlink() for p in f.glob("*.png")], "p%d.png"),
        (lambda f: calibration(f / "c.yaml", width=32), "calibrated for"),
        (lambda f: (f / "c.yaml").write_text("image_width: 3"), "c.yaml"),
        (lambda f: (f / "c.yaml").unlink(), "c.yaml"),
    ],
)
def test_what_is_wrong_is_named(folder, break_it, named):
    break_it(folder)
    with pytest.raises(UserError, match=named):
        shot(folder)


@pytest.mark.parametrize("part", ["retrieve", "cvtColor", "remap"])
def test_cases_of_what_opencv_raises_is_a_failure_of_that_camera(folder, monkeypatch, part):
    def fails(*_):
        raise cv2.error("out of order")

    camera = CameraSource("stereo/right", CameraConfig("p%d.png", "c.yaml", "eye", 1.0), folder)
    assert camera.grab()
    if part == "retrieve":
        monkeypatch.setattr(camera, "_capture", SimpleNamespace(retrieve=fails))
    else:
        monkeypatch.setattr(cv2, part, fails)
    with pytest.raises(UserError, match=r"cameras\.stereo/right: OpenCV fails .*out of order"):
        camera.read(5)
