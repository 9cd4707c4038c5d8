"""`lupex bench NAME`: figures as JSON; `lupex bench --pages`: their pages."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib import import_module
from inspect import signature
from pathlib import Path
from typing import Annotated, Any

import typer

from lupex_rover.core.errors import UserError
from lupex_rover.core.files import write_whole

ROOT = Path(__file__).resolve().parents[2]
# Each is a module `benchmarks.NAME.bench_NAME` of the checkout with `measure() -> dict`.
NAMES = ("bags", "craters", "faults", "graph", "inputs", "landing", "pictures", "power")


def bench(
    name: Annotated[
        str | None, typer.Argument(help=f"Measure this: {', '.join(NAMES)}.", show_default=False)
    ] = None,
    quick: Annotated[
        bool, typer.Option(help="Take short forms of the long parts (power, faults).")
    ] = False,
    scenes: Annotated[
        str | None,
        typer.Option(help="Draw the scenes with this renderer, first or second (landing)."),
    ] = None,
    only: Annotated[
        str | None, typer.Option(help="Measure this set (landing) or part (faults) alone.")
    ] = None,
    count: Annotated[
        int | None,
        typer.Option(
            help="Take so many scenes of a set (landing), chips (pictures), files (inputs, faults)."
        ),
    ] = None,
    peers: Annotated[
        int | None, typer.Option(help="Give so many of them to the peers, too (landing).")
    ] = None,
    params: Annotated[
        Path | None, typer.Option(help="Read how to identify craters from this yaml (craters).")
    ] = None,
    json_out: Annotated[
        Path | None,
        typer.Option(help="Write the JSON here, with date, machine, commit and libraries."),
    ] = None,
    pages: Annotated[
        bool, typer.Option("--pages", help="Make docs/benchmarks from its data/NAME.json instead.")
    ] = False,
) -> None:
    """Measure and print JSON: our figure and, where there is one, the peer's."""
    if name is not None and name not in NAMES:
        raise UserError(f"bench {name!r} is unknown; known: {', '.join(NAMES)}")
    if (name is None) != pages:
        raise UserError(f"bench: give a NAME ({', '.join(NAMES)}), or --pages alone")
    if not (ROOT / "benchmarks").is_dir():
        raise UserError(f"{ROOT}: no benchmarks here; run `./lupex bench` in a source checkout")
    if name is None:
        for path in import_module("benchmarks.pages").write_pages():
            print(path)
        return
    asked = {
        "quick": quick or None, "scenes": scenes, "only": only, "count": count, "peers": peers,
        "params": params,
    }  # fmt: skip
    given = {option: value for option, value in asked.items() if value is not None}
    _measure(name, given, json_out)


def _measure(name: str, given: Mapping[str, Any], json_out: Path | None) -> None:
    measure = import_module(f"benchmarks.{name}.bench_{name}").measure
    for option in given:
        if option not in signature(measure).parameters:
            raise UserError(f"--{option}: bench {name} has no such option")
    if json_out is not None and (json_out.is_dir() or not json_out.absolute().parent.is_dir()):
        raise UserError(f"--json-out {json_out}: is a folder or lies in none that exists")
    records = import_module("benchmarks.record")
    around = records.circumstances()
    figures = measure(**given)
    if json_out is None:
        print(json.dumps(figures, indent=1))
        return
    told = records.record(name, given, figures, around)
    try:
        write_whole(json_out, json.dumps(told, indent=1) + "\n")
    except OSError as error:
        raise UserError(f"--json-out {json_out}: cannot be written ({error.strerror})") from None
    print(json_out)
