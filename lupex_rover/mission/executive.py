"""The mission executive: runs the phase scripts in order and keeps what survives a reboot."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from lupex_rover import graph
from lupex_rover.core.component import Component, Inbox, Outbox
from lupex_rover.core.time import ns, seconds
from lupex_rover.core.types import MissionState, MotionLease
from lupex_rover.mission.codes import CODES
from lupex_rover.mission.conditions import OK, admit
from lupex_rover.mission.executive_context import ExecutiveContext
from lupex_rover.mission.extra_phases import ExtraPhase
from lupex_rover.mission.params import PHASES, ExecutiveParams
from lupex_rover.mission.phase_table import END, SLEEP
from lupex_rover.mission.phases import PHASE_GENERATORS, Phase, sleep_by_plan
from lupex_rover.mission.plan import MissionPlan
from lupex_rover.mission.steps import Step, check_places, steps
from lupex_rover.power.codes import CODES as POWER_CODES
from lupex_rover.power.night.forecast import warm_up_forecast

STATE_PERIOD_S = 1.0
BROKE = "MIS-014"
KNOWN_CODES = {**CODES, **POWER_CODES}


class Executive(Component):
    """Flies `phases` one after another; `phase_table` says what follows a failed one.

    Raises a UserError for a phase that does not exist, or whose hole the plan does not have.

    A phase that breaks (an exception, a code that is none) is told, tried again, and failed when
    its tries ran out. What is done and learned is persisted, so that a
    computer that lost its power goes on in the phase it was in.
    """

    name = "executive"
    inputs = (graph.LANDING_STATE, graph.LOCALIZATION_POSE, graph.POWER_TELEMETRY,
              graph.POWER_STATE, graph.BOARDS_HOUSEKEEPING, graph.DRILL_TELEMETRY,
              graph.DIAGNOSTICS)  # fmt: skip
    outputs = (graph.MOTION_LEASE, graph.MISSION_STATE, graph.MISSION_EVENT, graph.MISSION_SAMPLE,
               graph.BOARDS_REQUEST, graph.POWER_SWITCH, graph.POWER_HEATER,
               graph.POWER_HIBERNATE)  # fmt: skip
    calls = (graph.DRIVE_TO, graph.DRILL_SAMPLE, graph.RETRACT, graph.ANALYZE_SAMPLE)
    period_s = 0.2

    def __init__(
        self,
        params: ExecutiveParams,
        plan: MissionPlan,
        phases: tuple[str, ...] = PHASES,
        outside: Mapping[str, ExtraPhase] | None = None,
    ) -> None:
        self.context = ExecutiveContext(params, plan)
        extra = outside or {}
        self.steps = steps(phases, {name: phase.rule for name, phase in extra.items()})
        check_places(self.steps, plan)
        self._runs = {name: phase.run for name, phase in extra.items()}
        more = (action for phase in extra.values() for action in phase.calls)
        self.calls = (*type(self).calls, *dict.fromkeys(more))  # type: ignore[misc, assignment]
        self._index = 0
        self._phase: Phase | None = None
        self._last_state_ns = 0
        self._said = ""
        self._not_before_ns: int | None = None  # the next try of a phase that broke
        self._rebooted = False

    def prepare(self) -> None:
        """A night is foretold."""
        warm_up_forecast()

    def restore(self, state: dict[str, Any]) -> None:
        self.context.memory = dict(state)
        self.context.memory["boot"] = int(state.get("boot", 0)) + 1
        self._index = min(int(state.get("index", 0)), len(self.steps))
        self._rebooted = True

    def step(self, t_ns: int, inbox: Inbox) -> Outbox:
        ctx = self.context
        ctx.take(t_ns, inbox)
        ctx.out.publish(graph.MOTION_LEASE, MotionLease(t_ns, self.name))
        if self._rebooted:
            self._rebooted = False
            ctx.say("MIS-010", f"boot {ctx.memory['boot']}")
            ctx.remember()
        if self._index < len(self.steps):
            ctx.step = self.steps[self._index]
            self._run()
        elif seconds(t_ns, self._last_state_ns) >= STATE_PERIOD_S:
            self._tell("complete", phase="done")
        return ctx.out

    def _run(self) -> None:
        ctx = self.context
        if self._phase is None:
            if self._not_before_ns is not None and ctx.t_ns < self._not_before_ns:
                return
            ctx.detail = "started"
            by_plan = ctx.memory.get("by_plan") == ctx.step.name
            self._phase = sleep_by_plan(ctx) if by_plan else self._admitted(ctx.step)
            self._tell("started")
        try:
            next(self._phase)
        except StopIteration as end:
            if end.value in KNOWN_CODES:
                self._finish(end.value)
            else:
                self._broke(f"it ended with {str(end.value)[:80]!r}, which is no code")
            return
        except Exception as error:  # a mistake of ours, or a value nobody thought of
            self._broke(f"{type(error).__name__}: {str(error)[:200]}")
            return
        if seconds(ctx.t_ns, self._last_state_ns) >= STATE_PERIOD_S or ctx.detail != self._said:
            self._tell(ctx.detail)

    def _admitted(self, step: Step) -> Phase:
        """The phase, where all that it needs holds."""
        code = yield from admit(self.context)
        if code != OK:
            return code
        run = self._runs.get(step.phase) or PHASE_GENERATORS[step.phase]
        return (yield from run(self.context))

    def _broke(self, reason: str) -> None:
        """End this try: what it began is withdrawn, and it is begun again or failed.

        Where an outbox was half filled, what it says is said: a board that was switched on is on.
        """
        ctx = self.context
        name, rule = ctx.step.name, ctx.step.rule
        self._phase = None
        ctx.cancel_goals()
        tries = {**ctx.memory.get("tries", {})}
        tries[name] = tries.get(name, 0) + 1
        ctx.remember(tries=tries)
        last = tries[name] >= rule.tries
        again = "" if last else f"; again in {rule.wait_s:.0f} s"
        ctx.say(BROKE, f"{name}, try {tries[name]} of {rule.tries}: {reason}{again}")
        ctx.detail = f"broke, try {tries[name]}"
        self._not_before_ns = ctx.t_ns + ns(rule.wait_s)
        if last:
            with suppress(Exception):  # as far as it goes: what broke may be in the way here, too
                ctx.only_loads("radio")
            self._finish(BROKE)

    def _finish(self, code: str) -> None:
        ctx = self.context
        name, rule = ctx.step.name, ctx.step.rule
        self._phase = None
        by_plan = code == BROKE and rule.failed == SLEEP and ctx.memory.get("by_plan") != name
        if by_plan:
            ctx.say("MIS-015", f"{name}: what is left of it is slept through by the plan")
            ctx.remember(by_plan=name, tries={**ctx.memory["tries"], name: 0})
            return
        self._index += 1
        self._not_before_ns = None
        left = self.steps[self._index :]
        if rule.failed == END and code != OK:
            self._index = len(self.steps)
        done = {**ctx.memory.get("done", {}), name: code}
        ctx.remember(index=self._index, done=done)
        self._tell("succeeded" if code == OK else "failed", code)
        words = "complete" if code == OK else "failed"
        ctx.say(code, f"{name} {words}", graver=True)
        if left and self._index == len(self.steps):
            ctx.say("MIS-017", f"not flown: {', '.join(step.name for step in left)}")

    def _tell(self, word: str, code: str = "", phase: str | None = None) -> None:
        ctx = self.context
        self._last_state_ns = ctx.t_ns
        self._said = ctx.detail
        boot = int(ctx.memory.get("boot", 0))
        state = MissionState(ctx.t_ns, phase or ctx.step.name, word, code, boot)
        ctx.out.publish(graph.MISSION_STATE, state)
