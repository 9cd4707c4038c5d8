"""Phases from outside: `extra_phases` of a scenario or rover.yaml.

    extra_phases:
      look_around: look_around.phase:PHASE

The right side is `module:attribute`, or the name of an entry point of the group
`lupex_rover.phases`; it is an `ExtraPhase`. It flies as the package's own do: admitted by what its
row needs, told, tried again, kept over a reboot. Its name may then stand in `phases`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from lupex_rover.core.errors import UserError
from lupex_rover.core.plugins import find
from lupex_rover.core.topic import Action
from lupex_rover.mission.conditions import LOOKS
from lupex_rover.mission.executive_context import ExecutiveContext
from lupex_rover.mission.phase_table import AGAIN, HOLE, ONCE, SITE, TABLE, PhaseRule
from lupex_rover.mission.phases import Phase
from lupex_rover.mission.steps import NAME

GROUP = "lupex_rover.phases"


@dataclass(frozen=True)
class ExtraPhase:
    """A phase from outside.

    Parameters
    ----------
    rule : PhaseRule
        Its row of the table.
    run : Callable[[ExecutiveContext], Phase]
        The generator. It ends with `conditions.OK`, or with a code of the mission or of power whose
        reason was told: `return ctx.ended("MIS-021", "why")`.
    calls : tuple[Action[Any, Any, Any], ...]
        Actions that it calls and the executive does not.
    """

    rule: PhaseRule
    run: Callable[[ExecutiveContext], Phase]
    calls: tuple[Action[Any, Any, Any], ...] = ()


def load_phases(wanted: Mapping[str, str], source: str = "") -> dict[str, ExtraPhase]:
    """The phases that `wanted` names.

    Raises
    ------
    UserError
        It names the phase, what it was to be loaded from, and what is wrong.
    """
    found: dict[str, ExtraPhase] = {}
    for name, reference in wanted.items():
        where = f"{source}.extra_phases.{name}" if source else f"extra_phases.{name}"
        if "@" in name or NAME.fullmatch(name) is None or name in (*TABLE, "done"):
            raise UserError(f"{where}: is no name, or one of the table's phases; choose another")
        found[name] = find(reference, GROUP, ExtraPhase, where)
        _check(found[name], f"{where}: {reference!r}")
    return found


def _check(phase: ExtraPhase, where: str) -> None:
    for need in phase.rule.needs:
        if need.look not in LOOKS:
            raise UserError(f"{where}: needs {need.look!r}; looks are {', '.join(LOOKS)}")
    if phase.rule.repeats not in (ONCE, AGAIN, SITE, HOLE):
        raise UserError(f"{where}: repeats {phase.rule.repeats!r}; once, again, site or hole")
    if phase.rule.tries < 1:
        raise UserError(f"{where}: tries is {phase.rule.tries}; at least 1 is needed")
