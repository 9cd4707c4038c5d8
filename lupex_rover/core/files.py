"""Files that come with the package: in the source tree, or in the installed share folder."""

from __future__ import annotations

import sys
from pathlib import Path

from lupex_rover.core.errors import UserError


def shipped(tail: str) -> Path:
    """The file or folder `tail`, for instance "config/faults.yaml".

    Raises
    ------
    UserError
        Neither place has it.
    """
    here = Path(__file__).resolve()
    prefixes = [Path(sys.prefix), *here.parents[3:7]]
    places = [here.parents[2] / tail, *(p / "share" / "lupex_rover" / tail for p in prefixes)]
    for place in places:
        if place.exists():
            return place
    raise UserError(f"{tail}: not found; looked beside the package and in share/lupex_rover")
