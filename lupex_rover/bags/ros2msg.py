"""Message definitions as texts in bags: the fields of every type, whatever dialect they are in.

Writers leave CR LF, tabs, byte order marks, short lines of `=`, `std_msgs/Header` for
`std_msgs/msg/Header`, constants without a value. To decode a message its fields are enough:
constants, defaults and comments are passed over.
"""

from __future__ import annotations

import re
from typing import Any

from rosbags.interfaces import Nodetype

Types = dict[str, tuple[list[Any], list[tuple[str, Any]]]]  # as rosbags has them: constants, fields

RULE = "=" * 80  # between definitions, as rosbag2 writes it
_END = re.compile(r"\r\n|\r|\n")
_RULE = re.compile(r"={3,}")
_HEAD = re.compile(r"(?:MSG|IDL):[ ]*([\w/]+)", re.ASCII)
_LINE = re.compile(
    r"(?P<base>[A-Za-z][\w/]*)(?:<=(?P<limit>\d+))?"
    r"(?P<array>\[(?:(?P<most><=)?(?P<count>\d+))?\])?\s+(?P<name>[A-Za-z]\w*)(?P<rest>.*)",
    re.ASCII,
)
_NO_VALUE = re.compile(r"(\s*w?string(?:<=\d+)?\s+[A-Za-z]\w*\s*=)\s*", re.ASCII)
_CLOSING = re.compile(r'"(?:\\.|[^"\\])*"|//[^\n]*|>>')
BASES = frozenset({
    "bool", "byte", "char", "float32", "float64", "int8", "uint8", "int16", "uint16", "int32",
    "uint32", "int64", "uint64", "string", "wstring",
})  # fmt: skip
WELL_KNOWN = {
    "time": "builtin_interfaces/msg/Time", "duration": "builtin_interfaces/msg/Duration",
    "Header": "std_msgs/msg/Header",
}  # fmt: skip
_STAMP = [("sec", (Nodetype.BASE, ("int32", 0))), ("nanosec", (Nodetype.BASE, ("uint32", 0)))]
BUILT_IN: Types = {  # some writers take these two for granted
    "builtin_interfaces/msg/Time": ([], _STAMP), "builtin_interfaces/msg/Duration": ([], _STAMP),
}  # fmt: skip


def full_name(name: str) -> str:
    """`std_msgs/msg/String` for that and for `std_msgs/String`."""
    parts = name.split("/")
    return f"{parts[0]}/msg/{parts[1]}" if len(parts) == 2 else name


def tidy(text: str) -> str:
    """The same definitions with line ends, rules and heads as rosbag2 writes them.

    Comments and constants stay; a string constant without a value gets `""`.
    """
    lines: list[str] = []
    given = _END.split(text.replace("\ufeff", "").replace("\xa0", " "))
    for line, after in zip(given, [*given[1:], ""]):
        line = line.rstrip().replace("\t", " ")
        if _RULE.fullmatch(line.strip()) and _HEAD.fullmatch(after.strip()):
            line = RULE
        elif (head := _HEAD.fullmatch(line.strip())) and lines[-1:] in ([], [RULE]):
            line = f"{line.strip()[:3]}: {head[1]}"
        elif (constant := _NO_VALUE.fullmatch(line)) is not None:
            line = f'{constant[1]}""'
        lines.append(line)
    return "\n".join(lines).rstrip("\n") + "\n"


def tidy_idl(text: str) -> str:
    """A tidy text in IDL without lines of the preprocessor, `>>` as two signs.

    So rosbags reads the files that `rosidl` generates.
    """
    lines = [("" if line.lstrip().startswith("#") else line) for line in tidy(text).split("\n")]
    return _CLOSING.sub(lambda found: "> >" if found[0] == ">>" else found[0], "\n".join(lines))


def sections(text: str, name: str) -> list[tuple[str, str]]:
    """Full name and text of each definition in a tidy text; the first is that of `name`."""
    found = []
    for part in f"\n{text}".split(f"\n{RULE}\n"):
        if not part.strip() and RULE in text:
            continue  # before the first rule
        head, _, rest = part.lstrip("\n").partition("\n")
        if match := _HEAD.fullmatch(head):
            found.append((full_name(match[1]), rest))
        else:
            found.append((full_name(name), part))
    return found


def types_of(text: str, name: str) -> Types:
    """Fields of a type and of all that its definition brings along.

    Raises
    ------
    ValueError
        A line is none of a definition; it is named.
    """
    parts = sections(tidy(text), name)
    names = {part for part, _ in parts}
    return {**BUILT_IN, **{part: ([], _fields(body, part, names)) for part, body in parts}}


def _fields(text: str, owner: str, names: set[str]) -> list[tuple[str, Any]]:
    fields = []
    for line in text.split("\n"):
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        found = _LINE.fullmatch(line)
        if found is None:
            if line.startswith("@") and " " not in line:
                continue  # an annotation; it changes no byte
            raise ValueError(f"{owner}: no field and no constant in {line[:60]!r}")
        if not found["rest"].lstrip().startswith("="):
            fields.append((found["name"], _description(found, owner, names)))
    return fields


def _description(found: re.Match[str], owner: str, names: set[str]) -> Any:
    """A field's type as rosbags describes it."""
    base = found["base"]
    if base in BASES:
        inner: Any = (Nodetype.BASE, (base, int(found["limit"] or 0)))
    else:
        inner = (Nodetype.NAME, _reference(base, owner, names))
    if found["array"] is None:
        return inner
    fixed = found["count"] and not found["most"]
    return (Nodetype.ARRAY if fixed else Nodetype.SEQUENCE, (inner, int(found["count"] or 0)))


def _reference(name: str, owner: str, names: set[str]) -> str:
    beside = f"{owner.rpartition('/')[0]}/{name}"
    if "/" in name:
        return full_name(name)
    if beside in names:
        return beside
    return WELL_KNOWN.get(name, f"{owner.split('/')[0]}/msg/{name}")


def reachable(types: Types, name: str) -> list[str]:
    """A type and all that are in it, each once.

    Raises
    ------
    KeyError
        One is not defined.
    """
    found = [name]
    for known in found:  # which grows
        for _, (node, inner) in types[known][1]:
            if node in (Nodetype.ARRAY, Nodetype.SEQUENCE):
                node, inner = inner[0]
            if node == Nodetype.NAME and inner not in found:
                found.append(inner)
    return found


def bare_text(types: Types, name: str) -> str:
    """Definitions with nothing but fields, that of `name` first, as rosbag2 writes them."""
    parts = []
    for part in reachable(types, name):
        head = "" if part == name else f"{RULE}\nMSG: {part.replace('/msg/', '/')}\n"
        parts.append(head + "".join(f"{_shown(d)} {field}\n" for field, d in types[part][1]))
    return "".join(parts)


def _shown(description: Any) -> str:
    node, inner = description
    if node == Nodetype.BASE:
        base, limit = inner
        return f"{base}<={limit}" if limit else str(base)
    if node == Nodetype.NAME:
        return str(inner).replace("/msg/", "/")
    element, count = inner
    most = "<=" if node == Nodetype.SEQUENCE and count else ""
    return f"{_shown(element)}[{most}{count or ''}]"
