"""When a recorded message is due: rate, pause, and sleeping until then."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

SPIN_NS = 300_000  # the last bit is waited for without sleeping: waking up takes about that long
IDLE_NS = 8_000_000  # unpacking a chunk of a bag takes a few ms
NAP_S = 0.05  # pause and end are noticed within this time


@dataclass
class PlaybackPace:
    """Bag time against this machine's monotonic clock, from `begin` on.

    Attributes
    ----------
    rate : float
        Bag seconds a second.
    paused : threading.Event
        Set from another thread; the clock of the bag stands still meanwhile.
    """

    rate: float = 1.0
    paused: threading.Event = field(default_factory=threading.Event)
    _bag_ns: int = 0
    _wall_ns: int = 0

    def begin(self, bag_ns: int) -> None:
        """Now is `bag_ns`."""
        self._bag_ns, self._wall_ns = bag_ns, time.monotonic_ns()

    def due_ns(self, bag_ns: int) -> int:
        """The monotonic time of a time in the bag."""
        return self._wall_ns + int((bag_ns - self._bag_ns) / self.rate)

    def wait(self, bag_ns: int, alive: Callable[[], bool], idle: Callable[[], bool]) -> bool:
        """Until `bag_ns` is due; False when `alive` says no.

        `idle` does a little work (below `IDLE_NS`) while there is time; False: it has none.
        """
        while alive():
            if self.paused.is_set():
                self._stand_still(alive)
            left_ns = self.due_ns(bag_ns) - time.monotonic_ns()
            if left_ns <= 0:
                return True
            if left_ns > IDLE_NS and idle():
                continue
            if left_ns > SPIN_NS:
                time.sleep(min(NAP_S, (left_ns - SPIN_NS) / 1e9))
        return False

    def _stand_still(self, alive: Callable[[], bool]) -> None:
        began_ns = time.monotonic_ns()
        while self.paused.is_set() and alive():
            time.sleep(NAP_S / 5)
        self._wall_ns += time.monotonic_ns() - began_ns

    def toggle(self) -> None:
        """Pause, or go on."""
        if self.paused.is_set():
            self.paused.clear()
        else:
            self.paused.set()
