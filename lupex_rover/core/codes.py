"""What the codes of events and outcomes mean, and how grave each is.

A part's `codes.py` declares them; who raises an event reads its severity there, so that the two
cannot differ.
"""

from __future__ import annotations

from dataclasses import dataclass

from lupex_rover.core.types import Event

INFO, WARNING, FAULT = 0, 1, 2  # `Event.severity`
SEVERITIES = ("info", "warning", "fault")


@dataclass(frozen=True)
class Code:
    """One code.

    Attributes
    ----------
    severity : int
        Of its events: INFO, WARNING or FAULT; of a code that only an outcome or a fix carries, how
        it is to be shown.
    text : str
        What happened; after the first semicolon, where there is one, what to do.
    graver : int or None
        A second, higher severity of its events; None: there is none.
    when : str
        Where the second severity applies, in words.
    """

    severity: int
    text: str
    graver: int | None = None
    when: str = ""

    @property
    def severities(self) -> tuple[int, ...]:
        """Those that its events may have, the lowest first."""
        return (self.severity,) if self.graver is None else (self.severity, self.graver)


class Codes(dict[str, Code]):
    """The codes of one part of the program."""

    def event(
        self, stamp_ns: int, source: str, code: str, text: str, graver: bool = False
    ) -> Event:
        """An event as it is declared; `graver`: at the higher severity of a code with two."""
        return Event(stamp_ns, self[code].severities[-1 if graver else 0], source, code, text)
