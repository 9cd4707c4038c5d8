"""`lupex params`: every parameter, one a line."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Sequence
from typing import Annotated, Any

import typer

from lupex_rover.core.config_file import nearest
from lupex_rover.core.errors import UserError

NEAREST = 3  # so many are told


def params(
    name: Annotated[
        str | None,
        typer.Argument(help="List these: part of a path, or the command that takes the file."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """List parameters: path, default, unit, range, description, source, and the file that sets it.

    On ROS, `nodes.NODE.a.b` is the parameter `a.b` of node NODE.
    """
    from lupex_rover.dictionary.parameter_tree import parameters

    every = list(parameters())
    chosen = [p for p in every if name is None or _fits(p.path, name) or name in p.where.split()]
    if not chosen:
        raise UserError(f"params: {name!r} is unknown; {most_like(name, [p.path for p in every])}")
    for p in chosen:
        if as_json:
            print(json.dumps(dataclasses.asdict(p)))
            continue
        span = _span(p.low, p.high)
        print("  ".join((p.path, _short(p.default), f"[{p.unit or '-'}]", span, p.description,
                         f"(source: {p.source or 'none'})", f"<{p.where}>")))  # fmt: skip


def _fits(path: str, name: str) -> bool:
    """Whether `name` is whole words of the path."""
    return f".{name}." in f".{path}."


def most_like(name: str | None, known: Sequence[str]) -> str:
    """The paths most like `name`: first those that hold it as a word, then by their letters."""
    asked = str(name).lower()
    words = [path for path in known if asked in path.rpartition(".")[2].split("_")]
    words.sort(key=len)
    found = words or nearest(asked, known) or _by_last_word(asked, known)
    many = list(dict.fromkeys(found))[:NEAREST]
    return f"nearest: {', '.join(many)}" if many else "`lupex params` lists all"


def _by_last_word(name: str, known: Iterable[str]) -> list[str]:
    last = {path.rpartition(".")[2]: path for path in known}
    return [last[word] for word in nearest(name.rpartition(".")[2], last)]


def _span(low: float | None, high: float | None) -> str:
    if low is None and high is None:
        return "any"
    return f"{'' if low is None else f'{low:g}'} .. {'' if high is None else f'{high:g}'}".strip()


def _short(value: Any) -> str:
    return json.dumps(value, default=dataclasses.asdict, separators=(", ", ": "))
