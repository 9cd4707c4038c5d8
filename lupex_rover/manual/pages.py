"""The generated pages and the generated parts of written pages: made, compared, written."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lupex_rover.core.errors import UserError
from lupex_rover.manual import dictionary_tables, fault_tables, phase_tables, tables

MADE = "<!-- Made by `./lupex docs --update` from the code. Do not edit. -->"
BLOCK = re.compile(
    r"(<!-- generated: (?P<kind>[a-z]+)(?P<names>[^>]*?) -->\n).*?(<!-- end generated -->)",
    re.DOTALL,
)
KINDS: dict[str, Callable[[list[str]], str]] = {
    "topics": tables.topics,
    "codes": tables.codes,
    "faults": lambda _: fault_tables.faults(),
    "phases": lambda _: phase_tables.phases(),
    "grave": lambda _: fault_tables.what_to_do(),
    "parameters": lambda rooms: tables.parameters(rooms, level=3),
}


def made(docs: Path, group: Any) -> dict[Path, str]:
    """Text of every page that the code decides, whole or in part, by its path.

    Parameters
    ----------
    docs : Path
        Folder of the pages.
    group : Any
        The click group of the program, for the page of commands.

    Raises
    ------
    UserError
        A page asks for a part that nobody makes.
    """
    found = {docs / "reference" / f"{name}.md": text for name, text in _reference(group).items()}
    for path in sorted(docs.rglob("*.md")):
        text = path.read_text(encoding="utf-8")
        if path not in found and "<!-- generated:" in text:
            found[path] = _filled(path, text)
    return found


def stale(docs: Path, group: Any) -> list[Path]:
    """Pages that are not what the code says now."""
    return [
        path
        for path, text in made(docs, group).items()
        if not path.is_file() or path.read_text(encoding="utf-8") != text
    ]


def update(docs: Path, group: Any) -> list[Path]:
    """Write the pages that are stale; returns them."""
    texts = made(docs, group)
    old = stale(docs, group)
    for path in old:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(texts[path], encoding="utf-8")
    return old


def _filled(path: Path, text: str) -> str:
    def part(match: re.Match[str]) -> str:
        kind, names = match["kind"], match["names"].split()
        if kind not in KINDS:
            raise UserError(f"{path}: nobody makes {kind!r}; known: {', '.join(KINDS)}")
        try:
            body = KINDS[kind](names)
        except KeyError as error:
            raise UserError(f"{path}: {kind}: {error.args[0]!r} is unknown") from None
        return f"{match[1]}\n{body}\n\n{match[4]}"

    return BLOCK.sub(part, text)


def _reference(group: Any) -> dict[str, str]:
    def page(title: str, words: str, body: str) -> str:
        return f"# {title}\n\n{MADE}\n\n{words}\n\n{body}\n"

    return {
        "topics": page(
            "Topics and nodes",
            "The graph of [`graph.py`](../../lupex_rover/graph.py). Nodes run in this order within"
            " a tick.",
            f"## Nodes\n\n{tables.nodes()}\n\n## Topics\n\n{tables.topics()}\n\n"
            f"## QoS classes\n\n{tables.qos()}",
        ),
        "actions": page("Actions", "Every action of the graph.", tables.actions()),
        "codes": page(
            "Event codes",
            "Each `mission/event` and each outcome carries one of these codes. An event has the"
            " severity that stands here: 0 info, 1 warning, 2 fault. A code that comes with an"
            " outcome or a fix alone is to be shown as that.",
            tables.codes(),
        ),
        "parameters": page(
            "Parameters",
            "Every parameter class, by its module, with the files that set it and the path of its"
            " keys there; on ROS `nodes.NODE.a.b` is parameter `a.b` of node NODE. A source of"
            " `assumed` means that nobody has published the number.",
            tables.parameters(),
        ),
        "dictionary": page(
            "Telecommands and telemetry",
            "The numbers never change, and none is given again. Events and parameters have numbers,"
            " too: `./lupex dictionary` lists all, and `lupex_rover.dictionary.load()` reads them.",
            "## Telecommands\n\nLevels are those of ISO 14950, assessed by the authors. Modes are"
            f" the power manager's.\n\n{dictionary_tables.commands()}\n\n## Telemetry points\n\n"
            "A range is what nature or the boards' interface allows; a number that is not finite"
            f" says that it is not known.\n\n{dictionary_tables.telemetry()}",
        ),
        "commands": page(
            "Commands", "What `./lupex --help` says, in one page.", tables.commands(group)
        ),
    }
