"""Nodes from outside: what they bring is in the graph, and what is wrong with one is named."""

import dataclasses
import sys
import types
from dataclasses import dataclass
from typing import Any

import pytest

from lupex_rover import graph
from lupex_rover.codec.conversion import decode, encode
from lupex_rover.core.component import Component, Outbox
from lupex_rover.core.errors import UserError
from lupex_rover.core.topic import Action, Topic
from lupex_rover.drivers.boards import ImuDriver
from lupex_rover.graph import json_topic
from lupex_rover.nodes import context as context_module
from lupex_rover.nodes import extra as extra_module
from lupex_rover.nodes.build import components
from lupex_rover.nodes.context import Context
from lupex_rover.nodes.extra import ExtraNode, load_extra, load_outside
from lupex_rover.protocol.boards import declarations


@dataclass(frozen=True)
class Reading:
    stamp_ns: int
    level: float
    names: tuple[str, ...] = ()


TOPIC = json_topic("toy/reading", Reading, 1.0)


class Toy(Component):
    name = "toy"
    outputs = ("toy/reading", "mission/event")

    def step(self, t_ns, inbox):
        return Outbox()


@pytest.fixture
def module(monkeypatch):
    """A module that Python finds; the graph is as before afterwards."""
    tables: tuple[dict[str, Any], ...] = (graph.TOPICS, graph.ACTIONS)
    before = [dict(table) for table in tables]
    made = types.ModuleType("toy_package")
    monkeypatch.setitem(sys.modules, "toy_package", made)
    yield made
    for table, old in zip(tables, before):
        table.clear()
        table.update(old)


def context(**changes):
    extra = {"toy": "toy_package:NODE"}
    return Context(None, None, None, 1, source="my.yaml", extra_nodes=extra, **changes)


def built(module, component=Toy, topics=(TOPIC,), actions=()):
    module.NODE = ExtraNode(lambda ctx: component(), topics, actions)
    return components(context(), ["toy"])


def test_it_is_built_and_its_message_goes_to_bytes_and_back(module):
    (toy,) = built(module)
    assert isinstance(toy, Toy)
    said = Reading(5, 1.5, ("a", "b"))
    assert decode("toy/reading", encode("toy/reading", said)) == said


def test_a_message_that_is_not_its_dataclass_is_named_by_field(module):
    built(module)
    foreign = encode("toy/reading", Reading(5, "much"))
    with pytest.raises(UserError, match=r"toy/reading\.level: expected float"):
        decode("toy/reading", foreign)


def test_it_may_be_configured_and_others_may_not(module):
    built(module)
    assert components(context(config={"toy": {}}), ["toy"])
    with pytest.raises(UserError, match="node 'tiy' is unknown; did you mean 'toy'"):
        components(context(config={"tiy": {}}), ["toy"])


def _class(**attributes):
    return type("Other", (Toy,), attributes)


@pytest.mark.parametrize(
    "how, text",
    [
        ({"component": _class(name="other")}, "named 'other'"),
        ({"component": _class(inputs=("no/topic",))}, "topic 'no/topic' is neither"),
        ({"component": _class(calls=("dance",))}, "action 'dance' is neither"),
        ({"component": _class(serves=("drive_to",))}, "'drive_to' is served by a node"),
        ({"component": _class(serial="MOB")}, "board 'MOB'"),
        ({"component": dict}, "builds a dict, not a Component"),
        ({"component": lambda: 1 / 0}, "cannot be built .ZeroDivisionError"),
        ({"topics": (TOPIC, json_topic("odom", Reading, 1))}, "'odom' is in the"),
        ({"topics": (json_topic("toy/reading", Reading, 1, "best"),)}, "qos 'best' is none of"),
        ({"topics": (json_topic("toy/reading", int, 1),)}, "not a dataclass"),
        ({"topics": (Topic("toy/reading", Reading, "a/msg/B", 1),)}, "travels as"),
        ({"actions": (Action("drive_to", "a/action/B", *[Reading] * 3),)}, "'drive_to' is in the"),
    ],
)  # fmt: skip
def test_what_is_wrong_names_file_key_and_place(module, how, text):
    with pytest.raises(UserError, match=text) as raised:
        built(module, **how)
    assert "my.yaml.extra_nodes.toy: 'toy_package:NODE'" in str(raised.value)


def test_a_name_of_the_graph_is_refused():
    with pytest.raises(UserError, match=r"my.yaml.extra_nodes.drill: is no name, or one of"):
        load_extra({"drill": "toy_package:NODE"}, "my.yaml")


def test_processes_of_nodes_from_outside():
    """They hold up no motion command on real clocks."""
    outside = graph.outside_nodes(["toy_driver"], ["toy"])
    apart = graph.flight_processes(True, False, outside)
    assert apart["extra"] == ["toy"] and apart["flight"][-1] == "toy_driver"
    assert graph.flight_processes(True, True, outside)["flight"][-2:] == ["toy_driver", "toy"]
    assert graph.flight_processes(False, True, outside)["toy"] == ["toy"]


def test_a_node_may_speak_of_anothers_topics_where_it_is_built_alone(module):
    module.NODE = ExtraNode(lambda ctx: Toy(), (TOPIC,))
    hearer = type("Hearer", (Toy,), {"name": "hearer", "inputs": ("toy/reading",), "outputs": ()})
    module.HEARER = ExtraNode(lambda ctx: hearer())
    extra = {"hearer": "toy_package:HEARER", "toy": "toy_package:NODE"}
    ctx = Context(None, None, None, 1, extra_nodes=extra)
    assert components(ctx, ["hearer"])[0].name == "hearer"


@pytest.fixture
def fit(monkeypatch):
    """Let a declaration count as one that a package adds and the rover has."""

    def as_added(**changes):
        board = dataclasses.replace(declarations()["SCI"], **changes)
        for place in (extra_module, context_module):
            monkeypatch.setattr(place, "fitted", lambda names: (board,))

    return as_added


def test_an_added_board_has_a_node_made_of_its_declaration(module, fit):
    fit()
    module.NODE = ExtraNode(lambda ctx: Toy(), (TOPIC,))
    (driver,) = components(context(boards=("SCI",)), ["sci_driver"])
    assert (driver.name, driver.serial) == ("sci_driver", "SCI")
    assert {"boards/sci/slot_data", "boards/sci/slot_command"} <= set(graph.TOPICS)


def test_a_driver_that_drives_no_such_board_is_named(module, fit):
    module.NODE = ExtraNode(lambda ctx: Toy(), (TOPIC,))
    module.OTHER = ExtraNode(lambda ctx: ImuDriver())
    for driver in ("toy_package:NODE", "toy_package:OTHER"):
        fit(driver=driver)
        with pytest.raises(UserError, match=f"board SCI: driver '{driver}' builds no BoardDriver"):
            components(context(boards=("SCI",)), ["sci_driver"])
    fit(name="DRILL")
    with pytest.raises(UserError, match="board DRILL: node drill_driver: is no name, or one of"):
        load_outside({}, {}, "", ("DRILL",))
    fit(driver="toy_package:NONE")
    with pytest.raises(UserError, match="board SCI: driver: 'toy_package:NONE' cannot be loaded"):
        components(context(boards=("SCI",)), ["sci_driver"])


def test_a_node_may_not_take_the_name_of_a_boards_driver(module, fit):
    fit()
    nodes = {"sci_driver": "toy_package:NODE"}
    with pytest.raises(UserError, match="my.yaml.extra_nodes.sci_driver: the driver of a board"):
        load_outside(nodes, {}, "my.yaml", ("SCI",))
