"""The phases as data: how often each is tried, what a restart does, what follows its failure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

# What follows a phase that failed for good.
NEXT = "next"  # the next phase is tried
END = "end"  # the mission ends
SLEEP = "sleep"  # the rover is put to sleep by the plan before the next one


@dataclass(frozen=True)
class PhaseRule:
    """One row.

    Attributes
    ----------
    does : str
        In a sentence.
    needs : tuple[str, ...]
        What the phase itself looks at before it begins: light, energy, boards, state.
    interlocks : tuple[str, ...]
        What it never does otherwise.
    tries : int
        How often it is begun when it breaks (an exception, a code that is none, a value that
        cannot be); a phase that ends with a code of its own is not begun again.
    wait_s : float
        From a try that broke to the next.
    restart : str
        What it does when the computer starts again within it.
    failed : str
        NEXT, END or SLEEP.
    """

    does: str
    needs: tuple[str, ...] = ()
    interlocks: tuple[str, ...] = ()
    tries: int = 3
    wait_s: float = 10.0
    restart: str = "begins again"
    failed: str = NEXT


_BIT = "the drill's bit is out, by telemetry; else it is retracted first"
_FREE = "health does not hold the board in SAFE"
TABLE: dict[str, PhaseRule] = {
    "descent": PhaseRule("waits for touchdown", failed=END),
    "checkout": PhaseRule("switches every board on and hears it"),
    "egress": PhaseRule("leaves the lander", ("boards answer",), (_BIT, _FREE)),
    "traverse": PhaseRule(
        "drives to the drill target", ("energy for it and all that follows",), (_BIT, _FREE)
    ),
    "drill": PhaseRule(
        "takes a sample from each depth of the plan",
        ("least charge", "energy for it and all that follows", "the drill's board answers"),
        (_FREE,), restart="goes on with the samples that are missing",
    ),
    "science": PhaseRule(
        "measures the water in each cup",
        ("energy for it and all that follows", "the payload's board answers"),
        restart="goes on with the cups that are not measured",
    ),
    "return": PhaseRule("drives to the haven", (), (_BIT, _FREE)),
    "recharge": PhaseRule("charges while there is light", ("light, or an eclipse that ends",)),
    "night": PhaseRule(
        "waits for the dark and sleeps through it", ("darkness, lasting",),
        tries=5, wait_s=60.0, restart="goes on as the night's keeper remembers", failed=SLEEP,
    ),
    "wake": PhaseRule("tests itself, recharges, reports", ("light, or the latest dawn",)),
}  # fmt: skip


def drawn(phases: Iterable[str] = tuple(TABLE)) -> str:
    """The rows of `phases` and what leads from one to the next, as a Mermaid flow chart."""
    names = list(phases)
    lines = ["flowchart TD"]
    for name, after in zip(names, [*names[1:], "done"]):
        rule = TABLE[name]
        lines.append(f'  {name}["{name}: {rule.does}"] -->|succeeded| {after}')
        lines.append(f"  {name} -->|broke, at most {rule.tries} tries| {name}")
        if rule.failed == END:
            lines.append(f"  {name} -->|failed| done")
        elif rule.failed == SLEEP:
            lines.append(f'  {name} -->|failed| {name}_by_plan["sleeps by the plan"] --> {after}')
        else:
            lines.append(f"  {name} -->|failed| {after}")
    return "\n".join(lines)
