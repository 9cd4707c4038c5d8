"""Turns of components that hang because an injected fault wants it; the flight process's half."""

from __future__ import annotations

import contextlib
import os
import time
from contextlib import AbstractContextManager
from pathlib import Path

from lupex_rover.hosts.beats import FOLDER, Turn

LOOK_S = 0.02


def hang_file(run: Path, component: str) -> Path:
    """Holds the id of the process in which `component` is to hang while it is there."""
    return run / FOLDER / f"hang.{component}"


class Hangs:
    """Lets turns of components hang in this process as long as an injected fault wants it.

    Parameters
    ----------
    run : Path
        Folder of the run.
    """

    def __init__(self, run: Path) -> None:
        self._run = run

    def around(self, turn: Turn) -> Turn:
        """`turn`, which begins once no fault holds the component."""

        def hanging(name: str, t_ns: int) -> AbstractContextManager[None]:
            self._wait(name)
            return turn(name, t_ns)

        return hanging

    def _wait(self, name: str) -> None:
        path = hang_file(self._run, name)
        while path.exists():
            with contextlib.suppress(OSError, ValueError):
                if int(path.read_text(encoding="ascii")) != os.getpid():
                    return
            time.sleep(LOOK_S)
