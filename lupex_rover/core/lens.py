"""How a camera's picture departs from a pinhole's: the models of ROS's CameraInfo, and no other.

`plumb_bob`
    k1, k2, p1, p2, k3 (the last may be left out); also called `radtan`, `pinhole-radtan`
`rational_polynomial`
    those, k4, k5, k6; then s1 to s4; then tau_x, tau_y; what is left out is 0, as to OpenCV; also
    called `rational`
`equidistant`
    k1 to k4, of the angle from the axis; also called `fisheye`, `equi`, `pinhole-equi`

`none`, or no coefficients, is a pinhole. Where no model is named the number of coefficients tells
`plumb_bob` from `rational_polynomial`, as it does to OpenCV. A model of another name is refused.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from lupex_rover.core.camera import Camera
from lupex_rover.core.config_file import unknown
from lupex_rover.core.errors import UserError

PLUMB_BOB, RATIONAL, EQUIDISTANT = "plumb_bob", "rational_polynomial", "equidistant"
COUNTS = {PLUMB_BOB: (0, 4, 5), RATIONAL: (4, 5, 8, 12, 14), EQUIDISTANT: (4,)}
WORDS = {
    PLUMB_BOB: PLUMB_BOB, "radtan": PLUMB_BOB, "pinhole_radtan": PLUMB_BOB, "none": PLUMB_BOB,
    RATIONAL: RATIONAL, "rational": RATIONAL,
    EQUIDISTANT: EQUIDISTANT, "equi": EQUIDISTANT, "fisheye": EQUIDISTANT,
    "pinhole_equi": EQUIDISTANT, "kannala_brandt": EQUIDISTANT,
}  # fmt: skip
OF_ANY_LENS = ("pinhole", "perspective")  # words of `camera_model` that leave the lens open
KEYS = ("camera_model", "distortion_model", "distortion_coefficients")
BLOCK = ("rows", "cols", "data", "dt")  # of a matrix in ROS's and OpenCV's files
WIDEST_RAD, SAMPLES = 1.52, 4000  # of a profile; a lens that is no fisheye sees no further
LEAST_VIEW, STEPS, GRID = 0.3, 36, 64  # the share of the field of view that is kept; its search


@dataclass(frozen=True)
class Lens:
    """A model of `COUNTS` with its coefficients."""

    model: str = PLUMB_BOB
    coefficients: tuple[float, ...] = ()

    @property
    def straight(self) -> bool:
        """Is its picture a pinhole's? One of `equidistant` never is."""
        return self.model != EQUIDISTANT and not any(self.coefficients)

    def maps(
        self, matrix: np.ndarray, rotation: np.ndarray, projection: np.ndarray,
        width: int, height: int,
    ) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
        """Where each pixel of a rectified picture lies in the camera's own, for `cv2.remap`.

        Parameters
        ----------
        matrix, rotation, projection : ndarray, shape (3, 3)
            Of the camera, to the rectified axes, and of the rectified picture of `width` x `height`
            pixels.

        Returns
        -------
        tuple[ndarray, ndarray]
            Two (height, width) float32: column and row.
        """
        import cv2  # here: who only reads a calibration's words waits for no OpenCV

        make: Any = cv2.initUndistortRectifyMap
        if self.model == EQUIDISTANT:
            make = cv2.fisheye.initUndistortRectifyMap
        given = np.array(self.coefficients, float)
        x, y = make(matrix, given, rotation, projection, (width, height), cv2.CV_32FC1)
        return x, y

    def profile(self) -> tuple[np.ndarray, np.ndarray]:
        """Angles from the axis, rad, and how far from it on the unit plane they are seen; as far as
        the picture does not turn back on itself."""
        k = np.zeros(8)
        k[: min(8, len(self.coefficients))] = self.coefficients[:8]
        with np.errstate(all="ignore"):  # coefficients may be anything
            if self.model == EQUIDISTANT:
                angle = np.linspace(0.0, math.pi, SAMPLES)
                seen = angle * (1.0 + sum(k[n] * angle ** (2 * n + 2) for n in range(4)))
            else:
                angle = np.linspace(0.0, WIDEST_RAD, SAMPLES)
                r2 = np.tan(angle) ** 2
                over = 1.0 + k[0] * r2 + k[1] * r2**2 + k[4] * r2**3
                seen = np.sqrt(r2) * over / (1.0 + k[5] * r2 + k[6] * r2**2 + k[7] * r2**3)
            back = np.flatnonzero(~(np.diff(seen) > 0.0))
        end = int(back[0]) + 1 if back.size else SAMPLES
        return angle[:end], seen[:end]


def read_lens(told: Mapping[str, Any], where: str) -> Lens:
    """The lens that the keys `KEYS` of a calibration, or of a frame's camera, tell.

    Raises
    ------
    UserError
        A model that is not known, two that differ, or coefficients that are not its own; `where`
        and the key are named.
    """
    named = {key: _model(told[key], f"{where}{key}", key) for key in KEYS[:2] if key in told}
    models = {model for model in named.values() if model}
    if len(models) > 1:
        said = " and ".join(f"{key} {told[key]!r}" for key in named)
        raise UserError(f"{where}distortion_model: {said} differ; leave one out")
    numbers: tuple[float, ...] = ()
    if told.get("distortion_coefficients") is not None:
        numbers = tuple(numbers_of(told["distortion_coefficients"], f"{where}{KEYS[2]}"))
    model = models.pop() if models else RATIONAL if len(numbers) > 5 else PLUMB_BOB
    if model == PLUMB_BOB and len(numbers) in COUNTS[RATIONAL] and not any(numbers[5:]):
        numbers = numbers[:5]  # some drivers fill up with zeros
    if told.get("distortion_model") in ("none", "") and any(numbers):
        raise UserError(f"{where}distortion_model: says none, and distortion_coefficients has some")
    if len(numbers) not in COUNTS[model]:
        counts = " or ".join(str(count) for count in COUNTS[model] if count)
        fits = [other for other in COUNTS if len(numbers) in COUNTS[other]]
        hint = f"; {len(numbers)} are those of {' or '.join(fits)}" if fits and numbers else ""
        raise UserError(
            f"{where}distortion_coefficients: {len(numbers)} numbers, but {model} has"
            f" {counts}{hint}"
        )
    return Lens(model, numbers)


def _model(word: Any, where: str, key: str) -> str:
    """The model that a word means; empty where it leaves the lens open."""
    if not isinstance(word, str):
        raise UserError(f"{where}: {word!r} is no name of a model; known: {', '.join(COUNTS)}")
    plain = word.strip().lower().replace("-", "_").replace(" ", "_")
    if not plain or (key == "camera_model" and plain in OF_ANY_LENS):
        return ""
    if plain not in WORDS:
        raise UserError(f"{where}: {word!r} is not known here; {unknown(plain, WORDS)}")
    return WORDS[plain]


def numbers_of(block: Any, where: str, shape: tuple[int, int] | None = None) -> np.ndarray:
    """The numbers of a list, or of a matrix with `rows`, `cols` and `data`.

    Raises
    ------
    UserError
        Another number of them than `shape`, or than rows and cols say, or one that is not finite.
    """
    data: Any = block
    if isinstance(block, Mapping):
        for key in block:
            if key not in BLOCK:
                raise UserError(f"{where}: unknown key {key!r}; {unknown(key, BLOCK)}")
        data = block.get("data")
    if not isinstance(data, Sequence) or isinstance(data, str):
        raise UserError(f"{where}.data: expected a list of numbers, found {data!r}")
    for value in data:
        good = isinstance(value, (int, float)) and not isinstance(value, bool)
        if not good or not abs(value) < 1e300:
            raise UserError(f"{where}.data: {str(value)[:40]!r} is not a finite number")
    if isinstance(block, Mapping) and {"rows", "cols"} <= set(block):
        rows, cols = block["rows"], block["cols"]
        if not isinstance(rows, int) or not isinstance(cols, int) or rows * cols != len(data):
            raise UserError(f"{where}: rows {rows} x cols {cols}, but {len(data)} numbers in data")
    if shape is not None and len(data) != shape[0] * shape[1]:
        raise UserError(
            f"{where}.data: {len(data)} numbers, expected {shape[0]} x {shape[1]} of them"
        )
    return np.array(data, float).reshape(shape or (-1,))


def as_pinhole(
    picture: np.ndarray, camera: Camera, lens: Lens, where: str = "camera."
) -> tuple[np.ndarray, Camera]:
    """A picture as a pinhole on the same axis would have taken it, and that pinhole.

    Its focal length is the camera's, or longer where the lens does not show all that it would
    see: every pixel has been seen. A picture of a straight lens is given back as it is.

    Parameters
    ----------
    picture : ndarray, shape (height, width)
        .

    Raises
    ------
    UserError
        The coefficients fold the picture, or so little of it is left that they cannot be its own.
    """
    import cv2

    if lens.straight:
        return picture, camera
    c = camera
    angle, seen = lens.profile()
    edge = min(c.cx / c.fx, c.cy / c.fy, (c.width - 1 - c.cx) / c.fx, (c.height - 1 - c.cy) / c.fy)
    for share in np.linspace(1.0, LEAST_VIEW, STEPS) if seen[-1] >= edge else ():
        flat = Camera(c.width, c.height, c.fx / share, c.fy / share, c.cx, c.cy)
        if _all_seen(lens, c, flat, angle[-1]):
            maps = lens.maps(c.matrix, np.eye(3), flat.matrix, c.width, c.height)
            return cv2.remap(picture, *maps, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE), flat
    raise UserError(
        f"{where}distortion_coefficients: they fold the picture, or leave less than"
        f" {LEAST_VIEW:.0%} of its field of view without holes; are they of this camera?"
    )


def _all_seen(lens: Lens, camera: Camera, flat: Camera, furthest_rad: float) -> bool:
    """Has `camera` seen what `flat` would see, each ray once? Looked at on a grid to its edges."""
    c = camera
    reach = math.hypot(
        max(abs(c.cx), abs(c.width - 1 - c.cx)) / flat.fx,
        max(abs(c.cy), abs(c.height - 1 - c.cy)) / flat.fy,
    )
    if math.atan(reach) > furthest_rad:
        return False
    coarse = np.diag([GRID / (c.width - 1), GRID / (c.height - 1), 1.0]) @ flat.matrix
    x, y = lens.maps(c.matrix, np.eye(3), coarse, GRID + 1, GRID + 1)
    inside = (x >= 0.0) & (x <= c.width - 1) & (y >= 0.0) & (y <= c.height - 1)
    return bool(inside.all())
