"""`config/rover.yaml`: the rover's ports, plan and map, for a start on the real boards."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lupex_rover.core import params
from lupex_rover.core.config_file import beside, file_beside, read_yaml, unknown
from lupex_rover.core.errors import UserError
from lupex_rover.core.files import copy_whole, shipped
from lupex_rover.core.params import param
from lupex_rover.instruments.interface import InstrumentChoice
from lupex_rover.mission.params import PHASES
from lupex_rover.mission.steps import check_names, phase_of
from lupex_rover.protocol.boards import added, declarations
from lupex_rover.scenarios import run_file
from lupex_rover.scenarios.recorder_params import RecorderParams
from lupex_rover.scenarios.run_file import RunFile
from lupex_rover.scenarios.vehicle_config import VehicleConfig, nodes_beside
from lupex_rover.terrain.dem_file import check_south_polar, read_dem, write_dem

FILES = ("plan", "onboard_map")
ONBOARD_MAP = "onboard_map.tif"  # in a run's folder
CAMERAS = ("camera/descent", "stereo/left", "stereo/right")  # before /image_raw


@dataclass(frozen=True)
class RoverConfig:
    """Where the boards are and what the rover was given by the ground."""

    ports: dict[str, str] = dataclasses.field(
        metadata={"description": "port of each board: any pyserial URL"}
    )
    vehicle: VehicleConfig = dataclasses.field(default_factory=VehicleConfig)
    reopen_s: float = param(
        3.0, "time between two looks for a port that was lost", unit="s", low=0.1, high=600.0,
    )  # fmt: skip
    plan: str = param("", "plan file of the mission (plan.json), relative to this file")
    onboard_map: str = param("", "elevation map of the site (GeoTIFF), relative to this file")
    onboard_map_band: int | None = param(
        None, "band of onboard_map that holds the heights, from 1; none: the only one with values",
        low=1,
    )  # fmt: skip
    phases: tuple[str, ...] = dataclasses.field(
        default=(),
        metadata={"description": "phases that are flown; none: nodes stand by for goals"},
    )
    seed: int = param(0, "seed of components that draw random numbers", low=0)
    cameras: dict[str, Any] = param({}, "parameters of each camera (CameraConfig)")
    nodes: dict[str, Any] = param({}, "parameters of each node")
    extra_nodes: dict[str, str] = param(
        {}, "nodes from outside: module:attribute or entry point of lupex_rover.nodes, by name"
    )
    instruments: dict[str, InstrumentChoice] = param(
        {}, "payload instruments from outside: slot and place of each, by name"
    )
    extra_phases: dict[str, str] = param(
        {}, "phases from outside: module:attribute or entry point of lupex_rover.phases, by name"
    )
    host: dict[str, Any] = param({}, "parameters of the ROS host (HostParams)")
    record: bool = param(True, "whether the rover records its graph, in bags/ of the run's folder")
    recorder: RecorderParams = dataclasses.field(
        default_factory=RecorderParams, metadata={"description": "parameters of the recorder"}
    )
    source: str = param("", "file that the configuration was read from; set by `read`")


def read(path: Path | None = None) -> RoverConfig:
    """The configuration in `path`; relative files in it are relative to it.

    Raises
    ------
    UserError
        File or key missing or wrong; plan or map not given.
    """
    config = load(path)
    file = Path(config.source)
    for key in FILES:
        file_beside(file, key, getattr(config, key))
    return dataclasses.replace(
        config,
        vehicle=config.vehicle.beside(file),
        nodes=nodes_beside(file, config.nodes),
    )


def read_ports(path: Path | None = None) -> tuple[dict[str, str], str]:
    """Ports of the configuration in `path`, which needs no plan and no map, and where they stand.

    Raises
    ------
    UserError
        File or key missing or wrong.
    """
    path = path or shipped("config/rover.yaml")
    return load(path).ports, f"{path}.ports"


def load(path: Path | None = None) -> RoverConfig:
    """As `read`, without a look for the files that it names.

    Raises
    ------
    UserError
        File or key missing or wrong.
    """
    path = path or shipped("config/rover.yaml")
    config = params.load(RoverConfig, read_yaml(path), str(path))
    phases = (*PHASES, *config.extra_phases)
    for key, known in (("ports", [*declarations()]), ("cameras", CAMERAS), ("phases", phases)):
        for name in getattr(config, key):
            if (phase_of(name) if key == "phases" else name) not in known:
                raise UserError(f"{path}.{key}: {name!r} is unknown; {unknown(name, known)}")
    try:
        check_names(config.phases, config.extra_phases)
    except UserError as error:
        raise UserError(f"{path}: {error}") from None
    return dataclasses.replace(config, source=str(path.absolute()))


def write_run(config: RoverConfig, folder: Path) -> None:
    """Lay out `folder` as a flight process expects it; it may be that of the configuration.

    Raises
    ------
    UserError
        A file cannot be written.
    """
    file = Path(config.source)
    run = run_of(config)
    run.check()
    copy_whole(beside(file, config.plan), folder / "plan.json")
    _give_map(beside(file, config.onboard_map), config.onboard_map_band, folder / ONBOARD_MAP)
    run_file.write(folder, run)


def _give_map(source: Path, band: int | None, target: Path) -> None:
    """The map of a run; of several bands, the one of heights alone."""
    if band is None:
        copy_whole(source, target)
        return
    if target.exists() and target.samefile(source):
        raise UserError(f"{source}: onboard_map_band: the run writes here; name the map otherwise")
    check_south_polar(source)
    write_dem(read_dem(source, band=band), target)


def run_of(config: RoverConfig) -> RunFile:
    """What stands in `run.json` for this configuration, not yet checked."""
    return RunFile(
        scenario="",
        seed=config.seed,
        phases=config.phases,
        nodes=config.nodes,
        simulated=False,
        ports=config.ports,
        reopen_s=config.reopen_s,
        cameras=config.cameras,
        base=str(Path(config.source).parent),
        host=config.host,
        recorder=config.recorder if config.record else None,
        vehicle=config.vehicle,
        extra_nodes=config.extra_nodes,
        instruments=config.instruments,
        extra_phases=config.extra_phases,
        boards=tuple(board.name for board in added() if board.name in config.ports),
    )
