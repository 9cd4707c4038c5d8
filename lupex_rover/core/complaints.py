"""Refusals: each counted under its own key, and told again only after a while."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable

from lupex_rover.core.time import due

AGAIN_S = 10.0


class Complaints:
    """One key does not hide another.

    Parameters
    ----------
    again_s : float
        The same key is told again after so long.

    Attributes
    ----------
    count : Counter[Hashable]
        Refusals so far, by key.
    """

    def __init__(self, again_s: float = AGAIN_S) -> None:
        self.count: Counter[Hashable] = Counter()
        self._again_s = again_s
        self._told_ns: dict[Hashable, int] = {}

    def add(self, key: Hashable, t_ns: int) -> bool:
        """Count one more; True where it is to be told now."""
        self.count[key] += 1
        last_ns = self._told_ns.get(key)
        if last_ns is not None and not due(t_ns, last_ns, self._again_s):
            return False
        self._told_ns[key] = t_ns
        return True

    def so_far(self, key: Hashable) -> str:
        """` (7 so far)`; nothing for the first."""
        return f" ({self.count[key]} so far)" if self.count[key] > 1 else ""
