"""Leases of motion: who stands behind it, and until when.

Who must stand behind motion says so on `motion/lease` five times a second. Nothing else is needed
to end motion: a node that is dead, silent or hanging says nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from lupex_rover.core.params import param
from lupex_rover.core.time import ns, seconds
from lupex_rover.core.types import MotionLease

SUPERVISOR = "supervisor"  # of the processes; its hosts renew its lease, `hosts.supervisor_lease`
AHEAD_NS = ns(0.5)  # a stamp farther in the future cannot tell that it is fresh
STILL_S = 2.0  # without a motion command for so long the board's dead-man has stopped it


@dataclass(frozen=True)
class LeaseParams:
    leases: tuple[str, ...] = param(
        ("executive", "health"),
        "nodes whose lease a motion command needs, beside the supervisor's where one began the"
        " process; empty: none, for a bench without executive",
    )  # fmt: skip
    lease_s: float = param(
        1.0, "age up to which a lease of motion holds; beyond it the driver stops its board",
        unit="s", low=0.5, high=5,
        source="said every 0.2 s; motion is to end 1.5 s after the last",
    )  # fmt: skip


def with_supervisor(params: LeaseParams) -> LeaseParams:
    """The same where a supervisor began the process: it must stand behind motion, too."""
    if not params.leases:
        return params
    return replace(params, leases=tuple(dict.fromkeys((*params.leases, SUPERVISOR))))


NONE_NEEDED = LeaseParams(leases=())


class Leases:
    """The newest lease of each node, and whether motion goes on by them."""

    def __init__(self, params: LeaseParams) -> None:
        self._p = params
        self._stamp_ns: dict[str, int] = {}
        self._moved_ns: int | None = None  # last motion command that was passed on

    def hear(self, said: Iterable[MotionLease], t_ns: int) -> None:
        """Take in what was said; a stamp from the future is none."""
        for lease in said:
            if lease.node in self._p.leases and lease.stamp_ns <= t_ns + AHEAD_NS:
                self._stamp_ns[lease.node] = lease.stamp_ns

    def missing(self, t_ns: int) -> list[str]:
        """Nodes that do not stand behind motion at `t_ns`."""
        return [name for name in self._p.leases if not self._holds(name, t_ns)]

    def _holds(self, name: str, t_ns: int) -> bool:
        stamp_ns = self._stamp_ns.get(name)
        return stamp_ns is not None and -AHEAD_NS <= t_ns - stamp_ns <= ns(self._p.lease_s)

    def moved(self, t_ns: int) -> None:
        """A motion command was passed on."""
        self._moved_ns = t_ns

    def must_stop(self, t_ns: int) -> list[str]:
        """Who does not stand behind motion that may be under way; told once per motion."""
        if self._moved_ns is None:
            return []
        if not 0.0 <= seconds(t_ns, self._moved_ns) <= STILL_S:
            self._moved_ns = None
            return []
        missing = self.missing(t_ns)
        if missing:
            self._moved_ns = None
        return missing
