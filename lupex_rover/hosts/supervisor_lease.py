"""The lease of the supervisor: motion ends when who watches the processes is gone or silent.

The supervisor beats (`hosts.beats`) in a file of its own, `RUN/beats/supervisor`. The host of each
process that it began renews a lease of motion for it, at every tick, while that beat is young.
Nothing comes over the graph. A process that another began (a launch file, a bench, a test) has no
such lease and needs none.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from lupex_rover.core.time import ns
from lupex_rover.core.types import MotionLease
from lupex_rover.drivers.lease import SUPERVISOR
from lupex_rover.hosts import beats

YOUNG_S = 0.3  # a beat older than this renews nothing: with the driver's `lease_s` 1.3 s in all
BEAT_S = 0.05  # between two beats of a supervisor at rest


class SupervisorLease:
    """What a host says for the supervisor of its run.

    Parameters
    ----------
    beat_ns : Callable[[], int | None]
        When it beat last, CLOCK_MONOTONIC, ns; None: not known.
    clock_ns : Callable[[], int]
        CLOCK_MONOTONIC, ns.
    """

    def __init__(
        self, beat_ns: Callable[[], int | None], clock_ns: Callable[[], int] = time.monotonic_ns
    ) -> None:
        self._beat_ns = beat_ns
        self._clock_ns = clock_ns

    @classmethod
    def of_parent(cls, run: Path) -> SupervisorLease | None:
        """That of the supervisor that began this process; None: another began it."""
        seen = beats.read(run, SUPERVISOR)
        if seen is None or seen.pid != os.getppid():
            return None
        return cls(partial(_last_beat_ns, run))

    def renewed(self, t_ns: int) -> list[MotionLease]:
        """The lease, stamped `t_ns`, while the supervisor beats; else nothing."""
        beat_ns = self._beat_ns()
        if beat_ns is None or not 0 <= self._clock_ns() - beat_ns <= ns(YOUNG_S):
            return []
        return [MotionLease(t_ns, SUPERVISOR)]


def _last_beat_ns(run: Path) -> int | None:
    seen = beats.read(run, SUPERVISOR)
    return None if seen is None else seen.loop.ended_ns
