"""What the dictionary has entries of. Numbers count within each kind, from 1."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from typing import TypeVar


class Significance(Enum):
    """How much harm a command can do; the telecommand levels of ISO 14950:2004."""

    NORMAL = "normal"  # level D
    VITAL = "vital"  # level C: at the wrong time the mission may be lost for a while
    CRITICAL = "critical"  # level B: at the wrong time or state, irreversible loss or damage
    FORBIDDEN = "forbidden"  # level A: for contingencies that nobody foresees


@dataclass(frozen=True)
class Argument:
    """One argument of a command; `choices` are its only values where there are any."""

    name: str
    type: str  # "float", "int", "str", "bool", "bytes"
    unit: str = ""
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    description: str = ""


@dataclass(frozen=True)
class Command:
    """Something that a person can have done.

    Attributes
    ----------
    name : str
        dotted.
    way : str
        "action A", "cancel A", "topic T", "slot S opcode N" or "lifecycle".
    executed_by : str
        Node that does it, or has its board do it.
    modes : tuple[str, ...]
        Modes of the power manager in which it is done.
    needs : str
        What boards must be for it not to be refused or to fail; "not safe": neither in SAFE nor
        held there. A board that is asked must have power, too.
    significance : Significance
        Assessed by the authors, not by a review of a mission.
    """

    id: int
    name: str
    way: str
    executed_by: str
    modes: tuple[str, ...]
    needs: str
    significance: Significance
    description: str
    arguments: tuple[Argument, ...] = ()
    retired: bool = False


@dataclass(frozen=True)
class Event:
    """A code of a subsystem's `codes`.

    Attributes
    ----------
    source : str
        package.
    severity : str
        That its events carry: "info", "warning" or "fault".
    graver, when : str
        A second severity, and where it applies; empty: there is none.
    """

    id: int
    code: str
    source: str
    severity: str
    graver: str
    when: str
    description: str
    retired: bool = False


@dataclass(frozen=True)
class TelemetryPoint:
    """One field of a topic's message.

    Attributes
    ----------
    name : str
        Topic, dot, field.
    type : str
        "float", "int", "str", "bool", "array", "bytes" or "texts".
    low, high : float or None
        What nature or the boards' interface allows (`core.types.span`), of each number of an array;
        a number that is not finite says "not known". None: nothing is stated.
    rate_hz : float
        Typical; 0: on change.
    """

    id: int
    name: str
    topic: str
    type: str
    unit: str
    low: float | None
    high: float | None
    rate_hz: float
    retired: bool = False


@dataclass(frozen=True)
class Parameter:
    """A parameter that a file can set; `name` is what the file calls it, dotted."""

    id: int
    name: str
    type: str
    unit: str
    low: float | None
    high: float | None
    default: str
    description: str
    source: str
    retired: bool = False


Entry = Command | Event | TelemetryPoint | Parameter
E = TypeVar("E", Command, Event, TelemetryPoint, Parameter)


def key(entry: Entry) -> str:
    """What an entry is known by in the code."""
    return entry.code if isinstance(entry, Event) else entry.name


@dataclass(frozen=True)
class Dictionary:
    """All entries, in the order of their numbers."""

    commands: tuple[Command, ...]
    events: tuple[Event, ...]
    telemetry: tuple[TelemetryPoint, ...]
    parameters: tuple[Parameter, ...]

    def command(self, name: str | int) -> Command:
        """By name or number; KeyError where there is none."""
        return self._index["commands"][name]  # type: ignore[return-value]

    def event(self, code: str | int) -> Event:
        """By code or number; KeyError where there is none."""
        return self._index["events"][code]  # type: ignore[return-value]

    def point(self, name: str | int) -> TelemetryPoint:
        """By name or number; KeyError where there is none."""
        return self._index["telemetry"][name]  # type: ignore[return-value]

    def parameter(self, name: str | int) -> Parameter:
        """By name or number; KeyError where there is none."""
        return self._index["parameters"][name]  # type: ignore[return-value]

    @cached_property
    def _index(self) -> dict[str, dict[str | int, Entry]]:
        tables: dict[str, tuple[Entry, ...]] = {
            "commands": self.commands, "events": self.events, "telemetry": self.telemetry,
            "parameters": self.parameters,
        }  # fmt: skip
        return {
            kind: {**{key(e): e for e in table}, **{e.id: e for e in table}}
            for kind, table in tables.items()
        }
