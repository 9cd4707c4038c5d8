"""Codes are declared once, and raised as they are declared."""

import ast
import re
from pathlib import Path

import pytest

from lupex_rover import graph
from lupex_rover.bags.own_bag import BagReader
from lupex_rover.dictionary.code_list import PARTS, codes, codes_of

ROOT = Path(__file__).resolve().parents[3]
PACKAGE = ROOT / "lupex_rover"
BAGS = sorted((ROOT / "test/replay").glob("*.mcap"))
DECLARED = {name: code for part in PARTS for name, code in codes_of(part).items()}
# The executive also tells what it asked of power; replay looks for the executive's reboot.
ALSO = {"mission": ("power",), "hosts": ("mission",)}


def test_every_part_that_declares_codes_is_in_the_list():
    assert {p.parent.name for p in PACKAGE.glob("*/codes.py")} - {"cli", "core"} == set(PARTS)


def test_who_has_a_second_severity_says_where_it_applies():
    for name, code in DECLARED.items():
        assert code.severity in range(3), name
        assert (code.graver is None) == (code.when == ""), name
        assert code.graver is None or code.severity < code.graver < 3, name
    listed = {c.code: c for c in codes()}
    assert listed["DRL-013"].grave == "warning, fault where it ends the goal"
    assert listed["LND-021"].grave == "info"


@pytest.mark.parametrize("bag", BAGS, ids=lambda p: p.stem)
def test_recorded_events_have_the_severity_that_is_declared(bag):
    """The bags are of a mission that was flown before there were declarations."""
    for _, event, _ in BagReader(bag).messages({graph.MISSION_EVENT}):
        assert event.severity in DECLARED[event.code].severities, event


def calls_and_texts(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            yield "call", node.func.id
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield "text", node.value


def test_nobody_states_a_severity_but_the_declaration():
    made = set()
    for path in PACKAGE.rglob("*.py"):
        if "Event(" in path.read_text(encoding="utf-8"):
            made |= {path.stem for what in calls_and_texts(path) if what == ("call", "Event")}
    # `collect` makes the dictionary's entries, `stored_events` gives back what a store has kept
    assert made == {"codes", "collect", "stored_events"}


@pytest.mark.parametrize("part", PARTS)
def test_a_part_raises_no_code_that_it_cannot_look_up(part):
    known = {name for p in (part, *ALSO.get(part, ())) for name in codes_of(p)}
    for path in (PACKAGE / part).rglob("*.py"):
        told = {text for kind, text in calls_and_texts(path) if kind == "text"}
        assert {t for t in told if re.fullmatch(r"[A-Z]{3}-\d{3}", t)} <= known, path
