"""`lupex bench NAME`: figures as JSON."""

from __future__ import annotations

import json
from importlib import import_module
from inspect import signature
from typing import Annotated

import typer

from lupex_rover.core.errors import UserError

# Each is a module `lupex_rover.cli.bench_NAME` with `measure() -> dict`.
NAMES = ("bags", "craters", "graph", "landing", "pictures", "power")


def bench(
    name: Annotated[str, typer.Argument(help=", ".join(NAMES))],
    quick: Annotated[bool, typer.Option(help="Short forms of the long parts (power).")] = False,
    scenes: Annotated[
        str | None, typer.Option(help="Renderer of the scenes: first or second (landing).")
    ] = None,
    only: Annotated[str | None, typer.Option(help="This set alone (landing).")] = None,
    count: Annotated[
        int | None, typer.Option(help="Scenes of a set (landing), chips of a size (pictures).")
    ] = None,
    peers: Annotated[int | None, typer.Option(help="Of them for the peers, too (landing).")] = None,
) -> None:
    """Measure and print JSON: our figure and, where there is one, the peer's."""
    if name not in NAMES:
        raise UserError(f"bench {name!r} is unknown; known: {', '.join(NAMES)}")
    measure = import_module(f"lupex_rover.cli.bench_{name}").measure
    asked = {
        "quick": quick or None, "scenes": scenes, "only": only, "count": count, "peers": peers,
    }  # fmt: skip
    given = {option: value for option, value in asked.items() if value is not None}
    for option in given:
        if option not in signature(measure).parameters:
            raise UserError(f"--{option}: bench {name} has no such option")
    print(json.dumps(measure(**given), indent=1))
