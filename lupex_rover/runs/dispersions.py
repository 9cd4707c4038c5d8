"""Reads what a campaign disperses, and draws a scenario for each seed.

A file of `--vary` is yaml, a line per parameter of the scenario, dotted as it lies there:

    simulator.lander.position_sigma_m: {uniform: [100, 400]}       # even between the two
    simulator.world.map_noise_m: {log_uniform: [0.3, 2.0]}         # even in the logarithm
    simulator.engine.descent_camera_px: {choice: [384, 512, 768]}  # one of these
    start_sun_deg: [1.0, 6.0]                                      # a plain value: the same for all

A draw depends on the seed and the parameter's name alone, not on the other lines. What the seed
makes anyway (ground, site, start, noise) needs no line.
"""

from __future__ import annotations

import copy
import dataclasses
import math
import typing
import zlib
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from lupex_rover.core import params
from lupex_rover.core.config_file import read_yaml
from lupex_rover.core.errors import UserError
from lupex_rover.dictionary.parameter_tree import NODE_CLASSES
from lupex_rover.scenarios.scenario import Scenario
from lupex_rover.simulator.params import SECTIONS

KINDS = ("uniform", "log_uniform", "choice")
FIXED = "fixed"
NOT_VARIED = ("name", "description", "seed", "phases", "source", "nodes", "simulator")
# where the parameters of the free sections of a scenario are declared
CLASSES = {
    "simulator": {  # campaigns are flown in the stand-in
        name: f"simulator.{place}" for name, place in SECTIONS.items() if name != "gazebo"
    },
    "nodes": NODE_CLASSES,
}


@dataclasses.dataclass(frozen=True)
class Dispersion:
    """One line of the file: parameter, kind of draw, its two ends or its choices."""

    key: str
    kind: str
    values: tuple[Any, ...]
    whole: bool  # an integer parameter

    def draw(self, seed: int) -> Any:
        """The value of this parameter in the run of `seed`."""
        rng = np.random.default_rng([seed, zlib.crc32(self.key.encode())])
        if self.kind == FIXED:
            return self.values[0]
        if self.kind == "choice":
            return self.values[int(rng.integers(len(self.values)))]
        low, high = self.values
        if self.kind == "uniform":
            value = float(rng.uniform(low, high))
        else:
            value = math.exp(float(rng.uniform(math.log(low), math.log(high))))
        return round(value) if self.whole else value


def read(path: Path) -> list[Dispersion]:
    """The lines of a `--vary` file.

    Raises
    ------
    UserError
        File, parameter, kind or range that is wrong, by name.
    """
    return [_line(str(path), str(key), value) for key, value in read_yaml(path).items()]


def apply(scenario: Scenario, varied: list[Dispersion], seed: int) -> Scenario:
    """`scenario` with the values drawn for `seed`."""
    values: dict[str, Any] = {
        "nodes": copy.deepcopy(scenario.nodes),
        "simulator": copy.deepcopy(scenario.simulator),
    }
    for line in varied:
        _put(values, line.key.split("."), line.draw(seed))
    made = params.load(Scenario, values, scenario.source, rules=False)
    chosen = {key: getattr(made, key) for key in values}
    for key, value in values.items():
        before = getattr(scenario, key)
        if dataclasses.is_dataclass(before) and not isinstance(before, type):
            parts = {name: getattr(chosen[key], name) for name in value}
            chosen[key] = dataclasses.replace(before, **parts)
            params.check(chosen[key])
    return dataclasses.replace(scenario, seed=seed, **chosen)


def _put(values: dict[str, Any], path: list[str], value: Any) -> None:
    for name in path[:-1]:
        values = values.setdefault(name, {})
    values[path[-1]] = value


def _line(where: str, key: str, value: Any) -> Dispersion:
    owner, field = _field(where, key)
    whole = typing.get_type_hints(owner)[field] is int
    if isinstance(value, dict):
        kind, values = _kind(where, key, value)
    else:
        kind, values = FIXED, (value,)
    for one in values:
        one = round(one) if whole and kind != "choice" and isinstance(one, float) else one
        place = f"{where}: {key.rpartition('.')[0]}".rstrip(": ")
        params.load(owner, {field: one}, place, rules=False)
    return Dispersion(key, kind, values, whole)


def _kind(where: str, key: str, value: dict[str, Any]) -> tuple[str, tuple[Any, ...]]:
    kind = next(iter(value), "")
    if len(value) != 1 or kind not in KINDS:
        raise UserError(f"{where}: {key}: {value!r} is no draw; give one of {', '.join(KINDS)}")
    values = value[kind]
    if not isinstance(values, list) or not values:
        raise UserError(f"{where}: {key}.{kind}: expected a list, found {values!r}")
    if kind == "choice":
        return kind, tuple(values)
    numbers = all(isinstance(v, (int, float)) and not isinstance(v, bool) for v in values)
    least = 0.0 if kind == "log_uniform" else -math.inf
    if len(values) != 2 or not numbers or not least < values[0] <= values[1] < math.inf:
        raise UserError(f"{where}: {key}.{kind}: expected [low, high], found {values!r}")
    return kind, tuple(values)


def _field(where: str, key: str) -> tuple[type, str]:
    """The dataclass that declares `key`, and its last name."""
    names = key.split(".")
    owner: Any = Scenario
    if names[0] in CLASSES and len(names) > 2:
        sections = CLASSES[names[0]]
        if names[1] not in sections:
            raise UserError(f"{where}: unknown key {key!r}; {names[0]} has {', '.join(sections)}")
        module, name = sections[names[1]].split(":")
        owner, names = getattr(import_module(f"lupex_rover.{module}"), name), names[2:]
    elif names[0] in NOT_VARIED:
        raise UserError(f"{where}: {key!r} cannot be varied")
    for depth, name in enumerate(names):
        known = {f.name for f in dataclasses.fields(owner)} - set(NOT_VARIED)
        if name not in known:
            here = ", ".join(sorted(known))
            raise UserError(f"{where}: unknown key {key!r}; known there: {here}")
        if depth < len(names) - 1:
            owner = typing.get_type_hints(owner)[name]
            if not dataclasses.is_dataclass(owner):
                raise UserError(f"{where}: unknown key {key!r}; {name!r} has no parts")
    return owner, names[-1]
