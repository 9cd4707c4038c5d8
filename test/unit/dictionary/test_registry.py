"""The registry is what the code has; numbers stay; every entry is well formed and executed."""

import collections
import dataclasses
import importlib
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from lupex_rover.bags.own_bag import BagReader
from lupex_rover.codec.conversion import decode_recorded
from lupex_rover.core.errors import UserError
from lupex_rover.core.types import LOADS
from lupex_rover.dictionary import Event, Significance, load
from lupex_rover.dictionary.collect import collect
from lupex_rover.dictionary.entries import Dictionary, key
from lupex_rover.dictionary.numbering import differences, numbered
from lupex_rover.dictionary.parameter_tree import leaves, roots
from lupex_rover.dictionary.registry_files import FOLDER, KINDS, save
from lupex_rover.drill.params import DrillingParams
from lupex_rover.graph import ACTIONS, NODES, POWER_STATE, TOPICS
from lupex_rover.protocol import messages as m
from lupex_rover.protocol.fields import fields_of

BAGS = sorted((Path(__file__).parents[2] / "replay").glob("*.mcap"))
# Parameters that have no numbers, by their path and the file that sets them, and why.
UNNUMBERED = {
    ("cameras.NAME", "rover.yaml"): "once for each camera",
    ("instruments.NAME", "scenario, rover.yaml"): "once for each instrument",
    ("faults.ID", "faults.yaml"): "once for each rule",
    ("faults[N]", "scenario, lupex mission --faults"): "once for each fault that is injected",
    ("", "supervision.yaml"): "sections of rules",
    ("processes.NAME", "supervision.yaml"): "once for each process",
    ("components.NAME", "supervision.yaml"): "once for each component",
    ("", "lupex land --params"): "options of a command, not flown",
    ("", "lupex craters --params"): "options of a command, not flown",
    ("", "lupex bench craters --params"): "options of a command, not flown",
    ("", "lupex match --params"): "options of a command, not flown",
    ("", "replay cases.yaml"): "of tests",
    ("cases.NAME", "replay cases.yaml"): "of tests",
    ("", "replay machines.yaml"): "of tests",
    ("machines.NAME", "replay machines.yaml"): "of tests",
}


def test_it_is_in_step_with_the_code():
    wanted = numbered(load(), collect())
    assert differences(load(), wanted) == [], "run `./lupex dictionary --update`"


@pytest.mark.parametrize("kind", KINDS)
def test_numbers_and_names_are_unique_and_in_order(kind):
    table = getattr(load(), kind)
    numbers = [entry.id for entry in table]
    assert numbers == list(range(1, len(table) + 1))
    assert len({key(entry) for entry in table}) == len(table) > 30


def test_entries_are_found_by_name_and_number():
    known = load()
    assert known.event("LND-007").source == "landing"
    assert known.event(known.event("LND-007").id).code == "LND-007"
    speed = known.parameter("nodes.landing.descent.speed_mps")
    assert (speed.unit, speed.low, speed.high) == ("m/s", 0.0, 300.0)
    assert known.point("power/telemetry.bus_v").unit == "V"
    assert known.point("landing/state.pose.position_m").type == "array"
    assert known.command("power.hibernate").significance is Significance.CRITICAL
    assert [a.name for a in known.command("drive_to").arguments] == ["x_m", "y_m", "tolerance_m"]
    charge = known.point("power/state.soc")
    assert (charge.unit, charge.low, charge.high) == ("1", 0.0, 1.0)
    assert known.point("power/telemetry.battery_degc").low == -273.15
    with pytest.raises(KeyError):
        known.event("LND-999")


def component_classes():
    for node in NODES:
        module, function = node.build.split(":")
        found = importlib.import_module(module)
        returns = getattr(found, function).__annotations__["return"]
        yield eval(returns, vars(found)) if isinstance(returns, str) else returns


def test_every_command_has_somebody_who_executes_it():
    """Actions are served, topics heard, and each command topic has its line."""
    served = {a: c.name for c in component_classes() for a in c.serves}
    heard = {}
    for c in component_classes():
        for topic in c.inputs:
            heard.setdefault(topic, set()).add(c.name)
    ways = set()
    for command in load().commands:
        kind, _, what = command.way.partition(" ")
        ways.add(what.split(" ")[0])
        if kind in ("action", "cancel"):
            assert served[what] == command.executed_by
            fields = {f.name for f in dataclasses.fields(ACTIONS[what].goal)}
            assert kind == "cancel" or {a.name for a in command.arguments} == fields
        elif kind == "topic":
            topic = what.split(" ")[0]
            by = command.executed_by
            assert heard[topic] if by == "its driver" else by in heard[topic]
            fields = {f.name for f in dataclasses.fields(TOPICS[topic].message)}
            assert {a.name for a in command.arguments} <= fields
        else:
            assert kind in ("slot", "lifecycle")
    assert set(ACTIONS) <= ways
    assert {t.name for t in TOPICS.values() if t.qos == "command"} <= ways


TELECOMMANDS = {
    "mobility.drive": m.Drive, "power.switch": m.Switch, "power.heater": m.Heater,
    "power.hibernate": m.Hibernate, "drill.move": m.Drill, "drill.gate": m.Gate,
    "drill.deliver": m.Deliver, "payload.power": m.SlotPower, "payload.command": m.SlotCommand,
}  # fmt: skip


@pytest.mark.parametrize("name", TELECOMMANDS)
def test_a_telecommand_has_the_limits_of_the_boards_interface(name):
    """As `protocol.messages` declares them, which the golden frames are tested against."""
    command, wire = load().command(name), fields_of(TELECOMMANDS[name])
    assert len(command.arguments) == len(wire)
    for argument, field in zip(command.arguments, wire.values()):
        if argument.choices:
            assert set(argument.choices) <= set(LOADS) and field.high == len(LOADS) - 1
        elif argument.type in ("int", "float") and not field.allowed and field.code != "I":
            top = 255.0 if field.code == "B" and field.high is None else field.high
            low = 0.0 if field.code == "B" and field.low is None else field.low
            assert (argument.low, argument.high) == (low, top), argument
        elif field.allowed:
            assert set(range(int(argument.low), int(argument.high) + 1)) <= set(field.allowed)


def test_goals_have_the_limits_of_those_who_take_them():
    depth = load().command("drill_sample").arguments[0]
    assert depth.high == DrillingParams().max_depth_m
    assert "0.01 to 1.58 m, the cup 0 to 11" in load().event("DRL-015").description
    assert (depth.low, depth.high) == (0.01, 1.58)


def test_who_may_not_act_on_a_low_charge_hears_of_the_charge():
    by_name = {c.name: c for c in component_classes()}
    for command in load().commands:
        if command.way.startswith("action"):
            hears = POWER_STATE in by_name[command.executed_by].inputs
            survives = command.name in ("retract", "retract.cancel")  # the way out of the ground
            assert (hears and not survives) == ("survival" not in command.modes), command.name
        else:
            assert command.modes == ("normal", "saving", "survival")


def test_every_parameter_of_a_mission_has_a_number():
    """`test_parameter_tree.py` shows that the tree has every class of parameters."""
    assert {(r.prefix, r.where) for r in roots() if not r.name} == set(UNNUMBERED)
    numbered_names = {p.name for p in load().parameters}
    for root in roots():
        if root.name:
            assert {f"{root.name}.{leaf.below}" for leaf in leaves(root)} <= numbered_names
    assert load().parameter("simulator.regolith.heat_flow_wpm2").unit == "W/m2"


NO_NUMBERS = ("str", "bool", "bytes", "texts")


def test_every_point_that_is_no_count_has_a_unit():
    for point in load().telemetry:
        assert point.unit or point.type in (*NO_NUMBERS, "int"), point
        assert point.low is None or point.high is None or point.low < point.high, point


@pytest.mark.parametrize("bag", BAGS, ids=lambda p: p.stem)
def test_what_a_mission_recorded_lies_in_the_ranges(bag):
    """Bags of a mission that was flown before there were ranges; every 10th of a topic's messages.

    What is not finite is not known, and in every range.
    """
    limited = [p for p in load().telemetry if (p.low, p.high) != (None, None)]
    counts = collections.Counter()
    for topic, data, t_ns in BagReader(bag).records({p.topic for p in limited}):
        counts[topic] += 1
        if counts[topic] % 10 != 1:
            continue
        message = decode_recorded(topic, data, t_ns)
        for point in (p for p in limited if p.topic == topic):
            values = np.asarray(getattr(message, point.name.removeprefix(f"{topic}.")), float)
            values = values[np.isfinite(values)]
            assert (values >= (-np.inf if point.low is None else point.low)).all(), (point, values)
            assert (values <= (np.inf if point.high is None else point.high)).all(), (point, values)
    assert counts


def toy(number, code, text, retired=False):
    return Event(number, code, "toy", "info", "", "", text, retired)


def entries(*pairs, retired=()):
    made = tuple(toy(n, code, "text", code in retired) for n, code in pairs)
    return Dictionary((), made, (), ())


def test_a_number_is_never_given_again():
    old = entries((1, "TOY-001"), (2, "TOY-002"))
    now = numbered(old, entries((0, "TOY-003"), (0, "TOY-001")))
    assert now == entries((1, "TOY-001"), (2, "TOY-002"), (3, "TOY-003"), retired=["TOY-002"])
    later = numbered(now, entries((0, "TOY-004"), (0, "TOY-002")))
    assert [(e.id, e.code, e.retired) for e in later.events] == [
        (1, "TOY-001", True), (2, "TOY-002", False), (3, "TOY-003", True), (4, "TOY-004", False),
    ]  # fmt: skip


def test_what_is_missing_gone_or_other_is_named():
    old = entries((1, "TOY-001"), (2, "TOY-002"))
    other = Dictionary((), (toy(0, "TOY-002", "new"), toy(0, "TOY-003", "")), (), ())
    told = differences(old, numbered(old, other))
    assert told == [
        "events: TOY-001 (1) is gone from the code",
        "events: TOY-002 (2) stands there otherwise",
        "events: TOY-003 is missing; its number is 3",
    ]


def test_files_hold_all_of_it(tmp_path):
    save(load(), tmp_path)
    assert load(tmp_path) == load()
    for name in ("commands", "arguments", "events", "telemetry", "parameters"):
        assert (tmp_path / f"{name}.csv").read_bytes() == (FOLDER / f"{name}.csv").read_bytes()


def test_a_damaged_file_is_named_with_its_line(tmp_path):
    save(load(), tmp_path)
    path = tmp_path / "events.csv"
    path.write_text(path.read_text().replace("\n2,", "\ntwo,"))
    with pytest.raises(UserError, match="events.csv, line 3"):
        load(tmp_path)
    path.unlink()
    with pytest.raises(UserError, match="events.csv: cannot be read"):
        load(tmp_path)


def test_loading_imports_no_subsystem():
    code = (
        "import sys, lupex_rover.dictionary as d; d.load();"
        "print([m for m in sys.modules if m.startswith('lupex_rover.')"
        " and m.split('.')[1] not in ('dictionary', 'core')], 'numba' in sys.modules)"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[] False"
