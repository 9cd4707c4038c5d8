"""Node `drill`: serves `drill_sample` with the sequence of `phases`, `retract` with its own."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from lupex_rover import graph
from lupex_rover.core.complaints import Complaints
from lupex_rover.core.component import (
    ABORTED,
    Component,
    GoalRequest,
    Inbox,
    Outbox,
)
from lupex_rover.core.goal_server import GoalServer
from lupex_rover.core.time import seconds
from lupex_rover.core.types import (
    BoardRequest,
    DrillCommand,
    DrillSampleFeedback,
    DrillSampleGoal,
    DrillSampleResult,
    DrillStatus,
    RetractFeedback,
    RetractGoal,
    RetractResult,
)
from lupex_rover.core.types.boards import STATE_ACTIVE, STATE_SAFE
from lupex_rover.drill.codes import CODES
from lupex_rover.drill.control import specific_energy_jpm3
from lupex_rover.drill.custody import Custody
from lupex_rover.drill.params import DrillingParams
from lupex_rover.drill.phases import PHASES, Phase
from lupex_rover.drill.retract import PHASES as RETRACT_PHASES
from lupex_rover.drill.retract import Retraction
from lupex_rover.drill.run import Run, Sampling
from lupex_rover.drill.watch import Watch

STATUS_PERIOD_S = 0.5
FEEDBACK_PERIOD_S = 1.0
CUPS = 12
LEAST_DEPTH_M = 0.01
SETTLE_S = 2.5  # housekeeping may tell of the time before ENABLE for so long
ENERGY_SMOOTHING = 0.02  # weight of the newest value, 10 Hz
INACTIVE = ("look", "enable", "disable")  # phases in which the board need not be active


class Drill(Component):
    """Takes one goal at a time; says motion at 10 Hz while the board is active.

    What its hands hold is kept (`custody`) before a command changes it.
    """

    name = "drill"
    inputs = (graph.DRILL_TELEMETRY, graph.BOARDS_ACK, graph.BOARDS_HOUSEKEEPING, graph.POWER_STATE)
    outputs = (graph.DRILL_COMMAND, graph.DRILL_GATE, graph.DRILL_DELIVER, graph.BOARDS_REQUEST,
               graph.DRILL_STATUS, graph.MISSION_EVENT)  # fmt: skip
    serves = (graph.DRILL_SAMPLE, graph.RETRACT)
    period_s = 0.1

    def __init__(self, params: DrillingParams) -> None:
        self.params = params
        self.watch = Watch()
        self.custody = Custody()
        self._samples = GoalServer(graph.DRILL_SAMPLE)
        self._retractions = GoalServer(graph.RETRACT)
        self._refused = Complaints()
        self.run: Run | None = None
        self._unseen = False  # what was kept over a restart is not yet compared with telemetry
        self._string_down = False  # at the restart, and not yet told
        self._code = ""
        self._energy_jpm3 = math.nan
        self._holding = False
        self._last_ns = self._status_ns = self._feedback_ns = self._held_ns = 0

    def restore(self, state: dict[str, Any]) -> None:
        self.custody.restore(state)
        self._unseen, self._string_down = True, self.custody.hands.string_down

    def step(self, t_ns: int, inbox: Inbox) -> Outbox:
        out = Outbox()
        self.watch.take(t_ns, inbox)
        if self._string_down:
            self._string_down = False
            text = CODES["DRL-029"].text
            out.publish(graph.MISSION_EVENT, CODES.event(t_ns, "drill", "DRL-029", text))
        if self._unseen and self.watch.last is not None:
            self._unseen = False
            self._see_hands(t_ns, out)
        for request in self._samples.arrived(inbox):
            self._accept(t_ns, request, out)
        for wanted in self._retractions.arrived(inbox):
            self._accept_retract(t_ns, wanted, out)
        if self.run is not None:
            if self.run.server.canceled(inbox):
                self.run.out, self.run.t_ns = out, t_ns
                self.run.cancel()
            self._work(t_ns, out)
        self._tell(t_ns, inbox, out)
        self._last_ns = t_ns
        return self._kept(out)

    def _see_hands(self, t_ns: int, out: Outbox) -> None:
        """What became of what the hands held when the computer restarted."""
        seen = self.watch.last
        assert seen is not None
        for code, text in self.custody.look(seen, self.params.retracted_m):
            out.publish(graph.MISSION_EVENT, CODES.event(t_ns, "drill", code, text))

    def _kept(self, out: Outbox) -> Outbox:
        """`out` with what is to be kept before what it says is said."""
        if self.custody.changed:
            self.custody.changed = False
            out.persist = self.custody.state()
        return out

    def safe(self, t_ns: int) -> Outbox:
        """Stop and, unless the board is in SAFE, disable; a running goal ends here."""
        out = Outbox()
        if self.run is not None:
            out.publish(graph.DRILL_COMMAND, DrillCommand(t_ns, 0.0, 0.0, 0.0, False))
            if not self.watch.safe:  # ENABLE 0 would leave SAFE
                out.publish(graph.BOARDS_REQUEST, BoardRequest(t_ns, "DRL", "disable"))
            text = "stopped by its host; bit where it was"
            self.run.ending = (ABORTED, self.run.at_stop, text)
            self._finish(out)
        return self._kept(out)

    # --- goals ----------------------------------------------------------------------------------

    def _accept(self, t_ns: int, request: GoalRequest[DrillSampleGoal], out: Outbox) -> None:
        goal = request.goal
        if self.run is not None:
            self._refuse(t_ns, request, "DRL-016", self._under_way(), out)
            return
        why = self._wrong(goal)
        if why:
            self._refuse(t_ns, request, "DRL-015", why, out)
            return
        self._begin(Sampling(goal, self.params, t_ns), PHASES, self._samples, request)
        self._code = "DRL-001"
        text = f"sample from {goal.depth_m:.2f} m to cup {goal.cup}"
        out.publish(graph.MISSION_EVENT, CODES.event(t_ns, "drill", "DRL-001", text))

    def _accept_retract(self, t_ns: int, request: GoalRequest[RetractGoal], out: Outbox) -> None:
        if self.run is None:
            run = Retraction(self.params, t_ns)
            self._begin(run, RETRACT_PHASES, self._retractions, request)
            return
        text = self._refusal(t_ns, "DRL-016", self._under_way(), out)
        result = RetractResult("DRL-016", text, math.nan, math.nan, 0.0, 0)
        self._retractions.refuse(request, result, out)

    def _begin(
        self, run: Run, table: Mapping[str, Phase], server: GoalServer[Any, Any, Any],
        request: GoalRequest[Any],
    ) -> None:  # fmt: skip
        server.begin(request)
        run.table, run.server = table, server
        run.watch, run.custody = self.watch, self.custody
        self.run = run
        self.watch.forget()
        self._code = ""
        self._energy_jpm3 = math.nan
        self._holding = False

    def _wrong(self, goal: DrillSampleGoal) -> str:
        """What of a goal cannot be; empty: all can."""
        deepest_m = self.params.max_depth_m
        if not LEAST_DEPTH_M <= goal.depth_m <= deepest_m:  # nor one that is no number
            return f"depth {goal.depth_m:.4g} m is not in {LEAST_DEPTH_M:g} to {deepest_m:g}"
        if not 0 <= goal.cup < CUPS:
            return f"cup {goal.cup} is not in 0 to {CUPS - 1}"
        there = self.custody.cups.get(goal.cup)
        if there is not None and not there.is_for(goal):
            return f"cup {goal.cup} holds {there.mass_g:.1f} g from {there.depth_m:.2f} m"
        return ""

    def _under_way(self) -> str:
        goal = self.run.goal if isinstance(self.run, Sampling) else None
        return "retract" if goal is None else f"{goal.depth_m:.2f} m to cup {goal.cup}"

    def _refuse(
        self, t_ns: int, request: GoalRequest[DrillSampleGoal], code: str, why: str, out: Outbox
    ) -> None:
        text = self._refusal(t_ns, code, why, out)
        result = DrillSampleResult(code, text, math.nan, 0.0, math.nan, 0)
        self._samples.refuse(request, result, out)

    def _refusal(self, t_ns: int, code: str, why: str, out: Outbox) -> str:
        """The refusal in words; told as an event, a repeated one now and again."""
        text = f"{CODES[code].text} ({why})"
        if self._refused.add(code, t_ns):
            more = text + self._refused.so_far(code)
            out.publish(graph.MISSION_EVENT, CODES.event(t_ns, "drill", code, more))
        return text

    def _finish(self, out: Outbox) -> None:
        run = self.run
        assert run is not None and run.ending is not None
        status, code, text = run.ending
        run.server.end(status, run.result(code, text), out)
        self._code = code
        self.run = None

    # --- one step of a goal ---------------------------------------------------------------------

    def _work(self, t_ns: int, out: Outbox) -> None:
        run = self.run
        assert run is not None
        run.t_ns, run.out = t_ns, out
        run.before = run.command
        run.drive()
        if self._may_act(run):
            self._observe(run)
            self._diagnose(run, min(0.5, seconds(t_ns, self._last_ns)))
            if not run.finished:
                run.table[run.phase].act(run)
                self._limit(run)
        if run.finished:
            self._finish(out)
        elif run.active_ns and run.phase not in INACTIVE:
            out.publish(graph.DRILL_COMMAND, run.command)

    def _may_act(self, run: Run) -> bool:
        """False while the drill must be held still because it cannot be seen."""
        if run.phase == "disable" or self.watch.age_s(run.t_ns) <= self.params.stale_s:
            if self._holding:
                self._holding = False
                run.recoveries += 1 if run.active_ns else 0
                run.since_ns = run.mark_ns = run.t_ns
            return True
        if not self._holding:
            self._holding, self._held_ns = True, run.t_ns
            run.say("DRL-009", f"none for {self.params.stale_s:.1f} s; holding still")
        if seconds(run.t_ns, self._held_ns) > self.params.lost_s:
            self._holding = False
            text = f"no good telemetry for {self.params.lost_s:.0f} s; bit where it was"
            run.fail("DRL-009", text, override=True)
            run.go("disable")
        return False

    def _observe(self, run: Run) -> None:
        """Bottom, sample temperature and specific energy from this step's telemetry."""
        seen = self.watch.last
        if seen is None or not isinstance(run, Sampling):
            return
        run.bottom_m = max(run.bottom_m, seen.depth_m)
        if run.phase in ("collect", "shut", "retract", "deliver"):
            run.peak_degc = max(run.peak_degc, seen.bit_degc)
        if run.phase == "bore":
            new = specific_energy_jpm3(seen, self.watch.rop_mps, self.params.bit_radius_m)
            if math.isfinite(new):
                old = new if math.isnan(self._energy_jpm3) else self._energy_jpm3
                self._energy_jpm3 = old + ENERGY_SMOOTHING * (new - old)

    def _diagnose(self, run: Run, dt_s: float) -> None:
        """Faults that may come in any phase break in here."""
        if run.phase in INACTIVE:
            return
        if self.watch.withdrawn and run.yields:
            run.end(ABORTED, "DRL-019", "power manager: drill not allowed")
        if self._board_left(run) or not run.table[run.phase].watched:
            return
        assert isinstance(run, Sampling)  # no other has watched phases
        seen = self.watch.last
        assert seen is not None
        fault = run.diagnosis.update(seen, run.before, dt_s)
        if fault is not None:
            run.control.more_careful()
            code, text = fault
            run.recover(code, text, "unbind", run.going_on)

    def _board_left(self, run: Run) -> bool:
        """The board is no longer active: enable again, but never out of SAFE."""
        fresh = seconds(self.watch.board_ns, run.active_ns) > SETTLE_S
        state = self.watch.board_state if fresh else STATE_ACTIVE
        if state == STATE_SAFE:
            run.end_in_safe("the board is in SAFE")
            return True
        if state == STATE_ACTIVE and self.watch.refused < 5:
            return False
        self.watch.forget()
        run.recover("DRL-013", "board left active; enabling again", "enable", run.going_on)
        return True

    def _limit(self, run: Run) -> None:
        """A phase that lasts too long ends; a bit that is still on its way out is down."""
        phase, limit_s = run.phase, run.table[run.phase].limit_s
        if run.elapsed_s <= limit_s:
            return
        text = f"{phase} took longer than {limit_s:.0f} s"
        if phase == "disable":
            run.finished = True
        elif phase == "enable":
            run.active_ns = 0
            run.fail("DRL-013", text, override=not run.bit_out)
        else:
            run.overdue(text)

    # --- telling --------------------------------------------------------------------------------

    def _tell(self, t_ns: int, inbox: Inbox, out: Outbox) -> None:
        """Status at 2 Hz while the board is heard; feedback at 1 Hz while a goal runs."""
        seen, run = self.watch.last, self.run
        if seen is None or (run is None and not inbox.messages.get(graph.DRILL_TELEMETRY)):
            return
        if seconds(t_ns, self._status_ns) >= STATUS_PERIOD_S - 1e-3:
            self._status_ns = t_ns
            phase, recoveries = (run.phase, run.recoveries) if run else ("idle", 0)
            energy = self._energy_jpm3 if phase == "bore" else math.nan
            out.publish(
                graph.DRILL_STATUS,
                DrillStatus(t_ns, phase, seen.depth_m, energy, recoveries, self._code),
            )
        if run is not None and seconds(t_ns, self._feedback_ns) >= FEEDBACK_PERIOD_S - 1e-3:
            self._feedback_ns = t_ns
            told = DrillSampleFeedback if isinstance(run, Sampling) else RetractFeedback
            run.server.tell(told(run.phase, seen.depth_m, seen.torque_nm, seen.wob_n), out)
