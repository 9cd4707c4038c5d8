"""A scenario: site, date, goals, seed and what counts as success, from one yaml file."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lupex_rover.core import params
from lupex_rover.core.config_file import beside, plain, read_yaml, unknown
from lupex_rover.core.errors import UserError
from lupex_rover.core.files import shipped
from lupex_rover.core.params import param
from lupex_rover.core.time import check_stamp, from_iso, ns
from lupex_rover.graph import outside_nodes
from lupex_rover.instruments.interface import InstrumentChoice
from lupex_rover.mission.params import PHASES
from lupex_rover.mission.phase_table import HOLE, SITE
from lupex_rover.mission.steps import Step, check_names
from lupex_rover.planning.site_params import SiteParams
from lupex_rover.protocol.boards import fitted, simulated
from lupex_rover.scenarios.injected_fault import Faults, check_faults
from lupex_rover.scenarios.recorder_params import RecorderParams
from lupex_rover.scenarios.vehicle_config import VehicleConfig, nodes_beside


@dataclass(frozen=True)
class Success:
    """What the run is held to, checked against the simulator's truth."""

    landing_error_m: float = param(
        100.0, "greatest distance from touchdown to target", unit="m", low=0,
        source="SLIM pinpoint requirement, 100 m",
    )  # fmt: skip
    traverse_m: float = param(60.0, "least distance driven on the traverse", unit="m", low=0)
    goal_error_m: float = param(
        5.0, "greatest distance from rover to drill target", unit="m", low=0,
    )  # fmt: skip
    drill_depth_m: float = param(
        1.5, "least depth that is reached", unit="m", low=0, high=2,
        source="LUPEX: samples down to 1.5 m",
    )  # fmt: skip
    samples: int = param(3, "least number of samples from different depths", low=0, high=12)
    water_sigmas: float = param(
        4.0, "greatest difference of measured and true water, in the measurement's sigma",
        unit="1", low=1,
    )  # fmt: skip
    night_h: float = param(60.0, "least darkness that is survived", unit="h", low=0)
    min_soc: float = param(
        0.05, "state of charge that the battery never falls below", unit="1", low=0, high=1,
    )  # fmt: skip


@dataclass(frozen=True)
class Scenario:
    """One yaml of `config/scenarios`; `nodes` and `simulator` override parameters by section."""

    name: str = param("", "short name, also of the run's folder")
    description: str = param("", "what is flown and why")
    seed: int = param(1, "seed of everything random", low=0, high=2**31 - 1)
    base_map: str | None = param(
        None, "elevation map that GDAL reads, relative to this file; none: LOLA at 1.6 km"
    )
    base_map_band: int | None = param(
        None, "band of base_map that holds the heights, from 1; none: the only one with values",
        low=1,
    )  # fmt: skip
    site: SiteParams = dataclasses.field(default_factory=SiteParams)
    success: Success = dataclasses.field(default_factory=Success)
    recorder: RecorderParams = dataclasses.field(default_factory=RecorderParams)
    vehicle: VehicleConfig = dataclasses.field(default_factory=VehicleConfig)
    phases: tuple[str, ...] = param(PHASES, "phases that are flown, in this order")
    start_sun_deg: tuple[float, float] | None = param(
        None, "lowest and highest elevation of the Sun, shining on the landing target, in a"
        " random hour of which the descent begins (for descents alone); none: the plan's hour",
        unit="deg", low=0, high=90,
    )  # fmt: skip
    max_days: float = param(
        30.0, "simulated time after which the run ends", unit="d", low=0.0001, high=400,
    )  # fmt: skip
    start_soc: float = param(
        0.9, "state of charge at the start of descent", unit="1", low=0.05, high=1,
    )  # fmt: skip
    nodes: dict[str, Any] = param({}, "parameters of each node")
    simulator: dict[str, Any] = param({}, "parameters of each section of the simulator")
    extra_nodes: dict[str, str] = param(
        {}, "nodes from outside: module:attribute or entry point of lupex_rover.nodes, by name"
    )
    extra_phases: dict[str, str] = param(
        {}, "phases from outside: module:attribute or entry point of lupex_rover.phases, by name"
    )
    instruments: dict[str, InstrumentChoice] = param(
        {}, "payload instruments from outside: slot and place of each, by name"
    )
    boards: tuple[str, ...] | None = param(
        None, "boards from outside that the rover has, by name; none given: each that an installed"
        " package declares with a device",
    )  # fmt: skip
    faults: Faults = param((), "faults that the simulator injects")
    source: str = param("", "file that the scenario was read from; set by `read`")

    @property
    def outside(self) -> dict[str, str]:
        """Group of each node that the graph does not have, by its name."""
        drivers = (board.node for board in fitted(self.boards or (), f"{self.where}.boards"))
        return outside_nodes(drivers, (*self.extra_nodes, *self.instruments))

    @property
    def where(self) -> str:
        """What errors name: the file it was read from."""
        return self.source or self.name

    def __post_init__(self) -> None:
        if self.base_map_band is not None and self.base_map is None:
            raise UserError(f"base_map_band: {self.base_map_band} is of no map; give base_map")
        for step in check_names(self.phases, self.extra_phases):
            self._check_hole(step)
        if self.start_sun_deg is not None and self.start_sun_deg[0] > self.start_sun_deg[1]:
            raise UserError(f"start_sun_deg: {self.start_sun_deg} is not lowest, highest")
        first = check_stamp(from_iso(self.site.date_from, "site.date_from"), "site.date_from")
        longest_d = self.site.date_days + self.max_days
        check_stamp(
            first + ns(86400.0 * longest_d),
            f"site.date_from: {self.site.date_from}, {longest_d:g} days of date_days and max_days",
        )

    def _check_hole(self, step: Step) -> None:
        """The plan that will be made has as many sites and holes as `site` asks for."""
        if step.rule.repeats not in (SITE, HOLE):
            return
        for key, number in (("drill_sites", step.site), ("holes", step.hole)):
            there = getattr(self.site, key)
            if number > there:
                raise UserError(f"phase {step.name!r}: site.{key} is {there}; set it to {number}")


def read(name: str, **overrides: Any) -> Scenario:
    """The scenario called `name` (or the yaml file of that path); `overrides` replace fields.

    Raises
    ------
    UserError
        Unknown name, unreadable file, unknown or wrong key.
    """
    path = Path(name)
    if path.suffix not in (".yaml", ".yml"):
        folder = shipped("config/scenarios")
        path = folder / f"{name}.yaml"
        if not path.is_file():
            known = unknown(name, [p.stem for p in folder.glob("*.yaml")])
            raise UserError(f"scenario {name!r} is unknown; {known}, or a .yaml")
    values = read_yaml(path)
    values.setdefault("name", path.stem)
    scenario = params.load(Scenario, values, str(path))
    if not scenario.phases:
        raise UserError(f"{path}.phases: is empty; known: {', '.join(PHASES)}")
    if not scenario.name or not set(scenario.name).isdisjoint("/\0"):
        raise UserError(f"{path}: name: {scenario.name!r} is no plain name; folders are named so")
    overrides["source"] = str(path.absolute())
    overrides["vehicle"] = scenario.vehicle.beside(path)
    overrides["nodes"] = nodes_beside(path, scenario.nodes)
    if scenario.base_map is not None:
        overrides["base_map"] = str(beside(path, scenario.base_map))
    if scenario.boards is None:
        overrides["boards"] = simulated()
    fitted(scenario.boards or (), f"{path}.boards")
    made = dataclasses.replace(scenario, **{k: v for k, v in overrides.items() if v is not None})
    check_faults(made.faults, str(path), made.boards or (), made.outside)
    return made


def values(scenario: Scenario) -> dict[str, Any]:
    """Plain data that `read` takes back."""
    made = dataclasses.asdict(scenario)
    del made["source"]
    copy: dict[str, Any] = plain(made)
    return copy
