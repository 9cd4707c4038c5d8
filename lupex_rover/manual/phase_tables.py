"""The table of the mission's phases as Markdown."""

from __future__ import annotations

from lupex_rover.manual.tables import code, table
from lupex_rover.mission.phase_drawing import FAILED, short
from lupex_rover.mission.phase_table import TABLE, TOLD, Condition


def phases() -> str:
    """Each phase: what it does and needs, tries, restart and failure; then each condition."""
    conditions = {short(need): need for rule in TABLE.values() for need in rule.needs}
    rows = (
        (code(name), rule.does, ", ".join(code(short(need)) for need in rule.needs),
         f"{rule.tries}, {rule.wait_s:g} s between", rule.restart, FAILED[rule.failed])
        for name, rule in TABLE.items()
    )  # fmt: skip
    head = ("phase", "does", "needs, in this order", "tries", "after a restart", "failed")
    needed = (
        (code(name), need.kind, need.words, _lacking(need), "yes" if need.interlock else "")
        for name, need in conditions.items()
    )
    about = ("condition", "kind", "what must hold", "where not", "before each motion, too")
    return f"{table(head, rows)}\n\n{table(about, needed)}"


def _lacking(need: Condition) -> str:
    return "told, and it goes on" if need.lacking == TOLD else "the phase is refused"
