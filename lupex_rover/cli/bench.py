"""`lupex bench NAME`: figures as JSON."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from lupex_rover.core.errors import UserError


def bench(name: Annotated[str, typer.Argument(help="graph")]) -> None:
    """Measure and print JSON: our figure and, where there is one, the peer's."""
    if name != "graph":
        raise UserError(f"bench {name!r} is unknown; known: graph")
    from lupex_rover.cli.bench_graph import measure

    print(json.dumps(measure(), indent=1))
