"""Programs that several threads run; all of them end when the campaign is interrupted."""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Iterator, Sequence
from threading import Lock

from benchmarks.record import ROOT


class Stopped(Exception):
    """The campaign was interrupted: what a program left is no result."""


class Crew:
    """The programs that run.

    Attributes
    ----------
    stopped : bool
        No other is begun.
    """

    def __init__(self) -> None:
        self.stopped = False
        self._running: set[subprocess.Popen[str]] = set()
        self._lock = Lock()

    @contextlib.contextmanager
    def member(self, command: Sequence[str]) -> Iterator[subprocess.Popen[str]]:
        """A program while it runs, in a process group of its own; leaving it may find it ended.

        Raises
        ------
        Stopped
            The crew was stopped, before or meanwhile.
        """
        with self._lock:
            if self.stopped:
                raise Stopped
            child = subprocess.Popen(
                command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                start_new_session=True,
            )  # fmt: skip
            self._running.add(child)
        try:
            yield child
        finally:
            with self._lock:
                self._running.discard(child)
            if child.poll() is None:
                child.kill()
                child.communicate()
        if self.stopped:
            raise Stopped

    def stop(self) -> None:
        """Ask every program to end."""
        with self._lock:
            self.stopped = True
            for child in self._running:
                child.terminate()
