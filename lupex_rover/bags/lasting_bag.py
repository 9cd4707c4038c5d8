"""A bag that a running rover writes: on the disk in time, and never the end of who writes it.

Chunks are closed by the wall clock as well as by size, events are on the disk at once. Where space
runs short topics are given up, as `graph.given_up` ranks them, and taken up again.
"""

from __future__ import annotations

import shutil
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from lupex_rover import graph
from lupex_rover.bags.own_bag import BagWriter
from lupex_rover.bags.patient_file import PatientFile
from lupex_rover.core.errors import UserError
from lupex_rover.scenarios.recorder_params import RecorderParams

LOOK_S = 1.0  # between two looks at the disk
AT_ONCE: frozenset[str] = frozenset(
    {graph.MISSION_EVENT, graph.MISSION_SAMPLE, graph.SCIENCE_WATER, graph.SIM_EVENT}
)
GIVE_UP, TAKE_UP = "HST-010", "HST-011"
MB = 1_000_000


class LastingBag(BagWriter):
    """Writes messages of the graph as `BagWriter` does; `turn` is to be called ten times a second.

    Parameters
    ----------
    tell : Callable[[str, str], object]
        Is told a code of the hosts and one line when topics are given up or taken up again.

    Attributes
    ----------
    left_out : Counter[str]
        Messages that are not in the bag, by topic.
    """

    def __init__(
        self,
        path: Path,
        params: RecorderParams,
        tell: Callable[[str, str], object] = lambda code, text: None,
        alone: bool = True,
    ) -> None:
        self._params = params
        self.tell: Callable[[str, str], object] = tell
        self.left_out = Counter[str]()
        self._level = 0
        self._full = False
        self._look_at = 0.0
        self._since: float | None = None  # when the oldest message that waits came
        self._grave = False  # among those that wait there is one that must not
        super().__init__(path, alone)

    def __enter__(self) -> LastingBag:
        return self

    def _new_file(self, path: Path) -> PatientFile:
        self._patient = PatientFile(path)
        return self._patient

    def write(self, topic: str, cdr: bytes, t_ns: int) -> None:
        if self._full or graph.given_up(topic, self._level):
            self.left_out[topic] += 1
            return
        super().write(topic, cdr, t_ns)
        self._grave |= topic in AT_ONCE
        if self._since is None:
            self._since = time.monotonic()

    @property
    def size(self) -> int:
        """Bytes of the file, with those that wait for the disk."""
        return self._patient.tell()

    @property
    def waiting(self) -> int:
        """Bytes that wait for the disk."""
        return self._patient.waiting

    def turn(self) -> None:
        """Write what has waited long enough; look after the disk."""
        now = time.monotonic()
        if self._grave or (self._since is not None and now - self._since >= self._params.chunk_s):
            self._mcap.flush()
            if self._grave:
                self._patient.sync()
            self._since, self._grave = None, False
        if now >= self._look_at:
            self._look_at = now + LOOK_S
            self._look()

    def _look(self) -> None:
        self._patient.flush()
        waiting_mb = self._patient.waiting / MB
        self._full = waiting_mb > self._params.memory_mb
        free_mb = self._free_mb()
        level = self._level_at(free_mb)
        if level == self._level:
            return
        code = GIVE_UP if level > self._level else TAKE_UP
        self._level = level
        without = ", ".join(list(graph.RECORD_RANKS)[:level]) or "nothing"
        why = f", {self._patient.why}" if self._patient.why else ""
        self.tell(code, f"{self._path.name}: {free_mb:.0f} MB free{why}; not recorded: {without}")

    def _level_at(self, free_mb: float) -> int:
        """How many ranks are given up, with as much free space."""
        p = self._params
        if self._patient.waiting:
            return len(graph.RECORD_RANKS)
        limits = (p.images_free_mb, p.costmaps_free_mb, p.fast_free_mb)
        return sum(
            free_mb < limit + (p.margin_mb if rank < self._level else 0.0)
            for rank, limit in enumerate(limits)
        )

    def _free_mb(self) -> float:
        try:
            return shutil.disk_usage(self._path.parent).free / MB
        except OSError:
            return 0.0

    def close(self) -> None:
        """As the bag's; what a full disk did not take is missing at its end, which is told."""
        try:
            super().close()
        except UserError as error:  # of `metadata.yaml`
            self.tell(GIVE_UP, str(error))
        if self._patient.waiting:
            self.tell(
                GIVE_UP, f"{self._path.name}: {self._patient.waiting} bytes of its end not written"
            )
