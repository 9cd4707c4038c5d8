"""Node `drill`: serves `drill_sample` with the sequence of `phases`."""

from __future__ import annotations

import math

from lupex_rover import graph
from lupex_rover.core.complaints import Complaints
from lupex_rover.core.component import (
    ABORTED,
    CANCELED,
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
)
from lupex_rover.core.types.boards import STATE_ACTIVE, STATE_SAFE
from lupex_rover.drill.codes import CODES
from lupex_rover.drill.control import specific_energy_jpm3
from lupex_rover.drill.params import DrillingParams
from lupex_rover.drill.phases import PHASES
from lupex_rover.drill.run import Run
from lupex_rover.drill.watch import Watch

STATUS_PERIOD_S = 0.5
FEEDBACK_PERIOD_S = 1.0
CUPS = 12
LEAST_DEPTH_M = 0.01
SETTLE_S = 2.5  # housekeeping may tell of the time before ENABLE for so long
ENERGY_SMOOTHING = 0.02  # weight of the newest value, 10 Hz


class Drill(Component):
    """Takes one goal at a time; says motion at 10 Hz while the board is active."""

    name = "drill"
    inputs = (graph.DRILL_TELEMETRY, graph.BOARDS_ACK, graph.BOARDS_HOUSEKEEPING, graph.POWER_STATE)
    outputs = (graph.DRILL_COMMAND, graph.DRILL_GATE, graph.DRILL_DELIVER, graph.BOARDS_REQUEST,
               graph.DRILL_STATUS, graph.MISSION_EVENT)  # fmt: skip
    serves = (graph.DRILL_SAMPLE,)
    period_s = 0.1

    def __init__(self, params: DrillingParams) -> None:
        self.params = params
        self.watch = Watch()
        self._server = GoalServer(graph.DRILL_SAMPLE)
        self._refused = Complaints()
        self.run: Run | None = None
        self._code = ""
        self._energy_jpm3 = math.nan
        self._holding = False
        self._last_ns = self._status_ns = self._feedback_ns = self._held_ns = 0

    def step(self, t_ns: int, inbox: Inbox) -> Outbox:
        out = Outbox()
        self.watch.take(t_ns, inbox)
        for request in self._server.arrived(inbox):
            self._accept(t_ns, request, out)
        if self.run is not None:
            if self._server.canceled(inbox):
                self._cancel(t_ns, out)
            self._work(t_ns, out)
        self._tell(t_ns, inbox, out)
        self._last_ns = t_ns
        return out

    def safe(self, t_ns: int) -> Outbox:
        """Stop and, unless the board is in SAFE, disable; a running goal ends here."""
        out = Outbox()
        if self.run is not None:
            out.publish(graph.DRILL_COMMAND, DrillCommand(t_ns, 0.0, 0.0, 0.0, False))
            if not self.watch.safe:  # ENABLE 0 would leave SAFE
                out.publish(graph.BOARDS_REQUEST, BoardRequest(t_ns, "DRL", "disable"))
            self.run.ending = (ABORTED, "DRL-020", "stopped by its host; bit where it was")
            self._finish(out)
        return out

    # --- goals ----------------------------------------------------------------------------------

    def _accept(self, t_ns: int, request: GoalRequest[DrillSampleGoal], out: Outbox) -> None:
        goal = request.goal
        if self.run is not None:
            under_way = self.run.goal
            why = f"{under_way.depth_m:.2f} m to cup {under_way.cup}"
            self._refuse(t_ns, request, "DRL-016", why, out)
            return
        why = self._wrong(goal)
        if why:
            self._refuse(t_ns, request, "DRL-015", why, out)
            return
        self.run = Run(goal, self.params, t_ns)
        self._server.begin(request)
        self.run.watch = self.watch
        self.watch.forget()
        self._code = "DRL-001"
        self._energy_jpm3 = math.nan
        self._holding = False
        text = f"sample from {goal.depth_m:.2f} m to cup {goal.cup}"
        out.publish(graph.MISSION_EVENT, CODES.event(t_ns, "drill", "DRL-001", text))

    def _wrong(self, goal: DrillSampleGoal) -> str:
        """What of a goal cannot be; empty: all can."""
        deepest_m = self.params.max_depth_m
        if not LEAST_DEPTH_M <= goal.depth_m <= deepest_m:  # nor one that is no number
            return f"depth {goal.depth_m:.4g} m is not in {LEAST_DEPTH_M:g} to {deepest_m:g}"
        if not 0 <= goal.cup < CUPS:
            return f"cup {goal.cup} is not in 0 to {CUPS - 1}"
        return ""

    def _refuse(
        self, t_ns: int, request: GoalRequest[DrillSampleGoal], code: str, why: str, out: Outbox
    ) -> None:
        text = f"{CODES[code].text} ({why})"
        if self._refused.add(code, t_ns):
            more = text + self._refused.so_far(code)
            out.publish(graph.MISSION_EVENT, CODES.event(t_ns, "drill", code, more))
        result = DrillSampleResult(code, text, math.nan, 0.0, math.nan, 0)
        self._server.refuse(request, result, out)

    def _cancel(self, t_ns: int, out: Outbox) -> None:
        run = self.run
        assert run is not None
        run.out, run.t_ns = out, t_ns
        run.end(CANCELED, "DRL-020", "canceled: stopping, then retracting")

    def _finish(self, out: Outbox) -> None:
        run = self.run
        assert run is not None and run.ending is not None
        status, code, text = run.ending
        result = DrillSampleResult(
            code, text, run.sampled_m, run.sample_g, run.peak_degc, run.recoveries
        )
        self._server.end(status, result, out)
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
                PHASES[run.phase].act(run)
                self._limit(run)
        if run.finished:
            self._finish(out)
        elif run.active_ns and run.phase not in ("enable", "disable"):
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
        if seen is None:
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
        if run.phase in ("enable", "disable"):
            return
        if self.watch.withdrawn:
            run.end(ABORTED, "DRL-019", "power manager: drill not allowed")
        if self._board_left(run) or not PHASES[run.phase].watched:
            return
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
        phase, limit_s = run.phase, PHASES[run.phase].limit_s
        if run.elapsed_s <= limit_s:
            return
        text = f"{phase} took longer than {limit_s:.0f} s"
        if phase == "disable":
            run.finished = True
        elif phase == "enable":
            run.active_ns = 0
            run.fail("DRL-013", text, override=not run.bit_out)
        elif phase == "retract":
            run.fail("DRL-014", f"{text}; bit at {run.seen.depth_m:.3f} m", override=True)
            run.go("disable")
        else:
            run.fail("DRL-022" if phase == "approach" else "DRL-021", text)

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
            feedback = DrillSampleFeedback(run.phase, seen.depth_m, seen.torque_nm, seen.wob_n)
            self._server.tell(feedback, out)
