"""Every parameter of the project: its path in the file that sets it, and which file that is."""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from lupex_rover.simulator.params import SECTIONS

NODE_CLASSES = {
    "landing": "landing.params:LandingParams",
    "navigator": "navigation.params:NavigatorParams",
    "mapping": "navigation.params:MappingParams",
    "localization": "navigation.params:LocalizationParams",
    "power": "power.params:PowerParams",
    "executive": "mission.params:ExecutiveParams",
    "drill": "drill.params:DrillingParams",
    "science": "science.params:ScienceParams",
    "health": "health.params:HealthParams",
}
SIMULATOR_CLASSES = {name: f"simulator.{place}" for name, place in SECTIONS.items()}
SCENARIO, ROVER, BOTH = "scenario", "rover.yaml", "scenario, rover.yaml"
SET_BY_READER = ("source",)  # fields that say where an object was read from


@dataclass(frozen=True)
class Root:
    """A class that a section of a file is read into.

    Attributes
    ----------
    prefix : of its fields' paths; a word in capitals stands for a name of one's choice.
    place : `module:class` in the package.
    where : the file, or the command whose `--params FILE` it is.
    """

    prefix: str
    place: str
    where: str

    @property
    def cls(self) -> Any:
        module, name = self.place.split(":")
        return getattr(import_module(f"lupex_rover.{module}"), name)


ROOTS = (
    Root("", "scenarios.scenario:Scenario", SCENARIO),
    Root("", "scenarios.rover_config:RoverConfig", ROVER),
    *(Root(f"nodes.{name}", place, BOTH) for name, place in NODE_CLASSES.items()),
    *(Root(f"simulator.{name}", place, SCENARIO) for name, place in SIMULATOR_CLASSES.items()),
    Root("host", "hosts.ros.host_params:HostParams", ROVER),
    Root("cameras.NAME", "drivers.camera:CameraConfig", ROVER),
    Root("instruments.NAME", "instruments.interface:InstrumentChoice", BOTH),
    Root("faults.ID", "health.table:FaultRule", "faults.yaml"),
    Root("", "craters.crater_relocalization:FixParams", "lupex land --params"),
    Root("", "craters.find:CraterParams", "lupex craters --params"),
    Root("", "craters.identify:IdentifyParams", "lupex bench craters --params"),
    Root("", "pictures.match:PictureParams", "lupex match --params"),
    Root("", "runs.replay_cases:Cases", "replay cases.yaml"),
    Root("cases.NAME", "runs.replay_cases:Case", "replay cases.yaml"),
    Root("", "runs.replay_machines:Machines", "replay machines.yaml"),
    Root("machines.NAME", "runs.replay_machines:Machine", "replay machines.yaml"),
)


@dataclass(frozen=True)
class Parameter:
    """One field of a parameter class.

    Attributes
    ----------
    path : dotted, as the keys of the file lie in one another.
    default : as yaml has it; None: none, or the field must be given.
    where : the file that sets it, or the command whose `--params FILE` does.
    kind : type, as it stands in the class.
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


def parameters() -> Iterator[Parameter]:
    """All of them, file by file, in the order of the classes."""
    for root in ROOTS:
        yield from _fields(root.cls, root.prefix, root.where)


def classes() -> set[type]:
    """Every class that a file can set, nested ones included."""
    found: set[type] = set()
    waiting = [root.cls for root in ROOTS]
    while waiting:
        cls = waiting.pop()
        found.add(cls)
        waiting += [part for _, part in _parts(cls)]
    return found


def _parts(cls: type) -> Iterator[tuple[str, type]]:
    """Fields that are parameter classes themselves."""
    for name, hint in typing.get_type_hints(cls).items():
        if dataclasses.is_dataclass(hint) and isinstance(hint, type):
            yield name, hint


def _fields(cls: type, prefix: str, where: str) -> Iterator[Parameter]:
    nested = dict(_parts(cls))
    for field in dataclasses.fields(cls):
        path = f"{prefix}.{field.name}".lstrip(".")
        if field.name in nested:
            yield from _fields(nested[field.name], path, where)
        elif field.name not in SET_BY_READER:
            meta = field.metadata
            yield Parameter(
                path, str(field.type), _default(field), meta.get("unit", ""), meta.get("low"),
                meta.get("high"), meta.get("description", ""), meta.get("source", ""), where,
            )  # fmt: skip


def _default(field: dataclasses.Field[Any]) -> Any:
    if field.default is not dataclasses.MISSING:
        return field.default
    return None if field.default_factory is dataclasses.MISSING else field.default_factory()
