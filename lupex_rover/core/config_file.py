"""The one reader of the project's yaml and json files.

Yaml is read by the core schema of YAML 1.2: numbers are `12`, `-3.5`, `.5`, `1e-3`, `0x1f`,
`0o17`, `.inf`, `.nan`; true and false are the only truth values; a date is a text. What ROS 2 reads
as another value than YAML 1.2 does (`010`: 8 or 10) is refused. `1_000` is a text as it is in both,
so that a number's field refuses it. A key that stands twice in one section is refused. A byte
order mark is passed over.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NoReturn

import yaml

from lupex_rover.core.errors import UserError

_NULL = re.compile(r"^(?:~|null|Null|NULL|)$")
_BOOL = re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$")
_INT = re.compile(r"^(?:[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+)$")
_FLOAT = re.compile(
    r"^(?:[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?"
    r"|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$"
)
_LEADING_ZERO = re.compile(r"^[-+]?0[0-9]+$")


class Section(dict[str, Any]):
    """Keys and values of one section of a file, with the line of each key.

    Attributes
    ----------
    lines : line of each key in its file, from 1; empty where the file's kind tells none.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lines: dict[str, int] = {}


def line_of(values: Any, key: str) -> str:
    """Where `key` stands, as the end of an error's text; empty where that is not known."""
    line = getattr(values, "lines", {}).get(key)
    return f" (line {line})" if line else ""


def nearest(name: str, known: Iterable[str], many: int = 3) -> list[str]:
    """The known names that are most like `name`, the most alike first."""
    return difflib.get_close_matches(str(name), sorted(known), n=many, cutoff=0.6)


def unknown(name: str, known: Iterable[str]) -> str:
    """What an error tells after an unknown name: the nearest one if there is one, and all."""
    known = sorted(known)
    like = nearest(name, known, 1)
    hint = f"did you mean {like[0]!r}? " if like else ""
    return f"{hint}known: {', '.join(known)}"


def read_yaml(path: Path) -> dict[str, Any]:
    """A yaml file whose top level is a section; an empty file is an empty one.

    Raises
    ------
    UserError
        File missing, unreadable, not yaml, not a section, or with a key twice; file and line are
        named.
    """
    try:
        data = yaml.load(_text(path), Loader=_Loader)  # a SafeLoader
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        at = f" at line {mark.line + 1}" if mark is not None else ""
        why = getattr(error, "problem", None) or str(error).splitlines()[0]
        raise UserError(f"{path}: not valid yaml{at} ({why})") from None
    except RecursionError:
        raise UserError(f"{path}: not valid yaml (nested too deep)") from None
    return _section({} if data is None else data, path)


def read_json(path: Path, finite: bool = True) -> dict[str, Any]:
    """A json file whose top level is an object.

    Parameters
    ----------
    finite : refuse NaN and Infinity, which json does not have; what we keep for ourselves may
        hold them.

    Raises
    ------
    UserError
        File missing, unreadable, not json, not an object, or with a
        key twice; the file, and the line where it is known, are named.
    """
    try:
        constant = _no_number if finite else None
        data = json.loads(_text(path), object_pairs_hook=_pairs, parse_constant=constant)
    except json.JSONDecodeError as error:
        raise UserError(f"{path}: not valid json at line {error.lineno} ({error.msg})") from None
    except (ValueError, RecursionError) as error:
        why = "nested too deep" if isinstance(error, RecursionError) else error
        raise UserError(f"{path}: not valid json ({why})") from None
    return _section(data, path)


def to_yaml(values: dict[str, Any]) -> str:
    """Yaml text that `read_yaml` reads back, and readers of YAML 1.1 do, too."""
    return yaml.dump(values, Dumper=_Dumper, sort_keys=False, allow_unicode=True)


def plain(values: Any) -> Any:
    """A copy of `values` as json has it: tuples are lists, keys are texts.

    Raises
    ------
    TypeError, ValueError
        A value that json does not have.
    """
    return json.loads(json.dumps(values))


def _text(path: Path) -> str:
    try:
        return Path(path).read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: cannot be read (not UTF-8 at byte {error.start})") from None
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror})") from None


def _section(data: Any, path: Path) -> dict[str, Any]:
    if not isinstance(data, dict):
        raise UserError(f"{path}: the top level must be keys and values")
    return data


def _pairs(pairs: list[tuple[str, Any]]) -> Section:
    made = Section()
    for key, value in pairs:
        if key in made:
            raise ValueError(f"key {key!r} stands twice")
        made[key] = value
    return made


def _no_number(word: str) -> NoReturn:
    raise ValueError(f"{word} is no number of json")


class _Loader(yaml.SafeLoader):
    """Sections that know their lines, and the scalars of YAML 1.2."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # of this class: none of YAML 1.1

    def section(self, node: yaml.MappingNode) -> Any:
        made = Section()
        yield made
        lines: dict[str, int] = {}
        for key_node, _ in node.value:
            if key_node.tag == "tag:yaml.org,2002:merge":
                continue
            key = self.construct_object(key_node, deep=True)
            line = key_node.start_mark.line + 1
            if not isinstance(key, str):
                raise _wrong(f"key {key!r} is not a text; put it in quotes", key_node)
            if key in lines:
                raise _wrong(f"key {key!r} stands twice, first in line {lines[key]}", key_node)
            lines[key] = line
        made.update(self.construct_mapping(node))
        made.lines = lines

    def whole(self, node: yaml.ScalarNode) -> int:
        text = str(self.construct_scalar(node))
        if _LEADING_ZERO.match(text):
            raise _wrong(f"{text} is 10-based to some readers and 8-based to others;"
                         " leave out the leading zeros", node)  # fmt: skip
        return int(text, 0)

    def number(self, node: yaml.ScalarNode) -> float:
        return float(str(self.construct_scalar(node)).lower().replace(".inf", "inf")
                     .replace(".nan", "nan"))  # fmt: skip


def _wrong(why: str, node: yaml.Node) -> yaml.constructor.ConstructorError:
    return yaml.constructor.ConstructorError(None, None, why, node.start_mark)


class _Dumper(yaml.SafeDumper):
    """Quotes every text that YAML 1.1 or 1.2 would read as something else."""


_SCALARS = (
    ("null", _NULL, ["~", "n", "N", ""]),
    ("bool", _BOOL, list("tTfF")),
    ("int", _INT, list("-+0123456789")),
    ("float", _FLOAT, list("-+.0123456789")),
)
for _tag, _form, _first in _SCALARS:
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", _form, _first)
    _Dumper.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", _form, _first)
_Loader.add_implicit_resolver("tag:yaml.org,2002:merge", re.compile(r"^<<$"), ["<"])
_Loader.add_constructor("tag:yaml.org,2002:map", _Loader.section)
_Loader.add_constructor("tag:yaml.org,2002:int", _Loader.whole)
_Loader.add_constructor("tag:yaml.org,2002:float", _Loader.number)
_Dumper.add_multi_representer(dict, yaml.SafeDumper.represent_dict)
