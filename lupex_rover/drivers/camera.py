"""A camera of the rover: any source that OpenCV opens, rectified, as Image and CameraInfo.

Calibration files are those of ROS (camera_calibration_parsers, yaml): `image_width`,
`image_height`, `camera_matrix`, `distortion_coefficients`, `rectification_matrix`,
`projection_matrix`, each of the last four with `data`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from lupex_rover.core.config_file import read_yaml
from lupex_rover.core.errors import UserError
from lupex_rover.core.foreign import boundary
from lupex_rover.core.params import param
from lupex_rover.core.types import CameraInfo, Image

STALE = 4  # frames that a live camera's driver may hold; they are from before
MATRICES = {
    "camera_matrix": (3, 3), "rectification_matrix": (3, 3), "projection_matrix": (3, 4),
    "distortion_coefficients": (-1,),
}  # fmt: skip


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
        Missing, or a key missing or of another size; both are named.
    """
    told: dict[str, Any] = read_yaml(path)
    try:
        width, height = int(told["image_width"]), int(told["image_height"])
        found = {
            key: np.array(told[key]["data"], float).reshape(shape)
            for key, shape in MATRICES.items()
        }
    except (KeyError, TypeError, ValueError) as error:
        raise UserError(f"{path}: no camera calibration ({error}); see docs/rover.md") from None
    if (
        not all(np.isfinite(m).all() for m in found.values())
        or found["projection_matrix"][0, 0] <= 0
    ):
        raise UserError(f"{path}: projection_matrix and the others must be finite, fx above 0")
    maps = cv2.initUndistortRectifyMap(
        found["camera_matrix"], found["distortion_coefficients"], found["rectification_matrix"],
        found["projection_matrix"][:, :3], (width, height), cv2.CV_32FC1,
    )  # fmt: skip
    return Calibration(width, height, (maps[0], maps[1]), found["projection_matrix"])


class CameraSource:
    """An open camera; `close` it.

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
