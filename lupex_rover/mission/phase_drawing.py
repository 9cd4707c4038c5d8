"""The table of phases for people: one line each, and as a Mermaid flow chart."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from lupex_rover.mission.phase_table import END, SLEEP, TABLE, TOLD, Condition, PhaseRule

FAILED = {
    "next": "the next one is tried", END: "the mission ends", SLEEP: "the rover sleeps by the plan",
}  # fmt: skip


def need(condition: Condition) -> str:
    """A condition in words, with its kind, and whether the phase goes on without."""
    marks = " (told only)" if condition.lacking == TOLD else ""
    return f"{condition.kind}: {condition.words}{marks}"


def short(condition: Condition) -> str:
    """A condition by who looks at it and what it is about."""
    about = f"({', '.join(condition.of)})" if condition.of else ""
    return f"{condition.look}{about}"


def lines(rules: Mapping[str, PhaseRule] = TABLE) -> Iterator[str]:
    """One line a phase, its parts between two spaces as in `lupex params`."""
    for name, rule in rules.items():
        needs = "; ".join(map(need, rule.needs)) or "nothing"
        always = ", ".join(map(short, rule.interlocks)) or "nothing"
        yield "  ".join((
            name, rule.does, f"<needs {needs}>", f"<before each motion: {always}>",
            f"<tries {rule.tries}, {rule.wait_s:g} s between>", f"<restart: {rule.restart}>",
            f"<failed: {FAILED[rule.failed]}>",
        ))  # fmt: skip


def drawn(rules: Mapping[str, PhaseRule] = TABLE) -> str:
    """The rows and what leads from one to the next, as a Mermaid flow chart."""
    names = [*rules]
    chart = ["flowchart TD"]
    for name, after in zip(names, [*names[1:], "done"]):
        rule, here, there = rules[name], _id(name), _id(after)
        needs = "".join(f"<br/>needs {short(c)}" for c in rule.needs)
        chart.append(f'  {here}["{name}: {rule.does}{needs}"] -->|succeeded| {there}')
        chart.append(f"  {here} -->|broke, at most {rule.tries} tries| {here}")
        if rule.failed == END:
            chart.append(f"  {here} -->|failed| done")
        elif rule.failed == SLEEP:
            chart.append(f'  {here} -->|broke for good| {here}_by_plan["sleeps by the plan"]')
            chart.append(f"  {here}_by_plan --> {there}")
            chart.append(f"  {here} -->|failed| {there}")
        else:
            chart.append(f"  {here} -->|failed or not admitted| {there}")
    return "\n".join(chart)


def _id(name: str) -> str:
    """A name that Mermaid takes for a node."""
    return name.replace("@", "_").replace(".", "_")
