"""The clock of nodes on real boards: UTC that never goes back.

Components wait by comparing times, and the boards' own clocks run on whatever is done to the
computer's. Were time to fall back an hour, much would stand still for that hour.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from lupex_rover.core.time import ns, seconds

TOLD_NS = ns(1.0)  # less is not told: it may be two clocks that were not read at one instant
CATCH_UP = 0.01  # part by which the time runs slower while the computer's is behind; assumed


class MonotonicUtc:
    """The computer's UTC where that runs evenly or is set forward; set back, it is approached.

    While the computer's clock is behind, this one runs 1 % slower until both agree: a second takes
    two minutes, an hour four days. Whoever wants the new time at once starts the processes anew.

    Parameters
    ----------
    told : Callable[[str], None]
        Called with one line when the computer's clock was set back.
    utc_ns, even_ns : Callable[[], int]
        UTC and a clock that nobody sets, ns.
    """

    def __init__(
        self,
        told: Callable[[str], None],
        utc_ns: Callable[[], int] = time.time_ns,
        even_ns: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        self._told = told
        self._utc_ns, self._even_ns = utc_ns, even_ns
        self._seen_ns = even_ns()
        self._t_ns = utc_ns()
        self._behind = False

    def now(self) -> int:
        """UTC, ns."""
        even_ns, utc_ns = self._even_ns(), self._utc_ns()
        passed_ns = even_ns - self._seen_ns
        self._seen_ns = even_ns
        ahead_ns = self._t_ns + passed_ns - utc_ns
        if ahead_ns <= 0:
            self._behind = False
            self._t_ns = utc_ns
            return utc_ns
        if ahead_ns > TOLD_NS and not self._behind:
            self._behind = True
            self._told(f"set back by {seconds(ahead_ns):.1f} s")
        self._t_ns += passed_ns - int(passed_ns * CATCH_UP)
        return self._t_ns
