"""Tables for people: on a terminal as wide as it is, elsewhere wide enough to cut no cell."""

from __future__ import annotations

import sys

from rich.console import Console

WIDE = 160


def wide_console() -> Console:
    """A console on stdout."""
    return Console() if sys.stdout.isatty() else Console(width=WIDE)
