"""Fault diagnosis: rules over telemetry, each with the time its condition must last."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from lupex_rover.core.types import DrillCommand, DrillTelemetry
from lupex_rover.drill.params import DrillingParams

Condition = Callable[[DrillTelemetry, DrillCommand, DrillingParams], bool]


@dataclass(frozen=True)
class Rule:
    """`code` is raised when `condition` held for `lasts` (name of a parameter, s)."""

    code: str
    lasts: str
    condition: Condition
    text: Callable[[DrillTelemetry, DrillingParams], str]


def _bound(seen: DrillTelemetry, _: DrillCommand, p: DrillingParams) -> bool:
    return seen.torque_nm > p.torque_limit_nm


def _stalled(seen: DrillTelemetry, command: DrillCommand, _: DrillingParams) -> bool:
    return command.auger_rpm > 20.0 and seen.auger_rpm < 0.3 * command.auger_rpm


RULES = (
    Rule("DRL-003", "binding_s", _bound,
         lambda s, p: f"binding: torque {s.torque_nm:.0f} N m at {s.depth_m:.3f} m"),
    Rule("DRL-004", "stall_s", _stalled,
         lambda s, p: f"auger stalled at {s.auger_rpm:.0f} rpm, {s.depth_m:.3f} m"),
)  # fmt: skip


class Diagnosis:
    """Runs the rules; a rule that fired starts its time again."""

    def __init__(self, params: DrillingParams) -> None:
        self._params = params
        self._held_s = [0.0] * len(RULES)

    def reset(self) -> None:
        self._held_s = [0.0] * len(RULES)

    def update(
        self, seen: DrillTelemetry, command: DrillCommand, dt_s: float
    ) -> tuple[str, str] | None:
        """Code and text of the first rule that holds long enough, or None."""
        found = None
        for i, rule in enumerate(RULES):
            if not rule.condition(seen, command, self._params):
                self._held_s[i] = 0.0
                continue
            self._held_s[i] += dt_s
            if found is None and self._held_s[i] >= getattr(self._params, rule.lasts):
                found = (rule.code, rule.text(seen, self._params))
        if found is not None:
            self.reset()
        return found
