"""Which of the processes that a simulator keeps step with are there."""

from __future__ import annotations

from collections.abc import Callable, Collection

GONE_S = 1.0  # without an answer, of a process that is dead or stopped
SLOW_S = 60.0  # without an answer, of one that runs: it may compile, or be on a loaded machine


class Company:
    """Processes by name.

    Parameters
    ----------
    runs : Callable[[str], bool]
        Whether a process is alive, by its name.

    Attributes
    ----------
    away : set[str]
        They are not waited for, until they are heard of.
    """

    def __init__(self, runs: Callable[[str], bool]) -> None:
        self._runs = runs
        self.away: set[str] = set()

    def give_up(self, late: Collection[str], waited_s: float) -> list[str]:
        """Those of `late` that are away from now on, `waited_s` of wall time without an answer."""
        if waited_s < GONE_S:
            return []
        given_up = [name for name in late if waited_s >= SLOW_S or not self._runs(name)]
        self.away.update(given_up)
        return given_up
