"""What stands beside a picture for the matcher: camera, prior, Sun; checked field by field."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from lupex_rover.core.camera import Camera
from lupex_rover.core.config_file import unknown
from lupex_rover.core.errors import UserError
from lupex_rover.core.lens import KEYS, Lens, read_lens
from lupex_rover.core.time import from_iso
from lupex_rover.core.transforms import Pose
from lupex_rover.ephemeris.bodies import check_time
from lupex_rover.landing.camera_pose import Prior

# Keys of a frame's json and of its parts; `altitude_m` is for people: the prior has the height.
PARTS = {
    "": ("camera", "prior", "sun", "epoch_utc", "altitude_m"),
    "camera": ("width", "height", "fx", "fy", "cx", "cy", *KEYS),
    "prior": ("position_m", "orientation_xyzw", "position_sigma_m", "orientation_sigma_rad"),
    "sun": ("azimuth_deg", "elevation_deg"),
}
MOST_PX, MOST_M = 1e6, 1e10  # of a camera and of a map's coordinates that can be meant


@dataclass(frozen=True)
class FrameInput:
    """What stands beside a picture.

    Attributes
    ----------
    camera, lens : Camera and Lens
        The pinhole, and how its picture departs from it.
    sun_rad : tuple[float, float] or None
        Azimuth from grid north, clockwise, and elevation; or `epoch_ns`.
    """

    camera: Camera
    lens: Lens
    prior: Prior
    sun_rad: tuple[float, float] | None
    epoch_ns: int | None


def parse_frame(document: Any) -> FrameInput:
    """The frame's json as values.

    Raises
    ------
    UserError
        Names the field that is unknown, missing, no number, NaN or out of range.
    """
    whole = document if isinstance(document, dict) else {}
    for part, known in PARTS.items():
        _no_other(whole.get(part) if part else whole, part, known)
    camera = _object(document, "camera")
    prior = _object(document, "prior")
    width, height = (_whole(camera, "camera", key) for key in ("width", "height"))
    pinhole = [_number(camera, "camera", key) for key in ("fx", "fy", "cx", "cy")]
    if min(pinhole[:2]) <= 0.0:
        raise UserError("camera.fx, camera.fy: must be above 0")
    _within("camera.fx, camera.fy", pinhole[:2], 1.0, MOST_PX)
    _within("camera.cx, camera.cy", pinhole[2:], -MOST_PX, MOST_PX)
    sigma = _vector(prior, "prior", "position_sigma_m", 3)
    turn_sigma = _number(prior, "prior", "orientation_sigma_rad")
    if sigma.min() <= 0.0:
        raise UserError("prior.position_sigma_m: must be above 0")
    if turn_sigma <= 0.0:
        raise UserError("prior.orientation_sigma_rad: must be above 0")
    _within("prior.position_sigma_m", sigma, 1e-4, 1e6)
    _within("prior.orientation_sigma_rad", [turn_sigma], 1e-7, math.pi)
    quaternion = _vector(prior, "prior", "orientation_xyzw", 4)
    length = float(np.linalg.norm(quaternion))
    if abs(length - 1.0) > 1e-2:
        raise UserError(f"prior.orientation_xyzw: its length is {length:.4g}, not 1")
    position = _vector(prior, "prior", "position_m", 3)
    _within("prior.position_m", position, -MOST_M, MOST_M)
    pose = Pose(position, quaternion / length)
    sun, epoch = _sun(document)
    lens = read_lens(camera, "camera.")
    given = Prior(pose, sigma, turn_sigma)
    return FrameInput(Camera(width, height, *pinhole), lens, given, sun, epoch)


def _no_other(values: Any, part: str, known: Iterable[str]) -> None:
    for key in values if isinstance(values, dict) else ():
        if key not in known:
            where = f"{part}.{key}" if part else key
            raise UserError(f"{where}: unknown key; {unknown(key, known)}")


def _sun(document: Any) -> tuple[tuple[float, float] | None, int | None]:
    if "sun" in document:
        sun = _object(document, "sun")
        azimuth, elevation = (_number(sun, "sun", k) for k in ("azimuth_deg", "elevation_deg"))
        if not -90.0 <= elevation <= 90.0:
            raise UserError(f"sun.elevation_deg: {elevation} is outside -90 .. 90")
        return (math.radians(azimuth), math.radians(elevation)), None
    if "epoch_utc" in document:
        return None, check_time(from_iso(document["epoch_utc"], "epoch_utc"), "epoch_utc")
    raise UserError("sun: is missing, and so is epoch_utc; give one of them")


def _object(document: Any, key: str) -> dict[str, Any]:
    if not isinstance(document, dict):
        raise UserError("is not a json object")
    if key not in document:
        raise UserError(f"{key}: is missing")
    if not isinstance(document[key], dict):
        raise UserError(f"{key}: is not an object")
    return document[key]


def _number(parent: dict[str, Any], where: str, key: str) -> float:
    if key not in parent:
        raise UserError(f"{where}.{key}: is missing")
    return _finite(parent[key], f"{where}.{key}")


def _finite(value: Any, name: str) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise UserError(f"{name}: {value!r} is not a number")
    try:
        number = float(value)
    except OverflowError:
        raise UserError(f"{name}: is too large a number") from None
    if not math.isfinite(number):
        raise UserError(f"{name}: is {value}")
    return number


def _within(name: str, values: Iterable[float], low: float, high: float) -> None:
    for value in values:
        if not low <= value <= high:
            raise UserError(f"{name}: {value:g} is outside {low:g} .. {high:g}")


def _whole(parent: dict[str, Any], where: str, key: str) -> int:
    value = _number(parent, where, key)
    if value != int(value) or not 32 <= value <= 20000:
        raise UserError(f"{where}.{key}: {value:g} is not a whole number in 32 .. 20000")
    return int(value)


def _vector(parent: dict[str, Any], where: str, key: str, count: int) -> np.ndarray:
    if key not in parent:
        raise UserError(f"{where}.{key}: is missing")
    values = parent[key]
    if not isinstance(values, list) or len(values) != count:
        raise UserError(f"{where}.{key}: is not a list of {count} numbers")
    return np.array([_finite(v, f"{where}.{key}") for v in values])
