"""One goal of the drill: what it is, how far it came, and the hands to act with."""

from __future__ import annotations

import math
from typing import TypeVar

from lupex_rover import graph
from lupex_rover.core.component import ABORTED, Outbox
from lupex_rover.core.time import seconds
from lupex_rover.core.topic import Topic
from lupex_rover.core.types import (
    BoardRequest,
    DrillCommand,
    DrillSampleGoal,
    DrillTelemetry,
)
from lupex_rover.drill.codes import CODES
from lupex_rover.drill.control import BoreControl
from lupex_rover.drill.faults import Diagnosis
from lupex_rover.drill.params import DrillingParams
from lupex_rover.drill.watch import Watch

M = TypeVar("M")


class Run:
    """State of one goal.

    Attributes
    ----------
    phase, since_ns : str and int
        Name of the present phase and when it began.
    resume : str
        Phase to go on with after clearing, cooling or enabling again.
    bottom_m : float
        Deepest the bit has been under this goal.
    command, before : DrillCommand
        Motion wanted in this step and in the one before.
    ending : tuple[int, str, str] or None
        (status, code, text) once the outcome is known; the way out is then walked.
    finished : bool
        The outcome may be told now.
    sampled_m, sample_g, peak_degc : float
        What was taken.
    """

    def __init__(self, goal: DrillSampleGoal, p: DrillingParams, t_ns: int) -> None:
        self.goal, self.p = goal, p
        self.t_ns = self.since_ns = t_ns
        self.phase, self.resume = "enable", "approach"
        self.watch: Watch
        self.out = Outbox()
        self.control = BoreControl(p)
        self.diagnosis = Diagnosis(p)
        self.command = self.before = DrillCommand(t_ns, 0.0, 0.0, 0.0, False)
        self.recoveries = 0
        self.ending: tuple[int, str, str] | None = None
        self.finished = False
        self.bottom_m = self.entry_m = self.pecked_m = 0.0
        self.mark_m, self.mark_ns = 0.0, t_ns  # last progress
        self.asked_ns, self.asked = 0, 0
        self.active_ns = 0  # when the board became active
        self.sampled_m, self.sample_g, self.peak_degc = math.nan, 0.0, math.nan

    # --- knowledge ------------------------------------------------------------------------------

    @property
    def seen(self) -> DrillTelemetry:
        """Newest good telemetry; phases run only when there is some."""
        assert self.watch.last is not None
        return self.watch.last

    @property
    def elapsed_s(self) -> float:
        return seconds(self.t_ns, self.since_ns)

    def since_mark_s(self) -> float:
        return seconds(self.t_ns, self.mark_ns)

    def since_asked_s(self) -> float:
        return seconds(self.t_ns, self.asked_ns)

    @property
    def bit_out(self) -> bool:
        """Out of the ground, by the newest telemetry."""
        return self.watch.last is not None and self.seen.depth_m <= self.p.retracted_m

    def mark(self) -> None:
        """Remember where progress was last seen."""
        self.mark_m, self.mark_ns = self.seen.depth_m, self.t_ns

    # --- hands ----------------------------------------------------------------------------------

    def go(self, phase: str) -> None:
        self.phase, self.since_ns = phase, self.t_ns
        self.asked = self.asked_ns = 0
        self.diagnosis.reset()
        if self.watch.last is not None:
            self.entry_m = self.seen.depth_m
            self.mark()

    def drive(
        self, rpm: float = 0.0, feed_mps: float = 0.0, wob_n: float = 0.0, percussion: bool = False
    ) -> None:
        """The motion wanted in this step; said by the component at 10 Hz."""
        self.command = DrillCommand(self.t_ns, rpm, feed_mps, wob_n, percussion)

    def ask(self, topic: Topic[M], message: M) -> bool:
        """Say something that is answered, again every `answer_s`; False when tries ran out."""
        if self.asked and seconds(self.t_ns, self.asked_ns) < self.p.answer_s:
            return True
        if self.asked >= self.p.answer_tries:
            return False
        self.asked, self.asked_ns = self.asked + 1, self.t_ns
        self.out.publish(topic, message)
        return True

    def ask_board(self, command: str) -> bool:
        return self.ask(graph.BOARDS_REQUEST, BoardRequest(self.t_ns, "DRL", command))

    def say(self, code: str, text: str, graver: bool = False) -> None:
        event = CODES.event(self.t_ns, "drill", code, text, graver)
        self.out.publish(graph.MISSION_EVENT, event)

    # --- trouble --------------------------------------------------------------------------------

    def recover(self, code: str, text: str, phase: str, resume: str) -> None:
        """Count and tell a recovery and begin it; fail when there were too many."""
        self.recoveries += 1
        if self.recoveries > self.p.recovery_limit:
            self.fail("DRL-018", f"after {self.p.recovery_limit} recoveries; last: {code} {text}")
            return
        self.say(code, f"{text}; recovery {self.recoveries}")
        self.resume = resume
        self.go(phase)

    def fail(self, code: str, text: str, override: bool = False) -> None:
        """End as ABORTED; `override` replaces an outcome that was decided before."""
        if override:
            self.ending = None
        self.end(ABORTED, code, text)

    def end_in_safe(self, text: str) -> None:
        """The goal ends here and now, the board stays as it is.

        An outcome that was decided before stands only where the bit is out.
        """
        self.fail("DRL-013", f"{text}; someone ordered it to stop", override=not self.bit_out)
        self.finished = True

    @property
    def going_on(self) -> str:
        """Phase to go on with after a recovery that breaks into the present one."""
        passing = ("lift", "clear", "lower", "cool", "unbind", "enable")
        return self.resume if self.phase in passing else self.phase

    def end(self, status: int, code: str, text: str) -> None:
        """Decide the outcome; stop, then leave the hole with the gate shut and disable."""
        if self.ending is not None:
            return
        self.ending = (status, code, text)
        self.say(code, text, graver=True)
        self.drive()
        if self.phase == "enable" and not self.active_ns:
            self.go("disable")
        elif self.watch.last is not None and self.seen.gate:
            self.go("shut")
        else:
            self.go("retract")
