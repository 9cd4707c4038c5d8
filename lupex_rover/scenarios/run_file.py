"""`run.json` of a run's folder: what the simulator and the flight processes are to do.

One type, one writer, one reader. Who lays a run out writes it; the simulator adds its ports.
"""

from __future__ import annotations

import dataclasses
import json
import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lupex_rover.core import params
from lupex_rover.core.config_file import read_json
from lupex_rover.core.errors import UserError
from lupex_rover.core.files import make_folder, write_whole
from lupex_rover.instruments.interface import InstrumentChoice
from lupex_rover.mission.steps import check_names
from lupex_rover.scenarios.injected_fault import Faults
from lupex_rover.scenarios.recorder_params import RecorderParams
from lupex_rover.scenarios.vehicle_config import VehicleConfig

NAME = "run.json"
PHYSICS = ("stand-in", "gazebo")
SLOWEST, FASTEST = 1e-3, 1e6  # times real time
ROVER, BAG = "rover", "bag"  # worlds that are not simulated


@dataclass(frozen=True)
class RunFile:
    """What stands in `run.json`.

    Attributes
    ----------
    scenario : str
        Name or file of the scenario; empty on the rover.
    phases : tuple[str, ...]
        That are flown; none: the nodes stand by for goals.
    nodes : dict[str, Any]
        Node name -> parameter values.
    ports : dict[str, str] or None
        Board -> pyserial URL; None: the simulator has not told them yet.
    simulated : bool
        A simulator gives the time; else it is the wall clock.
    played : bool
        A bag's player gives the time and the sensors.
    speed : float
        Times real time, at most; 0: as fast as it goes.
    expect : tuple[str, ...]
        Processes that the simulator keeps step with.
    physics : str
        What moves the simulated rover, one of `PHYSICS`.
    reopen_s : float or None
        Time between two looks for a lost port, s; None: it is not looked for.
    cameras : dict[str, Any]
        Camera -> values of `drivers.camera.CameraConfig`.
    base : str
        Folder that files of cameras are relative to; empty: the run's.
    host : dict[str, Any]
        Values of `hosts.ros.host_params.HostParams`.
    vehicle : VehicleConfig
        Which rover; the path of its URDF is absolute.
    extra_nodes, instruments : dict[str, str] and dict[str, InstrumentChoice]
        Nodes and payload instruments from outside, as the scenario has them.
    boards : tuple[str, ...]
        Names of those from outside that the rover has.
    extra_phases : dict[str, str]
        Phases from outside, as the scenario has them.
    world : str
        Whose state is kept, `hosts.state_file.Owner.world`.
    token : str
        Mark of what the simulator of this run says (`codec.seal`); empty: none.
    faults : Faults
        That the simulator injects.
    recorder : RecorderParams or None
        Of the recorder that is a process of its own; None: there is none.
    """

    scenario: str
    seed: int
    phases: tuple[str, ...]
    nodes: dict[str, Any]
    simulated: bool
    ports: dict[str, str] | None = None
    played: bool = False
    speed: float = 0.0
    expect: tuple[str, ...] = ()
    physics: str = "stand-in"
    reopen_s: float | None = None
    cameras: dict[str, Any] = field(default_factory=dict)
    base: str = ""
    host: dict[str, Any] = field(default_factory=dict)
    vehicle: VehicleConfig = field(default_factory=VehicleConfig)
    extra_nodes: dict[str, str] = field(default_factory=dict)
    instruments: dict[str, InstrumentChoice] = field(default_factory=dict)
    boards: tuple[str, ...] = ()
    extra_phases: dict[str, str] = field(default_factory=dict)
    world: str = ROVER
    token: str = ""
    faults: Faults = ()
    recorder: RecorderParams | None = None

    def check(self) -> None:
        """Raise a UserError where fields are wrong or do not go together."""
        check_names(self.phases, self.extra_phases)
        check_seed(self.seed, "seed")
        check_speed(self.speed, "speed")
        check_physics(self.physics, "physics")
        if self.simulated and self.played:
            raise UserError("simulated and played: only one of them can give the time")
        if not self.simulated and self.ports is None:
            raise UserError("ports: only a simulator may tell them later; give them")


def write(folder: Path, run: RunFile) -> None:
    """Replace `run.json` in one go: who reads it sees the old one or the new one.

    Raises
    ------
    UserError
        A field is wrong, or the file cannot be written.
    """
    run.check()
    make_folder(folder)
    write_whole(folder / NAME, json.dumps(dataclasses.asdict(run), indent=1) + "\n")


def read(folder: Path) -> RunFile:
    """What stands in `run.json`.

    Raises
    ------
    UserError
        Missing, not json, or a key unknown, missing or wrong; it is named.
    """
    path = folder / NAME
    return params.load(RunFile, read_json(path), str(path))


def check_physics(physics: str, what: str = "--physics") -> None:
    """Raises UserError for a physics that does not exist."""
    if physics not in PHYSICS:
        raise UserError(f"{what}: {physics!r} is unknown; choose {' or '.join(PHYSICS)}")


def check_seed(seed: int | None, what: str = "--seed") -> None:
    """Raises UserError for a seed that a scenario does not take; None is the scenario's own."""
    if seed is not None and not 0 <= seed < 2**31:
        raise UserError(f"{what}: {seed} is outside 0 .. {2**31 - 1}")


def check_speed(speed: float, what: str = "--speed") -> None:
    """Raises UserError for a number that is none, below 0, or that no clock keeps to."""
    if not math.isfinite(speed):
        raise UserError(f"{what}: {speed} is no number; give 0 for no limit")
    if speed < 0:
        raise UserError(f"{what}: {speed} is negative; give 0 for no limit")
    if speed and not SLOWEST <= speed <= FASTEST:
        raise UserError(
            f"{what}: {speed} is outside {SLOWEST:g} .. {FASTEST:g}; give 0 for no limit"
        )
