"""The science component and the simulated payload, without boards."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np

from lupex_rover.core.component import CancelRequest, GoalRequest, GoalResult, Inbox
from lupex_rover.core.constants import NS
from lupex_rover.core.types import AnalyzeSampleGoal, BoardAck, SlotData
from lupex_rover.science.component import Science
from lupex_rover.science.params import ScienceParams
from lupex_rover.simulator.drill.physics import CupSample
from lupex_rover.simulator.payload.instruments import InstrumentParams, Instruments


class Died(Exception):
    """The computer lost its power."""


class Bench:
    """Steps both once a second; `spoil` may change or drop records on their way."""

    def __init__(self, seed: int, cups: dict[int, CupSample]) -> None:
        self.payload = Instruments(cups, InstrumentParams(), np.random.default_rng(seed))
        self.science = Science(ScienceParams())
        self.t_ns = 1_861_920_000 * NS
        self.spoil: Callable[[int, bytes], bytes | None] = lambda kind, data: data
        self.deaf = False
        self.said: list[tuple[int, str, Any]] = []
        self._acks: list[BoardAck] = []
        self._count = 0
        self.kept = ""  # what science wants kept, as JSON; empty: nothing yet
        self.kept_at: list[tuple[int, Any]] = []  # messages said before, and what was kept

    def reboot(self) -> None:
        """The computer begins with what was kept; the payload goes on as it was."""
        self._acks.clear()
        self.science = Science(self.science.params)
        if self.kept:
            self.science.restore(json.loads(self.kept))

    def analyse(
        self,
        cup: int,
        mass_g: float,
        cancel_after_s: float | None = None,
        action: str = "analyze_sample",
        die_after_s: float | None = None,
    ) -> GoalResult:
        """Its result; where the computer dies before, as was asked for, `Died` is raised."""
        start_ns = self.t_ns
        goal = AnalyzeSampleGoal(cup, 1.0, mass_g)
        inbox = Inbox(goals=[GoalRequest(action, f"a{cup}", goal)])
        for _ in range(3000):
            results = self.tick(inbox)
            if results:
                self.duration_s = (self.t_ns - start_ns) / NS
                return results[0]
            inbox = Inbox()
            if cancel_after_s is not None and self.t_ns - start_ns > cancel_after_s * NS:
                inbox.cancels.append(CancelRequest(action, f"a{cup}"))
            if die_after_s is not None and self.t_ns - start_ns > die_after_s * NS:
                raise Died
        raise AssertionError("no result within 3000 s")

    def tick(self, inbox: Inbox) -> list[GoalResult]:
        self.t_ns += NS
        self.payload.advance(1.0)
        for slot, kind, data in self.payload.records():
            spoilt = self.spoil(kind, data)
            if spoilt is not None:
                record = SlotData(self.t_ns, slot, kind, self._count, spoilt)
                inbox.messages.setdefault("science/slot_data", []).append(record)
                self._count += 1
        inbox.messages["boards/ack"], self._acks = self._acks, []
        out = self.science.step(self.t_ns, inbox)
        if out.persist is not None:
            self.kept = json.dumps(out.persist)
            self.kept_at.append((len(self.said), out.persist))
        for topic, m in out.messages:
            self.said.append((self.t_ns, topic, m))
            if self.deaf:
                continue
            if topic == "science/slot_power":
                self.payload.slot_power(m.slot, m.on)
            elif topic == "science/slot_command":
                status = self.payload.slot_command(m.slot, m.opcode, m.data)
                self._acks.append(BoardAck(self.t_ns, "SCI", "SLOT_COMMAND", 0, status, 0.001))
        return out.results

    def codes(self) -> list[str]:
        return [m.code for _, topic, m in self.said if topic == "mission/event"]
