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
SIMPLE = (bool, int, float, str)


def declare(
    node: Node, cls: type, values: Mapping[str, Any] | None, prefix: str = ""
) -> dict[str, Any]:
    """Declare a read-only parameter for every field of `cls`, those of nested classes dotted.

    `values` (from the configuration file) are the defaults; overrides given to ROS win. Returns
    the values to load `cls` from. A field of names and numbers (`shed_soc`) is a parameter for each
    name, a list of numbers one of ROS's arrays. What ROS has no type for (a field that may be
    unset, lists of lists) is shown as json and stays as it is in `values`.
    """
    merged = dict(values or {})
    hints = typing.get_type_hints(cls)
    for field in dataclasses.fields(cls):
        name, hint = field.name, hints[field.name]
        path = prefix + name
        if dataclasses.is_dataclass(hint) and isinstance(hint, type):
            part = declare(node, hint, merged.get(name), f"{path}.")
            if part:
                merged[name] = part
        elif name in merged or not _required(field):
            given = name in merged
            value = merged[name] if given else _default(field)
            told = _declare_one(node, path, field, hint, value)
            if given or told != value:
                merged[name] = told
    return merged


def _required(field: dataclasses.Field[Any]) -> bool:
    return field.default is field.default_factory is dataclasses.MISSING


def _default(field: dataclasses.Field[Any]) -> Any:
    if field.default is not dataclasses.MISSING:
        return field.default
    assert field.default_factory is not dataclasses.MISSING
    return field.default_factory()


def _declare_one(
    node: Node, path: str, field: dataclasses.Field[Any], hint: Any, value: Any
) -> Any:
    """Declare `value` at `path`; what it is after ROS's overrides."""
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if hint in SIMPLE:
        return _ask(node, path, field, hint, _number(hint, value))
    if origin is dict and inner[1] in SIMPLE:
        return {key: _ask(node, f"{path}.{key}", field, inner[1], _number(inner[1], one))
                for key, one in value.items()}  # fmt: skip
    if value and origin in (tuple, list) and set(inner) - {Ellipsis} <= {float}:
        told = _ask(node, path, field, None, [float(one) for one in value])
        return value if list(told) == list(value) else list(told)
    _ask(node, path, field, None, json.dumps(value, default=str))
    return value


def _ask(node: Node, path: str, field: dataclasses.Field[Any], hint: Any, value: Any) -> Any:
    if not node.has_parameter(path):
        node.declare_parameter(path, value, _descriptor(path, field, hint))
    return node.get_parameter(path).value


def _number(hint: type, value: Any) -> Any:
    return float(value) if hint is float and isinstance(value, int) else value


def _descriptor(path: str, field: dataclasses.Field[Any], hint: Any) -> ParameterDescriptor:
    meta = field.metadata
    unit = f" [{meta['unit']}]" if meta.get("unit") else ""
    low, high = meta.get("low"), meta.get("high")
    made = ParameterDescriptor(
        name=path,
        description=f"{meta.get('description', '')}{unit}",
        additional_constraints=f"source: {meta.get('source', '')}",
        read_only=True,
    )
    if low is None and high is None:
        return made
    if hint is float:
        made.floating_point_range = [
            FloatingPointRange(
                from_value=float(-_LARGE if low is None else low),
                to_value=float(_LARGE if high is None else high),
            )
        ]
    elif hint is int:
        made.integer_range = [
            IntegerRange(
                from_value=-_LARGE_INT if low is None else int(low),
                to_value=_LARGE_INT if high is None else int(high),
            )
        ]
    else:  # ROS has no range of an array's numbers; ours is checked when the class is loaded
        made.additional_constraints += f"; each from {low} to {high}"
    return made
