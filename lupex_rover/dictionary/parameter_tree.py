"""Every parameter of the project: its path in the file that sets it, and which file that is.

The one list of parameter classes: `lupex params`, ROS parameters, the pages and the dictionary's
numbers come from it. Subsystems are imported when it is asked, and it is not needed in flight.
"""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any

NODE_CLASSES = {
    "eps_driver": "drivers.eps_params:EpsDriverParams",
    "landing": "landing.params:LandingParams",
    "navigator": "navigation.params:NavigatorParams",
    "mapping": "navigation.params:MappingParams",
    "localization": "navigation.params:LocalizationParams",
    "power": "power.params:PowerParams",
    "executive": "mission.params:ExecutiveParams",
    "drill": "drill.params:DrillingParams",
    "science": "science.params:ScienceParams",
    "health": "health.params:HealthParams",
    "mobility_driver": "drivers.lease:LeaseParams",
    "drill_driver": "drivers.lease:LeaseParams",
}
SCENARIO, ROVER, BOTH = "scenario", "rover.yaml", "scenario, rover.yaml"
INJECTED = f"{SCENARIO}, lupex mission --faults"
SET_BY_READER = ("source",)  # fields that say where an object was read from


@dataclass(frozen=True)
class Root:
    """A class that a section of a file is read into.

    Attributes
    ----------
    prefix : str
        Of its fields' paths; a word in capitals stands for a name of one's choice.
    place : str
        `module:class` in the package.
    where : str
        The file, or the command whose `--params FILE` it is.
    name : str
        What their names in the dictionary begin with; empty: they have no numbers.
    """

    prefix: str
    place: str
    where: str
    name: str = ""

    @property
    def cls(self) -> Any:
        module, name = self.place.split(":")
        return getattr(import_module(f"lupex_rover.{module}"), name)


@dataclass(frozen=True)
class Leaf:
    """A field that is no class of parameters itself; `below` is its path from its root."""

    root: Root
    below: str
    field: dataclasses.Field[Any]
    hint: Any

    @property
    def path(self) -> str:
        return f"{self.root.prefix}.{self.below}".lstrip(".")


@dataclass(frozen=True)
class Parameter:
    """One field of a parameter class.

    Attributes
    ----------
    path : str
        Dotted, as the keys of the file lie in one another.
    default : Any
        As yaml has it; None: none, or the field must be given.
    where : str
        The file that sets it, or the command whose `--params FILE` does.
    kind : str
        Type, as it stands in the class.
    """

    path: str
    kind: str
    default: Any
    unit: str
    low: float | None
    high: float | None
    description: str
    source: str
    where: str


@cache
def roots() -> tuple[Root, ...]:
    """All of them, file by file."""
    sections = import_module("lupex_rover.simulator.params").SECTIONS.items()
    return (
        Root("", "scenarios.scenario:Scenario", SCENARIO, "scenario"),
        Root("", "scenarios.rover_config:RoverConfig", ROVER, "rover"),
        *(Root(f"nodes.{n}", place, BOTH, f"nodes.{n}") for n, place in NODE_CLASSES.items()),
        *(Root(f"simulator.{n}", f"simulator.{place}", SCENARIO, f"simulator.{n}")
          for n, place in sections),
        Root("faults[N]", "scenarios.injected_fault:InjectedFault", INJECTED),
        Root("host", "hosts.ros.host_params:HostParams", ROVER, "host"),
        Root("cameras.NAME", "drivers.camera:CameraConfig", ROVER),
        Root("instruments.NAME", "instruments.interface:InstrumentChoice", BOTH),
        Root("faults.ID", "health.table:FaultRule", "faults.yaml"),
        Root("", "runs.supervision:SupervisionFile", "supervision.yaml"),
        Root("processes.NAME", "runs.supervision:ProcessRule", "supervision.yaml"),
        Root("components.NAME", "runs.supervision:ComponentRule", "supervision.yaml"),
        Root("", "craters.crater_relocalization:FixParams", "lupex land --params"),
        Root("", "craters.find:CraterParams", "lupex craters --params"),
        Root("", "craters.identify:IdentifyParams", "lupex bench craters --params"),
        Root("", "pictures.match:PictureParams", "lupex match --params"),
        Root("", "runs.replay_cases:Cases", "replay cases.yaml"),
        Root("cases.NAME", "runs.replay_cases:Case", "replay cases.yaml"),
        Root("", "runs.replay_machines:Machines", "replay machines.yaml"),
        Root("machines.NAME", "runs.replay_machines:Machine", "replay machines.yaml"),
    )  # fmt: skip


def leaves(root: Root) -> Iterator[Leaf]:
    """Every parameter of a root, in the order of its class."""
    yield from _leaves(root, root.cls, "")


def parameters() -> Iterator[Parameter]:
    """All of them, file by file, in the order of the classes."""
    for leaf in (leaf for root in roots() for leaf in leaves(root)):
        meta = leaf.field.metadata
        yield Parameter(
            leaf.path, str(leaf.field.type), default(leaf.field), meta.get("unit", ""),
            meta.get("low"), meta.get("high"), meta.get("description", ""),
            meta.get("source", ""), leaf.root.where,
        )  # fmt: skip


def classes() -> dict[type, list[tuple[str, str]]]:
    """Every class that a file can set, nested ones included: the paths of its fields, and files."""
    found: dict[type, list[tuple[str, str]]] = {}
    waiting = [(root.cls, root.prefix, root.where) for root in roots()]
    while waiting:
        cls, path, where = waiting.pop(0)
        found.setdefault(cls, []).append((path, where))
        waiting += [(part, f"{path}.{name}".lstrip("."), where) for name, part in _parts(cls)]
    return found


def default(field: dataclasses.Field[Any]) -> Any:
    """A field's default; None where it must be given."""
    if field.default is not dataclasses.MISSING:
        return field.default
    return None if field.default_factory is dataclasses.MISSING else field.default_factory()


def _parts(cls: type) -> Iterator[tuple[str, type]]:
    """Fields that are parameter classes themselves."""
    for name, hint in typing.get_type_hints(cls).items():
        if dataclasses.is_dataclass(hint) and isinstance(hint, type):
            yield name, hint


def _leaves(root: Root, cls: Any, before: str) -> Iterator[Leaf]:
    nested, hints = dict(_parts(cls)), typing.get_type_hints(cls)
    for field in dataclasses.fields(cls):
        below = f"{before}.{field.name}".lstrip(".")
        if field.name in nested:
            yield from _leaves(root, nested[field.name], below)
        elif field.name not in SET_BY_READER:
            yield Leaf(root, below, field, hints[field.name])
