"""`lupex rover`: the rover of the URDF in figures and as a picture."""

from __future__ import annotations

import json
import math
import os
from pathlib import Path
from typing import Annotated, Any
from xml.etree import ElementTree

import typer

from lupex_rover.core.errors import UserError

ROWS, COLS = 900, 1440
SUN_AZIMUTH_DEG, SUN_ELEVATION_DEG = 35.0, 24.0  # for the eye; far too high for the pole
GROUND_M = 60.0
SEEN = 1  # MuJoCo's group of what is seen of a URDF, not what collides


def rover(
    draw: Annotated[
        Path | None, typer.Option(help="Draw the rover into this file, .png or .jpg.")
    ] = None,
    stowed: Annotated[bool, typer.Option(help="Show it as it rides on the lander.")] = False,
    from_deg: Annotated[
        float, typer.Option(help="Look from this direction, counted from ahead to the left.")
    ] = 35.0,
    urdf: Annotated[
        Path | None, typer.Option(help="Show the rover of this URDF or xacro file.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")] = False,
) -> None:
    """Tell size, mass and parts of the rover, as urdf/lupex_rover.urdf.xacro has them."""
    if not -360.0 <= from_deg <= 360.0:
        raise UserError(f"--from-deg: {from_deg:g} is outside -360 .. 360")
    os.environ.setdefault("MUJOCO_GL", "egl")  # draws without a display; read on first import
    from lupex_rover.core.vehicle import default_path, expand

    arguments = {} if urdf is not None and not stowed else {"deployed": str(not stowed).lower()}
    text, _ = expand(urdf or default_path(), **arguments)
    model = compiled(text)
    told = figures(model)
    if draw is not None:
        paint(model, draw, from_deg)
    if as_json:
        print(json.dumps(told))
        return
    size = " x ".join(f"{side:.2f}" for side in told["size_m"])
    print(f"{'stowed' if stowed else 'deployed'}: {size} m, {told['mass_kg']:.1f} kg")
    for name, mass in told["parts_kg"].items():
        print(f"  {name:<28}{mass:8.2f} kg")


def compiled(text: str) -> Any:
    """MuJoCo model of the URDF with what is seen of it, on level ground under one lamp."""
    import mujoco

    from lupex_rover.core.vehicle_reader import read_vehicle
    from lupex_rover.simulator.mobility.multibody import spec_of

    spec = spec_of(ElementTree.fromstring(text), fusestatic="false", discardvisual="false")
    spec.visual.global_.offwidth, spec.visual.global_.offheight = COLS, ROWS
    spec.visual.quality.shadowsize, spec.visual.quality.offsamples = 8192, 8
    spec.visual.headlight.ambient, spec.visual.headlight.diffuse = [0.25] * 3, [0.3] * 3
    spec.visual.headlight.specular = [0.0] * 3
    spec.visual.map.zfar = 100.0
    azimuth, elevation = math.radians(SUN_AZIMUTH_DEG), math.radians(SUN_ELEVATION_DEG)
    flat = math.cos(elevation)
    sun = [-flat * math.cos(azimuth), -flat * math.sin(azimuth), -math.sin(elevation)]
    lamp = mujoco.mjtLightType.mjLIGHT_DIRECTIONAL
    spec.worldbody.add_light(
        pos=[-10.0 * s for s in sun], dir=sun, type=lamp, diffuse=[1.0, 0.98, 0.95],
        specular=[0.2] * 3, ambient=[0.0] * 3,
    )  # fmt: skip
    low = -read_vehicle(text).base_height_m
    spec.worldbody.add_geom(
        name="ground", type=mujoco.mjtGeom.mjGEOM_PLANE, size=[GROUND_M, GROUND_M, 0.1],
        pos=[0.0, 0.0, low], rgba=[0.62, 0.61, 0.59, 1.0], group=SEEN,
    )  # fmt: skip
    return spec.compile()


def figures(model: Any) -> dict[str, Any]:
    """Overall size (x, y, z) m, mass, and the mass of each link that has one."""
    import mujoco
    import numpy as np

    data = _posed(model)
    corners = []
    for k in range(model.ngeom):
        if model.geom_group[k] != SEEN or model.geom_type[k] == mujoco.mjtGeom.mjGEOM_PLANE:
            continue
        middle, half = model.geom_aabb[k, :3], model.geom_aabb[k, 3:]
        turn = data.geom_xmat[k].reshape(3, 3)
        at, reach = data.geom_xpos[k] + turn @ middle, np.abs(turn) @ half
        corners += [at - reach, at + reach]
    size = np.max(corners, axis=0) - np.min(corners, axis=0)
    parts = {model.body(k).name: float(model.body_mass[k]) for k in range(1, model.nbody)}
    return {
        "size_m": [round(float(s), 3) for s in size],
        "mass_kg": round(float(model.body_mass.sum()), 3),
        "parts_kg": {name: round(mass, 3) for name, mass in parts.items() if mass > 0.0},
    }


def _posed(model: Any) -> Any:
    """The state of the model with every joint at zero."""
    import mujoco

    data = mujoco.MjData(model)
    mujoco.mj_forward(model, data)
    return data


def paint(model: Any, path: Path, from_deg: float) -> None:
    """The rover as a picture.

    Raises
    ------
    UserError
        No OpenGL to draw with, or the file cannot be written.
    """
    import cv2

    if path.suffix not in (".png", ".jpg"):
        raise UserError(f"--draw: {path}: give a name that ends in .png or .jpg")
    if not cv2.imwrite(str(path), _seen(model, from_deg)[..., ::-1]):
        raise UserError(f"--draw: {path}: cannot be written")


def _seen(model: Any, from_deg: float) -> Any:
    import mujoco

    data = _posed(model)
    eye, what = mujoco.MjvCamera(), mujoco.MjvOption()
    eye.lookat[:], eye.distance, eye.elevation = (0.0, 0.0, 0.27), 4.0, -13.0
    eye.azimuth = 180.0 + from_deg
    what.geomgroup[:] = 0
    what.geomgroup[SEEN] = 1
    try:
        painter = mujoco.Renderer(model, ROWS, COLS)
    except Exception as error:
        raise UserError(
            f"--draw: no OpenGL to draw with ({error}); install libegl1 and libgl1-mesa-dri"
        ) from None
    painter.update_scene(data, eye, what)
    return painter.render()
