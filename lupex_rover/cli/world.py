"""`lupex world`: a Gazebo world from any elevation map, with the rover and the Sun in it."""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from lupex_rover.core.errors import UserError


def world(
    map_: Annotated[
        Path, typer.Option("--map", help="Read this elevation map, such as a GeoTIFF.")
    ],
    at: Annotated[
        tuple[float, float], typer.Option(help="Put its middle at these x and y of the map, m.")
    ],
    out: Annotated[Path, typer.Option(help="Write world.sdf and what it needs into this folder.")],
    size: Annotated[float, typer.Option(help="Make a square with this side, m.")] = 100.0,
    utc: Annotated[
        str, typer.Option(help="Let the Sun stand as at this time.")
    ] = "2029-01-01T00:00:00Z",
    step: Annotated[
        float, typer.Option(help="Make the ground of triangles with this edge, m.")
    ] = 0.25,
    seed: Annotated[
        int, typer.Option(help="Draw craters, bumps and rocks finer than the map from this.")
    ] = 1,
    relief: Annotated[
        bool, typer.Option("--relief/--no-relief", help="Add what is finer than the map's cells.")
    ] = True,
    rocks: Annotated[
        float, typer.Option(help="Make no rock smaller than this, m; 0 makes none at all.")
    ] = 0.3,
    heading_deg: Annotated[
        float, typer.Option(help="Turn the rover by this from grid east.")
    ] = 0.0,
    cameras: Annotated[
        bool, typer.Option("--cameras", help="Add camera sensors; they need a render engine.")
    ] = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace the world that --out holds.")
    ] = False,
) -> None:
    """Make a Gazebo Harmonic world of a place on the Moon, for `gz sim world.sdf`."""
    from lupex_rover.cli.common.place import polar_map
    from lupex_rover.core.time import from_iso
    from lupex_rover.core.vehicle import default_path
    from lupex_rover.core.vehicle_reader import read_vehicle
    from lupex_rover.simulator.gazebo.make import WorldRequest, scene_of
    from lupex_rover.simulator.gazebo.params import GazeboParams
    from lupex_rover.simulator.gazebo.world_file import described, write_world

    _within("--size", size, 8.0, 5000.0)
    _within("--step", step, 0.05, 50.0)
    if step > size / 2:
        raise UserError(f"--step: {step:g} is longer than half of --size, {size:g}")
    step = size / math.ceil(size / step - 1e-9)  # at most so long, and the mesh fills the square
    _within("--heading-deg", heading_deg, -360.0, 360.0)
    for value in at:
        _within("--at", value, -1e7, 1e7)
    if rocks != 0.0:
        _within("--rocks", rocks, 0.16, 1.28)
    if not 0 <= seed < 2**31:
        raise UserError(f"--seed: {seed} is outside 0 .. 2147483647")
    wanted = WorldRequest(
        *at, size, step, from_iso(utc, "--utc"), seed if relief else None, rocks,
        math.radians(heading_deg),
    )  # fmt: skip
    scene = scene_of(polar_map(map_), wanted, read_vehicle(default_path()))
    if (out / "world.sdf").exists() and not overwrite:
        raise UserError(f"--out {out}/world.sdf: is there; --overwrite replaces it")
    try:
        path = write_world(scene, out, GazeboParams(), cameras)
    except OSError as error:
        raise UserError(f"--out {out}: cannot write there ({error.strerror})") from None
    _tell(path, described(scene))


def _within(option: str, value: float, low: float, high: float) -> None:
    if not low <= value <= high:
        raise UserError(f"{option}: {value:g} is outside {low:g} .. {high:g}")


def _tell(path: Path, what: dict[str, Any]) -> None:
    if what["sun_fraction"] == 0.0:
        print(
            f"the Sun is not seen at {what['utc']} (elevation {what['sun_elevation_deg']} deg):"
            " the world is dark; --utc gives another time",
            file=sys.stderr,
        )
    print(json.dumps({"world": str(path), **what}))
