"""Node of one payload instrument: commands by name to its slot, its records to its product."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from lupex_rover.core.complaints import Complaints
from lupex_rover.core.component import Component, Inbox, Outbox
from lupex_rover.core.topic import Topic
from lupex_rover.core.types import SlotCommand, SlotData, SlotPower
from lupex_rover.graph import (
    MISSION_EVENT,
    SCIENCE_SLOT_COMMAND,
    SCIENCE_SLOT_DATA,
    SCIENCE_SLOT_POWER,
    json_topic,
)
from lupex_rover.instruments.codes import CODES
from lupex_rover.instruments.interface import Instrument, Layout

MOST_TEXT = 300  # of why a command was refused
POWER = {"on": True, "off": False}  # commands that every slot knows


@dataclass(frozen=True)
class InstrumentCommand:
    """A command by name: "on", "off", or one of the instrument's."""

    command: str
    arguments: dict[str, float] = field(default_factory=dict)


def topics_of(name: str, instrument: Instrument) -> tuple[Topic[Any], Topic[InstrumentCommand]]:
    """Product and command of the instrument called `name`."""
    return (
        json_topic(f"instruments/{name}", instrument.product, 0.0),
        json_topic(f"instruments/{name}/command", InstrumentCommand, 0.0, "command"),
    )


class PayloadInstrument(Component):
    """Knows layouts and decoder of one instrument, and the slot it is in."""

    period_s = 0.5

    def __init__(self, name: str, slot: int, instrument: Instrument) -> None:
        product, command = topics_of(name, instrument)
        self.name = name  # type: ignore[misc]
        self.inputs = (SCIENCE_SLOT_DATA, command)  # type: ignore[misc]
        self.outputs = (  # type: ignore[misc]
            SCIENCE_SLOT_POWER, SCIENCE_SLOT_COMMAND, product, MISSION_EVENT,
        )  # fmt: skip
        self._slot, self._instrument = slot, instrument
        self._product, self._command = product, command
        self._commands = {layout.name: layout for layout in instrument.commands}
        self._records = {layout.number: layout for layout in instrument.records}
        self._unread = False
        self._refused = Complaints()

    def step(self, t_ns: int, inbox: Inbox) -> Outbox:
        out = Outbox()
        for asked in inbox.all(self._command):
            self._send(t_ns, asked, out)
        for message in inbox.all(SCIENCE_SLOT_DATA):
            if message.slot == self._slot:
                self._take(message, out)
        return out

    def safe(self, t_ns: int) -> Outbox:
        """The slot is switched off."""
        out = Outbox()
        out.publish(SCIENCE_SLOT_POWER, SlotPower(t_ns, self._slot, False))
        return out

    def _send(self, t_ns: int, asked: InstrumentCommand, out: Outbox) -> None:
        if asked.command in POWER and not asked.arguments:
            on = POWER[asked.command]
            out.publish(SCIENCE_SLOT_POWER, SlotPower(t_ns, self._slot, on))
            self._tell(out, t_ns, "INS-000", asked.command)
            return
        layout = self._commands.get(asked.command)
        try:
            if layout is None:
                known = ", ".join([*POWER, *self._commands])
                raise ValueError(f"{asked.command[:40]!r} is unknown; known: {known}")
            data = layout.pack(asked.arguments)
        except ValueError as error:
            key = "unknown" if layout is None else layout.name
            if self._refused.add(key, t_ns):
                why = f"{str(error)[:MOST_TEXT]}{self._refused.so_far(key)}"
                self._tell(out, t_ns, "INS-001", why)
            return
        command = SlotCommand(t_ns, self._slot, layout.number, data)
        out.publish(SCIENCE_SLOT_COMMAND, command)
        self._tell(out, t_ns, "INS-000", asked.command)

    def _take(self, message: SlotData, out: Outbox) -> None:
        layout: Layout | None = self._records.get(message.kind)
        values = None if layout is None else layout.unpack(bytes(message.data))
        if layout is None or values is None:
            if not self._unread:
                self._unread = True
                text = f"slot {self._slot}, kind {message.kind}, {len(message.data)} bytes"
                self._tell(out, message.stamp_ns, "INS-002", text)
            return
        product = self._instrument.decode(message.stamp_ns, layout.name, values)
        if product is not None:
            out.publish(self._product, product)

    def _tell(self, out: Outbox, t_ns: int, code: str, more: str) -> None:
        text = f"{CODES[code].text} ({more})"
        out.publish(MISSION_EVENT, CODES.event(t_ns, self.name, code, text))
