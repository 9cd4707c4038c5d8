"""Parameters on ROS: nested classes, tables and lists are parameters of their own, with ranges."""

import dataclasses

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2; run through ./lupex")

import rclpy
from rclpy.exceptions import InvalidParameterValueException
from rclpy.node import Node
from rclpy.parameter import Parameter

from lupex_rover.core import params
from lupex_rover.dictionary.parameter_tree import NODE_CLASSES, roots
from lupex_rover.hosts.ros.parameters import declare
from lupex_rover.landing.params import LandingParams
from lupex_rover.mission.params import ExecutiveParams
from lupex_rover.power.params import PowerParams


@pytest.fixture(scope="module")
def context():
    context = rclpy.Context()
    rclpy.init(context=context)
    yield context
    context.try_shutdown()


@pytest.fixture
def make_node(context):
    nodes = []

    def make(**overrides):
        given = [Parameter(name.replace("__", "."), value=v) for name, v in overrides.items()]
        node = Node(f"n{len(nodes)}", context=context, parameter_overrides=given)
        nodes.append(node)
        return node

    yield make
    for node in nodes:
        node.destroy_node()


def test_a_nested_parameter_is_described_with_its_range(make_node):
    node = make_node()
    declare(node, LandingParams, {"matcher": {"window_sigma": 4.0}})
    assert node.get_parameter("matcher.window_sigma").value == 4.0
    told = node.describe_parameter("matcher.window_sigma")
    span = told.floating_point_range[0]
    assert (span.from_value, span.to_value, told.read_only) == (1.0, 10.0, True)
    field = next(f for f in dataclasses.fields(LandingParams) if f.name == "position_sigma_m")
    told = node.describe_parameter("position_sigma_m")
    assert told.description == f"{field.metadata['description']} [m]"


def test_what_ros_is_given_wins_over_the_file(make_node):
    node = make_node(night__heat__leak_wpk=0.05, night__heater_w=[20.0, 10.0], detour=2.0)
    made = params.load(
        ExecutiveParams, declare(node, ExecutiveParams, {"night": {"spare_k": 0.5}}), "n"
    )
    assert (made.night.heat.leak_wpk, made.night.heater_w, made.detour) == (0.05, (20.0, 10.0), 2.0)
    assert made.night.spare_k == 0.5 and made.night.heat.between_wpk == 0.02


def test_tables_are_a_parameter_for_each_name(make_node):
    node = make_node(shed_soc__radio=0.09)
    made = params.load(PowerParams, declare(node, PowerParams, None), "n")
    assert made.shed_soc == {**PowerParams().shed_soc, "radio": 0.09}
    assert node.describe_parameter("shed_soc.radio").floating_point_range[0].to_value == 1.0


def test_a_value_out_of_range_is_refused_by_ros(make_node):
    with pytest.raises(InvalidParameterValueException):
        declare(make_node(matcher__window_sigma=11.0), LandingParams, None)


@pytest.mark.parametrize("name", NODE_CLASSES)
def test_every_parameter_of_a_node_is_on_ros_and_the_defaults_stay(make_node, name):
    cls = next(root.cls for root in roots() if root.prefix == f"nodes.{name}")
    node = make_node()
    assert params.load(cls, declare(node, cls, None), "n") == cls()
    rclpys = {"use_sim_time", "start_type_description_service"}
    own = [n for n in node._parameters if n not in rclpys]
    assert all(node.describe_parameter(n).description for n in own) and len(own) >= 4
