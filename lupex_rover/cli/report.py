"""`lupex report`: make `report.html` again from a run's folder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lupex_rover.core.errors import UserError


def report(
    folder: Annotated[Path, typer.Argument(help="Read the folder that `lupex mission` left.")],
) -> None:
    """Make the report page of a run again from its bag and result."""
    from lupex_rover.bags.own_bag import BagReader
    from lupex_rover.report import page
    from lupex_rover.report.story import KEEP_S

    bag = folder / "mission.mcap"
    if not bag.is_file():
        raise UserError(f"{bag}: no such bag; give the folder that `lupex mission --out` wrote")
    print(page.write(folder, BagReader(bag).messages(set(KEEP_S))))
