"""A camera of the rover: any source that OpenCV opens, rectified, as Image and CameraInfo.

Calibration files are those of ROS (camera_calibration_parsers, yaml): `image_width`,
`image_height`, `camera_matrix`, `distortion_coefficients`, `rectification_matrix`,
`projection_matrix`, each of the last four with `data`; `distortion_model` or `camera_model` says
which lens (`core.lens`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from lupex_rover.core.config_file import line_of, read_yaml, unknown
from lupex_rover.core.errors import UserError
from lupex_rover.core.foreign import boundary
from lupex_rover.core.lens import KEYS, Lens, numbers_of, read_lens
from lupex_rover.core.params import param
from lupex_rover.core.types import CameraInfo, Image

STALE = 4  # frames that a live camera's driver may hold; they are from before
MATRICES = {
    "camera_matrix": (3, 3), "rectification_matrix": (3, 3), "projection_matrix": (3, 4),
}  # fmt: skip
SIZES = ("image_width", "image_height")
KNOWN = (*SIZES, "camera_name", *MATRICES, *KEYS)
MOST_PX = 30_000
TURN_ERROR = 1e-3  # of a rotation's product with its own transposed; files have 6 digits and more
LEAST_SEEN = 0.01  # share of the rectified picture


@dataclass(frozen=True)
class CameraConfig:
    """One camera in `config/rover.yaml`."""

    source: str = param(
        "", "video source: number of a V4L2 device, file, URL, or GStreamer pipeline (with '!')",
    )  # fmt: skip
    calibration: str = param(
        "", "calibration file of the camera, yaml as ROS's camera calibration writes it",
    )  # fmt: skip
    frame_id: str = param("", "optical frame of the camera in the URDF")
    rate_hz: float = param(0.5, "rate of the pictures", unit="1/s", low=0.01, high=30.0)


@dataclass(frozen=True)
class Calibration:
    """Rectifying maps and what remains: a pinhole."""

    width: int
    height: int
    maps: tuple[np.ndarray, np.ndarray]
    projection: np.ndarray  # (3, 4)
    lens: Lens

    def info(self, t_ns: int, frame_id: str) -> CameraInfo:
        p = self.projection
        baseline_m = round(-float(p[0, 3]) / float(p[0, 0]), 12)
        return CameraInfo(
            t_ns, frame_id, self.width, self.height, float(p[0, 0]), float(p[1, 1]),
            float(p[0, 2]), float(p[1, 2]), baseline_m,
        )  # fmt: skip


def read_calibration(path: Path) -> Calibration:
    """A calibration file.

    Raises
    ------
    UserError
        Missing, a key unknown, missing or wrong, a lens that is not known, or matrices that are
        none of a camera; file and key are named.
    """
    if path.suffix == ".ini":
        raise UserError(f"{path}: a calibration is read as yaml; camera_calibration_parsers convert"
                        " makes that of an ini file")  # fmt: skip
    told: dict[str, Any] = read_yaml(path)
    if any(re.fullmatch(r"cam\d+", key) for key in told):
        raise UserError(f"{path}: is a camera chain of Kalibr; write one file for each camera, as"
                        " ROS's camera calibration does (docs/rover.md)")  # fmt: skip
    for key in told:
        if key not in KNOWN:
            at = line_of(told, key)
            raise UserError(f"{path}: unknown key {key!r}{at}; {unknown(key, KNOWN)}")
    for key in (*SIZES, *MATRICES, "distortion_coefficients"):
        if key not in told:
            raise UserError(f"{path}: no camera calibration: key {key!r} is missing")
    for key in SIZES:
        whole = isinstance(told[key], int) and not isinstance(told[key], bool)
        if not whole or not 0 < told[key] <= MOST_PX:
            raise UserError(f"{path}: {key}: {told[key]!r} is no number of pixels")
    width, height = told["image_width"], told["image_height"]
    own, turn, flat = (numbers_of(told[k], f"{path}: {k}", s) for k, s in MATRICES.items())
    lens = read_lens(told, f"{path}: ")
    _check_pinhole(own, f"{path}: camera_matrix")
    if np.abs(turn @ turn.T - np.eye(3)).max() > TURN_ERROR or np.linalg.det(turn) < 0.0:
        raise UserError(f"{path}: rectification_matrix: is no rotation")
    _check_pinhole(flat[:, :3], f"{path}: projection_matrix")
    if flat[1, 3] or flat[2, 3]:
        raise UserError(f"{path}: projection_matrix: eyes above one another are not matched here;"
                        " its last column may have a first number only")  # fmt: skip
    maps = lens.maps(own, turn, flat[:, :3], width, height)
    seen = (maps[0] >= 0) & (maps[0] <= width - 1) & (maps[1] >= 0) & (maps[1] <= height - 1)
    if seen.mean() < LEAST_SEEN:
        raise UserError(f"{path}: the rectified picture would show nothing that the camera sees;"
                        " are its matrices of this size of picture?")  # fmt: skip
    return Calibration(width, height, maps, flat, lens)


def _check_pinhole(k: np.ndarray, where: str) -> None:
    """Raises UserError where a (3, 3) matrix is none of a pinhole with square-cut pixels."""
    if min(k[0, 0], k[1, 1]) <= 0.0:
        raise UserError(f"{where}: is singular: focal lengths are {k[0, 0]:g} and {k[1, 1]:g},"
                        " and must be above 0")  # fmt: skip
    if k[0, 1] or k[1, 0] or k[2].tolist() != [0.0, 0.0, 1.0]:
        raise UserError(f"{where}: is not [fx, 0, cx], [0, fy, cy], [0, 0, 1]")


class CameraSource:
    """An open camera; `close` it.

    Attributes
    ----------
    comes_back : bool
        It is a device, which may give pictures again after it gave none; a file does not.

    Raises
    ------
    UserError
        The source cannot be opened, or its pictures are not of the calibrated size.
    """

    def __init__(self, name: str, config: CameraConfig, folder: Path) -> None:
        self.name, self.config = name, config
        self._calibration = read_calibration(folder / config.calibration)
        self._guard = boundary(f"cameras.{name}", "OpenCV fails on its pictures")
        source = config.source
        self._live = source.isdigit() or source.startswith("/dev/")
        self.comes_back = self._live or ("!" in source and "filesrc" not in source)
        with boundary(f"cameras.{name}.source", f"{source!r} cannot be opened"):
            if source.isdigit():
                self._capture = cv2.VideoCapture(int(source))
            elif "!" in source:
                self._capture = cv2.VideoCapture(source, cv2.CAP_GSTREAMER)
            else:
                self._capture = cv2.VideoCapture(source if self._live else str(folder / source))
        if not self._capture.isOpened():
            raise UserError(
                f"cameras.{name}.source: {source!r} cannot be opened; is it there, and has this"
                " OpenCV GStreamer where it is a pipeline (cv2.getBuildInformation())?"
            )

    def grab(self) -> bool:
        """Take the present picture; False where there is none (any more)."""
        with self._guard:
            for _ in range(STALE if self._live else 0):
                self._capture.grab()
            return bool(self._capture.grab())

    def read(self, t_ns: int) -> tuple[Image, CameraInfo]:
        """The picture that was grabbed, rectified and grey, stamped `t_ns`."""
        with self._guard:
            good, picture = self._capture.retrieve()
        c = self._calibration
        if not good or picture.shape[:2] != (c.height, c.width):
            size = picture.shape[1::-1] if good else None
            raise UserError(
                f"cameras.{self.name}: picture of {size} px, calibrated for {(c.width, c.height)}"
            )
        with self._guard:
            flat = self._rectified(picture)
        frame = self.config.frame_id
        return Image(t_ns, frame, flat), c.info(t_ns, frame)

    def _rectified(self, picture: np.ndarray) -> np.ndarray:
        if picture.ndim == 3:
            picture = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
        maps = self._calibration.maps
        return cv2.remap(picture, maps[0], maps[1], cv2.INTER_LINEAR)

    def close(self) -> None:
        self._capture.release()
