"""A board's wire that loses, turns, delays or repeats bytes, or is unplugged.

What happens to a byte follows from its number and the fault's: it does not depend on how the
bytes were cut into reads, so that a journal which is re-executed gives the same.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from lupex_rover.core.constants import NS
from lupex_rover.core.saved import SavedFields

DROPPED, TURNED = 0.05, 0.01  # share of the bytes at severity 1
LATE_S = 2.0  # at severity 1
AGAIN_S = 1.0
KINDS = ("drop", "flip", "delay", "replay", "unplug")
DOWN, UP = 0, 1  # to the board, from it
_MASK = (1 << 64) - 1


def drawn(key: int, first: int, count: int) -> np.ndarray:
    """(count,) numbers in [0, 1) of the bytes from `first` on; splitmix64 (Steele et al. 2014)."""
    z = np.arange(first, first + count, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    z += np.uint64((key * 0xD1342543DE82EF95 + 1) & _MASK)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    z ^= z >> np.uint64(31)
    return (z >> np.uint64(11)) * 2.0**-53


class SpoiltWire(SavedFields):
    """The wire of one board; `simulator.boards.base.Wire`.

    Parameters
    ----------
    seed : int
        Of the scenario.
    clock : Callable[[], int]
        Simulated time, UTC ns.
    """

    SAVED = ("_active", "_passed", "_waiting")
    FIXED = ("_seed", "_clock")

    def __init__(self, seed: int, clock: Callable[[], int]) -> None:
        self._seed, self._clock = seed, clock
        self._active: list[tuple[int, str, float]] = []  # fault's number, kind, severity
        self._passed = [0, 0]  # bytes so far, by direction
        self._waiting: list[dict[int, bytes]] = [{}, {}]  # by UTC ns when they arrive

    def begin(self, number: int, kind: str, severity: float) -> None:
        """Fault `number` begins."""
        self._active.append((number, kind, severity))

    def end(self, number: int) -> None:
        """It has ended; what is still under way arrives."""
        self._active = [one for one in self._active if one[0] != number]

    def arrived(self) -> bytes:
        """What arrives at the board now of that which waited."""
        return self._due(DOWN)

    def down(self, data: bytes) -> bytes:
        """See `Wire`."""
        return self._pass(DOWN, data)

    def up(self, data: bytes) -> bytes:
        """See `Wire`."""
        return self._due(UP) + self._pass(UP, data)

    def _due(self, way: int) -> bytes:
        waiting, now_ns = self._waiting[way], self._clock()
        due = [at_ns for at_ns in waiting if at_ns <= now_ns]
        return b"".join(waiting.pop(at_ns) for at_ns in due)

    def _pass(self, way: int, data: bytes) -> bytes:
        first = self._passed[way]
        self._passed[way] += len(data)
        for number, kind, severity in self._active:
            if kind == "unplug" or not data:
                return b""
            if kind in ("drop", "flip"):
                data = self._spoil(way, number, kind, severity, first, data)
            else:
                late_s = severity * LATE_S if kind == "delay" else AGAIN_S
                at_ns, waiting = self._clock() + round(late_s * NS), self._waiting[way]
                waiting[at_ns] = waiting.get(at_ns, b"") + data
                data = b"" if kind == "delay" else data
        return data

    def _spoil(
        self, way: int, number: int, kind: str, severity: float, first: int, data: bytes
    ) -> bytes:
        chance = drawn((self._seed << 16) + 2 * number + way, first, len(data))
        array = np.frombuffer(data, np.uint8).copy()
        share = severity * (DROPPED if kind == "drop" else TURNED)
        hit = chance < share
        if kind == "drop":
            return array[~hit].tobytes()
        array[hit] ^= (1 << (chance[hit] / share * 8).astype(np.uint8)).astype(np.uint8)
        return array.tobytes()
