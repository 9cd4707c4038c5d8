"""What a payload instrument is made of.

    instruments:
      dosimeter: {slot: 4, use: "dosimeter.instrument:INSTRUMENT"}

`use` is `module:attribute`, or the name of an entry point of the group `lupex_rover.instruments`;
it is an `Instrument`. On board it becomes node `dosimeter` with the topics `instruments/dosimeter`
(its product) and `instruments/dosimeter/command`; in the stand-in simulator its device answers in
the slot. Slots 0 to 3 are taken; numbers are big-endian, as all of the payload bus.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from lupex_rover.core.errors import UserError
from lupex_rover.core.params import param
from lupex_rover.core.plugins import find
from lupex_rover.core.saved import Saved

GROUP = "lupex_rover.instruments"
FREE_SLOTS = range(4, 8)
ACCEPTED, OUT_OF_RANGE, NOT_ALLOWED = 0, 3, 4  # ACK status of a slot command; ICD


@dataclass(frozen=True)
class Field:
    """One number of a command or record; `code` is that of `struct`, without byte order."""

    name: str
    code: str
    unit: str = ""
    low: float = -math.inf
    high: float = math.inf


@dataclass(frozen=True)
class Layout:
    """A command (`number` is its opcode) or a record (`number` is its kind)."""

    name: str
    number: int
    fields: tuple[Field, ...] = ()
    description: str = ""

    def pack(self, values: Mapping[str, Any]) -> bytes:
        """Bytes of `values`.

        Raises
        ------
        ValueError
            One is missing, unknown, no number, or out of its range.
        """
        names = [field.name for field in self.fields]
        if set(values) != set(names):
            raise ValueError(f"{self.name} takes {', '.join(names) or 'nothing'}")
        for field in self.fields:
            value = values[field.name]
            if isinstance(value, bool) or not isinstance(value, (int, float)):
                raise ValueError(f"{field.name}: {value!r} is no number")
            if not field.low <= value <= field.high:
                span = f"{field.low:g} .. {field.high:g} {field.unit}".rstrip()
                raise ValueError(f"{field.name}: {value:g} is outside {span}")
        try:
            return self._struct.pack(*(values[name] for name in names))
        except struct.error as error:
            raise ValueError(f"{self.name}: {error}") from None

    def unpack(self, data: bytes) -> dict[str, Any] | None:
        """Values by name; None where the length is wrong or a number is not finite."""
        if len(data) != self._struct.size:
            return None
        values = self._struct.unpack(data)
        if not all(math.isfinite(v) for v in values if isinstance(v, float)):
            return None
        return dict(zip((field.name for field in self.fields), values))

    @property
    def _struct(self) -> struct.Struct:
        return struct.Struct(">" + "".join(field.code for field in self.fields))


class SimulatedInstrument(Saved, Protocol):
    """The device in its slot, as the stand-in simulator runs it, saves and restores it.

    One that derives from `core.saved.SavedFields` names its attributes and is done with that.
    """

    def power(self, on: bool) -> None:
        """The slot got or lost its power."""

    def command(self, opcode: int, data: bytes) -> int:
        """ACK status of one opcode: ACCEPTED, OUT_OF_RANGE or NOT_ALLOWED."""

    def advance(self, dt_s: float) -> None:
        """So much time has passed."""

    def records(self) -> list[tuple[int, bytes]]:
        """Kind and bytes of what it has sent since the last call."""

    @property
    def power_w(self) -> float:
        """What it draws now."""


@dataclass(frozen=True)
class Instrument:
    """A payload instrument.

    Parameters
    ----------
    commands, records : tuple[Layout, ...]
        What it understands and sends.
    product : type
        Frozen dataclass of plain values that it measures; the message of its topic.
    decode : Callable[[int, str, dict[str, Any]], Any]
        From stamp, ns UTC, name of a record and its values to a product, or None.
    simulate : Callable[[np.random.Generator], SimulatedInstrument]
        Makes the device for the simulator; its noise comes from the generator.
    """

    commands: tuple[Layout, ...]
    records: tuple[Layout, ...]
    product: type
    decode: Callable[[int, str, dict[str, Any]], Any]
    simulate: Callable[[np.random.Generator], SimulatedInstrument]


@dataclass(frozen=True)
class InstrumentChoice:
    """A line of `instruments`."""

    slot: int = param(4, "slot of the payload bus", low=FREE_SLOTS[0], high=FREE_SLOTS[-1])
    use: str = param("", "module:attribute, or an entry point of lupex_rover.instruments")


def load_instrument(name: str, choice: InstrumentChoice, source: str = "") -> Instrument:
    """The instrument that a line names.

    Raises
    ------
    UserError
        It names the line, what the instrument was to be loaded from, and what is wrong.
    """
    where = f"{source}.instruments.{name}" if source else f"instruments.{name}"
    found = find(choice.use, GROUP, Instrument, where)
    for what, layouts in (("opcode", found.commands), ("record kind", found.records)):
        numbers = [layout.number for layout in layouts]
        for layout in layouts:
            if not 0 <= layout.number <= 255 or numbers.count(layout.number) > 1:
                raise UserError(
                    f"{where}: {choice.use!r}: {layout.name}: {what} {layout.number} is not one"
                    " of its own from 0 to 255"
                )
            try:
                layout.unpack(b"")
            except struct.error as error:
                raise UserError(f"{where}: {choice.use!r}: {layout.name}: {error}") from None
    return found


def check_slots(choices: Mapping[str, InstrumentChoice]) -> None:
    """Raises UserError where two instruments are to share a slot."""
    taken: dict[int, str] = {}
    for name, choice in choices.items():
        if choice.slot in taken:
            raise UserError(f"instruments.{name}: slot {choice.slot} is {taken[choice.slot]}'s")
        taken[choice.slot] = name
