"""Parameters: frozen dataclasses whose fields carry unit, range, description and source.

A subsystem's `params.py` declares one class with `param(...)` fields. `load` fills it from a
mapping (a yaml section) and refuses unknown keys, wrong types and values out of range, by name.
"""

from __future__ import annotations

import dataclasses
import itertools
import math
import typing
from collections.abc import Mapping
from typing import Any, TypeVar

from lupex_rover.core.config_file import line_of, unknown
from lupex_rover.core.errors import UserError

T = TypeVar("T")
KINDS: dict[Any, tuple[str, str]] = {  # one, many
    float: ("a number", "numbers"), int: ("a whole number", "whole numbers"),
    str: ("a text, in quotes", "texts"), bool: ("true or false", "true or false"),
}  # fmt: skip


def param(
    default: Any,
    description: str,
    *,
    unit: str = "",
    low: float | None = None,
    high: float | None = None,
    source: str = "assumed",
) -> Any:
    """A dataclass field with its unit, allowed range, meaning and source."""
    meta = {"description": description, "unit": unit, "low": low, "high": high, "source": source}
    if isinstance(default, (list, dict)):
        return dataclasses.field(default_factory=lambda: type(default)(default), metadata=meta)
    return dataclasses.field(default=default, metadata=meta)


def load(cls: type[T], values: Mapping[str, Any] | None, where: str, rules: bool = True) -> T:
    """An instance of dataclass `cls` from `values`; `where` names the source in errors.

    A class may have a method `check()`, which raises a `UserError` where its fields do not go
    together; it is called here, and not where code makes an instance. `rules=False` leaves that
    out: `values` are only some of those that will stand together.

    Raises
    ------
    UserError
        Unknown key, missing key, wrong type, not finite, out of the field's range, or against a
        rule between fields.
    """
    if values is None:
        values = {}
    if not isinstance(values, Mapping):
        raise UserError(f"{where}: expected keys and values, found {type(values).__name__}")
    fields = {f.name: f for f in dataclasses.fields(cls)}  # type: ignore[arg-type]
    for key in values:
        if key not in fields:
            at = line_of(values, key)
            raise UserError(f"{where}: unknown key {key!r}{at}; {unknown(key, fields)}")
    hints = typing.get_type_hints(cls)
    made = {}
    for key, value in values.items():
        try:
            made[key] = _value(hints[key], fields[key], value, f"{where}.{key}", rules)
        except UserError as error:
            raise _with_line(error, line_of(values, key)) from None
    for name, field in fields.items():
        required = field.default is dataclasses.MISSING and (
            field.default_factory is dataclasses.MISSING
        )
        if required and name not in made:
            raise UserError(f"{where}: key {name!r} is missing")
    try:
        whole = cls(**made)
        if rules:
            check(whole)
        return whole
    except UserError as error:
        raise UserError(f"{where}: {error}") from None


def check(made: Any) -> None:
    """Call the rules between fields of `made`, if its class has any."""
    rule = getattr(made, "check", None)
    if rule is not None:
        rule()


def ordered(made: Any, *names: str) -> None:
    """Raise a UserError where one of these fields is above the next one."""
    for low, high in itertools.pairwise(names):
        if getattr(made, low) > getattr(made, high):
            raise UserError(
                f"{low} {getattr(made, low):g} is above {high} {getattr(made, high):g};"
                f" it must not be above it"
            )


def _with_line(error: UserError, line: str) -> UserError:
    """`error` with the line it is about, where it names none yet: the innermost is the best."""
    known = not line or " (line " in str(error)
    return error if known else UserError(f"{error}{line}")


def _value(
    hint: Any, field: dataclasses.Field[Any], value: Any, where: str, rules: bool = True
) -> Any:
    origin = typing.get_origin(hint)
    if type(None) in typing.get_args(hint):
        if value is None:
            return None
        hint = next(a for a in typing.get_args(hint) if a is not type(None))
        origin = typing.get_origin(hint)
    if dataclasses.is_dataclass(hint):
        return load(typing.cast(type, hint), value, where, rules)
    if origin in (tuple, list):
        return _sequence(hint, origin, field, value, where)
    if origin is dict:
        if not isinstance(value, Mapping):
            raise UserError(f"{where}: expected keys and values, found {value!r}")
        inner = typing.get_args(hint)[1]
        return {k: _value(inner, field, v, f"{where}.{k}") for k, v in value.items()}
    return _scalar(hint, field, value, where)


def _sequence(
    hint: Any, origin: type, field: dataclasses.Field[Any], value: Any, where: str
) -> Any:
    if not isinstance(value, (list, tuple)):
        inner = typing.get_args(hint)[0]
        many = f"; give a list of {KINDS[inner][1]}{_span(field)}" if inner in KINDS else ""
        raise UserError(f"{where}: expected a list, found {value!r}{many}")
    args = [a for a in typing.get_args(hint) if a is not Ellipsis]
    if len(args) > 1 and len(args) != len(value):
        raise UserError(f"{where}: expected {len(args)} values, found {len(value)}")
    inner = args * len(value) if len(args) == 1 else args
    return origin(
        _value(h, field, v, f"{where}[{i}]") for i, (h, v) in enumerate(zip(inner, value))
    )


def _scalar(hint: Any, field: dataclasses.Field[Any], value: Any, where: str) -> Any:
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        try:
            value = float(value)
        except OverflowError:
            raise UserError(f"{where}: is too large a number{_give(hint, field)}") from None
    if hint is not Any and (not isinstance(value, hint) or (hint is int and value is True)):
        raise UserError(f"{where}: expected {hint.__name__}, found {value!r}{_give(hint, field)}")
    if isinstance(value, float) and not math.isfinite(value):
        raise UserError(f"{where}: {value} is not a finite number{_give(hint, field)}")
    low, high = field.metadata.get("low"), field.metadata.get("high")
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        if low is not None and value < low or high is not None and value > high:
            raise UserError(f"{where}: {value} is outside{_span(field).lstrip(',')}")
    return value


def _give(hint: Any, field: dataclasses.Field[Any]) -> str:
    """What a field takes, as the end of an error's text."""
    return f"; give {KINDS[hint][0]}{_span(field)}" if hint in KINDS else ""


def _span(field: dataclasses.Field[Any]) -> str:
    """The field's range with its unit, after a comma; empty where it has none."""
    low, high = field.metadata.get("low"), field.metadata.get("high")
    unit = field.metadata.get("unit") or ""
    unit = "" if unit == "1" else f" {unit}".rstrip()
    if low is not None and high is not None:
        return f", {_short(low)} .. {_short(high)}{unit}"
    if low is not None:
        return f", {_short(low)}{unit} and above"
    return f", {_short(high)}{unit} and below" if high is not None else ""


def _short(number: float) -> str:
    return f"{number:.10g}"
