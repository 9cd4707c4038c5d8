"""Keeps one component's exception from ending the process that runs it.

A turn (`step` or `safe`) that raises says nothing: what it would have commanded is not renewed by
anybody, and the dead-man of the level below acts. Harness and replay do not use this; there an
exception ends the run, so that tests see it.
"""

from __future__ import annotations

import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from lupex_rover.core.time import ns

# Called with: when, UTC ns; the component's name; one line; the traceback.
Tell = Callable[[int, str, str, str], None]


class Failures:
    """Counts the failed turns of components.

    Parameters
    ----------
    in_a_row : int
        After so many failed turns without a good one between a component is given up.
    tell_s : float
        A component's failures are told at most so often, s.
    tell : Tell
        Is told of a failure.

    Attributes
    ----------
    count : dict[str, int]
        Failed turns so far, by component.
    given_up : list[str]
        Components to be stopped; the host takes them out.
    """

    def __init__(self, in_a_row: int, tell_s: float, tell: Tell) -> None:
        self.count = Counter[str]()
        self.given_up: list[str] = []
        self._limit = in_a_row
        self._tell_ns = ns(tell_s)
        self._tell = tell
        self._in_a_row = Counter[str]()
        self._told_ns: dict[str, int] = {}

    @contextmanager
    def turn(self, name: str, t_ns: int) -> Iterator[None]:
        """Around one turn of component `name` at `t_ns`: an exception ends the turn alone."""
        try:
            yield
        except Exception as error:
            self._failed(name, t_ns, error)
        else:
            del self._in_a_row[name]

    def _failed(self, name: str, t_ns: int, error: Exception) -> None:
        self.count[name] += 1
        self._in_a_row[name] += 1
        if self._in_a_row[name] == self._limit:
            del self._in_a_row[name]
            self.given_up.append(name)
        told_ns = self._told_ns.get(name)
        if told_ns is not None and 0 <= t_ns - told_ns < self._tell_ns:
            return
        self._told_ns[name] = t_ns
        text = f"{name}: {_words(error)}; failed {self.count[name]} times so far"
        self._tell(t_ns, name, text, "".join(traceback.format_exception(error)))


def _words(error: Exception) -> str:
    """What was raised and where, in one line."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    what = " ".join(f"{type(error).__name__}: {error}".split())
    return f"{what} ({place.filename.rpartition('/')[2]}:{place.lineno})"
