"""The times that a board puts into its packets, as far as they can be."""

from __future__ import annotations

from lupex_rover.core.time import ns

# A stamp farther ahead than this is wrong: nothing is measured in the future. Assumed; boards whose
# time is set are some ms off.
AHEAD_NS = ns(1.0)


class BoardClock:
    """Takes back by how far a board's clock is ahead of ours; the intervals stay the board's own.

    A stamp in the past is believed: what waited in a buffer is old, and must not look fresh.

    Attributes
    ----------
    ahead_ns : int
        By how far it is ahead, ns; 0 while its stamps are believed.
    """

    def __init__(self) -> None:
        self.ahead_ns = 0

    def stamp(self, stamp_ns: int, t_ns: int) -> int:
        """The time for a message that came at `t_ns` and says `stamp_ns`."""
        if stamp_ns <= t_ns + AHEAD_NS:
            self.ahead_ns = 0
        elif not 0 <= t_ns - (stamp_ns - self.ahead_ns) <= AHEAD_NS:
            self.ahead_ns = stamp_ns - t_ns
        return stamp_ns - self.ahead_ns
