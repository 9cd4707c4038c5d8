"""`lupex bench NAME`: figures as JSON."""

from __future__ import annotations

import json
from importlib import import_module
from inspect import signature
from pathlib import Path
from typing import Annotated

import typer

from lupex_rover.core.errors import UserError

ROOT = Path(__file__).resolve().parents[2]
# Each is a module `benchmarks.NAME.bench_NAME` of the checkout with `measure() -> dict`.
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
    params: Annotated[
        Path | None, typer.Option(help="Yaml of `lupex params identify` (craters).")
    ] = None,
    peers: Annotated[int | None, typer.Option(help="Of them for the peers, too (landing).")] = None,
) -> None:
    """Measure and print JSON: our figure and, where there is one, the peer's."""
    if name not in NAMES:
        raise UserError(f"bench {name!r} is unknown; known: {', '.join(NAMES)}")
    if not (ROOT / "benchmarks" / name).is_dir():
        raise UserError(f"{ROOT}: no benchmarks here; run `./lupex bench` in a source checkout")
    measure = import_module(f"benchmarks.{name}.bench_{name}").measure
    asked = {
        "quick": quick or None, "scenes": scenes, "only": only, "count": count, "peers": peers,
        "params": params,
    }  # fmt: skip
    given = {option: value for option, value in asked.items() if value is not None}
    for option in given:
        if option not in signature(measure).parameters:
            raise UserError(f"--{option}: bench {name} has no such option")
    print(json.dumps(measure(**given), indent=1))
