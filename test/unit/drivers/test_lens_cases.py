"""Calibrations of every kind of lens: what ROS and OpenCV read is read so, the rest is refused."""

import math
from pathlib import Path

import cv2
import numpy as np
import pytest
import yaml

from lupex_rover.core.camera import Camera
from lupex_rover.core.errors import UserError
from lupex_rover.core.lens import EQUIDISTANT, PLUMB_BOB, RATIONAL, Lens, as_pinhole
from lupex_rover.drivers.camera import CameraConfig, CameraSource, read_calibration

SHARED = Path(__file__).parents[4] / "shared" / "cases" / "C01"
W, H = 640, 480
K = [300.0, 0.0, 319.5, 0.0, 300.0, 239.5, 0.0, 0.0, 1.0]
P = [200.0, 0.0, 319.5, 0.0, 0.0, 200.0, 239.5, 0.0, 0.0, 0.0, 1.0, 0.0]
FISHEYE = [-0.02, 0.01, -0.005, 0.001]
BROWN = [-0.25, 0.08, 0.001, -0.002, 0.01]
MANY = [*BROWN, 0.1, -0.05, 0.02]


def calibration(tmp_path, coefficients, remove=(), **changed):
    told = {
        "image_width": W, "image_height": H, "camera_name": "cam",
        "camera_matrix": {"rows": 3, "cols": 3, "data": K},
        "distortion_coefficients": {"rows": 1, "cols": len(coefficients), "data": coefficients},
        "rectification_matrix": {"rows": 3, "cols": 3, "data": np.eye(3).ravel().tolist()},
        "projection_matrix": {"rows": 3, "cols": 4, "data": P},
    } | changed  # fmt: skip
    for key in remove:
        del told[key]
    path = tmp_path / "c.yaml"
    path.write_text(yaml.safe_dump(told))
    return path


def seen_by(model, k, x, y):
    """Where a ray (x, y, 1) falls on the unit plane, by the formulas of OpenCV's manual."""
    if model == EQUIDISTANT:
        r = np.hypot(x, y)
        angle = np.arctan(r)
        turned = angle * (1 + k[0] * angle**2 + k[1] * angle**4 + k[2] * angle**6 + k[3] * angle**8)
        scale = np.where(r > 0, turned / np.where(r > 0, r, 1.0), 1.0)
        return x * scale, y * scale
    k = np.concatenate([k, np.zeros(14 - len(k))])
    r2 = x**2 + y**2
    radial = (1 + k[0] * r2 + k[1] * r2**2 + k[4] * r2**3) / (
        1 + k[5] * r2 + k[6] * r2**2 + k[7] * r2**3
    )
    return (
        x * radial + 2 * k[2] * x * y + k[3] * (r2 + 2 * x**2) + k[8] * r2 + k[9] * r2**2,
        y * radial + k[2] * (r2 + 2 * y**2) + 2 * k[3] * x * y + k[10] * r2 + k[11] * r2**2,
    )


MODELS = [
    ({"distortion_model": "plumb_bob"}, PLUMB_BOB, BROWN),
    ({"distortion_model": "plumb_bob"}, PLUMB_BOB, BROWN[:4]),
    ({"camera_model": "pinhole", "distortion_model": "radtan"}, PLUMB_BOB, BROWN[:4]),
    ({}, PLUMB_BOB, BROWN),
    ({"distortion_model": "rational_polynomial"}, RATIONAL, MANY),
    ({"distortion_model": "rational_polynomial"}, RATIONAL, [*MANY, 1e-3, 2e-3, -1e-3, 1e-3]),
    ({}, RATIONAL, MANY),
    ({"distortion_model": "equidistant"}, EQUIDISTANT, FISHEYE),
    ({"distortion_model": "fisheye"}, EQUIDISTANT, FISHEYE),
    ({"camera_model": "fisheye"}, EQUIDISTANT, FISHEYE),
    ({"camera_model": "pinhole-equi"}, EQUIDISTANT, FISHEYE),
    ({"camera_model": "pinhole", "distortion_model": "Equidistant"}, EQUIDISTANT, FISHEYE),
    (
        {"camera_model": "fisheye"},
        EQUIDISTANT,
        [0.0] * 4,
    ),  # a fisheye without k is one all the same
]


@pytest.mark.parametrize(("words", "model", "k"), MODELS)
def test_cases_each_lens_is_taken_out_by_its_own_model(tmp_path, words, model, k):
    got = read_calibration(calibration(tmp_path, k, **words))
    cols, rows = np.meshgrid(np.arange(W), np.arange(H))
    x, y = seen_by(model, np.array(k), (cols - P[2]) / P[0], (rows - P[6]) / P[5])
    np.testing.assert_allclose(got.maps[0], K[0] * x + K[2], atol=2e-3)
    np.testing.assert_allclose(got.maps[1], K[4] * y + K[5], atol=2e-3)


def test_cases_a_fisheyes_picture_is_opencvs(tmp_path):
    """Peer: cv2.fisheye.undistortImage; far from what plumb_bob makes of the same numbers."""
    picture = cv2.GaussianBlur(
        np.random.default_rng(3).integers(0, 255, (H, W), np.uint8), (0, 0), 2.0
    )
    cv2.imwrite(str(tmp_path / "p0.png"), picture)
    calibration(tmp_path, FISHEYE, camera_model="fisheye")
    camera = CameraSource("stereo/left", CameraConfig("p%d.png", "c.yaml", "eye"), tmp_path)
    assert camera.grab()
    image, info = camera.read(5)
    camera.close()
    flat = np.array(P).reshape(3, 4)[:, :3]
    matrix = np.array(K).reshape(3, 3)
    peer = cv2.fisheye.undistortImage(picture, matrix, np.array(FISHEYE), None, flat)
    brown = cv2.undistort(picture, matrix, np.array(FISHEYE), None, flat)
    assert np.abs(image.pixels.astype(int) - peer).max() <= 4  # its maps have 1/32 px
    assert np.abs(image.pixels.astype(int) - brown).mean() > 5.0
    assert (info.fx, info.cx) == (P[0], P[2])


def block(key, data, **more):
    return {key: {"data": data, **more}}


@pytest.mark.parametrize(
    ("k", "changed", "said"),
    [
        (FISHEYE, {"distortion_model": "fov"}, "distortion_model: 'fov' is not known here; known"),
        (FISHEYE, {"camera_model": "omni"}, "camera_model: 'omni' is not known"),
        (FISHEYE, {"distortion_model": "equidistnt"}, "did you mean 'equidistant'"),
        (FISHEYE, {"distortion_model": 4}, "distortion_model: 4 is no name"),
        (FISHEYE, {"camera_model": "fisheye", "distortion_model": "plumb_bob"}, "differ; leave"),
        (BROWN, {"distortion_model": "equidistant"}, "5 numbers, but equidistant has 4; 5 are"),
        (BROWN[:3], {}, "3 numbers, but plumb_bob has 4 or 5"),
        (MANY, {"distortion_model": "plumb_bob"}, "8 are those of rational_polynomial"),
        (BROWN[:3], {"distortion_model": "rational_polynomial"}, "has 4 or 5 or 8 or 12 or 14"),
        (BROWN, {"distortion_model": "none"}, "says none, and distortion_coefficients has some"),
        ([], {"camera_model": "fisheye"}, "0 numbers, but equidistant has 4"),
        ([0.1, math.nan, 0, 0, 0], {}, "'nan' is not a finite number"),
        ([0.1, "x", 0, 0, 0], {}, "'x' is not a finite number"),
        (BROWN, {"distortion_modle": "x"}, r"unknown key 'distortion_modle' \(line \d+\); did you"),
        (BROWN, {"image_width": 640.5}, "image_width: 640.5 is no number of pixels"),
        (BROWN, {"image_height": 0}, "image_height: 0 is no number of pixels"),
        (BROWN, block("camera_matrix", K[:8]), "camera_matrix.data: 8 numbers, expected 3 x 3"),
        (BROWN, block("camera_matrix", K, rows=2, cols=3), "rows 2 x cols 3, but 9 numbers"),
        (BROWN, block("camera_matrix", K, colums=3), "unknown key 'colums'"),
        (BROWN, block("camera_matrix", [0.0] * 9), "camera_matrix: is singular"),
        (BROWN, block("camera_matrix", [300, 5, *K[2:]]), r"is not \[fx, 0, cx\]"),
        (BROWN, block("projection_matrix", [0.0] * 12), "projection_matrix: is singular"),
        (BROWN, block("projection_matrix", [*P[:7], -3.0, *P[8:]]), "eyes above one another"),
        (BROWN, block("rectification_matrix", [0.0] * 9), "rectification_matrix: is no"),
        (BROWN, block("rectification_matrix", [-1.0, 0, 0, 0, 1, 0, 0, 0, 1]), "is no rotation"),
        (BROWN, block("camera_matrix", [300, 0, 5e3, 0, 300, 5e3, 0, 0, 1]), "would show nothing"),
    ],
)  # fmt: skip
def test_cases_a_wrong_calibration_is_refused_by_name(tmp_path, k, changed, said):
    path = calibration(tmp_path, k, **changed)
    with pytest.raises(UserError, match=rf"c\.yaml: .*{said}"):
        read_calibration(path)


def test_cases_files_of_other_programs_are_told_by_their_kind(tmp_path):
    (tmp_path / "chain.yaml").write_text(
        "cam0: {camera_model: pinhole, intrinsics: [1, 1, 1, 1]}\n"
    )
    (tmp_path / "left.ini").write_text("[image]\n\nwidth\n640\n")
    (tmp_path / "cv.yml").write_text("%YAML:1.0\n---\nimage_width: 640\n")
    for name, said in (
        ("chain.yaml", "Kalibr"),
        ("left.ini", "convert"),
        ("cv.yml", "FileStorage"),
    ):
        with pytest.raises(UserError, match=f"{name}: .*{said}"):
            read_calibration(tmp_path / name)


@pytest.mark.parametrize("key", ["image_width", "camera_matrix", "distortion_coefficients"])
def test_cases_a_key_that_is_missing_is_named(tmp_path, key):
    with pytest.raises(UserError, match=f"key '{key}' is missing"):
        read_calibration(calibration(tmp_path, BROWN, remove=[key]))


def test_cases_a_lens_without_distortion_leaves_the_picture_as_it_is():
    picture, camera = np.zeros((48, 64), np.uint16), Camera(64, 48, 60.0, 60.0, 31.5, 23.5)
    for lens in (Lens(), Lens(PLUMB_BOB, (0.0,) * 5), Lens(RATIONAL, (0.0,) * 8)):
        same, own = as_pinhole(picture, camera, lens)
        assert same is picture and own is camera
    assert not Lens(EQUIDISTANT, (0.0,) * 4).straight


@pytest.mark.parametrize("lens", [Lens(PLUMB_BOB, (0.3, 0.1, 0.0, 0.0)),
                                  Lens(PLUMB_BOB, (-0.3, 0.02, 1e-3, 1e-3, 0.0)),
                                  Lens(EQUIDISTANT, (0.05, 0.0, 0.0, 0.0))])  # fmt: skip
def test_cases_a_pinholes_picture_has_no_holes(lens):
    """Pincushion, barrel, fisheye: what the pinhole would see beyond the picture is cut off."""
    camera = Camera(W, H, 400.0, 400.0, 319.5, 239.5)
    _, flat = as_pinhole(np.zeros((H, W), np.uint8), camera, lens)
    rows, cols = np.mgrid[0:H, 0:W].astype(float)
    x, y = (cols - flat.cx) / flat.fx, (rows - flat.cy) / flat.fy
    u, v = seen_by(lens.model, np.array(lens.coefficients), x, y)
    u, v = camera.fx * u + camera.cx, camera.fy * v + camera.cy
    assert min(u.min(), v.min()) > -0.1 and u.max() < W - 0.9 and v.max() < H - 0.9
    assert camera.fx <= flat.fx < 1.6 * camera.fx
    edge = min(u.min(), v.min(), W - 1 - u.max(), H - 1 - v.max())
    assert flat.fx == camera.fx or edge < 20.0  # and no more than that is


@pytest.mark.parametrize(
    "k", [(-5.0, 0.0, 0.0, 0.0), (1e6, 0.0, 0.0, 0.0), (0.0, 0.0, 9.0, 9.0), (1e299,) * 4]
)
def test_cases_coefficients_that_fold_the_picture_are_refused(k):
    camera = Camera(W, H, 300.0, 300.0, 319.5, 239.5)
    with pytest.raises(UserError, match="camera.distortion_coefficients: they fold"):
        as_pinhole(np.zeros((H, W), np.uint8), camera, Lens(PLUMB_BOB, k))


@pytest.mark.skipif(not SHARED.is_dir(), reason="the collected cases are not here")
@pytest.mark.parametrize("name", ["fisheye.yaml", "camera_model_key.yaml"])
def test_cases_that_were_collected(name):
    got = read_calibration(SHARED / name)
    x, y = seen_by(EQUIDISTANT, np.array(FISHEYE), *((np.array([0.0, 0.0]) - [P[2], P[6]]) / P[0]))
    assert (got.maps[0][0, 0], got.maps[1][0, 0]) == pytest.approx(
        (K[0] * x + K[2], K[4] * y + K[5]), abs=2e-3
    )


@pytest.mark.parametrize(
    ("model", "k", "same"),
    [("rational_polynomial", BROWN, BROWN), ("rational_polynomial", BROWN[:4], BROWN[:4]),
     ("plumb_bob", [*BROWN, 0.0, 0.0, 0.0], BROWN)],
)  # fmt: skip
def test_cases_coefficients_left_out_or_zero_are_read_as_opencv_reads_them(
    tmp_path, model, k, same
):
    read = read_calibration(calibration(tmp_path, k, distortion_model=model))
    matrix, projection = np.array(K).reshape(3, 3), np.array(P).reshape(3, 4)[:, :3]
    args = (matrix, np.array(same), np.eye(3), projection, (W, H), cv2.CV_32FC1)
    for ours, theirs in zip(read.maps, cv2.initUndistortRectifyMap(*args)):
        np.testing.assert_array_equal(ours, theirs)
