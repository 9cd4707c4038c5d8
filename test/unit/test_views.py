"""The layouts for Foxglove and RViz name topics and fields that the graph has."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from lupex_rover.codec.conversion import typestore
from lupex_rover.graph import QOS, TOPICS

CONFIG = Path(__file__).parents[2] / "config"
BY_NAME = {"/" + name.lstrip("/"): topic for name, topic in TOPICS.items()}
LAYOUT = json.loads((CONFIG / "foxglove.json").read_text())
DISPLAYS = yaml.safe_load((CONFIG / "lupex.rviz").read_text())["Visualization Manager"]["Displays"]
PLUGIN = {  # rviz_default_plugins: display class -> the type that it shows
    "Map": "nav_msgs/msg/OccupancyGrid", "Path": "nav_msgs/msg/Path",
    "Odometry": "nav_msgs/msg/Odometry", "Image": "sensor_msgs/msg/Image",
}  # fmt: skip


def strings(node):
    if isinstance(node, dict):
        for key, value in node.items():
            yield from strings(key)
            yield from strings(value)
    elif isinstance(node, list):
        for value in node:
            yield from strings(value)
    elif isinstance(node, str):
        yield node


def assert_path(path):
    """`/topic.field.field` exists."""
    topic, *fields = path.replace("[0]", "").split(".")
    kind = BY_NAME[topic].ros
    for name in fields:
        described: dict[str, Any] = dict(typestore().fielddefs[kind][1])
        assert name in described, path
        kind = described[name][1]


@pytest.mark.parametrize("path", sorted(s for s in strings(LAYOUT) if re.match(r"/[a-z]", s)))
def test_foxglove_shows_what_there_is(path):
    assert_path(path)


def test_every_panel_of_the_layout_is_placed():
    placed = {s for s in strings(LAYOUT["layout"]) if "!" in s}
    assert placed == set(LAYOUT["configById"])


@pytest.mark.parametrize("shown", [d for d in DISPLAYS if "Topic" in d], ids=lambda d: d["Name"])
def test_rviz_shows_what_there_is_with_a_qos_that_matches(shown):
    topic = BY_NAME[shown["Topic"]["Value"]]
    assert topic.ros == PLUGIN[shown["Class"].split("/")[1]]
    latched = QOS[topic.qos][2]
    assert (shown["Topic"]["Durability Policy"] == "Transient Local") == latched
