"""When each fault of a scenario begins and ends, and what it does to the simulated boards.

Its state is kept with the engine's. What it hears of the flight (phases, events) goes through the
engine's journal, so that a run that is resumed has the same faults at the same instants.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from lupex_rover.core.constants import NS
from lupex_rover.core.saved import SavedFields, entry
from lupex_rover.core.time import ns
from lupex_rover.core.types import Event
from lupex_rover.protocol.boards import declaration
from lupex_rover.scenarios.injected_fault import CRAWLERS, InjectedFault
from lupex_rover.simulator.boards.base import Board
from lupex_rover.simulator.codes import CODES
from lupex_rover.simulator.faults import spoilt_readings, spoilt_wire
from lupex_rover.simulator.faults.spoilt_readings import SpoiltReadings
from lupex_rover.simulator.faults.spoilt_wire import SpoiltWire

BEGUN, ENDED = "SIM-010", "SIM-011"
AHEAD_S = 3600.0  # of a board's clock at severity 1
SOURCE = "simulator"
INSTANT = ("clock", "corrupt")  # what they did stays


class Simulated(Protocol):
    """What faults are done to; the engine is one."""

    t_ns: int
    boards: dict[str, Board]
    body: Any
    rig: Any
    eps: Any


@dataclass(frozen=True)
class HostFault:
    """A fault that the host does: to a process, a component, or its files."""

    number: int
    fault: InjectedFault
    begins: bool


class FaultInjector(SavedFields):
    """The faults of a run.

    Parameters
    ----------
    faults : Sequence[InjectedFault]
        In the order of the file; their numbers count from 0.
    start_ns : int
        Start of the run, UTC.
    seed : int
        Of the scenario.
    world : Simulated
        What they are done to.

    Attributes
    ----------
    down : set[str]
        Boards that are kept without power.
    """

    SAVED = ("_heard_ns", "_begun_ns", "_ended_ns", "_was_powered")
    FIXED = ("faults", "_start_ns", "_world", "_wires", "_readings", "down", "_for_host", "_events",
             "_waits")  # fmt: skip

    def __init__(
        self, faults: Sequence[InjectedFault], start_ns: int, seed: int, world: Simulated
    ) -> None:
        self.faults = tuple(faults)
        self._start_ns, self._world = start_ns, world
        self._heard_ns: list[int | None] = [None] * len(faults)
        self._begun_ns: list[int | None] = [None] * len(faults)
        self._ended_ns: list[int | None] = [None] * len(faults)
        self._was_powered: dict[str, bool] = {}
        self.down: set[str] = set()
        self._for_host: list[HostFault] = []
        self._events: list[Event] = []
        self._wires: dict[str, SpoiltWire] = {}
        self._readings: dict[str, SpoiltReadings] = {}
        for fault in faults:
            if fault.kind in spoilt_wire.KINDS:
                wire = self._wires.setdefault(fault.board, SpoiltWire(seed, lambda: world.t_ns))
                world.boards[fault.board].wire = wire
            elif fault.kind in spoilt_readings.KINDS:
                readings = self._readings.setdefault(fault.board, _readings_of(fault.board))
                world.boards[fault.board].spoil = readings.spoil
        self._waits = {fault.at.heard[:2] for fault in faults} - {("", "")}

    # --- what it hears --------------------------------------------------------------------------

    @property
    def hears(self) -> bool:
        """A fault waits for a phase or an event."""
        return bool(self._waits)

    def waits_for(self, what: str, name: str) -> bool:
        """A fault begins, or is timed, by this phase or event, which has not been heard yet."""
        return (what, name) in self._waits and any(
            heard is None and fault.at.heard[:2] == (what, name)
            for fault, heard in zip(self.faults, self._heard_ns)
        )

    def hear(self, what: str, name: str, t_ns: int) -> None:
        """A "phase" began, or an "event" was told."""
        for number, fault in enumerate(self.faults):
            if fault.at.heard[:2] == (what, name) and self._heard_ns[number] is None:
                self._heard_ns[number] = t_ns

    def take_for_host(self) -> list[HostFault]:
        """What the host is to do since the last call."""
        taken, self._for_host = self._for_host, []
        return taken

    def take_events(self) -> list[Event]:
        """What was injected and what ended since the last call."""
        taken, self._events = self._events, []
        return taken

    # --- time -----------------------------------------------------------------------------------

    def next_s(self, t_ns: int) -> float:
        """Time until a fault begins or ends, as far as it is known, s."""
        waiting = (self._due_ns(number) for number in range(len(self.faults)))
        return min((due - t_ns for due in waiting if due is not None), default=1 << 62) / NS

    def _due_ns(self, number: int) -> int | None:
        """When fault `number` begins, or ends where it has begun; None: not known, or over."""
        fault, begun = self.faults[number], self._begun_ns[number]
        if begun is not None:
            return None if self._ended_ns[number] is not None else begun + ns(fault.for_s)
        if fault.at.time_s is not None:
            return self._start_ns + ns(fault.at.time_s)
        heard = self._heard_ns[number]
        return None if heard is None else heard + ns(fault.at.heard[2])

    def advance(self, t_ns: int) -> None:
        """Begin and end what is due at `t_ns`; wires hand over what was under way."""
        for number, fault in enumerate(self.faults):
            due = self._due_ns(number)
            if self._begun_ns[number] is None:
                if self._reached(fault) or (due is not None and due <= t_ns):
                    self._begin(number, fault, t_ns)
            elif due is not None and due <= t_ns:
                self._end(number, fault, t_ns)
        for name, wire in self._wires.items():
            data = wire.arrived()
            if data:
                self._world.boards[name].take_in(data, t_ns)

    def _reached(self, fault: InjectedFault) -> bool:
        depth_m = fault.at.depth_m
        return depth_m is not None and self._world.rig.drill.depth_m >= depth_m

    def _begin(self, number: int, fault: InjectedFault, t_ns: int) -> None:
        self._begun_ns[number] = t_ns
        self._tell(t_ns, BEGUN, number, f"{fault.words}, at {fault.at.words}")
        if fault.kind in INSTANT:
            self._ended_ns[number] = t_ns
        board = self._world.boards.get(fault.board)
        if board is None:
            self._for_host.append(HostFault(number, fault, True))
        elif fault.kind in spoilt_wire.KINDS:
            self._wires[fault.board].begin(number, fault.kind, fault.severity)
        elif fault.kind in spoilt_readings.KINDS:
            field = fault.target.partition(".")[2]
            self._readings[fault.board].begin(number, fault.kind, field, fault.severity)
        elif fault.kind == "clock":
            board.set_ahead(ns(AHEAD_S * fault.severity))
        elif fault.kind == "reset":
            self._was_powered.setdefault(fault.board, board.powered)
            if fault.board == "EPS":
                self._world.eps.reset()
        self._apply()

    def _end(self, number: int, fault: InjectedFault, t_ns: int) -> None:
        self._ended_ns[number] = t_ns
        self._tell(t_ns, ENDED, number, fault.words)
        if fault.board not in self._world.boards:
            self._for_host.append(HostFault(number, fault, False))
        elif fault.kind in spoilt_wire.KINDS:
            self._wires[fault.board].end(number)
        elif fault.kind in spoilt_readings.KINDS:
            self._readings[fault.board].end(number)
        self._apply()

    def _tell(self, t_ns: int, code: str, number: int, text: str) -> None:
        self._events.append(CODES.event(t_ns, SOURCE, code, f"fault {number}: {text}"))

    # --- what lasts while a fault does ----------------------------------------------------------

    def _active(self, kind: str) -> list[InjectedFault]:
        return [
            fault
            for fault, begun, ended in zip(self.faults, self._begun_ns, self._ended_ns)
            if fault.kind == kind and begun is not None and ended is None
        ]

    def _apply(self) -> None:
        """Motors that stick, boards that are down: as the faults that last have it."""
        stuck = {fault.target: 1.0 - fault.severity for fault in self._active("stick")}
        shares = [
            np.array([stuck.get(f"{crawler}_{part}", 1.0) for crawler in CRAWLERS])
            for part in ("drive", "steer")
        ]
        any_stuck = any(bool((share < 1.0).any()) for share in shares)
        self._world.body.motor_share = tuple(shares) if any_stuck else None
        self._world.rig.auger_share = stuck.get("auger", 1.0)
        self._world.rig.feed_share = stuck.get("feed", 1.0)
        self.down = {fault.board for fault in self._active("reset")}
        for name in [name for name in self._was_powered if name not in self.down]:
            self._world.boards[name].powered = self._was_powered.pop(name)
        self.keep_down()

    def keep_down(self) -> None:
        """Take the power of boards that are down."""
        for name in self.down:
            self._world.boards[name].powered = False

    # --- save and restore -----------------------------------------------------------------------

    def save(self) -> dict[str, Any]:
        """See `Saved`."""
        return {
            **super().save(),
            "wires": {name: wire.save() for name, wire in self._wires.items()},
            "readings": {name: one.save() for name, one in self._readings.items()},
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """See `Saved`; boards are restored by their owner."""
        super().restore(state)
        for key, mine in (("wires", self._wires), ("readings", self._readings)):
            saved = entry(self, state, key)
            for name, one in mine.items():
                one.restore(entry(self, saved, name))
        self._for_host, self._events = [], []
        self._apply()


def _readings_of(board: str) -> SpoiltReadings:
    telemetry = declaration(board).telemetry
    return SpoiltReadings({n: f.unit for told in telemetry for n, f in told.fields.items()})
