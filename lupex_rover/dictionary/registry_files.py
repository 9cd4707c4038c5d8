"""The registry: a CSV file for each kind of entry, a line each, in the order of their numbers."""

from __future__ import annotations

import csv
import dataclasses
import io
import typing
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from lupex_rover.core.errors import UserError
from lupex_rover.core.files import write_whole
from lupex_rover.dictionary.entries import (
    Argument,
    Command,
    Dictionary,
    Event,
    Parameter,
    Significance,
    TelemetryPoint,
)

T = TypeVar("T")
FOLDER = Path(__file__).parent / "registry"
KINDS: dict[str, type] = {
    "commands": Command, "events": Event, "telemetry": TelemetryPoint, "parameters": Parameter,
}  # fmt: skip
JOINED = "|"  # between the parts of a tuple


@cache
def load(folder: Path = FOLDER) -> Dictionary:
    """The committed dictionary.

    Raises
    ------
    UserError
        A file is missing, or a line of it is wrong; it is named.
    """
    tables: dict[str, tuple[Any, ...]] = {
        kind: tuple(_read(folder / f"{kind}.csv", cls)) for kind, cls in KINDS.items()
    }
    arguments: dict[int, list[Argument]] = {}
    for row in _rows(folder / "arguments.csv"):
        number = int(row.pop("command"))
        arguments.setdefault(number, []).append(_entry(Argument, row))
    tables["commands"] = tuple(
        dataclasses.replace(c, arguments=tuple(arguments.get(c.id, ()))) for c in tables["commands"]
    )
    return Dictionary(**tables)


@cache
def event_numbers(folder: Path = FOLDER) -> dict[str, int]:
    """Number of each event code, for what flies: no other file is read."""
    return {event.code: event.id for event in _read(folder / "events.csv", Event)}


def save(made: Dictionary, folder: Path = FOLDER) -> None:
    """Write all files of the registry."""
    for kind, cls in KINDS.items():
        table = getattr(made, kind)
        write_whole(folder / f"{kind}.csv", _text(cls, map(plain_values, table)))
    arguments = ({"command": c.id, **plain_values(a)} for c in made.commands for a in c.arguments)
    write_whole(folder / "arguments.csv", _text(Argument, arguments, ("command",)))
    load.cache_clear()
    event_numbers.cache_clear()


def _columns(cls: type) -> list[str]:
    return [f.name for f in dataclasses.fields(cls) if f.name != "arguments"]


def plain_values(entry: Any) -> dict[str, Any]:
    return {name: _plain(getattr(entry, name)) for name in _columns(type(entry))}


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return JOINED.join(value)
    if isinstance(value, Significance):
        return value.value
    if isinstance(value, bool):
        return "yes" if value else ""
    return "" if value is None else f"{value:.12g}" if isinstance(value, float) else value


def _text(cls: type, rows: Iterable[dict[str, Any]], before: tuple[str, ...] = ()) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, [*before, *_columns(cls)], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def _rows(path: Path) -> list[dict[str, str]]:
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UserError(f"{path}: cannot be read ({error})") from None


def _read(path: Path, cls: type[T]) -> Iterable[T]:
    for number, row in enumerate(_rows(path), start=2):
        try:
            yield _entry(cls, row)
        except (KeyError, ValueError, TypeError) as error:
            raise UserError(f"{path}, line {number}: {error}") from None


@cache
def _hints(cls: Any) -> dict[str, Any]:
    return typing.get_type_hints(cls)


def _entry(cls: type[T], row: dict[str, str]) -> T:
    hints = _hints(cls)  # type: ignore[arg-type]
    return cls(**{name: _typed(hints[name], row[name]) for name in _columns(cls)})


def _typed(hint: Any, text: str) -> Any:
    if hint is str:
        return text
    if hint is bool:
        return text == "yes"
    if hint is int:
        return int(text)
    if hint is float:
        return float(text)
    if hint is Significance:
        return Significance(text)
    if typing.get_origin(hint) is tuple:
        return tuple(text.split(JOINED)) if text else ()
    return float(text) if text else None
