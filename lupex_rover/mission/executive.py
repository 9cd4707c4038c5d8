"""The mission executive: runs the phase scripts in order and keeps what survives a reboot."""

from __future__ import annotations

from typing import Any

from lupex_rover import graph
from lupex_rover.core.component import Component, Inbox, Outbox
from lupex_rover.core.time import seconds
from lupex_rover.core.types import MissionState, MotionLease
from lupex_rover.mission.executive_context import ExecutiveContext
from lupex_rover.mission.params import PHASES, ExecutiveParams
from lupex_rover.mission.phases import OK, PHASE_GENERATORS, Phase
from lupex_rover.mission.plan import MissionPlan

STATE_PERIOD_S = 1.0


class Executive(Component):
    """Flies `phases` one after another; a failed phase is told and the next one is tried.

    Only a failed descent ends the mission. What is done and learned is persisted, so that a
    computer that lost its power goes on in the phase it was in.
    """

    name = "executive"
    inputs = (graph.LANDING_STATE, graph.LOCALIZATION_POSE, graph.POWER_TELEMETRY,
              graph.POWER_STATE, graph.BOARDS_HOUSEKEEPING, graph.DRILL_TELEMETRY,
              graph.DIAGNOSTICS)  # fmt: skip
    outputs = (graph.MOTION_LEASE, graph.MISSION_STATE, graph.MISSION_EVENT, graph.MISSION_SAMPLE,
               graph.BOARDS_REQUEST, graph.POWER_SWITCH, graph.POWER_HEATER,
               graph.POWER_HIBERNATE)  # fmt: skip
    calls = (graph.DRIVE_TO, graph.DRILL_SAMPLE, graph.ANALYZE_SAMPLE)
    period_s = 0.2

    def __init__(
        self, params: ExecutiveParams, plan: MissionPlan, phases: tuple[str, ...] = PHASES
    ) -> None:
        self.context = ExecutiveContext(params, plan)
        self.phases = phases
        self._index = 0
        self._phase: Phase | None = None
        self._last_state_ns = 0
        self._said = ""
        self._rebooted = False

    def restore(self, state: dict[str, Any]) -> None:
        self.context.memory = dict(state)
        self.context.memory["boot"] = int(state.get("boot", 0)) + 1
        self._index = min(int(state.get("index", 0)), len(self.phases))
        self._rebooted = True

    def step(self, t_ns: int, inbox: Inbox) -> Outbox:
        ctx = self.context
        ctx.take(t_ns, inbox)
        ctx.out.publish(graph.MOTION_LEASE, MotionLease(t_ns, self.name))
        if self._rebooted:
            self._rebooted = False
            ctx.say("MIS-010", f"boot {ctx.memory['boot']}")
            ctx.remember()
        if self._index < len(self.phases):
            self._run(self.phases[self._index])
        elif seconds(t_ns, self._last_state_ns) >= STATE_PERIOD_S:
            self._tell("done", "complete")
        return ctx.out

    def _run(self, phase: str) -> None:
        ctx = self.context
        if self._phase is None:
            ctx.detail = "started"
            self._phase = PHASE_GENERATORS[phase](ctx)
            self._tell(phase, "started")
        try:
            next(self._phase)
        except StopIteration as end:
            self._finish(phase, end.value)
            return
        if seconds(ctx.t_ns, self._last_state_ns) >= STATE_PERIOD_S or ctx.detail != self._said:
            self._tell(phase, ctx.detail)

    def _finish(self, phase: str, code: str) -> None:
        ctx = self.context
        self._phase = None
        self._index += 1
        if phase == "descent" and code != OK:
            self._index = len(self.phases)
        done = {**ctx.memory.get("done", {}), phase: code}
        ctx.remember(index=self._index, done=done)
        self._tell(phase, "succeeded" if code == OK else "failed", code)
        words = "complete" if code == OK else "failed"
        ctx.say(code, f"{phase} {words}", graver=True)

    def _tell(self, phase: str, step: str, code: str = "") -> None:
        ctx = self.context
        self._last_state_ns = ctx.t_ns
        self._said = ctx.detail
        boot = int(ctx.memory.get("boot", 0))
        ctx.out.publish(graph.MISSION_STATE, MissionState(ctx.t_ns, phase, step, code, boot))
