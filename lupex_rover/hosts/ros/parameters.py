"""ROS parameters of a node from its frozen params dataclass."""

from __future__ import annotations

import dataclasses
import json
import typing
from collections.abc import Mapping
from typing import Any

from rcl_interfaces.msg import FloatingPointRange, IntegerRange, ParameterDescriptor
from rclpy.node import Node

_LARGE = 1.7e308
_LARGE_INT = 2**62


def declare(node: Node, cls: type, values: Mapping[str, Any] | None) -> dict[str, Any]:
    """Declare a read-only parameter for every simple field of `cls`.

    `values` (from the configuration file) are the defaults; overrides given to ROS win. Returns
    the values to load `cls` from. Fields that ROS has no type for (nested, optional) stay as they
    are in `values` and are shown as json.
    """
    merged = dict(values or {})
    hints = typing.get_type_hints(cls)
    for field in dataclasses.fields(cls):
        given = field.name in merged
        if not given and field.default is dataclasses.MISSING:
            continue
        value = merged[field.name] if given else field.default
        simple = hints[field.name] in (bool, int, float, str)
        shown = _simple(hints[field.name], value) if simple else json.dumps(value, default=str)
        if not node.has_parameter(field.name):
            node.declare_parameter(field.name, shown, _descriptor(field, hints[field.name]))
        if simple:
            actual = node.get_parameter(field.name).value
            if given or actual != shown:
                merged[field.name] = actual
    return merged


def _simple(hint: type, value: Any) -> Any:
    return float(value) if hint is float and isinstance(value, int) else value


def _descriptor(field: dataclasses.Field[Any], hint: type) -> ParameterDescriptor:
    meta = field.metadata
    unit = f" [{meta['unit']}]" if meta.get("unit") else ""
    made = ParameterDescriptor(
        name=field.name,
        description=f"{meta.get('description', '')}{unit}",
        additional_constraints=f"source: {meta.get('source', '')}",
        read_only=True,
    )
    low, high = meta.get("low"), meta.get("high")
    if hint is float and (low is not None or high is not None):
        made.floating_point_range = [
            FloatingPointRange(
                from_value=float(-_LARGE if low is None else low),
                to_value=float(_LARGE if high is None else high),
            )
        ]
    elif hint is int and (low is not None or high is not None):
        made.integer_range = [
            IntegerRange(
                from_value=-_LARGE_INT if low is None else int(low),
                to_value=_LARGE_INT if high is None else int(high),
            )
        ]
    return made
