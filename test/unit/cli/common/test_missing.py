"""A library that a smaller set leaves out is named with its set and the call that brings it."""

import pytest

from lupex_rover.cli.common import missing
from lupex_rover.core.errors import UserError


def absent(name):
    return ModuleNotFoundError(f"No module named {name!r}", name=name)


@pytest.mark.parametrize(
    ("held", "name", "wanted"),
    [
        ("flight", "mujoco.viewer", "LUPEX_EXTRAS=simulation once"),
        ("flight,simulation", "plotly", "LUPEX_EXTRAS=simulation,ground once"),
    ],
)
def test_the_set_that_brings_it_is_added_to_those_held(monkeypatch, held, name, wanted):
    monkeypatch.setenv("LUPEX_EXTRAS", held)
    assert wanted in str(missing.explain(absent(name)))


def test_ros_is_said_to_be_missing_for_the_reason_that_set_up_found(monkeypatch):
    monkeypatch.setattr(missing.importlib.util, "find_spec", lambda name: None)
    monkeypatch.setenv("LUPEX_NO_ROS", "its wheels do not exist for aarch64")
    assert "do not exist for aarch64" in str(missing.explain(absent("rclpy")))
    with pytest.raises(UserError, match=r"lupex up needs ROS 2.*aarch64"):
        missing.require_ros("lupex up")


def test_a_module_of_nobodys_set_is_not_explained():
    assert missing.explain(absent("lupex_rover.no_such")) is None
