"""Tables of the dictionary as Markdown: what can be commanded, and what can be plotted."""

from __future__ import annotations

from lupex_rover.dictionary import Argument, Command, load
from lupex_rover.dictionary.commands import ANY
from lupex_rover.manual.tables import code, span, table


def commands() -> str:
    """Everything that somebody on board executes."""
    return table(
        ("no.", "command", "arguments", "level", "modes", "needs", "what is done", "by"),
        (
            (str(c.id), code(c.name), "; ".join(map(_argument, c.arguments)),
             c.significance.value, _modes(c), c.needs, c.description, c.executed_by)
            for c in load().commands
            if not c.retired
        ),
    )  # fmt: skip


def telemetry() -> str:
    """Every field of what is recorded that can be plotted or limited."""
    return table(
        ("no.", "point", "type", "unit", "range", "rate"),
        (
            (str(p.id), code(p.name), p.type, p.unit, span(p.low, p.high),
             f"{p.rate_hz:g} Hz" if p.rate_hz else "on change")
            for p in load().telemetry
            if not p.retired
        ),
    )  # fmt: skip


def _argument(argument: Argument) -> str:
    limits = ", ".join(argument.choices) or span(argument.low, argument.high)
    remark = f"({argument.description})" if argument.description else ""
    words = (code(argument.name), limits, argument.unit, remark)
    return " ".join(word for word in words if word)


def _modes(command: Command) -> str:
    return "any" if command.modes == ANY else ", ".join(command.modes)
