"""Every event code of the project, from the `codes.py` of each part."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module

PARTS = (
    "drivers", "power", "health", "landing", "navigation", "mission", "drill", "science", "hosts",
    "instruments", "simulator",
)  # fmt: skip


@dataclass(frozen=True)
class Code:
    """One event code.

    Attributes
    ----------
    component : part of the program that says it.
    text : what happened.
    advice : what to do; empty where nothing needs to be done.
    """

    code: str
    component: str
    text: str
    advice: str


def codes() -> Iterator[Code]:
    """All codes, part by part; what to do stands after the first semicolon of a code's text."""
    for part in PARTS:
        for code, words in import_module(f"lupex_rover.{part}.codes").CODES.items():
            text, _, advice = words.partition("; ")
            yield Code(code, part, text, advice)
