"""The harness host: components and simulator in one process, in a fixed order, in simulated time.

The boards are reached through their bytes here too. The same seed gives the same run to the bit.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from lupex_rover import graph
from lupex_rover.core.component import Component
from lupex_rover.core.types import Clock
from lupex_rover.events.event_store import EventStore
from lupex_rover.hosts.codes import CODES
from lupex_rover.hosts.component_faults import ComponentFaults, tell_engine
from lupex_rover.hosts.scheduler import OnPublish, Scheduler
from lupex_rover.simulator.engine import Engine

MAX_EXCHANGES = 64  # telecommands a board may be sent within one tick


class Harness:
    """Flies `components` against `engine`.

    Parameters
    ----------
    engine : Engine
        The simulator.
    build : Callable[[], Sequence[Component]]
        Makes fresh components; called at the start and whenever the computer boots again.
    on_publish : OnPublish
        Sees every message of the graph and the simulator's pictures and truth. A tick at which
        nobody said anything that is recorded is told as `sim/silent`: a bag knows every tick.
    store : dict[str, dict[str, Any]] or None
        What components persist, of a run that goes on; None: nothing yet.
    events : EventStore or None
        Each event is written to it before it is told.
    news : list[tuple[str, str]] or None
        Code and text of what the host has to tell; taken from it as it is told.
    """

    def __init__(
        self,
        engine: Engine,
        build: Callable[[], Sequence[Component]],
        on_publish: OnPublish,
        store: dict[str, dict[str, Any]] | None = None,
        events: EventStore | None = None,
        news: list[tuple[str, str]] | None = None,
    ) -> None:
        self.engine = engine
        self.store = {} if store is None else store
        self._build = build
        self._listener = on_publish
        self._events = events
        self._said = False  # in this tick
        self._news = [] if news is None else news
        self._boot = engine.boot_count
        self.scheduler = Scheduler(build(), self._on_publish, self.store)
        self._faults = ComponentFaults(self.scheduler, engine.faults.take_for_host, build)

    def _on_publish(self, topic: str, message: Any, t_ns: int) -> None:
        self._said |= not topic.startswith("sim/") and graph.TOPICS[topic].record
        if self.engine.faults.hears:
            tell_engine(self.engine, topic, message)
        if self._events is not None and topic in (graph.MISSION_EVENT, graph.SIM_EVENT):
            self._events.boot = self.engine.boot_count
            self._events.add([message])
        self._listener(topic, message, t_ns)

    def _say_news(self, t_ns: int) -> None:
        """Events of the host, with a tick of a computer that has power."""
        while self._news:
            code, text = self._news.pop(0)
            event = CODES.event(t_ns, "host", code, f"{text}: {CODES[code].text}")
            self.scheduler.deliver(graph.MISSION_EVENT, event)
            self._on_publish(graph.MISSION_EVENT, event, t_ns)

    def step(self) -> int:
        """One tick of the simulator and, while the computer has power, of every component."""
        self._said = False
        t_ns = self.engine.advance()
        outputs = self.engine.outputs()
        for topic, message in outputs:
            self._on_publish(topic, message, t_ns)
        if not self.engine.computer_on:
            return t_ns
        if self.engine.boot_count != self._boot:
            self._boot = self.engine.boot_count
            self.scheduler = Scheduler(self._build(), self._on_publish, self.store)
            self._faults.booted(self.scheduler)
        self._faults.turn(t_ns)
        for topic, message in outputs:
            if not topic.startswith("sim/"):
                self.scheduler.deliver(topic, message)
        self._say_news(t_ns)
        self._receive()
        self.scheduler.tick(t_ns)
        self._exchange(t_ns)
        if not self._said:
            self._listener(graph.SIM_SILENT, Clock(t_ns), t_ns)
        return t_ns

    def _receive(self) -> None:
        for name, board in self.engine.boards.items():
            self.scheduler.rx(name, board.take())

    def _exchange(self, t_ns: int) -> None:
        for _ in range(MAX_EXCHANGES):
            tx = self.scheduler.take_tx()
            if not tx:
                return
            for board, data in tx.items():
                self.engine.feed(board, data)
            self._receive()
            self.scheduler.react(t_ns)
