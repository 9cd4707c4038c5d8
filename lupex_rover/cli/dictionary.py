"""`lupex dictionary`: commands, events, telemetry points and parameters with their numbers."""

from __future__ import annotations

import dataclasses
import json
from typing import Annotated

import typer

from lupex_rover.core.errors import Broken, UserError


def dictionary(
    kind: Annotated[
        str | None, typer.Argument(help="commands, events, telemetry or parameters; none: counts.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, an entry a line.")] = False,
    check: Annotated[
        bool, typer.Option("--check", help="Exit 1 when the registry is not what the code has.")
    ] = False,
    update: Annotated[
        bool, typer.Option("--update", help="Give what is new in the code its number.")
    ] = False,
) -> None:
    """The rover's dictionary; numbers never change."""
    from lupex_rover.dictionary import load
    from lupex_rover.dictionary.entries import key
    from lupex_rover.dictionary.registry_files import KINDS, plain_values, save

    if kind is not None and kind not in KINDS:
        raise UserError(f"{kind!r} is unknown; choose {', '.join(KINDS)}")
    if check or update:
        from lupex_rover.dictionary.collect import collect
        from lupex_rover.dictionary.numbering import differences, numbered

        wanted = numbered(load(), collect())
        lines = differences(load(), wanted)
        if update:
            save(wanted)
        print("\n".join(lines) or "the registry is what the code has")
        if lines and not update:
            raise Broken("the registry is out of step; run `lupex dictionary --update`")
        return
    for name in KINDS if kind is None else (kind,):
        there = [entry for entry in getattr(load(), name) if not entry.retired]
        if kind is None:
            print(f"{len(there):5d} {name}")
            continue
        for entry in there:
            if as_json:
                print(json.dumps({**plain_values(entry), **_arguments(entry)}))
            else:
                print(f"{entry.id:5d}  {key(entry):44s} {getattr(entry, 'description', '')}")


def _arguments(entry: object) -> dict[str, object]:
    found = getattr(entry, "arguments", ())
    return {"arguments": [dataclasses.asdict(a) for a in found]} if found else {}
