"""`lupex phases`: the phases of the mission, one a line, or drawn."""

from __future__ import annotations

import dataclasses
import json
from typing import Annotated

import typer

from lupex_rover.core.config_file import unknown
from lupex_rover.core.errors import UserError


def phases(
    name: Annotated[str | None, typer.Argument(help="List this phase alone.")] = None,
    mermaid: Annotated[
        bool, typer.Option("--mermaid", help="Draw them as a Mermaid flow chart.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """List phases: what each does and needs, interlocks, tries, restart, what follows a failure."""
    from lupex_rover.mission.phase_drawing import drawn, lines
    from lupex_rover.mission.phase_table import TABLE

    if mermaid and as_json:
        raise UserError("--mermaid and --json: choose one")
    rules = {n: rule for n, rule in TABLE.items() if name in (None, n)}
    if not rules:
        raise UserError(f"phases: {name!r} is unknown; {unknown(str(name), TABLE)}")
    if mermaid:
        print(drawn(rules))
    elif as_json:
        for n, rule in rules.items():
            print(json.dumps({"phase": n, **dataclasses.asdict(rule)}))
    else:
        print("\n".join(lines(rules)))
