"""`lupex report`: make `report.html` again from a run's folder, or a moving picture of it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from lupex_rover.core.errors import UserError


def report(
    folder: Annotated[Path, typer.Argument(help="Read the folder that `lupex mission` left.")],
    film: Annotated[
        Path | None,
        typer.Option(
            help="Write a moving picture (.webp or .gif) of the run to this file; no page."
        ),
    ] = None,
) -> None:
    """Make the report page of a run again from its bag and result.

    Of a run that was killed it makes the result, too, from what there is; nothing is written over.
    """
    from lupex_rover.report import page, story
    from lupex_rover.runs.partial_run import WhatIsThere, make_result
    from lupex_rover.scenarios import run_files
    from lupex_rover.terrain.dem_file import read_dem

    if film is not None:
        from lupex_rover.report import mission_film

        mission_film.check_film(film)
    bag = folder / run_files.BAG
    if not bag.is_file():
        raise UserError(f"{bag}: no such bag; give the folder that `lupex mission --out` wrote")
    if not (folder / run_files.RESULT).is_file():
        make_result(folder)
    there = WhatIsThere(bag)
    stream = there.messages(set(story.KEEP_S))
    if film is None:
        print(page.write(folder, stream))
    else:
        mission_film.write(film, story.load(folder, stream), read_dem(folder / "onboard_map.tif"))
        print(film)
    for line in there.problems:
        print(f"lupex: {line}", file=sys.stderr)
