"""Boards that health holds in SAFE, as it tells them on `/diagnostics` to all who use a board."""

from __future__ import annotations

from collections.abc import Iterable

from lupex_rover.core.types import Diagnostic, Diagnostics

OF_HEALTH = "rover"  # a status that stands in every message of health, and in no one else's
_PREFIX = "hold/"


def status(board: str, why: str) -> Diagnostic:
    """The status that says `board` is held, and why."""
    return Diagnostic(2, _PREFIX + board, why)


def held(heard: Iterable[Diagnostics]) -> dict[str, str] | None:
    """Board -> why it is held, by the newest message of health; None: health said nothing."""
    found = None
    for message in heard:
        names = {s.name: s.message for s in message.statuses}
        if OF_HEALTH in names:
            found = {n[len(_PREFIX) :]: why for n, why in names.items() if n.startswith(_PREFIX)}
    return found
