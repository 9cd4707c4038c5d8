"""Files that come with the package, and texts written whole or not at all."""

from __future__ import annotations

import contextlib
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


def write_whole(path: Path, text: str) -> None:
    """Write a text: afterwards `path` holds all of it, or what it held before.

    Raises
    ------
    UserError
        It cannot be written: no room, no right, no folder.
    """
    part = path.with_name(f"{path.name}.part")
    try:
        part.write_text(text, encoding="utf-8")
        part.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            part.unlink()
        raise UserError(f"{path}: cannot be written ({error.strerror})") from None
