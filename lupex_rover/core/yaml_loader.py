"""Yaml text as values: sections that know their lines, scalars of YAML 1.2 and of ROS 2.

What a plain scalar is, is told by the core schema of YAML 1.2, and by the reader of ROS 2's
parameter files (rcl_yaml_param_parser) where that takes more:

`12`, `-3`, `0x1f`, `-0x10`, `0o17`
    whole number
`1e3`, `1.0e+3`, `.5`, `+.5`, `5.`, `0x1p3`
    number
`.inf`, `-.inf`, `+.inf`, `inf`, `.nan`, `nan`
    number, which fields of finite numbers refuse
`true`, `yes`, `on`, `y`, `false`, `no`, `off`, `n`
    truth; as a key a text
`010`
    refused: 8 to ROS 2 and to YAML 1.1, 10 to YAML 1.2
`1_000`, `1:30`, `2029-01-01`
    text, which fields of numbers refuse
`~`, `null`, nothing
    none
"""

from __future__ import annotations

import math
import re
from typing import Any

import yaml

DEEPEST = 40  # sections and lists in one another
MOST_REPEATED = 100_000  # nodes that aliases may add
_TAG = "tag:yaml.org,2002:"

_NULL = re.compile(r"^(?:~|null|Null|NULL|)$")
_TRUE = ("true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON", "y", "Y")
_FALSE = ("false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF", "n", "N")
_BOOL = re.compile(rf"^(?:{'|'.join((*_TRUE, *_FALSE))})$")
_INT = re.compile(r"^(?:[-+]?[0-9]+|[-+]?0[xX][0-9a-fA-F]+|0o[0-7]+)$")
_DIGITS, _POWER = r"(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)", r"(?:[eE][-+]?[0-9]+)?"
_HEX = r"0[xX](?:[0-9a-fA-F]+\.?[0-9a-fA-F]*|\.[0-9a-fA-F]+)[pP][-+]?[0-9]+"
_WORDS = r"\.?(?:inf|Inf|INF)|infinity|Infinity|INFINITY"
_FLOAT = re.compile(rf"^(?:[-+]?(?:{_DIGITS}{_POWER}|{_HEX}|{_WORDS})|\.?nan|\.?NaN|\.?NAN)$")
_LEADING_ZERO = re.compile(r"^[-+]?0[0-9]+$")
_HALVES = re.compile("[\ud800-\udfff]")


class Section(dict[str, Any]):
    """Keys and values of one section of a file, with the line of each key.

    Attributes
    ----------
    lines : dict[str, int]
        Line of each key in its file, from 1; empty where the file's kind tells none.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lines: dict[str, int] = {}


class WrongYaml(Exception):
    """`args` : what is wrong, and the line where it is, or None."""


def load(text: str) -> Any:
    """The one document of a yaml text; None where it is empty.

    Raises
    ------
    WrongYaml
        Not yaml, a key twice, more than one document, or nested or repeated too much.
    """
    if text.startswith("%YAML:"):
        raise WrongYaml("%YAML: begins a file of OpenCV's FileStorage, which is no yaml; write it"
                        " as ROS's camera calibration does", 1)  # fmt: skip
    try:
        return yaml.load(text, Loader=_Loader)  # a SafeLoader
    except yaml.reader.ReaderError as error:
        what = f"character U+{error.character:04X} does not belong into a text"
        raise WrongYaml(what, text.count("\n", 0, error.position) + 1) from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        why = error.problem or error.context or "not understood"
        raise WrongYaml(_cure(why), mark.line + 1 if mark else None) from None
    except Exception as error:  # of numbers and escapes that the parser does not foresee
        raise WrongYaml(f"{type(error).__name__}: {error}".splitlines()[0], None) from None


def dump(values: dict[str, Any]) -> str:
    """Text that `load` reads back, and readers of YAML 1.1 do, too."""
    return yaml.dump(values, Dumper=_Dumper, sort_keys=False, allow_unicode=True)


def whole_text(text: str) -> str:
    """`text` with the halves of characters joined.

    Raises
    ------
    ValueError
        A half without its other half, or a NUL: neither can be printed or be in a file's name.
    """
    if _HALVES.search(text):
        try:
            text = text.encode("utf-16", "surrogatepass").decode("utf-16")
        except UnicodeDecodeError:
            raise ValueError("half of a character (a lone surrogate) stands in a text") from None
    if "\0" in text:
        raise ValueError("a NUL character stands in a text")
    return text


def _cure(why: str) -> str:
    """The parser's words, with what to do where they do not say it."""
    if "'\\t'" in why:
        return "a tab stands where spaces belong; indent with spaces"
    if why == "but found another document":
        return "a second document begins; keep one in a file"
    return why


class _Loader(yaml.SafeLoader):
    yaml_implicit_resolvers: dict[str, Any] = {}  # of this class: none of YAML 1.1
    yaml_constructors: dict[Any, Any] = {}

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._depth = 0
        self._lines: dict[int, dict[str, int]] = {}  # of each section's keys, by its node

    def get_single_node(self) -> Any:
        node = super().get_single_node()
        if node is not None:
            self.check_aliases(node)
        return node

    def compose_node(self, parent: Any, index: Any) -> Any:
        self._depth += 1
        if self._depth > DEEPEST:
            raise _wrong(f"nested too deep, more than {DEEPEST} in one another",
                         mark=self.peek_event().start_mark)  # fmt: skip
        node = super().compose_node(parent, index)
        self._depth -= 1
        return node

    def check_aliases(self, top: yaml.Node) -> None:
        """Refuse what repeats itself without end or into a huge document."""
        sizes: dict[int, tuple[int, int]] = {}  # nodes with all repetitions, depth
        busy: set[int] = set()

        def measure(node: yaml.Node) -> tuple[int, int]:
            if id(node) in sizes:
                return sizes[id(node)]
            if id(node) in busy:
                raise _wrong("an alias stands within what it repeats", node)
            busy.add(id(node))
            size, depth = 1, 0
            if isinstance(node, yaml.CollectionNode):
                for one in node.value:
                    for part in one if isinstance(one, tuple) else (one,):
                        inner = measure(part)
                        size, depth = size + inner[0], max(depth, inner[1])
            if size > len(sizes) + MOST_REPEATED:
                raise _wrong(f"aliases repeat more than {MOST_REPEATED} values", node)
            if depth >= DEEPEST:
                raise _wrong(f"nested too deep, more than {DEEPEST} in one another", node)
            if isinstance(node, yaml.MappingNode):
                self._lines[id(node)] = _lines(node)
            sizes[id(node)] = size, depth + 1
            return sizes[id(node)]

        measure(top)

    def section(self, node: yaml.Node) -> Any:
        made = Section()
        yield made
        if not isinstance(node, yaml.MappingNode):
            raise _wrong("expected keys and values here", node)
        made.lines = self._lines[id(node)]
        made.lines.pop("<<", None)
        self.flatten_mapping(node)
        for key_node, value_node in node.value:
            made[_key(key_node)] = self.construct_object(value_node)

    def text(self, node: yaml.ScalarNode) -> str:
        try:
            return whole_text(str(self.construct_scalar(node)))
        except ValueError as error:
            raise _wrong(str(error), node) from None

    def truth(self, node: yaml.ScalarNode) -> bool:
        return self._plain(node, _BOOL, "true or false") in _TRUE

    def whole(self, node: yaml.ScalarNode) -> int:
        text = self._plain(node, _INT, "whole number")
        if _LEADING_ZERO.match(text):
            raise _wrong(f"{text} is 10-based to some readers and 8-based to others;"
                         " leave out the leading zeros", node)  # fmt: skip
        try:
            return int(text, 0)
        except ValueError:  # Python's own limit of digits
            raise _wrong("a whole number has too many digits", node) from None

    def number(self, node: yaml.ScalarNode) -> float:
        text = self._plain(node, _FLOAT, "number", _INT).lower()
        try:
            if "x" in text:
                return float.fromhex(text)
            return float(text.replace(".inf", "inf").replace(".nan", "nan"))
        except OverflowError:
            return math.inf
        except ValueError:
            raise _wrong(f"{text} is no number with a fraction", node) from None

    def _plain(self, node: yaml.ScalarNode, form: re.Pattern[str], what: str,
               other: re.Pattern[str] | None = None) -> str:  # fmt: skip
        """The scalar's text, which a tag in the file may call what it is not."""
        text = str(self.construct_scalar(node))
        if not form.match(text) and not (other and other.match(text)):
            raise _wrong(f"{text[:40]!r} is no {what}, though its tag says so", node)
        return text

    def foreign(self, node: yaml.Node) -> Any:
        tag = node.tag.replace(_TAG, "!!")
        raise _wrong(f"tag {tag} is not read; leave it out", node)


def _key(node: yaml.Node) -> str:
    """A key as text; `on` and `y` are names there."""
    good = isinstance(node, yaml.ScalarNode) and node.tag in (f"{_TAG}str", f"{_TAG}bool")
    if not good and node.tag != f"{_TAG}merge":
        shown = node.value if isinstance(node, yaml.ScalarNode) else f"a {node.id}"
        raise _wrong(f"key {shown} is not a text; put it in quotes", node)
    try:
        return whole_text(str(node.value))
    except ValueError as error:
        raise _wrong(str(error), node) from None


def _lines(node: yaml.MappingNode) -> dict[str, int]:
    """The line of each key of a section; refuses one that stands twice."""
    lines: dict[str, int] = {}
    for key_node, _ in node.value:
        key = _key(key_node)
        if key in lines:
            raise _wrong(f"key {key!r} stands twice, first in line {lines[key]}", key_node)
        lines[key] = key_node.start_mark.line + 1
    return lines


def _wrong(why: str, node: yaml.Node | None = None, mark: Any = None) -> yaml.MarkedYAMLError:
    return yaml.MarkedYAMLError(None, None, why, mark or (node.start_mark if node else None))


class _Dumper(yaml.SafeDumper):
    """Quotes every text that YAML 1.1, YAML 1.2 or ROS 2 would read as something else."""


_SCALARS = (
    ("null", _NULL, ["~", "n", "N", ""]),
    ("bool", _BOOL, list("tTfFyYnNoO")),
    ("int", _INT, list("-+0123456789")),
    ("float", _FLOAT, list("-+.0123456789iInN")),
)
for _name, _form, _first in _SCALARS:
    _Loader.add_implicit_resolver(_TAG + _name, _form, _first)
    _Dumper.add_implicit_resolver(_TAG + _name, _form, _first)
_Loader.add_implicit_resolver(f"{_TAG}merge", re.compile(r"^<<$"), ["<"])
for _name, _make in (
    ("map", _Loader.section), ("seq", yaml.SafeLoader.construct_yaml_seq),
    ("null", yaml.SafeLoader.construct_yaml_null), ("str", _Loader.text),
    ("bool", _Loader.truth), ("int", _Loader.whole), ("float", _Loader.number),
):  # fmt: skip
    _Loader.add_constructor(_TAG + _name, _make)
_Loader.add_constructor(None, _Loader.foreign)
_Dumper.add_multi_representer(dict, yaml.SafeDumper.represent_dict)
