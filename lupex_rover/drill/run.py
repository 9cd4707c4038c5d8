"""One goal of the drill: how far it came, and the hands to act with.

`Run` is what any goal has; `Sampling` is a `drill_sample`, `retract.Retraction` a `retract`.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from lupex_rover import graph
from lupex_rover.core.component import ABORTED, CANCELED, SUCCEEDED, Outbox
from lupex_rover.core.goal_server import GoalServer
from lupex_rover.core.time import seconds
from lupex_rover.core.topic import Topic
from lupex_rover.core.types import (
    BoardRequest,
    DrillCommand,
    DrillSampleGoal,
    DrillSampleResult,
    DrillTelemetry,
)
from lupex_rover.drill.codes import CODES
from lupex_rover.drill.control import BoreControl
from lupex_rover.drill.custody import GOAL_STEP_M, Custody, Taken
from lupex_rover.drill.faults import Diagnosis
from lupex_rover.drill.params import DrillingParams
from lupex_rover.drill.watch import Watch

if TYPE_CHECKING:
    from lupex_rover.drill.phases import Phase

M = TypeVar("M")
HOLE_STEP_M = 0.005  # a hole that is deeper than the goal by more is another one


class Run(ABC):
    """State of one goal.

    Attributes
    ----------
    table : Mapping[str, Phase]
        Its phases by name; who makes it sets this, `watch`, `custody` and `server`.
    phase, since_ns : str and int
        Name of the present phase and when it began.
    resume : str
        Phase to go on with after clearing, cooling or enabling again; empty: `first` tells.
    yields : bool
        It ends when the power manager withdraws the drill.
    command, before : DrillCommand
        Motion wanted in this step and in the one before.
    ending : tuple[int, str, str] or None
        (status, code, text) once the outcome is known; the way out is then walked.
    finished : bool
        The outcome may be told now.
    """

    yields: ClassVar[bool] = True
    passing: ClassVar[tuple[str, ...]] = ("enable",)  # phases that lead on to `resume`
    at_stop: ClassVar[str]  # code where the host ends it

    def __init__(self, p: DrillingParams, t_ns: int) -> None:
        self.p = p
        self.t_ns = self.since_ns = t_ns
        self.table: Mapping[str, Phase]
        self.phase, self.resume = "enable", ""
        self.watch: Watch
        self.custody: Custody
        self.server: GoalServer[Any, Any, Any]
        self.out = Outbox()
        self.diagnosis = Diagnosis(p)
        self.command = self.before = DrillCommand(t_ns, 0.0, 0.0, 0.0, False)
        self.recoveries = 0
        self.ending: tuple[int, str, str] | None = None
        self.finished = False
        self.entry_m = 0.0
        self.mark_m, self.mark_ns = 0.0, t_ns  # last progress
        self.asked_ns, self.asked = 0, 0
        self.active_ns = 0  # when the board became active

    # --- what each kind of goal has of its own --------------------------------------------------

    @abstractmethod
    def first(self) -> str:
        """The phase to begin with once the board is active."""

    @abstractmethod
    def way_out(self) -> str:
        """The phase that follows when the outcome is decided."""

    @abstractmethod
    def cancel(self) -> None:
        """End as CANCELED."""

    @abstractmethod
    def overdue(self, text: str) -> None:
        """The present phase took too long, as `text` says."""

    @abstractmethod
    def result(self, code: str, text: str) -> Any:
        """What the goal is answered."""

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
        return self.resume if self.phase in self.passing else self.phase

    def end(self, status: int, code: str, text: str) -> None:
        """Decide the outcome; stop, then walk the way out."""
        if self.ending is not None:
            return
        self.ending = (status, code, text)
        self.say(code, text, graver=True)
        self.drive()
        self.go(self.way_out())


class Sampling(Run):
    """A `drill_sample`.

    Attributes
    ----------
    bottom_m : float
        Deepest the bit has been under this goal.
    sampled_m, sample_g, peak_degc : float
        What was taken.
    spare_m : float
        The hole may be deeper than the goal by so much.
    """

    passing = ("lift", "clear", "lower", "cool", "unbind", "enable")
    at_stop = "DRL-020"

    def __init__(self, goal: DrillSampleGoal, p: DrillingParams, t_ns: int) -> None:
        super().__init__(p, t_ns)
        self.goal = goal
        self.control = BoreControl(p)
        self.bottom_m = self.pecked_m = 0.0
        self.sampled_m, self.sample_g, self.peak_degc = math.nan, 0.0, math.nan
        self.spare_m = HOLE_STEP_M

    def first(self) -> str:
        """By what the hands hold: a sample that was taken before is not taken again."""
        custody, goal, seen = self.custody, self.goal, self.seen
        for code, text in custody.look(seen, self.p.retracted_m):
            if code != "DRL-026":
                self.say(code, text)
        there, held = custody.cups.get(goal.cup), custody.held
        if there is not None and there.is_for(goal):
            self._take_on(there)
            self.ending = (SUCCEEDED, "DRL-024", f"{there.mass_g:.1f} g in cup {goal.cup} already")
            self.say(*self.ending[1:])
            return "retract"
        if held is not None and held.is_for(goal):
            if seen.gate or seen.sample_mass_g >= self.p.sample_low_g:
                self._take_on(held)
                return "collect" if seen.gate else "retract"
            self.say("DRL-025", custody.lose("too little of it is there"))
        elif held is not None:
            self.say("DRL-025", custody.lose("another sample was asked for"))
        elif seen.gate:
            custody.lose("the gate was open")
        if abs(custody.hands.lost_m - goal.depth_m) < GOAL_STEP_M:  # it was taken from here on
            self.spare_m += self.p.collect_m
        return "clear_out" if custody.hands.waste else "approach"

    def _take_on(self, sample: Taken) -> None:
        self.sampled_m, self.sample_g = sample.depth_m, sample.mass_g
        self.peak_degc = sample.peak_degc

    def way_out(self) -> str:
        """Leave the hole with the gate shut and disable."""
        if self.phase == "enable" and not self.active_ns:
            return "disable"
        return "shut" if self.watch.last is not None and self.seen.gate else "retract"

    def cancel(self) -> None:
        self.end(CANCELED, "DRL-020", "canceled: stopping, then retracting")

    def overdue(self, text: str) -> None:
        if self.phase in ("retract", "clear_out"):
            self.fail("DRL-014", f"{text}; bit at {self.seen.depth_m:.3f} m", override=True)
            self.go("disable")
        else:
            self.fail("DRL-022" if self.phase == "approach" else "DRL-021", text)

    def result(self, code: str, text: str) -> DrillSampleResult:
        return DrillSampleResult(
            code, text, self.sampled_m, self.sample_g, self.peak_degc, self.recoveries
        )
