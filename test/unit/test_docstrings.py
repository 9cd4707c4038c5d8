"""Sections of docstrings are numpydoc's: a type in each type's place, its description below it."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILES = sorted((ROOT / "lupex_rover").rglob("*.py")) + sorted((ROOT / "benchmarks").rglob("*.py"))
ENTRY = re.compile(r"\*{0,2}\w+(?:, \*{0,2}\w+)* : (.+)")
HEAD = re.compile(r"(Parameters|Attributes)\n-{3,}\n")
ARRAYS = ("Array", "np.ndarray", "npt.NDArray")


def documented(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node):
            yield node, ast.get_docstring(node)


def sections(text):
    """The lines of each section of parameters or attributes."""
    for head in HEAD.finditer(text):
        lines = text[head.end() :].split("\n")
        ends = [k for k in range(1, len(lines)) if re.fullmatch(r"-{3,}", lines[k])]
        yield lines[: ends[0] - 1] if ends else lines


def annotations(node):
    """name -> annotation, of parameters or fields."""
    if isinstance(node, ast.ClassDef):
        fields = [f for f in node.body if isinstance(f, ast.AnnAssign)]
        return {ast.unparse(f.target): ast.unparse(f.annotation) for f in fields}
    a = node.args
    every = [*a.posonlyargs, *a.args, *a.kwonlyargs]
    return {p.arg: ast.unparse(p.annotation) for p in every if p.annotation}


def faults(path):
    for node, text in documented(ast.parse(path.read_text(encoding="utf-8"))):
        hints = annotations(node)
        for lines in sections(text):
            for line, below in zip(lines, [*lines[1:], ""]):
                if not line or line.startswith(" "):
                    continue
                entry = ENTRY.fullmatch(line)
                if entry is None or line.endswith(".") or not below.startswith("    "):
                    yield f"{path.name}: {node.name}: {line!r} is no `name : type` with text below"
                    continue
                names = line.split(" : ")[0].split(", ")
                arrays = [n for n in names if hints.get(n, "").startswith(ARRAYS)]
                if arrays and "ndarray" not in entry[1]:
                    yield f"{path.name}: {node.name}: {', '.join(arrays)} is an ndarray"


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_an_entry_has_its_type_and_its_description(path):
    assert not list(faults(path))


def test_a_description_in_a_types_place_is_seen(tmp_path):
    wrong = tmp_path / "wrong.py"
    wrong.write_text(
        'def f(a: float) -> None:\n    """Do.\n\n    Parameters\n    ----------\n'
        '    a : the speed.\n    """\n'
    )
    (fault,) = faults(wrong)
    assert "the speed" in fault
