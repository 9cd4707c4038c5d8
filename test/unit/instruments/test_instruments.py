"""Payload instruments from outside: layouts, commands by name, records to products, slots."""

import json
import math
import struct
import sys
import types
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from lupex_rover import graph
from lupex_rover.core.component import Inbox
from lupex_rover.core.errors import UserError
from lupex_rover.core.saved import SavedFields
from lupex_rover.core.types import SlotData
from lupex_rover.instruments.component import InstrumentCommand, PayloadInstrument
from lupex_rover.instruments.interface import (
    ACCEPTED,
    Field,
    Instrument,
    InstrumentChoice,
    Layout,
    check_slots,
    load_instrument,
)
from lupex_rover.nodes.build import components
from lupex_rover.nodes.context import Context
from lupex_rover.simulator.payload.instruments import InstrumentParams, Instruments

HEAT = Layout("heat", 7, (Field("power_w", "f", "W", 0.0, 5.0), Field("zone", "B", "", 0, 3)))
WARM = Layout("warm", 2, (Field("at_degc", "f", "degC"),))


@dataclass(frozen=True)
class Warmth:
    stamp_ns: int
    at_degc: float


class Device(SavedFields):
    SAVED = ("on", "asked", "out")

    def __init__(self, rng):
        self.on, self.asked, self.out = False, [], []

    def power(self, on):
        self.on = on

    def command(self, opcode, data):
        self.asked.append((opcode, data))
        return ACCEPTED

    def advance(self, dt_s):
        if self.on:
            self.out.append((2, struct.pack(">f", 21.5)))

    def records(self):
        done, self.out = self.out, []
        return done

    @property
    def power_w(self):
        return 3.0 if self.on else 0.0


def decode(stamp_ns, record, values):
    return Warmth(stamp_ns, values["at_degc"]) if record == "warm" else None


TOY = Instrument((HEAT,), (WARM,), Warmth, decode, Device)


@pytest.fixture
def package(monkeypatch):
    made: Any = types.ModuleType("toy_instrument")
    made.TOY = TOY
    monkeypatch.setitem(sys.modules, "toy_instrument", made)
    before = dict(graph.TOPICS)
    yield made
    graph.TOPICS.clear()
    graph.TOPICS.update(before)


CHOICE = InstrumentChoice(5, "toy_instrument:TOY")


def context(**instruments):
    return Context(None, None, None, 1, source="my.yaml", instruments=instruments)


def said(out):
    return {topic: message for topic, message in out.messages}


def test_layouts_pack_and_unpack_big_endian_and_refuse_by_name():
    assert HEAT.pack({"power_w": 1.5, "zone": 2}) == struct.pack(">fB", 1.5, 2)
    assert WARM.unpack(struct.pack(">f", -3.0)) == {"at_degc": -3.0}
    assert WARM.unpack(b"123") is None and WARM.unpack(struct.pack(">f", math.nan)) is None
    for values, text in (
        ({"power_w": 6.0, "zone": 2}, "power_w: 6 is outside 0 .. 5 W"),
        ({"power_w": math.nan, "zone": 2}, "power_w: nan is outside"),
        ({"power_w": True, "zone": 2}, "power_w: True is no number"),
        ({"power_w": 1.0}, "heat takes power_w, zone"),
        ({"power_w": 1.0, "zone": 1.5}, "heat: "),
    ):
        with pytest.raises(ValueError, match=text):
            HEAT.pack(values)


def test_its_node_commands_the_slot_by_name(package):
    (node,) = components(context(toy=CHOICE), ["toy"])
    assert isinstance(node, PayloadInstrument)
    asked = InstrumentCommand("heat", {"power_w": 2.0, "zone": 1})
    out = said(node.step(9, Inbox({"instruments/toy/command": [asked]})))
    command = out["science/slot_command"]
    assert (command.slot, command.opcode, command.data) == (5, 7, struct.pack(">fB", 2.0, 1))
    out = said(node.step(9, Inbox({"instruments/toy/command": [InstrumentCommand("on")]})))
    assert (out["science/slot_power"].slot, out["science/slot_power"].on) == (5, True)
    assert said(node.safe(9))["science/slot_power"].on is False


@pytest.mark.parametrize(
    "asked, text",
    [
        (InstrumentCommand("boil"), "'boil' is unknown; known: on, off, heat"),
        (InstrumentCommand("heat", {"power_w": 9.0, "zone": 1}), "outside 0 .. 5 W"),
        (InstrumentCommand("on", {"zone": 1}), "'on' is unknown"),
    ],
)
def test_a_wrong_command_is_refused_with_its_reason(package, asked, text):
    (node,) = components(context(toy=CHOICE), ["toy"])
    out = node.step(9, Inbox({"instruments/toy/command": [asked]}))
    ((topic, event),) = out.messages
    assert topic == "mission/event" and event.code == "INS-001" and text in event.text
    assert node.step(10, Inbox({"instruments/toy/command": [asked] * 9})).messages == []
    again = node.step(10**11, Inbox({"instruments/toy/command": [asked]})).messages
    assert "(11 so far)" in again[0][1].text


def test_records_of_its_slot_become_products_and_bad_ones_are_told_once(package):
    (node,) = components(context(toy=CHOICE), ["toy"])
    good = SlotData(4, 5, 2, 0, struct.pack(">f", 8.0))
    other = SlotData(4, 6, 2, 0, struct.pack(">f", 9.0))
    bad = SlotData(4, 5, 2, 1, b"xx")
    out = node.step(9, Inbox({"science/slot_data": [good, other, bad, bad]}))
    products = [m for topic, m in out.messages if topic == "instruments/toy"]
    events = [m.code for topic, m in out.messages if topic == "mission/event"]
    assert products == [Warmth(4, 8.0)] and events == ["INS-002"]


def test_the_simulated_bus_carries_it_beside_the_others():
    device = Device(None)
    rng = np.random.default_rng(0)
    bus = Instruments({}, InstrumentParams(), rng, {5: device})
    alone = Instruments({}, InstrumentParams(), np.random.default_rng(0))
    bus.slot_power(5, True)
    assert bus.power_w == alone.power_w + 3.0
    assert bus.slot_command(5, 7, b"x") == ACCEPTED and device.asked == [(7, b"x")]
    bus.advance(1.0)
    assert bus.records() == [(5, 2, struct.pack(">f", 21.5))] and bus.records() == []
    assert bus.slot_command(6, 0, b"") == alone.slot_command(6, 0, b"")


def test_its_device_is_saved_and_restored_with_the_bus():
    bus, twin = (
        Instruments({}, InstrumentParams(), np.random.default_rng(0), {5: Device(None)})
        for _ in range(2)
    )
    bus.slot_power(5, True)
    bus.advance(1.0)
    state = json.loads(json.dumps(bus.save(), allow_nan=False))
    twin.restore(state)
    assert twin.power_w == bus.power_w and twin.save() == bus.save()
    assert twin.records() == [(5, 2, struct.pack(">f", 21.5))]
    assert bus.unlisted() == set()
    state["others"].clear()
    with pytest.raises(UserError, match="Instruments.5 is missing"):
        twin.restore(state)


@pytest.mark.parametrize(
    "changes, text",
    [
        ({"commands": (HEAT, HEAT)}, "heat: opcode 7 is not one of its own"),
        ({"records": (Layout("late", 256),)}, "late: record kind 256 is not one"),
        ({"records": (Layout("odd", 1, (Field("x", "?!"),)),)}, "odd: bad char"),
    ],
)
def test_a_wrong_instrument_names_its_line_and_place(package, changes, text):
    values = {"commands": (HEAT,), "records": (WARM,), **changes}
    package.TOY = Instrument(product=Warmth, decode=decode, simulate=Device, **values)
    with pytest.raises(UserError, match=text) as raised:
        load_instrument("toy", CHOICE, "my.yaml")
    assert "my.yaml.instruments.toy: 'toy_instrument:TOY'" in str(raised.value)


def test_names_and_slots_do_not_clash(package):
    with pytest.raises(UserError, match="instruments.two: slot 5 is one's"):
        check_slots({"one": CHOICE, "two": CHOICE})
    with pytest.raises(UserError, match=r"my.yaml.instruments.drill: is no name, or one of"):
        components(context(drill=CHOICE), ["drill"])
    package.TOY = Instrument((), (), int, decode, Device)
    with pytest.raises(UserError, match="its product is not a dataclass"):
        components(context(toy=CHOICE), ["toy"])
