"""A Gazebo world (SDF 1.9) from ground, rocks, the Sun and the rover's place.

Gazebo's world axes are those of `map`, its origin is the given origin. No atmosphere: pressure
zero, no wind, a black sky. The Sun is a directional light; below the horizon there is none.
"""

from __future__ import annotations

import json
import math
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from lupex_rover.core.constants import MOON_GRAVITY_MPS2
from lupex_rover.core.time import to_iso
from lupex_rover.core.transforms import Pose, rpy_of, toward
from lupex_rover.simulator.gazebo.mesh import write_obj
from lupex_rover.simulator.gazebo.model import NAME, write_model
from lupex_rover.simulator.gazebo.params import GazeboParams
from lupex_rover.terrain.dem import Dem

WORLD = "lupex"
_SPACE_K = 2.7  # sky; nothing reads it
_GREY = "0.45 0.44 0.42 1"  # regolith as a picture shows it; its albedo is 0.1 to 0.2
_ALBEDO_SHOWN = 0.45
_LONGEST_EXPOSURE = 3.0  # more, and all that faces the Sun is white
_ROCK_GREY = "0.38 0.37 0.36 1"
_SYSTEMS = (
    ("physics", "Physics"), ("user-commands", "UserCommands"),
    ("scene-broadcaster", "SceneBroadcaster"), ("imu", "Imu"),
)  # fmt: skip


@dataclass(frozen=True)
class SunLight:
    """The Sun at the site: azimuth from grid north, clockwise; share of its disc that is seen."""

    t_ns: int
    azimuth_rad: float
    elevation_rad: float
    fraction: float

    @property
    def direction(self) -> np.ndarray:
        """(3,) unit vector in `map` that light travels along."""
        return -toward(self.azimuth_rad, self.elevation_rad)


@dataclass(frozen=True, eq=False)
class Scene:
    """What a world is made of.

    Attributes
    ----------
    ground : Dem
        The terrain under everything, `map`.
    origin_m : ndarray, shape (3,)
        Of Gazebo's axes in `map`.
    rover : Pose
        map_T_base at the start.
    rocks : ndarray, shape (N, 4)
        x, y, diameter, height above ground, m: caps of spheres.
    """

    ground: Dem
    origin_m: np.ndarray
    rover: Pose
    sun: SunLight
    rocks: np.ndarray = field(default_factory=lambda: np.empty((0, 4)))


def write_world(
    scene: Scene, folder: Path, params: GazeboParams, cameras: bool, realtime: float = 1.0
) -> Path:
    """Write world.sdf, terrain.obj, models/lupex_rover and world.json; returns the world's path.

    Parameters
    ----------
    cameras : bool
        With camera sensors, which need a render engine on the machine.
    realtime : float
        Gazebo goes at most this times real time; 0: as fast as it can.
    """
    folder.mkdir(parents=True, exist_ok=True)
    write_obj(scene.ground, scene.origin_m, folder / "terrain.obj")
    write_model(folder / "models", params, cameras)
    root = ElementTree.Element("sdf", version="1.9")
    world = ElementTree.SubElement(root, "world", name=WORLD)
    _nature(world, params, realtime)
    _systems(world, cameras)
    _light(world, scene.sun)
    _terrain(world, params)
    if len(scene.rocks):
        _rocks(world, scene, params)
    _rover(world, scene)
    ElementTree.indent(root)
    path = folder / "world.sdf"
    ElementTree.ElementTree(root).write(path, encoding="unicode", xml_declaration=True)
    (folder / "world.json").write_text(json.dumps(described(scene), indent=1) + "\n")
    return path


def described(scene: Scene) -> dict[str, Any]:
    """What the SDF does not say of itself."""
    sun = scene.sun
    return {
        "origin_m": [round(float(v), 4) for v in scene.origin_m],
        "utc": to_iso(sun.t_ns),
        "sun_azimuth_deg": round(math.degrees(sun.azimuth_rad), 4),
        "sun_elevation_deg": round(math.degrees(sun.elevation_rad), 4),
        "sun_fraction": round(sun.fraction, 4),
        "cells": list(scene.ground.heights.shape),
        "cell_m": scene.ground.resolution_m,
        "rocks": len(scene.rocks),
    }


def _add(parent: ElementTree.Element, tag: str, text: str = "", **attributes: str) -> Any:
    made = ElementTree.SubElement(parent, tag, attributes)
    if text:
        made.text = text
    return made


def _numbers(values: Any) -> str:
    return " ".join(f"{float(v):.6g}" for v in values)


def _nature(world: ElementTree.Element, params: GazeboParams, realtime: float) -> None:
    physics = _add(world, "physics", name="moon", type="dart")
    _add(physics, "max_step_size", f"{params.step_s:g}")
    _add(physics, "real_time_factor", f"{realtime:g}")
    _add(world, "gravity", f"0 0 {-MOON_GRAVITY_MPS2}")
    _add(world, "magnetic_field", "0 0 0")
    air = _add(world, "atmosphere", type="adiabatic")
    _add(air, "temperature", f"{_SPACE_K}")
    _add(air, "temperature_gradient", "0")
    _add(air, "pressure", "0")
    scene = _add(world, "scene")
    _add(scene, "ambient", "0.01 0.01 0.01 1")
    _add(scene, "background", "0 0 0 1")
    _add(scene, "shadows", "true")
    _add(scene, "grid", "false")


def _systems(world: ElementTree.Element, cameras: bool) -> None:
    for file, name in _SYSTEMS:
        _add(world, "plugin", filename=f"gz-sim-{file}-system", name=f"gz::sim::systems::{name}")
    if cameras:
        sensors = _add(
            world, "plugin", filename="gz-sim-sensors-system", name="gz::sim::systems::Sensors"
        )
        _add(sensors, "render_engine", "ogre2")


def _exposure(elevation_rad: float) -> float:
    """Brightness of the Sun for pictures: a camera exposes longer where light only grazes."""
    level = _ALBEDO_SHOWN * math.sin(max(elevation_rad, 1e-3))  # of level ground at exposure 1
    return min(max(0.25 / level, 1.0), _LONGEST_EXPOSURE)


def _light(world: ElementTree.Element, sun: SunLight) -> None:
    if sun.fraction <= 0.0:
        return
    light = _add(world, "light", type="directional", name="sun")
    _add(light, "cast_shadows", "true")
    _add(light, "pose", f"{_numbers(-100.0 * sun.direction)} 0 0 0")
    _add(light, "direction", _numbers(sun.direction))
    _add(light, "diffuse", "1 1 1 1")
    _add(light, "specular", "0.05 0.05 0.05 1")
    _add(light, "intensity", f"{sun.fraction * _exposure(sun.elevation_rad):.4g}")


def _static(world: ElementTree.Element, name: str) -> Any:
    model = _add(world, "model", name=name)
    _add(model, "static", "true")
    return _add(model, "link", name=name)


def _shape(
    link: Any, name: str, pose: str, colour: str, params: GazeboParams, shape: tuple[str, str, str]
) -> None:
    """One collision and its visual; `shape` is geometry, its field, the field's value."""
    for kind in ("collision", "visual"):
        part = _add(link, kind, name=f"{name}_{kind}")
        _add(part, "pose", pose)
        _add(_add(_add(part, "geometry"), shape[0]), shape[1], shape[2])
        if kind == "collision":
            ode = _add(_add(_add(part, "surface"), "friction"), "ode")
            _add(ode, "mu", f"{params.friction:g}")
            _add(ode, "mu2", f"{params.friction:g}")
        else:
            material = _add(part, "material")
            _add(material, "ambient", colour)
            _add(material, "diffuse", colour)
            _add(material, "specular", "0 0 0 1")


def _terrain(world: ElementTree.Element, params: GazeboParams) -> None:
    link = _static(world, "ground")
    _shape(link, "ground", "0 0 0 0 0 0", _GREY, params, ("mesh", "uri", "terrain.obj"))


def _rocks(world: ElementTree.Element, scene: Scene, params: GazeboParams) -> None:
    """Each rock is a sphere, buried so that what is seen has the rock's diameter and height."""
    link = _static(world, "rocks")
    for k, (x, y, diameter, height) in enumerate(scene.rocks):
        radius = (diameter**2 / 4.0 + height**2) / (2.0 * height)
        ground = scene.ground.height(float(x), float(y))
        centre = np.array([x, y, ground + height - radius]) - scene.origin_m
        pose = f"{_numbers(centre)} 0 0 0"
        _shape(link, f"rock_{k}", pose, _ROCK_GREY, params, ("sphere", "radius", f"{radius:.4g}"))


def _rover(world: ElementTree.Element, scene: Scene) -> None:
    include = _add(world, "include")
    _add(include, "uri", f"models/{NAME}")
    _add(include, "name", NAME)
    at = scene.rover.position_m - scene.origin_m
    _add(include, "pose", f"{_numbers(at)} {_numbers(rpy_of(scene.rover.matrix))}")
