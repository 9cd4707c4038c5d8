"""Node `science`: serves `analyze_sample`, and `analyze_again` for cups that were heated before."""

from __future__ import annotations

import math
from typing import Any

from lupex_rover import graph
from lupex_rover.core.complaints import Complaints
from lupex_rover.core.component import (
    ABORTED,
    CANCELED,
    SUCCEEDED,
    Component,
    GoalRequest,
    Inbox,
    Outbox,
)
from lupex_rover.core.errors import Fault
from lupex_rover.core.goal_server import GoalServer
from lupex_rover.core.types import (
    AnalyzeSampleFeedback,
    AnalyzeSampleGoal,
    AnalyzeSampleResult,
    WaterMeasurement,
)
from lupex_rover.science.analysis import Analysis, Script
from lupex_rover.science.assay import Assay
from lupex_rover.science.codes import CODES
from lupex_rover.science.kept_cups import HeatedCup, KeptCups
from lupex_rover.science.params import ScienceParams

Server = GoalServer[AnalyzeSampleGoal, AnalyzeSampleFeedback, AnalyzeSampleResult]
CUPS = 12
DEEPEST_M = 2.0  # beyond any drill of the mission
HEAVIEST_G = 1000.0  # far beyond a cup


class Science(Component):
    """Takes one sample at a time through the water analyser.

    Which cups were heated is kept before they are (`kept_cups`).
    """

    name = "science"
    inputs = (graph.SCIENCE_SLOT_DATA, graph.BOARDS_ACK)
    outputs = (graph.SCIENCE_SLOT_POWER, graph.SCIENCE_SLOT_COMMAND, graph.SCIENCE_WATER,
               graph.MISSION_EVENT)  # fmt: skip
    serves = (graph.ANALYZE_SAMPLE, graph.ANALYZE_AGAIN)
    period_s = 1.0

    def __init__(self, params: ScienceParams) -> None:
        self.params = params
        self.analysis: Analysis | None = None
        self.kept = KeptCups()
        self._first = GoalServer(graph.ANALYZE_SAMPLE)
        self._again = GoalServer(graph.ANALYZE_AGAIN)
        self._server = self._first  # of the analysis under way
        self._refused = Complaints()
        self._script: Script | None = None

    def restore(self, state: dict[str, Any]) -> None:
        self.kept.restore(state)

    def step(self, t_ns: int, inbox: Inbox) -> Outbox:
        out = Outbox()
        if self.kept.under_way and self.analysis is None:
            self._make_safe(t_ns, out)
        for server in (self._first, self._again):
            for request in server.arrived(inbox):
                self._accept(t_ns, server, request, out)
        if self.analysis is not None:
            self.analysis.feed(t_ns, inbox, out)
            if self._server.canceled(inbox):
                self._end(CANCELED, "SCI-012", CODES["SCI-012"].text)
            self._work()
        return self._keep(out)

    def _make_safe(self, t_ns: int, out: Outbox) -> None:
        """The computer stopped within an analysis: nobody watches the heater."""
        left = Analysis(AnalyzeSampleGoal(0, 0.0, 0.0), self.params)
        left.feed(t_ns, Inbox(), out)
        left.close()
        left.event("SCI-018", CODES["SCI-018"].text)
        self.kept.end()

    def _keep(self, out: Outbox) -> Outbox:
        """`out` with what is to be kept before what it says is said."""
        a = self.analysis
        if a is not None and a.heated is not None:
            self.kept.heat(a.goal.cup, a.heated)
        if self.kept.changed:
            self.kept.changed = False
            out.persist = self.kept.state()
        return out

    def safe(self, t_ns: int) -> Outbox:
        """Heater off, chamber vented, slot off; a running goal ends here."""
        out = Outbox()
        if self.analysis is not None:
            self.analysis.feed(t_ns, Inbox(), out)
            self._end(ABORTED, "SCI-012", "stopped by its host")
        return self._keep(out)

    def _accept(
        self, t_ns: int, server: Server, request: GoalRequest[AnalyzeSampleGoal], out: Outbox
    ) -> None:
        wrong = self._wrong(request.goal)
        heated = self.kept.cups.get(request.goal.cup) if server is self._first else None
        if wrong is None and heated is not None:
            if heated.water is not None:
                self._tell_again(t_ns, request, heated, out)
                return
            wrong = "SCI-017", f"cup {request.goal.cup}"
        if wrong is not None:
            self._refuse(t_ns, server, request, *wrong, out)
            return
        self.analysis = Analysis(request.goal, self.params)
        self.kept.begin()
        self._server = server
        server.begin(request)
        self._script = self.analysis.run()
        text = f"cup {request.goal.cup}, sample from {request.goal.depth_m:.2f} m"
        out.publish(graph.MISSION_EVENT, CODES.event(t_ns, "science", "SCI-001", text))

    def _tell_again(
        self, t_ns: int, request: GoalRequest[AnalyzeSampleGoal], heated: HeatedCup, out: Outbox
    ) -> None:
        """A cup that was measured: its water with the stamp of then, for whoever missed it."""
        water = heated.water
        assert water is not None
        out.publish(graph.SCIENCE_WATER, water)
        text = f"{water.water_wt_pct:.2f} +- {water.sigma_wt_pct:.2f} wt% in cup {water.cup}, again"
        out.publish(graph.MISSION_EVENT, CODES.event(t_ns, "science", "SCI-016", text))
        result = AnalyzeSampleResult("SCI-016", text, water.water_wt_pct, water.sigma_wt_pct)
        self._first.begin(request)
        self._first.end(SUCCEEDED, result, out)

    def _wrong(self, goal: AnalyzeSampleGoal) -> tuple[str, str] | None:
        """Code of what cannot be, and why; None: the goal is taken."""
        if self.analysis is not None:
            return "SCI-003", f"that of cup {self.analysis.goal.cup}"
        if not 0 <= goal.cup < CUPS:
            return "SCI-002", f"cup {goal.cup}"
        if not 0.0 <= goal.depth_m <= DEEPEST_M:  # nor one that is no number
            return "SCI-015", f"depth {goal.depth_m:.4g} m is not in 0 to {DEEPEST_M:g}"
        if not 0.0 <= goal.sample_mass_g <= HEAVIEST_G:
            return "SCI-015", f"mass {goal.sample_mass_g:.4g} g is not in 0 to {HEAVIEST_G:g}"
        return None

    def _refuse(
        self, t_ns: int, server: Server, request: GoalRequest[AnalyzeSampleGoal], code: str,
        why: str, out: Outbox,
    ) -> None:  # fmt: skip
        text = f"{CODES[code].text} ({why})"
        if self._refused.add(code, t_ns):
            more = text + self._refused.so_far(code)
            out.publish(graph.MISSION_EVENT, CODES.event(t_ns, "science", code, more))
        server.refuse(request, AnalyzeSampleResult(code, text, math.nan, math.nan), out)

    def _work(self) -> None:
        a = self.analysis
        if a is None or self._script is None:
            return
        try:
            next(self._script)
        except StopIteration:
            assert a.result is not None
            self._measured(a, a.result)
            return
        except Fault as fault:
            self._end(ABORTED, fault.code, f"{CODES[fault.code].text} ({fault.detail})")
            return
        feedback = AnalyzeSampleFeedback(a.step_name, a.oven_degc, a.progress)
        self._server.tell(feedback, a.out)

    def _measured(self, a: Analysis, found: Assay) -> None:
        sigma = found.sigma_wt_pct
        if found.disagreement > self.params.disagreement:
            sigma *= found.disagreement / math.sqrt(2.0)
            (p, ps), (b, bs) = found.by_pressure_g, found.by_balance_g
            a.event("SCI-010", f"pressure {p:.3f} +- {ps:.3f} g, balance {b:.3f} +- {bs:.3f} g")
        water = WaterMeasurement(
            a.t_ns, a.goal.cup, a.goal.depth_m, a.mass_g, found.water_wt_pct, sigma
        )
        a.out.publish(graph.SCIENCE_WATER, water)
        self.kept.measured(water)
        text = f"{found.water_wt_pct:.2f} +- {sigma:.2f} wt% at {a.goal.depth_m:.2f} m"
        self._finish(SUCCEEDED, "SCI-000", text, found.water_wt_pct, sigma)

    def _end(self, status: int, code: str, text: str) -> None:
        """End without a measurement, the analyser left safe."""
        assert self.analysis is not None
        self.analysis.close()
        self._finish(status, code, text, math.nan, math.nan)

    def _finish(self, status: int, code: str, text: str, water: float, sigma: float) -> None:
        a = self.analysis
        assert a is not None
        if a.dropped:
            a.event("SCI-013", f"{a.dropped} records dropped")
        a.event(code, text, graver=status == ABORTED)
        result = AnalyzeSampleResult(code, text, water, sigma)
        self._server.end(status, result, a.out)
        if a.heated is not None:
            self.kept.heat(a.goal.cup, a.heated)
        self.kept.end()
        if self._script is not None:
            self._script.close()
        self.analysis = self._script = None
