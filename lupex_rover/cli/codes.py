"""`lupex codes`: every event code, one a line."""

from __future__ import annotations

import dataclasses
import json
from typing import Annotated

import typer

from lupex_rover.core.config_file import nearest
from lupex_rover.core.errors import UserError


def codes(
    code: Annotated[str | None, typer.Argument(help="A code, or its first letters.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """List event codes: code, component, severity, what happened, what to do.

    An event carries its severity as a number: 0 info, 1 warning, 2 fault. Few codes have two; the
    line says where the second one applies.
    """
    from lupex_rover.dictionary.code_list import codes as every_code

    every = list(every_code())
    chosen = [c for c in every if code is None or c.code.startswith(code.upper())]
    if not chosen:
        known = [c.code for c in every]
        raise UserError(f"codes: {code!r} is unknown; {_nearest(str(code), known)}")
    for c in chosen:
        if as_json:
            print(json.dumps(dataclasses.asdict(c)))
        else:
            advice = f"; do: {c.advice}" if c.advice else ""
            print(f"{c.code}  {c.component}  [{c.grave}]  {c.text}{advice}")


def _nearest(code: str, known: list[str]) -> str:
    """Codes like `code`; where its letters are no part's, the letters that there are."""
    found = nearest(code.upper(), known)
    letters = sorted({word.partition("-")[0] for word in known})
    return f"nearest: {', '.join(found)}" if found else f"codes begin with {', '.join(letters)}"
