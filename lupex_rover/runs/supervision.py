"""`config/supervision.yaml`: how long a process or component may be silent, how it comes back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lupex_rover.core import params
from lupex_rover.core.config_file import read_yaml
from lupex_rover.core.errors import UserError
from lupex_rover.core.files import shipped
from lupex_rover.core.params import param

DEFAULT = "default"  # rule of processes that have none of their own


@dataclass(frozen=True)
class ProcessRule:
    """One process."""

    restarts_per_hour: int = param(
        20, "number of restarts within an hour after which a process is given up", low=0, high=3600
    )
    needed: bool = param(
        True, "whether the run ends when the process is given up; false: the others go on without"
    )
    may_end: bool = param(False, "whether a process may end by itself, with exit code 0, for good")
    first_wait_s: float = param(
        0.2, "time from a process's end to its first restart; it doubles with each that follows",
        unit="s", low=0, high=3600,
    )  # fmt: skip
    longest_wait_s: float = param(
        30.0, "longest time from a process's end to its restart", unit="s", low=0, high=3600
    )
    steady_s: float = param(
        60.0, "time that a process must run before the wait for its restart is the first one again",
        unit="s", low=0, high=86400,
    )  # fmt: skip
    start_s: float = param(
        180.0, "longest time from a process's begin to the first round of its loop, with code that"
        " is compiled on a new machine", unit="s", low=1, high=3600,
    )  # fmt: skip
    silent_s: float | None = param(
        20.0, "longest time between two rounds of a process's loop outside a component's turn;"
        " none: the process has no beats", unit="s", low=0.5, high=3600,
    )  # fmt: skip
    meanwhile: str = param("", "what keeps the rover safe while the process is away, for the event")

    def check(self) -> None:
        if self.first_wait_s > self.longest_wait_s:
            raise UserError("first_wait_s is longer than longest_wait_s")


@dataclass(frozen=True)
class ComponentRule:
    """One component."""

    turn_s: float = param(
        20.0, "longest turn of a component, on a loaded computer; one that takes longer hangs, and"
        " its process is ended and started again", unit="s", low=0.5, high=3600,
    )  # fmt: skip


@dataclass(frozen=True)
class Table:
    """All rules.

    Attributes
    ----------
    processes, components : Mapping[str, ProcessRule] and Mapping[str, ComponentRule]
        By name; `DEFAULT` is the rule of the others.
    """

    processes: Mapping[str, ProcessRule]
    components: Mapping[str, ComponentRule]

    def process(self, name: str) -> ProcessRule:
        """Rule of process `name`."""
        return self.processes.get(name) or self.processes.get(DEFAULT) or ProcessRule()

    def component(self, name: str) -> ComponentRule:
        """Rule of component `name`."""
        return self.components.get(name) or self.components.get(DEFAULT) or ComponentRule()


@dataclass(frozen=True)
class SupervisionFile:
    """The file: a rule by name in either section."""

    processes: dict[str, Any] = param({}, "rule of each process")
    components: dict[str, Any] = param({}, "rule of each component")


def read(path: Path | None = None) -> Table:
    """The table in `path`; without one, that which comes with the package.

    A rule has its own values, then those of `default` in the file, then those of the class.

    Raises
    ------
    UserError
        File or key missing or wrong.
    """
    path = path or shipped("config/supervision.yaml")
    file = params.load(SupervisionFile, read_yaml(path), str(path))
    return Table(
        {name: params.load(ProcessRule, values, f"{path}.processes.{name}")
         for name, values in _merged(file.processes, f"{path}.processes").items()},
        {name: params.load(ComponentRule, values, f"{path}.components.{name}")
         for name, values in _merged(file.components, f"{path}.components").items()},
    )  # fmt: skip


def _merged(rules: dict[str, Any], where: str) -> dict[str, Any]:
    """Each rule on top of the file's default."""
    base = rules.get(DEFAULT) or {}
    for name, values in rules.items():
        if values is not None and not isinstance(values, Mapping):
            raise UserError(f"{where}.{name}: expected keys and values")
    return {name: {**base, **(values or {})} for name, values in rules.items()}
