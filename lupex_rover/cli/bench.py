"""`lupex bench NAME`: figures as JSON."""

from __future__ import annotations

import json
from importlib import import_module
from inspect import signature
from typing import Annotated

import typer

from lupex_rover.core.errors import UserError

# Each is a module `lupex_rover.cli.bench_NAME` with `measure() -> dict`.
NAMES = ("bags", "craters", "graph", "landing", "power")


def bench(
    name: Annotated[str, typer.Argument(help=", ".join(NAMES))],
    quick: Annotated[bool, typer.Option(help="Short forms of the long parts (power).")] = False,
) -> None:
    """Measure and print JSON: our figure and, where there is one, the peer's."""
    if name not in NAMES:
        raise UserError(f"bench {name!r} is unknown; known: {', '.join(NAMES)}")
    measure = import_module(f"lupex_rover.cli.bench_{name}").measure
    if quick and "quick" not in signature(measure).parameters:
        raise UserError(f"--quick: bench {name} has no short form")
    print(json.dumps(measure(quick=True) if quick else measure(), indent=1))
