"""Every parameter can be set from a file, is described, and stands where it is told to stand."""

import dataclasses
import importlib
import pkgutil
import re

import pytest

import lupex_rover
from lupex_rover.core import params
from lupex_rover.core.errors import UserError
from lupex_rover.dictionary.parameter_tree import (
    NODE_CLASSES,
    classes,
    parameters,
    roots,
)
from lupex_rover.graph import NODES

PROGRAMS = ("lupex_rover.programs", "lupex_rover.cli.__main__")
ALL = list(parameters())


def declared():
    """Every dataclass of the package with a field that `param` made."""
    for module in pkgutil.walk_packages(lupex_rover.__path__, "lupex_rover."):
        if module.name.startswith(PROGRAMS):
            continue
        for cls in vars(importlib.import_module(module.name)).values():
            if isinstance(cls, type) and dataclasses.is_dataclass(cls):
                if any("source" in f.metadata for f in dataclasses.fields(cls)):
                    yield cls


def test_every_parameter_class_can_be_set_from_a_file():
    assert set(declared()) - set(classes()) == set()


def test_every_node_with_parameters_is_in_the_tree():
    drivers = {n.name for n in NODES if n.name.endswith("_driver")}
    drivers -= {"mobility_driver", "drill_driver", "eps_driver"}  # the others have none
    assert set(NODE_CLASSES) == {n.name for n in NODES} - drivers


@pytest.mark.parametrize("root", roots(), ids=lambda r: r.prefix or r.where)
def test_the_defaults_keep_their_ranges_and_the_rules_between_fields(root):
    needs = [f for f in dataclasses.fields(root.cls)
             if f.default is f.default_factory is dataclasses.MISSING]  # fmt: skip
    if needs:
        with pytest.raises(UserError, match=f"key {needs[0].name!r} is missing"):
            params.load(root.cls, {}, "f.yaml")
        return
    made = params.load(root.cls, {}, "f.yaml")
    again = params.load(root.cls, dataclasses.asdict(made), "f.yaml")
    assert again == made


def test_no_two_parameters_of_a_file_have_one_path():
    seen = [(p.where, p.path) for p in ALL]
    assert len(set(seen)) == len(seen) > 700


@pytest.mark.parametrize(
    ("place", "values", "words"),
    [
        ("landing.params:LandingParams", {"hazard": {"freeze_m": 600.0}}, "freeze_m 600 is above"),
        ("landing.params:LandingParams", {"matcher": {"clear_log_chance": -0.1}}, "matcher: clear"),
        ("navigation.params:NavigatorParams", {"clearance_tight_m": 2.0}, "clearance_tight_m 2 is"),
        ("navigation.params:NavigatorParams", {"speed_mps": 0.15}, "0.15 is above track_limit_mps"),
        ("navigation.params:MappingParams", {"disparities": 60}, "no multiple of 16"),
        ("power.params:PowerParams", {"survival_soc": 0.4}, "survival_soc 0.4 is above saving_soc"),
        ("power.params:PowerParams", {"array": {"area_m2": [1.0]}}, "array: area_m2: expected 3"),
        ("mission.params:ExecutiveParams", {"night": {"heater_w": [1.0]}}, "heater_w: expected 2"),
        ("simulator.drill.regolith:RegolithParams", {"dry_low_m": 0.9}, "dry_low_m 0.9 is above"),
    ],
)
def test_fields_that_do_not_go_together_are_refused(place, values, words):
    module, name = place.split(":")
    cls = getattr(importlib.import_module(f"lupex_rover.{module}"), name)
    with pytest.raises(UserError, match=words):
        params.load(cls, values, "f.yaml")
    assert params.load(cls, values, "f.yaml", rules=False) if "night" not in values else True


def leaf_fields():
    for cls in classes():
        for field in dataclasses.fields(cls):
            if "source" in field.metadata and not dataclasses.is_dataclass(field.type):
                yield cls, field


# A description is read alone: it may not lean on the line before it.
FRAGMENT = re.compile(
    r"^(of|in|on|at|to|and|but|or|with|within|where|there|so|for|from|before|after|than|then|also"
    r"|beside|by|it|its|their|this|that|these|those|them|the same|as|more of it|one sigma|each axis"
    r"|greatest$|least$|noise$|horizontal,|vertical,|vertical$|downward$)(?!\w)"
)


def test_every_description_stands_alone_and_every_number_has_a_unit():
    wrong = []
    for cls, field in leaf_fields():
        text, unit = field.metadata["description"], field.metadata["unit"]
        where = f"{cls.__name__}.{field.name}: "
        if len(text.split()) < 3:
            wrong.append(where + f"says too little: {text!r}")
        if FRAGMENT.match(text.lower()) or text.endswith((":", ",", ";", ".")):
            wrong.append(where + f"is a fragment: {text!r}")
        if "float" in str(field.type) and not unit:
            wrong.append(where + "has no unit")
    assert wrong == []
