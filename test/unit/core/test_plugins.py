"""Objects from outside by name: found, or told what is wrong with which name."""

import importlib.metadata

import pytest

from lupex_rover.core import plugins
from lupex_rover.core.errors import UserError

GROUP = "lupex_rover.toys"


def entries(*pairs):
    made = [importlib.metadata.EntryPoint(name, value, GROUP) for name, value in pairs]

    def entry_points(group, name=None):
        return [e for e in made if group == e.group and name in (None, e.name)]

    return entry_points


def test_a_module_and_attribute_and_an_entry_point(monkeypatch):
    monkeypatch.setattr(importlib.metadata, "entry_points", entries(("pi", "math:pi")))
    assert plugins.find("math:pi", GROUP, float, "my.yaml") == pytest.approx(3.14159, abs=1e-5)
    assert plugins.find("pi", GROUP, float, "my.yaml") == plugins.find("math:pi", GROUP, float, "")
    assert plugins.names(GROUP) == ["pi"]


@pytest.mark.parametrize(
    "reference, text",
    [
        ("tau", r"my.yaml: 'tau' is no entry point of lupex_rover.toys \(pi\) and no module:att"),
        ("math:pie", r"'math:pie' cannot be loaded \(AttributeError"),
        ("no_such_module:x", r"'no_such_module:x' cannot be loaded \(ModuleNotFoundError"),
        ("math:sin", "'math:sin' is a builtin_function_or_method; lupex_rover.toys needs a float"),
    ],
)
def test_what_is_wrong_is_named(monkeypatch, reference, text):
    monkeypatch.setattr(importlib.metadata, "entry_points", entries(("pi", "math:pi")))
    with pytest.raises(UserError, match=text):
        plugins.find(reference, GROUP, float, "my.yaml")
