"""Every code of events and outcomes, from the `codes.py` of each part; one list of the parts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module

from lupex_rover.core.codes import SEVERITIES, Code

PARTS = (
    "drivers", "power", "health", "landing", "navigation", "mission", "drill", "science", "hosts",
    "instruments", "simulator",
)  # fmt: skip


@dataclass(frozen=True)
class ListedCode:
    """One code.

    Attributes
    ----------
    component : str
        Part of the program that says it.
    severity : str
        "info", "warning" or "fault".
    graver, when : str
        A second severity, and where it applies; empty: there is none.
    text : str
        What happened.
    advice : str
        What to do; empty where nothing needs to be done.
    """

    code: str
    component: str
    severity: str
    graver: str
    when: str
    text: str
    advice: str

    @property
    def meaning(self) -> str:
        """What happened, and what to do."""
        return f"{self.text}; {self.advice}" if self.advice else self.text

    @property
    def grave(self) -> str:
        """Severity in words, the second one with them."""
        return f"{self.severity}, {self.graver} {self.when}" if self.graver else self.severity


def codes_of(part: str) -> dict[str, Code]:
    """The codes that `part` declares."""
    found: dict[str, Code] = import_module(f"lupex_rover.{part}.codes").CODES
    return found


def codes() -> Iterator[ListedCode]:
    """All codes, part by part; what to do stands after the first semicolon of a code's text."""
    for part in PARTS:
        for name, code in codes_of(part).items():
            text, _, advice = code.text.partition("; ")
            graver = "" if code.graver is None else SEVERITIES[code.graver]
            yield ListedCode(name, part, SEVERITIES[code.severity], graver, code.when, text, advice)
