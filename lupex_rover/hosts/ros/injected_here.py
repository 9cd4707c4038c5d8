"""The injected faults of a simulator that is a process: what it hears for them, and who is told."""

from __future__ import annotations

from pathlib import Path

from rclpy.node import Node

from lupex_rover import graph
from lupex_rover.codec.conversion import decode
from lupex_rover.core.types import Event
from lupex_rover.events import event_store
from lupex_rover.events.event_store import EventStore
from lupex_rover.hosts.component_faults import tell_engine
from lupex_rover.hosts.ros.process_faults import ProcessFaults
from lupex_rover.hosts.ros.qos import poll, raw_subscription
from lupex_rover.simulator.engine import Engine


class InjectedHere:
    """Between the engine's faults and the graph.

    Parameters
    ----------
    engine : Engine
        Its faults.
    node : Node
        Listens to phases and events, if a fault waits for one.
    run : Path or None
        Folder of the run: its processes, and its store of events.
    """

    def __init__(self, engine: Engine, node: Node, run: Path | None) -> None:
        self._engine = engine
        self._processes = ProcessFaults(run) if run is not None else None
        self._store = EventStore(run / event_store.NAME if run else None, False, 0)
        heard = (graph.MISSION_STATE, graph.MISSION_EVENT) if engine.faults.hears else ()
        self._subscriptions = [
            (topic, raw_subscription(node, topic, reliable=True)) for topic in heard
        ]

    def hear(self) -> None:
        """Before a tick: what flight has told."""
        for topic, subscription in self._subscriptions:
            for data in poll(subscription):
                tell_engine(self._engine, topic, decode(topic, data))

    def act(self) -> None:
        """After a tick: what is done to processes."""
        for change in self._engine.faults.take_for_host():
            if self._processes is not None:
                self._processes.do(change)

    def keep(self, event: Event) -> None:
        """An event of the simulator goes to the store."""
        self._store.boot = self._engine.boot_count
        self._store.add([event])

    def close(self) -> None:
        """The end of the run."""
        if self._processes is not None:
            self._processes.close()
        self._store.close()
