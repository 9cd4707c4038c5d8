"""One analysis as a script: a generator that waits by yielding, one turn per second.

power -> certificate -> load -> weigh -> seal -> blank -> heat -> hold -> vent -> weigh -> off
"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator
from typing import TypeVar

from lupex_rover import graph
from lupex_rover.core.component import Inbox, Outbox
from lupex_rover.core.errors import Fault
from lupex_rover.core.time import seconds
from lupex_rover.core.types import AnalyzeSampleGoal, SlotCommand, SlotPower
from lupex_rover.science import records as rec
from lupex_rover.science.assay import Assay, assay, make_curve
from lupex_rover.science.codes import CODES
from lupex_rover.science.params import ScienceParams

SLOT_COMMAND = "SLOT_COMMAND"  # telecommand, ICD
NO_ANSWER = 255
OVEN_NEAR_K = 5.0
OVERRANGE_PA = 1.0e5  # end of the gauge's scale
POWER_OFF_S = 2.0
R = TypeVar("R")
Script = Generator[None, None, None]


class Analysis:
    """State of one goal; `run()` is its script, `feed` brings what arrived.

    Attributes
    ----------
    step_name, progress : str and float
        For feedback, progress 0..1.
    dropped : int
        Records that were short or not finite.
    heated : bool or None
        The heater was told to warm the cup; False: the analyser refused; None: not yet.
    result : Assay or None
        Set by the script when it has come to its end.
    """

    def __init__(self, goal: AnalyzeSampleGoal, params: ScienceParams) -> None:
        self.goal, self.p = goal, params
        self.t_ns = 0
        self.out = Outbox()
        self.step_name, self.progress = "power", 0.0
        self.oven_degc = math.nan
        self.dropped = 0
        self.heated: bool | None = None
        self.result: Assay | None = None
        self.mass_g = math.nan
        self._readings: list[rec.Gas] = []
        self._newest: dict[type, rec.Record] = {}
        self._acks: list[int] = []
        self._reading_ns = 0

    def feed(self, t_ns: int, inbox: Inbox, out: Outbox) -> None:
        """Take in records and ACKs of this slot; anything else is passed over."""
        self.t_ns, self.out = t_ns, out
        for ack in inbox.all(graph.BOARDS_ACK):
            if ack.board == "SCI" and ack.telecommand == SLOT_COMMAND:
                self._acks.append(ack.status)
        for message in inbox.all(graph.SCIENCE_SLOT_DATA):
            if message.slot != self.p.slot:
                continue
            record = rec.unpack(message.kind, message.data)
            if record is None:
                self.dropped += 1
                continue
            self._newest[type(record)] = record
            if isinstance(record, rec.Gas):
                self._readings.append(record)
                self._reading_ns = t_ns
                self.oven_degc = record.oven_degc

    # --- the script -----------------------------------------------------------------------------

    def run(self) -> Script:
        p = self.p
        yield from self._power_up()
        certificate = yield from self._ask(rec.OP_CALIBRATION, b"", rec.Calibration)
        self._at("load", 0.02)
        yield from self._settled(rec.OP_LOAD, rec.pack_cup(self.goal.cup))
        before = yield from self._ask(rec.OP_WEIGH, b"", rec.Weight)
        self._check_mass(before)
        self._at("blank", 0.08)
        yield from self._command(rec.OP_SEAL)
        self._readings.clear()
        self._reading_ns = self.t_ns
        yield from self._command(rec.OP_READ, b"\x01")
        yield from self._read_for(p.blank_s)
        blank_end_s = self._clock_s()
        hold_start_s = yield from self._heat()
        self._at("weigh", 0.92)
        yield from self._command(rec.OP_READ, b"\x00")
        yield from self._command(rec.OP_VENT)
        after = yield from self._ask(rec.OP_WEIGH, b"", rec.Weight)
        curve = make_curve(self._readings, blank_end_s, hold_start_s)
        self.result = assay(curve, certificate, before, after)
        self._at("unload", 0.97)
        yield from self._settled(rec.OP_UNLOAD, b"")
        self.power(False)

    def _heat(self) -> Generator[None, None, float]:
        """Ramp and hold; instrument time from which release is over."""
        p = self.p
        self._at("heat", 0.15)
        start_degc, start_ns = self.oven_degc, self.t_ns
        self.heated = True
        try:
            yield from self._command(rec.OP_HEAT, rec.pack_heat(p.ramp_kps, p.top_degc))
        except Fault as fault:
            self.heated = fault.code != "SCI-005"
            raise
        limit_s = 2.0 * (p.top_degc - start_degc) / p.ramp_kps + 60.0
        while self.oven_degc < p.top_degc - OVEN_NEAR_K:
            if seconds(self.t_ns, start_ns) > limit_s:
                raise Fault("SCI-008", f"{self.oven_degc:.0f} degC after {limit_s:.0f} s")
            done = (self.oven_degc - start_degc) / (p.top_degc - start_degc)
            self.progress = 0.15 + 0.6 * max(0.0, min(1.0, done))
            self._check_readings()
            yield
        self._at("hold", 0.75)
        hold_start_s = self._clock_s() + p.settle_s
        yield from self._read_for(p.hold_s)
        yield from self._command(rec.OP_HEAT, rec.pack_heat(0.0, 0.0))
        return hold_start_s

    def _power_up(self) -> Script:
        """Off and on again, so that the analyser starts empty, vented and cold."""
        self.power(False)
        yield from self._sleep(POWER_OFF_S)
        for _ in range(self.p.tries):
            self._newest.clear()
            self.power(True)
            if (yield from self._wait(lambda: rec.Status in self._newest, self.p.record_s)):
                return
        raise Fault("SCI-004", "no status after slot power")

    def close(self) -> None:
        """Leave it safe whatever happened: vented, which turns the heater off, and slot off."""
        self._say(rec.OP_VENT, b"")
        self.power(False)

    # --- pieces ---------------------------------------------------------------------------------

    def _at(self, name: str, progress: float) -> None:
        self.step_name, self.progress = name, progress

    def power(self, on: bool) -> None:
        self.out.publish(graph.SCIENCE_SLOT_POWER, SlotPower(self.t_ns, self.p.slot, on))

    def _say(self, opcode: int, data: bytes) -> None:
        self.out.publish(
            graph.SCIENCE_SLOT_COMMAND, SlotCommand(self.t_ns, self.p.slot, opcode, data)
        )

    def _command(self, opcode: int, data: bytes = b"") -> Script:
        """Say a command until it is accepted."""
        status = NO_ANSWER
        for _ in range(self.p.tries):
            self._acks.clear()
            self._say(opcode, data)
            yield from self._wait(lambda: bool(self._acks), self.p.answer_s)
            status = self._acks[-1] if self._acks else NO_ANSWER
            if status == 0:
                return
        code = "SCI-006" if status == NO_ANSWER else "SCI-005"
        raise Fault(code, f"opcode {opcode}, answer {status}, cup {self.goal.cup}")

    def _ask(self, opcode: int, data: bytes, kind: type[R]) -> Generator[None, None, R]:
        """Command and wait for the record that answers it."""
        self._newest.pop(kind, None)
        yield from self._command(opcode, data)
        if not (yield from self._wait(lambda: kind in self._newest, self.p.record_s)):
            raise Fault("SCI-004", f"no {kind.__name__} record after opcode {opcode}")
        record = self._newest[kind]
        assert isinstance(record, kind)
        return record

    def _settled(self, opcode: int, data: bytes) -> Script:
        """Command a mechanism and wait until it stands still."""
        self._newest.pop(rec.Status, None)
        yield from self._command(opcode, data)

        def still() -> bool:
            status = self._newest.get(rec.Status)
            return isinstance(status, rec.Status) and not status.busy

        if not (yield from self._wait(still, self.p.record_s)):
            raise Fault("SCI-004", f"mechanism still busy after opcode {opcode}")

    def _wait(self, condition: Callable[[], bool], limit_s: float) -> Generator[None, None, bool]:
        start_ns = self.t_ns
        while not condition():
            if seconds(self.t_ns, start_ns) > limit_s:
                return False
            yield
        return True

    def _sleep(self, duration_s: float) -> Script:
        yield from self._wait(lambda: False, duration_s)

    def _read_for(self, duration_s: float) -> Script:
        start_ns = self.t_ns
        while seconds(self.t_ns, start_ns) < duration_s:
            self._check_readings()
            yield

    def _check_readings(self) -> None:
        if seconds(self.t_ns, self._reading_ns) > self.p.silence_s:
            raise Fault("SCI-004", f"no reading for {self.p.silence_s:.0f} s")
        if self._readings and self._readings[-1].pressure_pa > OVERRANGE_PA:
            raise Fault("SCI-014", f"{self._readings[-1].pressure_pa:.0f} Pa")

    def _clock_s(self) -> float:
        if not self._readings:
            raise Fault("SCI-009", "no readings")
        return self._readings[-1].time_s

    def _check_mass(self, weight: rec.Weight) -> None:
        self.mass_g = weight.mass_g
        if weight.mass_g < self.p.least_mass_g:
            raise Fault("SCI-007", f"{weight.mass_g:.2f} g in cup {self.goal.cup}")
        told = self.goal.sample_mass_g
        if not abs(weight.mass_g - told) <= self.p.mass_tolerance * weight.mass_g:
            self.event("SCI-011", f"{weight.mass_g:.2f} g weighed, {told:.2f} g told")

    def event(self, code: str, text: str, graver: bool = False) -> None:
        event = CODES.event(self.t_ns, "science", code, text, graver)
        self.out.publish(graph.MISSION_EVENT, event)
