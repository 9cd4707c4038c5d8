"""Steps of the mission: a list of phases, each perhaps with site and hole behind its name.

`drill@2.1` is the phase `drill` at hole 1 of site 2 of the plan, `science@2` measures the samples
of site 2, `recharge@2` is the second recharge. Without a number `drill` and `traverse` are for
hole 1 of site 1, and `science` for every sample.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from lupex_rover.core.config_file import unknown
from lupex_rover.core.errors import UserError
from lupex_rover.mission.phase_table import AGAIN, HOLE, ONCE, SITE, TABLE, PhaseRule
from lupex_rover.mission.plan import MissionPlan

NAME = re.compile(r"[a-z][a-z0-9_]*(?:@([1-9][0-9]{0,2})(?:\.([1-9][0-9]{0,2}))?)?")
TAKES = {
    ONCE: "is flown once, without a number",
    AGAIN: "takes one number, how often it was flown: {0}@2",
    SITE: "takes a site: {0}@2",
    HOLE: "takes a site, and a hole behind a point: {0}@2, {0}@2.1",
}


@dataclass(frozen=True)
class Step:
    """One step.

    Attributes
    ----------
    name : str
        As the list of phases has it.
    phase : str
        Key of the table.
    rule : PhaseRule
        Its row.
    numbers : tuple[int, ...]
        Behind the name: nothing, a site (or the how-many-th time), or site and hole.
    """

    name: str
    phase: str
    rule: PhaseRule
    numbers: tuple[int, ...] = ()

    @property
    def site(self) -> int:
        """Of the plan, from 1."""
        return self.numbers[0] if self.numbers else 1

    @property
    def hole(self) -> int:
        """Of the site, from 1."""
        return self.numbers[1] if len(self.numbers) > 1 else 1


def phase_of(name: str) -> str:
    """The phase of a step's name."""
    return name.partition("@")[0]


def steps(names: Iterable[str], outside: Mapping[str, PhaseRule] | None = None) -> tuple[Step, ...]:
    """The steps of these names; `outside` are rows that the table does not have.

    Raises
    ------
    UserError
        A name that is no phase, or with numbers that its phase does not take.
    """
    rules = {**TABLE, **(outside or {})}
    return tuple(_step(name, rules) for name in names)


def _step(name: str, rules: Mapping[str, PhaseRule]) -> Step:
    phase, found = phase_of(name), NAME.fullmatch(name)
    if phase not in rules:
        raise UserError(f"phase {name!r} is unknown; {unknown(phase, tuple(rules))}")
    rule = rules[phase]
    numbers = tuple(int(n) for n in found.groups() if n is not None) if found else ()
    if found is None or len(numbers) > {ONCE: 0, AGAIN: 1, SITE: 1, HOLE: 2}[rule.repeats]:
        raise UserError(f"phase {name!r}: {phase} {TAKES[rule.repeats].format(phase)}")
    return Step(name, phase, rule, numbers)


def check_names(names: Collection[str], outside: Collection[str] = ()) -> tuple[Step, ...]:
    """The steps, where no two are the same; what those from outside take is not known here.

    Raises
    ------
    UserError
        As for `steps`, or one step stands twice.
    """
    found = steps(names, dict.fromkeys(outside, PhaseRule("")))
    seen: dict[tuple[str, int, int], str] = {}
    for step in found:
        key = (step.phase, step.site if step.numbers or step.rule.repeats != SITE else 0, step.hole)
        if key in seen:
            both = step.name if seen[key] == step.name else f"{seen[key]} and {step.name}"
            raise UserError(f"phases: {', '.join(names)} names one twice: {both}")
        seen[key] = step.name
    return found


def check_places(found: Iterable[Step], plan: MissionPlan) -> None:
    """Raise a UserError for a step whose site or hole the plan does not have."""
    known = [(hole.site, hole.hole) for hole in plan.holes]
    for step in found:
        asked = step.rule.repeats
        lacks = asked == HOLE and (step.site, step.hole) not in known
        lacks |= asked == SITE and step.site not in {site for site, _ in known}
        if lacks:
            what = f"site {step.site}" + (f", hole {step.hole}" if asked == HOLE else "")
            there = ", ".join(f"{site}.{hole}" for site, hole in known)
            raise UserError(
                f"phase {step.name!r}: the plan has no {what}; its holes (site.hole) are {there}"
            )
