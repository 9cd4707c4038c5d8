"""The graph's page agrees with the components, the types and the message files."""

import dataclasses
import importlib
import re
from pathlib import Path

import pytest

from lupex_rover import graph
from lupex_rover.codec import board_ack
from lupex_rover.core import types
from lupex_rover.core.component import Component
from lupex_rover.dictionary.code_list import PARTS, codes_of

ROOT = Path(__file__).parents[2]
FROM_SIMULATOR = {  # and from the hosts
    "/clock", "sim/truth", "sim/event", "sim/silent", "sim/tick", "sim/done", "mission/action",
    "camera/descent/image_raw", "camera/descent/camera_info",
    "stereo/left/image_raw", "stereo/left/camera_info", "stereo/right/image_raw",
    "stereo/right/camera_info",
}  # fmt: skip


def classes():
    """The component class that each node's builder returns, from its annotation."""
    found = {}
    for node in graph.NODES:
        module, function = node.build.split(":")
        returns = importlib.import_module(module).__dict__[function].__annotations__["return"]
        if isinstance(returns, str):
            scope = importlib.import_module(module).__dict__
            returns = eval(returns, scope)
        found[node.name] = returns
    return found


CLASSES = classes()


@pytest.mark.parametrize("name", CLASSES)
def test_a_component_speaks_only_of_the_graph(name):
    component = CLASSES[name]
    assert issubclass(component, Component)
    assert component.name == name
    assert set(component.inputs) | set(component.outputs) <= set(graph.TOPICS)
    assert set(component.serves) | set(component.calls) <= set(graph.ACTIONS)
    assert component.serial is None or component.serial in types.BOARDS


def test_every_topic_that_is_heard_is_said_by_someone():
    said = FROM_SIMULATOR.union(*(c.outputs for c in CLASSES.values()))
    heard = set().union(*(c.inputs for c in CLASSES.values()))
    assert heard <= said
    assert set(graph.TOPICS) <= said


def test_a_topic_is_a_constant_of_its_name():
    for name, topic in graph.TOPICS.items():
        assert getattr(graph, name.strip("/").replace("/", "_").upper()) is topic
    for name, action in graph.ACTIONS.items():
        assert getattr(graph, name.upper()) is action


def test_every_action_has_one_server():
    servers = [action for c in CLASSES.values() for action in c.serves]
    assert sorted(servers) == sorted(graph.ACTIONS)


def test_every_board_has_one_driver():
    owned = [c.serial for c in CLASSES.values() if c.serial]
    assert sorted(owned) == sorted(types.BOARDS)


@pytest.mark.parametrize(
    "topic",
    [t for t in graph.TOPICS.values() if t.ros.startswith(graph.IFACE)],
    ids=lambda t: t.name,
)
def test_own_messages_have_the_fields_of_their_dataclass(topic):
    kind = board_ack.OnWire if topic.type == "BoardAck" else topic.message
    fields = {f.name for f in dataclasses.fields(kind)}
    text = (ROOT / "lupex_rover_interfaces/msg" / f"{topic.type}.msg").read_text()
    lines = [re.sub("#.*", "", line).split() for line in text.splitlines()]
    named = {line[1] for line in lines if len(line) == 2 and "=" not in line[1]}
    assert named - {"header"} == fields - {"stamp_ns", "frame_id"}
    assert topic.qos in graph.QOS


def test_codes_are_unique_and_say_what_to_do():
    seen: dict[str, str] = {}
    for part in PARTS:
        for code, declared in codes_of(part).items():
            assert re.fullmatch(r"[A-Z]{3}-\d{3}", code)
            assert code not in seen
            assert len(declared.text) > 5
            seen[code] = declared.text


def test_pictures_hold_up_no_motion_command_on_real_clocks():
    """What looks at pictures shares no process with drivers and motion; in simulation all do."""
    every = [node.name for node in graph.NODES]
    assert graph.flight_processes(composed=True, simulated=True) == {"flight": every}
    assert graph.flight_processes(composed=False, simulated=True) == {n: [n] for n in every}
    assert graph.flight_processes(composed=False, simulated=False) == {n: [n] for n in every}
    apart = graph.flight_processes(composed=True, simulated=False)
    assert sorted(name for names in apart.values() for name in names) == sorted(every)
    look = {name for name, c in CLASSES.items() if graph.IMAGES.intersection(c.inputs)}
    assert set(apart["vision"]) == look
    assert len(apart) == 2 and {"mobility_driver", "navigator", "health"} <= set(apart["flight"])
