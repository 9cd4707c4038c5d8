"""Messages of the graph with one field that cannot be, each field of each message in turn."""

from __future__ import annotations

import contextlib
import dataclasses
import math
import typing
from collections.abc import Iterator
from functools import cache
from typing import Any

import numpy as np

from lupex_rover.core.constants import NS
from lupex_rover.core.errors import UserError
from lupex_rover.core.transforms import Pose
from lupex_rover.core.types import LOADS, WHEELS

T0 = 1_861_920_000 * NS
NUMBERS = (math.nan, math.inf, -math.inf, 1e30, -1e30, -1.0, 0.0, 5e-324)
WHOLE = (-1, 0, 255, 2**31, 2**63 - 1, -(2**63))
TEXTS = ("", "\0", "?" * 100_000, "MOB", "<b>&", "\ud800")
STAMPS_S = (-(10**9), -60.0, -0.6, 0.4, 0.9, 30.0, 10**9)  # of the time that it is
LENGTH = {  # of arrays, where it is not 4
    "linear_mps": 3, "angular_rps": 3, "angular_rate_rps": 3, "specific_force_mps2": 3,
    "velocity_mps": 3, "position_sigma_m": 3, "target_m": 3, "array_a": 3, "load_w": len(LOADS),
}  # fmt: skip
SHAPE = {
    "pose_covariance": (6, 6), "twist_covariance": (6, 6), "covariance": (6, 6), "cost": (8, 8),
    "pixels": (16, 16), "points_m": (3, 3),
}  # fmt: skip
POSE = Pose(np.array([0.0, 0.0, 0.6]), np.array([0.0, 0.0, 0.0, 1.0]))
GOOD: dict[str, Any] = {  # what a type does not say
    "board": "MOB", "load": LOADS[1], "command": "ping", "telecommand": "ENABLE", "mode": "normal",
    "frame_id": "map", "child_frame_id": "base_link", "parent": "map", "child": "base_link",
    "names": tuple(f"{w}_drive_joint" for w in WHEELS), "bus_v": 28.0, "battery_v": 28.0,
    "node": "executive", "phase": "descent", "soc": 0.7, "energy_wh": 2000.0, "usable_wh": 1500.0,
    "state": 2, "orientation_xyzw": np.array([0.0, 0.0, 0.0, 1.0]), "resolution_m": 0.5,
    "width": 16, "height": 16, "fx": 20.0, "fy": 20.0, "cx": 7.5, "cy": 7.5, "depth_m": 0.5,
    "auger_rpm": 10.0, "wob_limit_n": 10.0, "feed_mps": 1e-4, "tolerance_m": 1.0, "cup": 1,
    "duration_s": 3600.0, "interval_s": 0.05, "valid": True, "sample_mass_g": 15.0,
}  # fmt: skip


@cache
def hints(kind: type) -> dict[str, Any]:
    """Type of each field of a message."""
    return {f.name: typing.get_type_hints(kind)[f.name] for f in dataclasses.fields(kind)}


def good(kind: type, stamp_ns: int) -> Any:
    """A message of `kind` that can be."""
    return kind(**{name: _good(name, hint, stamp_ns) for name, hint in hints(kind).items()})


def _good(name: str, hint: Any, stamp_ns: int) -> Any:
    if name == "stamp_ns":
        return stamp_ns
    if name in GOOD:
        return GOOD[name]
    if name in SHAPE or hint is np.ndarray:
        kind: Any = {"cost": np.int8, "pixels": np.uint8}.get(name, float)
        return np.zeros(SHAPE.get(name, (LENGTH.get(name, 4),)), kind)
    if hint is Pose:
        return POSE
    if typing.get_origin(hint) is tuple:
        return (good(hint_of(hint), stamp_ns),) if dataclasses.is_dataclass(hint_of(hint)) else ()
    if typing.get_origin(hint) is dict:
        return {}
    return {float: 0.1, int: 0, bool: False, str: "", bytes: b"", Any: None}[hint]


def hint_of(hint: Any) -> Any:
    """What a tuple is of."""
    return typing.get_args(hint)[0]


def spoilt(
    kind: type, t_ns: int, rng: np.random.Generator | None = None
) -> Iterator[tuple[str, Any]]:
    """(what is wrong, message): every field with every value that it may not have.

    With `rng` each field has one of them, drawn.
    """
    base = good(kind, t_ns)
    for name, hint in hints(kind).items():
        values = list(_bad(name, hint, getattr(base, name), t_ns))
        if rng is not None and values:
            values = [values[int(rng.integers(len(values)))]]
        for value in values:
            yield f"{name}={value!r}"[:80], dataclasses.replace(base, **{name: value})


def _bad(name: str, hint: Any, now: Any, t_ns: int) -> Iterator[Any]:
    if name == "stamp_ns":
        yield from (0, -1, *(t_ns + round(s * NS) for s in STAMPS_S), t_ns, t_ns)
    elif hint is float:
        yield from NUMBERS
    elif hint is int:
        yield from WHOLE
    elif hint is str:
        yield from TEXTS
    elif hint is bytes:
        yield from (b"", b"\xff" * 70_000)
    elif hint is bool:
        yield not now
    elif hint is Pose:
        for value in NUMBERS:
            yield Pose(np.array([value, 0.0, 0.0]), now.orientation_xyzw)
            with contextlib.suppress(UserError):  # what the class refuses ends with the codec
                yield Pose(now.position_m, np.full(4, value))
    elif hint is np.ndarray:
        yield from _bad_array(name, now)
    elif typing.get_origin(hint) is tuple:
        yield from _bad_tuple(hint_of(hint), t_ns)
    elif typing.get_origin(hint) is dict:
        yield {"": "?" * 1000}


def _bad_array(name: str, now: np.ndarray) -> Iterator[np.ndarray]:
    if now.dtype == float:
        for value in NUMBERS:
            yield np.full(now.shape, value)
            one = now.copy()
            one.flat[-1] = value
            yield one
    else:
        yield np.full(now.shape, np.iinfo(now.dtype).max, now.dtype)
        yield np.full(now.shape, np.iinfo(now.dtype).min, now.dtype)
    if name in ("cost", "pixels", "points_m", "position", "velocity", "effort"):
        yield np.zeros((0, *now.shape[1:]), now.dtype)  # the wire lets them have any length


def _bad_tuple(inner: Any, t_ns: int) -> Iterator[tuple[Any, ...]]:
    yield ()
    if dataclasses.is_dataclass(inner):
        for _, message in spoilt(typing.cast(type, inner), t_ns):
            yield (message,)
    elif inner is str:
        yield from ((text,) for text in TEXTS)
        yield ("mobility",) * 1000
    else:
        yield (2**63 - 1,)
