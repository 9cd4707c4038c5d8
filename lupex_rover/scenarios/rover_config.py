"""`config/rover.yaml`: the rover's ports, plan and map, for a start on the real boards."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lupex_rover.core import params
from lupex_rover.core.errors import UserError
from lupex_rover.core.files import copy_whole, shipped, write_whole
from lupex_rover.core.params import param
from lupex_rover.instruments.interface import InstrumentChoice

CAMERAS = ("camera/descent", "stereo/left", "stereo/right")  # before /image_raw


@dataclass(frozen=True)
class RoverConfig:
    """Where the boards are and what the rover was given by the ground."""

    ports: dict[str, str] = dataclasses.field(metadata={"description": "board -> pyserial URL"})
    reopen_s: float = param(
        3.0, "from one look for a port that was lost to the next", unit="s", low=0.1, high=600.0
    )
    plan: str = param("", "plan.json of the mission")
    onboard_map: str = param("", "elevation GeoTIFF of the site")
    phases: tuple[str, ...] = dataclasses.field(
        default=(), metadata={"description": "phases to fly; none: stand by for goals"}
    )
    seed: int = param(0, "of components that draw random numbers", low=0)
    cameras: dict[str, Any] = param({}, "camera -> keys of drivers.camera.CameraConfig")
    nodes: dict[str, Any] = param({}, "node name -> parameter values")
    extra_nodes: dict[str, str] = param(
        {}, "node from outside -> module:attribute or entry point of lupex_rover.nodes"
    )
    instruments: dict[str, InstrumentChoice] = param(
        {}, "payload instrument from outside -> its slot and where it is"
    )
    host: dict[str, Any] = param({}, "keys of hosts.ros.params.HostParams")
    source: str = param("", "file it was read from; set by `read`")


def read(path: Path | None = None) -> RoverConfig:
    """The configuration in `path`; relative files in it are relative to it.

    Raises
    ------
    UserError
        File or key missing or wrong; plan or map not given.
    """
    path = path or shipped("config/rover.yaml")
    config = params.load(RoverConfig, params.read_yaml(path), str(path))
    for name in sorted(set(config.cameras) - set(CAMERAS)):
        raise UserError(f"{path}.cameras: {name!r} is unknown; known: {', '.join(CAMERAS)}")
    for key in ("plan", "onboard_map"):
        name = getattr(config, key)
        if not name or not (path.parent / name).is_file():
            raise UserError(f"{path}.{key}: {name!r} is no file; give the one the ground made")
    return dataclasses.replace(config, source=str(path.resolve()))


def read_ports(path: Path | None = None) -> tuple[dict[str, str], str]:
    """Ports of the configuration in `path`, which needs no plan and no map, and where they stand.

    Raises
    ------
    UserError
        File or key missing or wrong.
    """
    path = path or shipped("config/rover.yaml")
    return params.load(RoverConfig, params.read_yaml(path), str(path)).ports, f"{path}.ports"


def write_run(config: RoverConfig, folder: Path) -> None:
    """Lay out `folder` as a flight process expects it; it may be that of the configuration.

    Raises
    ------
    UserError
        A file cannot be written.
    """
    base = Path(config.source).parent
    copy_whole(base / config.plan, folder / "plan.json")
    copy_whole(base / config.onboard_map, folder / "onboard_map.tif")
    run = {
        "scenario": "", "seed": config.seed, "phases": list(config.phases), "nodes": config.nodes,
        "ports": config.ports, "reopen_s": config.reopen_s, "simulated": False,
        "cameras": config.cameras, "base": str(base.resolve()), "host": config.host,
        "extra_nodes": config.extra_nodes,
        "instruments": {n: dataclasses.asdict(c) for n, c in config.instruments.items()},
    }  # fmt: skip
    write_whole(folder / "run.json", json.dumps(run, indent=1))
