"""A matcher from outside is made by its name; what is wrong with it is named."""

import sys
import types
from dataclasses import dataclass
from typing import Any

import pytest

from lupex_rover.core.errors import UserError
from lupex_rover.core.params import param
from lupex_rover.landing.matching.interface import MatcherPlugin, make_matcher

WHERE = "my.yaml.nodes.landing"


@dataclass(frozen=True)
class Settings:
    size: int = param(3, "of the window", low=1, high=9)


class Blind:
    def __init__(self, dem, settings):
        self.dem, self.settings = dem, settings

    def match(self, *_):
        return None


@pytest.fixture
def package(monkeypatch):
    made = types.ModuleType("toy_matcher")
    monkeypatch.setitem(sys.modules, "toy_matcher", made)
    return made


def test_it_gets_the_map_and_its_checked_parameters(package):
    package.IT = MatcherPlugin(Blind, Settings)
    made: Any = make_matcher("toy_matcher:IT", "map", {"size": 5}, WHERE)
    assert (made.dem, made.settings) == ("map", Settings(5))


def test_without_a_name_the_component_keeps_its_own():
    assert make_matcher("", None, {}, WHERE) is None


@pytest.mark.parametrize(
    "plugin, values, text",
    [
        (Blind, {}, "is a type; lupex_rover.matchers needs a MatcherPlugin"),
        (MatcherPlugin(Blind, Settings), {"size": 12}, r"image_matcher_params.size: 12 is outside"),
        (MatcherPlugin(Blind, Settings), {"sise": 2}, r"unknown key 'sise'"),
        (MatcherPlugin(lambda *_: 1 / 0, Settings), {}, "cannot be made .ZeroDivisionError"),
        (MatcherPlugin(lambda *_: 3, Settings), {}, "makes a int without `match`"),
    ],
)
def test_what_is_wrong_names_the_key(package, plugin, values, text):
    package.IT = plugin
    with pytest.raises(UserError, match=text) as raised:
        make_matcher("toy_matcher:IT", None, values, WHERE)
    assert "my.yaml.nodes.landing.image_matcher" in str(raised.value)


def test_parameters_without_a_matcher_are_refused():
    with pytest.raises(UserError, match="there is no image_matcher to take them"):
        make_matcher("", None, {"size": 3}, WHERE)
