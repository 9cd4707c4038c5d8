"""State before a cut: what latched topics had said when playing begins in the middle of a bag.

A subscriber that comes late gets the last message of a latched (`transient_local`) publisher. A
bag that is played from the middle gives it, too: of each channel the last message for each
publisher that its QoS lists.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping

from lupex_rover.bags.bag_channel import BagChannel, Record


def from_cut(
    records: Iterable[Record], start_ns: int, latched: Mapping[BagChannel, int]
) -> Iterator[Record]:
    """Records from `start_ns` on; first, at that time, what the latched channels said before.

    Parameters
    ----------
    records : Iterable[Record]
        In order of time.
    latched : Mapping[BagChannel, int]
        Publishers that each latched channel had.
    """
    kept: dict[BagChannel, deque[Record]] = {c: deque(maxlen=n) for c, n in latched.items()}
    waiting = True
    for record in records:
        if record[2] < start_ns:
            if record[0] in kept:
                kept[record[0]].append(record)
            continue
        if waiting:
            waiting = False
            yield from _said(kept, start_ns)
        yield record
    if waiting:
        yield from _said(kept, start_ns)


def _said(kept: Mapping[BagChannel, Iterable[Record]], start_ns: int) -> Iterator[Record]:
    said = sorted((r for records in kept.values() for r in records), key=lambda r: r[2])
    for channel, data, _ in said:
        yield channel, data, start_ns
