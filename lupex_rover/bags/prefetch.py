"""Records of a bag read ahead while there is nothing else to do.

Who plays them is never kept waiting by the disk or by unpacking, and no second thread competes
for the interpreter.
"""

from __future__ import annotations

import heapq
import time
from collections import deque
from collections.abc import Iterable, Iterator

from lupex_rover.bags.bag_channel import Record
from lupex_rover.bags.bag_watch import BACK_NS

AHEAD = 5000  # records
AHEAD_BYTES = 64 * 1024 * 1024
TURN_NS = 500_000


def in_order(records: Iterable[Record]) -> Iterator[Record]:
    """By log time, where writers were out of order by less than `BACK_NS`."""
    held: list[tuple[int, int, Record]] = []
    for k, record in enumerate(records):
        heapq.heappush(held, (record[2], k, record))
        while held[0][0] < record[2] - BACK_NS:
            yield heapq.heappop(held)[2]
    while held:
        yield heapq.heappop(held)[2]


class Prefetch:
    """Iterates over `records`; `fill` reads some more ahead."""

    def __init__(self, records: Iterable[Record]) -> None:
        self._records = iter(records)
        self._ahead: deque[Record] = deque()
        self._bytes = 0
        self._ended = False

    def fill(self) -> bool:
        """Read for half a millisecond (one record at least); False when nothing was left to do."""
        until_ns = time.monotonic_ns() + TURN_NS
        while len(self._ahead) < AHEAD and self._bytes < AHEAD_BYTES:
            if not self._read():
                return False
            if time.monotonic_ns() > until_ns:
                return True
        return False

    def _read(self) -> bool:
        record = None if self._ended else next(self._records, None)
        if record is None:
            self._ended = True
            return False
        self._ahead.append(record)
        self._bytes += len(record[1])
        return True

    def __iter__(self) -> Iterator[Record]:
        while self._ahead or self._read():
            record = self._ahead.popleft()
            self._bytes -= len(record[1])
            yield record
