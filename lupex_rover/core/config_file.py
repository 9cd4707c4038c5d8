"""The one reader of the project's yaml and json files.

What yaml's scalars are is told in `yaml_loader`. A key that stands twice in one section is refused
with both lines. Text is UTF-8, UTF-16 or UTF-32, with or without a byte order mark. Nesting,
repetition by aliases, and size have limits far above what a configuration needs. A path in a file
is relative to the folder of that file as it was named (`beside`): for a link, the link's folder.
"""

from __future__ import annotations

import difflib
import json
import math
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NoReturn

from lupex_rover.core import yaml_loader
from lupex_rover.core.errors import UserError
from lupex_rover.core.files import read_text
from lupex_rover.core.yaml_loader import DEEPEST, Section, whole_text

MOST_YAML, MOST_JSON = 8_000_000, 256_000_000  # bytes
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]:,]|\n')


def line_of(values: Any, key: str) -> str:
    """Where `key` stands, as the end of an error's text; empty where that is not known."""
    line = getattr(values, "lines", {}).get(key)
    return f" (line {line})" if line else ""


def nearest(name: str, known: Iterable[str], many: int = 3) -> list[str]:
    """The known names that are most like `name`, the most alike first."""
    return difflib.get_close_matches(str(name), sorted(known), n=many, cutoff=0.6)


def unknown(name: str, known: Iterable[str]) -> str:
    """What an error tells after an unknown name: the nearest one if there is one, and all.

    Tuples and lists keep their order, as of phases; others are sorted.
    """
    known = list(known) if isinstance(known, (tuple, list)) else sorted(known)
    like = nearest(name, known, 1)
    hint = f"did you mean {like[0]!r}? " if like else ""
    return f"{hint}known: {', '.join(known)}"


def beside(file: Path, name: str) -> Path:
    """The path `name` that stands in `file`: relative to the folder where `file` was named.

    Links are not followed for that: what a link's folder holds is what its user sees beside it.

    Raises
    ------
    UserError
        `name` cannot be a path.
    """
    if "\0" in name:
        raise UserError(f"{file}: {name!r} is no path")
    return Path(file).absolute().parent / name


def file_beside(file: Path, key: str, name: str) -> Path:
    """As `beside`; the file is there.

    Raises
    ------
    UserError
        It is not; file, key and the folder where it was looked for are named.
    """
    path = beside(file, name)
    if name and path.is_file():
        return path
    if not name:
        raise UserError(f"{file}: key {key!r} is missing, or names no file")
    target, folder = Path(file).resolve().parent, Path(file).absolute().parent
    hint = ""
    if target != folder.resolve() and (target / name).is_file():
        hint = (
            f"; {target}, where the link {Path(file).name} leads, has one: paths are taken from the"
            " link's folder, so link that file, too"
        )
    elif name.startswith("~") or "$" in name:
        hint = "; ~ and $ stand for nothing in a path here: write it out"
    raise UserError(f"{file}.{key}: {name!r} is no file; it is taken from {folder}{hint}")


def read_yaml(path: Path) -> dict[str, Any]:
    """A yaml file whose top level is a section; an empty file is an empty one.

    Raises
    ------
    UserError
        File missing, unreadable, not yaml, not a section, or with a key twice; file and line are
        named.
    """
    try:
        data = yaml_loader.load(read_text(path, MOST_YAML))
    except yaml_loader.WrongYaml as error:
        why, line = error.args
        at = f" at line {line}" if line else ""
        raise UserError(f"{path}: not valid yaml{at} ({why})") from None
    return _section({} if data is None else data, path)


def read_json(path: Path, finite: bool = True) -> dict[str, Any]:
    """A json file whose top level is an object.

    Parameters
    ----------
    finite : bool
        Refuse NaN and Infinity, which json does not have; what we keep for ourselves may hold them.

    Raises
    ------
    UserError
        File missing, unreadable, not json, not an object, or with a
        key twice; the file, and the line where it is known, are named.
    """
    text = read_text(path, MOST_JSON)
    try:
        data = json.loads(
            text,
            object_pairs_hook=lambda pairs: _pairs(pairs, text),
            parse_constant=_no_number if finite else None,
            parse_float=_finite if finite else None,
            parse_int=_whole,
        )
        if text.count("[") + text.count("{") > DEEPEST or "\\u" in text:
            _check_depth_and_texts(data)
    except json.JSONDecodeError as error:
        raise UserError(f"{path}: not valid json at line {error.lineno} ({error.msg})") from None
    except (ValueError, RecursionError) as error:
        why = "nested too deep" if isinstance(error, RecursionError) else error
        raise UserError(f"{path}: not valid json ({why})") from None
    return _section(data, path)


def to_yaml(values: dict[str, Any]) -> str:
    """Yaml text that `read_yaml` reads back, and readers of YAML 1.1 do, too."""
    return yaml_loader.dump(values)


def plain(values: Any) -> Any:
    """A copy of `values` as json has it: tuples are lists, keys are texts.

    Raises
    ------
    TypeError, ValueError
        A value that json does not have.
    """
    return json.loads(json.dumps(values))


def _section(data: Any, path: Path) -> dict[str, Any]:
    if not isinstance(data, dict):
        raise UserError(f"{path}: the top level must be keys and values")
    return data


def _pairs(pairs: list[tuple[str, Any]], text: str) -> Section:
    made = Section(pairs)
    if len(made) < len(pairs):
        key, first, second = next(_doubled_keys(text))
        raise ValueError(f"key {key!r} stands twice, in lines {first} and {second}")
    return made


def _doubled_keys(text: str) -> Iterator[tuple[str, int, int]]:
    """Each key of a json text that stands in its object already, with both lines."""
    line = 1
    within: list[dict[str, int]] = []  # keys of the objects around; a list has none
    last = ""
    for token in _TOKEN.findall(text):
        if token == "\n":
            line += 1
        elif token in "{[":
            within.append({})
        elif token in "}]":
            within.pop()
        elif token == ":":
            key = json.loads(last)
            if key in within[-1]:
                yield key, within[-1][key], line
            within[-1][key] = line
        last = last if token == "\n" else token


def _no_number(word: str) -> NoReturn:
    raise ValueError(f"{word} is no number of json")


def _whole(word: str) -> int:
    try:
        return int(word)
    except ValueError:  # Python's own limit of digits
        raise ValueError("a whole number has too many digits") from None


def _finite(word: str) -> float:
    number = float(word)
    if math.isinf(number):
        raise ValueError(f"{word[:40]} is too large a number")
    return number


def _check_depth_and_texts(data: Any) -> None:
    """Raises ValueError for values in one another without end, or texts that cannot be shown."""
    waiting = [(data, 1)]
    while waiting:
        value, depth = waiting.pop()
        if depth > DEEPEST + 1:
            raise ValueError(f"nested too deep, more than {DEEPEST} in one another")
        if isinstance(value, str):
            whole_text(value)
        elif isinstance(value, list):
            waiting += [(one, depth + 1) for one in value]
        elif isinstance(value, dict):
            waiting += [(one, depth + 1) for pair in value.items() for one in pair]
