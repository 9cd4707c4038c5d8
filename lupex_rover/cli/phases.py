"""`lupex phases`: the phases of the mission, one a line, or drawn."""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING, Annotated

import typer

from lupex_rover.core.config_file import unknown
from lupex_rover.core.errors import UserError

if TYPE_CHECKING:
    from lupex_rover.mission.phase_table import PhaseRule


def phases(
    name: Annotated[str | None, typer.Argument(help="List this phase alone.")] = None,
    scenario: Annotated[
        str | None,
        typer.Option(help="List what this scenario flies, in its order; a name or a .yaml."),
    ] = None,
    mermaid: Annotated[
        bool, typer.Option("--mermaid", help="Draw them as a Mermaid flow chart.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """List phases: what each does and needs, interlocks, tries, restart, what follows a failure."""
    from lupex_rover.mission.phase_drawing import drawn, lines
    from lupex_rover.mission.phase_table import TABLE

    if mermaid and as_json:
        raise UserError("--mermaid and --json: choose one")
    known = TABLE if scenario is None else _flown(scenario)
    rules = {n: rule for n, rule in known.items() if name in (None, n)}
    if not rules:
        raise UserError(f"phases: {name!r} is unknown; {unknown(str(name), tuple(known))}")
    if mermaid:
        print(drawn(rules))
    elif as_json:
        for n, rule in rules.items():
            print(json.dumps({"phase": n, **dataclasses.asdict(rule)}))
    else:
        print("\n".join(lines(rules)))


def _flown(scenario: str) -> dict[str, PhaseRule]:
    """The row of each step of a scenario, phases from outside with them."""
    from lupex_rover.mission.extra_phases import load_phases
    from lupex_rover.mission.steps import steps
    from lupex_rover.scenarios.scenario import read

    chosen = read(scenario)
    outside = load_phases(chosen.extra_phases, chosen.where)
    found = steps(chosen.phases, {name: phase.rule for name, phase in outside.items()})
    return {step.name: step.rule for step in found}
