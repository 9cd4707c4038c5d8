"""Faults of processes where there are none: on the harness components vanish and come back."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from lupex_rover import graph
from lupex_rover.core.component import Component
from lupex_rover.core.types import Event, MissionState
from lupex_rover.hosts.scheduler import Scheduler
from lupex_rover.scenarios.injected_fault import components_of
from lupex_rover.simulator.engine import Engine
from lupex_rover.simulator.faults.injector import HostFault

LEAST_SHARE = 0.05  # of its turns that a starved component gets, at severity 1


def tell_engine(engine: Engine, topic: str, message: object) -> None:
    """Let the faults hear what flight told."""
    if topic == graph.MISSION_STATE and isinstance(message, MissionState):
        engine.hear("phase", message.phase)
    elif topic == graph.MISSION_EVENT and isinstance(message, Event):
        engine.hear("event", message.code)


class ComponentFaults:
    """What the injected faults do to the components of a harness.

    A killed or hung component has no turn until the fault ends; then it is made anew and takes back
    what it had persisted. A stopped one goes on as it was. A starved one gets some of its turns.

    Parameters
    ----------
    scheduler : Scheduler
        Runs the components.
    take : Callable[[], list[HostFault]]
        What begins and ends now.
    build : Callable[[], Sequence[Component]]
        Makes fresh components.
    """

    def __init__(
        self,
        scheduler: Scheduler,
        take: Callable[[], list[HostFault]],
        build: Callable[[], Sequence[Component]],
    ) -> None:
        self._scheduler = scheduler
        self._take = take
        self._build = build
        self._active: dict[int, HostFault] = {}
        self._turns = 0

    def booted(self, scheduler: Scheduler) -> None:
        """The computer started again: all components are new, and what had hung or died is not."""
        self._scheduler = scheduler
        self._active.clear()

    def turn(self, t_ns: int) -> None:
        """Before each tick of the components."""
        for change in self._take():
            if change.begins:
                self._active[change.number] = change
            elif self._active.pop(change.number, None) is not None:
                self._ended(change)
        if self._active:
            self._turns += 1
            for change in self._active.values():
                self._hold(change, t_ns)

    def _names(self, change: HostFault) -> tuple[str, ...]:
        here = [component.name for component in self._scheduler.components]
        outside = dict.fromkeys((name for name in here if name not in _GRAPH), "extra")
        found = components_of(change.fault.target, outside)
        return tuple(name for name in found if name in here)

    def _hold(self, change: HostFault, t_ns: int) -> None:
        names = self._names(change)
        self._scheduler.halt(names)
        if change.fault.kind == "starve":
            every = round(1.0 / max(1.0 - change.fault.severity, LEAST_SHARE))
            if self._turns % every == 0 and not self._held_otherwise(change):
                self._scheduler.go_on(names)

    def _held_otherwise(self, change: HostFault) -> bool:
        """Another fault, which is no starving, holds one of the same components."""
        names = set(self._names(change))
        others = [o for o in self._active.values() if o.fault.kind != "starve"]
        return any(names & set(self._names(other)) for other in others)

    def _ended(self, change: HostFault) -> None:
        names = self._names(change)
        if change.fault.kind in ("kill", "hang"):
            fresh = [component for component in self._build() if component.name in names]
            self._scheduler.begin_anew(fresh)
        else:
            self._scheduler.go_on(names)


_GRAPH = frozenset(node.name for node in graph.NODES)
