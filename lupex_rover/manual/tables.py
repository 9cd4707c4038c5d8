"""Tables of topics, parameters, codes, actions and commands as Markdown, read from the code."""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import re
import typing
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from lupex_rover import graph
from lupex_rover.core.component import Component
from lupex_rover.dictionary import code_list, parameter_tree

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "lupex_rover"
KINDS: dict[Any, str] = {
    bool: "", int: "whole number", float: "number", str: "text", Path: "path",
}  # fmt: skip
# Where a reader finds a file that the tree of parameters names.
FILES = {
    "scenario": "a scenario (`config/scenarios/`)", "rover.yaml": "`config/rover.yaml`",
    "faults.yaml": "`config/faults.yaml`",
    "supervision.yaml": "`config/supervision.yaml`",
    "replay cases.yaml": "`test/replay/cases.yaml`",
    "replay machines.yaml": "`test/replay/machines.yaml`",
}  # fmt: skip
ACTION_PARTS = ("goal", "result", "feedback")


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table; empty cells stay empty, upright lines in a cell are escaped."""
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    for row in rows:
        cells = (str(c).replace("|", "\\|").replace("\n", " ") for c in row)
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def code(text: str) -> str:
    """`text` as code; nothing for an empty one."""
    return f"`{text}`" if text else ""


# --- topics and actions ----------------------------------------------------------------------


@lru_cache(maxsize=1)
def components() -> dict[str, type[Component]]:
    """The component class of each node, from what its builder is annotated to return."""
    found = {}
    for node in graph.NODES:
        module, function = node.build.split(":")
        builder = getattr(importlib.import_module(module), function)
        found[node.name] = typing.get_type_hints(builder)["return"]
    return found


def _speakers(topic: str) -> str:
    found = [n for n, c in components().items() if topic in c.outputs]
    return ", ".join(found) or "simulator, cameras or host"


def _listeners(topic: str) -> str:
    return ", ".join(n for n, c in components().items() if topic in c.inputs)


def topics(nodes: Sequence[str] = ()) -> str:
    """A table of topics: all, or those that the nodes of these names say or hear."""
    if not nodes:
        return table(
            ("topic", "type", "rate", "QoS", "recorded", "said by", "heard by"),
            (
                (code(t.name), code(t.ros), f"{t.rate_hz:g} Hz" if t.rate_hz else "on change",
                 t.qos, "yes" if t.record else "no", _speakers(t.name), _listeners(t.name))
                for t in graph.TOPICS.values()
            ),
        )  # fmt: skip
    mine = [components()[n] for n in nodes]
    rows = []
    for topic in graph.TOPICS.values():
        said = any(topic.name in c.outputs for c in mine)
        heard = any(topic.name in c.inputs for c in mine)
        if said or heard:
            way = "in and out" if said and heard else "out" if said else "in"
            rows.append((code(topic.name), way, code(topic.ros.rsplit("/", 1)[-1])))
    return table(("topic", "direction", "type"), rows)


def qos() -> str:
    """The QoS classes."""
    return table(
        ("class", "depth", "reliability", "durability"),
        (
            (name, str(depth), "reliable" if reliable else "best effort",
             "transient local" if latched else "volatile")
            for name, (depth, reliable, latched) in graph.QOS.items()
        ),
    )  # fmt: skip


def nodes() -> str:
    """Every node in the order in which they run within a tick."""
    return table(
        ("node", "component", "process on real clocks", "serves", "calls"),
        (
            (code(n.name), code(c.__name__), n.group, ", ".join(c.serves), ", ".join(c.calls))
            for n, c in ((n, components()[n.name]) for n in graph.NODES)
        ),
    )


def actions() -> str:
    """Each action's goal, result and feedback, field by field."""
    parts = []
    for action in graph.ACTIONS.values():
        server = next(n for n, c in components().items() if action.name in c.serves)
        parts.append(f"## {action.name}\n\n{code(action.ros)}, served by {code(server)}.")
        name = action.ros.rsplit("/", 1)[-1]
        text = (ROOT / "lupex_rover_interfaces/action" / f"{name}.action").read_text()
        rows = []
        for part, body in zip(ACTION_PARTS, text.split("---")):
            for line in body.splitlines():
                field, _, remark = line.partition("#")
                if field.strip():
                    kind, title = field.split()
                    rows.append((part, code(title), kind, remark.strip()))
        parts.append(table(("part", "field", "type", "unit and meaning"), rows))
    return "\n\n".join(parts)


# --- codes -----------------------------------------------------------------------------------


def codes(rooms: Sequence[str] = ()) -> str:
    """Event codes: of every room under a heading each, or of the rooms named as one table."""
    head = ("code", "severity", "meaning and what to do")
    found: dict[str, list[tuple[str, str, str]]] = {part: [] for part in sorted(code_list.PARTS)}
    for c in code_list.codes():
        found[c.component].append((code(c.code), c.grave, c.meaning))
    if rooms:
        return table(head, (row for room in rooms for row in found[room]))
    return "\n\n".join(f"## {part}\n\n{table(head, rows)}" for part, rows in found.items())


# --- parameters ------------------------------------------------------------------------------


@lru_cache(maxsize=1)
def parameter_classes() -> dict[str, list[type]]:
    """Dataclasses with `param` fields, by the path of the module below the package."""
    found: dict[str, list[type]] = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        if " = param(" not in path.read_text(encoding="utf-8"):
            continue
        where = path.relative_to(PACKAGE).as_posix()
        module = importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
        mine = [
            c for c in vars(module).values()
            if dataclasses.is_dataclass(c) and c.__module__ == module.__name__
            and any("description" in f.metadata for f in dataclasses.fields(c))
        ]  # fmt: skip
        found[where] = [c for c in mine if isinstance(c, type)]
    return found


def parameters(rooms: Sequence[str] = (), level: int = 2) -> str:
    """Parameter classes: all, or those of modules whose path begins with one of `rooms`."""
    parts = []
    for where, classes in parameter_classes().items():
        if rooms and not any(where.startswith(room) for room in rooms):
            continue
        for cls in classes:
            head = f"{'#' * level} {where.removesuffix('.py').replace('/', '.')}: {cls.__name__}"
            parts.append(
                "\n\n".join(part for part in (head, _said(cls), _set_by(cls), _fields(cls)) if part)
            )
    return "\n\n".join(parts)


def _set_by(cls: type) -> str:
    """Below which keys of which files the fields of a class stand."""
    ways = []
    for path, where in parameter_tree.classes().get(cls, ()):
        files = (FILES.get(w, f"the file of `{w}`") for w in where.split(", "))
        ways.append(f"in {' or '.join(files)}, {f'below {code(path)}' if path else 'at the top'}")
    return f"Set {'; '.join(ways)}." if ways else ""


def _said(cls: type) -> str:
    """The first paragraph of a docstring; nothing where dataclass made one of the signature."""
    text = inspect.cleandoc(cls.__doc__ or "")
    if text.startswith(f"{cls.__name__}("):
        return ""
    return text.split("\n\n")[0].replace("\n", " ")


def _fields(cls: Any) -> str:
    hints = typing.get_type_hints(cls)
    rows = []
    for field in dataclasses.fields(cls):
        kind = hints[field.name]
        nested = dataclasses.is_dataclass(kind)
        default = f"see {code(kind.__name__)}" if nested else code(_default(field))
        meta = field.metadata
        limits = span(meta.get("low"), meta.get("high"))
        meaning, given = meta.get("description", ""), "" if nested else meta.get("source", "")
        rows.append((code(field.name), default, _unit(meta), limits, meaning, given))
    return table(("parameter", "default", "unit", "range", "meaning", "source"), rows)


def _default(field: Any) -> str:
    value = field.default
    if value is dataclasses.MISSING:
        if field.default_factory is dataclasses.MISSING:
            return ""
        value = field.default_factory()
    text = f"{value:.10g}" if isinstance(value, float) else repr(value).replace(str(ROOT), ".")
    return text if len(text) <= 60 else text[:57] + "..."


def _unit(meta: Mapping[str, Any]) -> str:
    return str(meta.get("unit") or "")


def span(low: float | None, high: float | None) -> str:
    """A range in words; nothing where there is none."""
    if low is None and high is None:
        return ""
    if high is None:
        return f"at least {low:.10g}"
    return f"at most {high:.10g}" if low is None else f"{low:.10g} to {high:.10g}"


# --- commands --------------------------------------------------------------------------------


def commands(group: Any, name: str = "./lupex", level: int = 2) -> str:
    """Every sub-command of a click group: its help, its arguments and options."""
    parts = []
    for title, command in sorted(group.commands.items()):
        full = f"{name} {title}"
        parts.append(f"{'#' * level} {full.removeprefix('./')}\n\n{_help(command)}")
        if hasattr(command, "commands"):
            parts.append(commands(command, full, level + 1))
            continue
        hints = typing.get_type_hints(inspect.unwrap(command.callback))
        rows = [_option(p, hints.get(p.name)) for p in command.params if p.name != "help"]
        if rows:
            parts.append(table(("option", "takes", "default", "meaning"), rows))
    return "\n\n".join(parts)


def _help(command: Any) -> str:
    text = inspect.cleandoc(command.help or "")
    return re.sub(r"(?<!\n)\n(?!\n)", " ", text).replace("<", "\\<")


def _option(option: Any, hint: Any) -> tuple[str, str, str, str]:
    argument = option.param_type_name == "argument"
    names = option.name.upper() if argument else ", ".join(option.opts + option.secondary_opts)
    plain = option.default is None or callable(option.default) or option.default is False
    needed = "required" if option.required else "" if plain else code(str(option.default))
    said = (getattr(option, "help", "") or "").replace("<", "\\<")
    return code(names), _kind(hint), needed, said


def _kind(hint: Any) -> str:
    """What an option takes, in words; nothing for a switch."""
    inner = [a for a in typing.get_args(hint) if a is not type(None)]
    if inner:
        many = typing.get_origin(hint) in (list, tuple)
        return ("several: " if many else "") + _kind(inner[0])
    return KINDS.get(hint, "text")
