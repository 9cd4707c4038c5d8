"""What the code has, for the registry to keep in step with; modules are named as in `graph`.

Imports the subsystems it reads when it is called, and is not needed in flight.
"""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from lupex_rover.core.transforms import Pose
from lupex_rover.core.types.span import QUATERNION
from lupex_rover.dictionary.code_list import codes
from lupex_rover.dictionary.commands import COMMANDS
from lupex_rover.dictionary.entries import Dictionary, Event, Parameter, TelemetryPoint
from lupex_rover.dictionary.parameter_tree import default, leaves, roots
from lupex_rover.graph import JSON_TYPE, TOPICS

# Messages that are products or commands' echoes, not points to be plotted or limited.
NO_POINTS = ("Image", "CameraInfo", "Grid", "Path", "Transforms", "Diagnostics", "ActionRecord",
             "Event", "Clock")  # fmt: skip
UNITS = {
    "_wt_pct": "wt%", "_jpm3": "J/m3", "_mps2": "m/s2", "_mps": "m/s", "_rps": "rad/s",
    "_degc": "degC", "_deg": "deg", "_rad": "rad", "_rpm": "1/min", "_nm": "N m", "_ns": "ns",
    "_wh": "W h", "_m": "m", "_s": "s", "_v": "V", "_a": "A", "_w": "W", "_n": "N", "_g": "g",
    "_k": "K", "_ohm": "Ohm", "_ah": "A h",
}  # fmt: skip


def collect() -> Dictionary:
    """Every entry, its number 0."""
    return Dictionary(COMMANDS, tuple(_events()), tuple(_telemetry()), tuple(_parameters()))


def _events() -> Iterator[Event]:
    for c in codes():
        yield Event(0, c.code, c.component, c.severity, c.graver, c.when, c.meaning)


def _telemetry() -> Iterator[TelemetryPoint]:
    for topic in TOPICS.values():
        if topic.qos == "command" or topic.name.startswith("sim/") or topic.type in NO_POINTS:
            continue
        if topic.ros == JSON_TYPE:  # from outside
            continue
        for name, kind, meta in _fields(topic.message):
            low, high = _number(meta.get("low")), _number(meta.get("high"))
            unit = meta.get("unit") or unit_of(name)
            full = f"{topic.name}.{name}"
            yield TelemetryPoint(0, full, topic.name, kind, unit, low, high, topic.rate_hz)


def _fields(cls: type) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Name, kind, and what `core.types.span` says of each."""
    hints = typing.get_type_hints(cls)
    for field in dataclasses.fields(cls):
        if field.name == "stamp_ns":
            continue
        hint, meta = hints[field.name], field.metadata
        if hint is Pose:
            yield f"{field.name}.position_m", "array", meta
            yield f"{field.name}.orientation_xyzw", "array", QUATERNION
        elif hint is np.ndarray:
            yield field.name, "array", meta
        elif typing.get_origin(hint) in (tuple, list):
            yield field.name, "texts", meta
        else:
            yield field.name, hint.__name__, meta


def unit_of(name: str) -> str:
    """The unit in a field's name; empty where it states none."""
    return next((unit for end, unit in UNITS.items() if name.endswith(end)), "")


def _parameters() -> Iterator[Parameter]:
    for leaf in (leaf for root in roots() if root.name for leaf in leaves(root)):
        meta = leaf.field.metadata
        yield Parameter(
            0, f"{leaf.root.name}.{leaf.below}", _kind(leaf.hint), str(meta.get("unit", "")),
            _number(meta.get("low")), _number(meta.get("high")), _default(leaf.field),
            str(meta.get("description", "")), str(meta.get("source", "")),
        )  # fmt: skip


def _kind(hint: Any) -> str:
    return hint.__name__ if isinstance(hint, type) and not typing.get_args(hint) else str(hint)


def _number(value: Any) -> float | None:
    return None if value is None else float(value)


def _default(field: dataclasses.Field[Any]) -> str:
    must = field.default is field.default_factory is dataclasses.MISSING
    return "" if must else str(default(field))
