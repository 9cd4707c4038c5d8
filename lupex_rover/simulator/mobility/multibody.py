"""The MuJoCo model of the rover on a patch of ground, made from the URDF.

The URDF gives bodies, inertias, steering joints and collision shapes. Added here: the free joint
of base_link, the ground, springy contacts without friction (traction comes from `soil`), sensors of
the contact force under each crawler and servos of the steering joints. The drive joints are left
out (a crawler's belt has no wheel that rolls), and so is the slow turn of the array.
"""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass
from typing import Any

import mujoco
import numpy as np

from lupex_rover.core.constants import MOON_GRAVITY_MPS2
from lupex_rover.core.types import WHEELS
from lupex_rover.core.vehicle import BASE
from lupex_rover.simulator.mobility.params import MobilityParams
from lupex_rover.terrain.dem import Dem

Array = np.ndarray
GROUND = "ground"
STEERING = tuple(f"{wheel}_steer_joint" for wheel in WHEELS)
_NET_FORCE = 3  # reduction of a contact sensor: sum of forces at their centroid (MuJoCo manual)
_STIFFNESS_D = 0.5  # constraint impedance; 0.5 makes R equal to A, see `_contact`
_STEER_STIFFNESS = 4000.0  # N m/rad and N m s/rad: the servo follows the rate-limited set point
_STEER_DAMPING = 400.0


@dataclass
class Model:
    """A compiled model with its state; MuJoCo's origin is at `origin_m` of the map."""

    model: Any
    data: Any
    origin_m: Array  # (3,)


def rover_spec(urdf_text: str) -> Any:
    """The rover as an editable MuJoCo description, base_link floating in the world."""
    root = ElementTree.fromstring(urdf_text)
    _order_wheels(root)
    ElementTree.SubElement(root, "link", name="world")
    free = ElementTree.SubElement(root, "joint", name="base_free", type="floating")
    ElementTree.SubElement(free, "parent", link="world")
    ElementTree.SubElement(free, "child", link=BASE)
    return spec_of(root, fusestatic="true", discardvisual="true")


def _order_wheels(root: ElementTree.Element) -> None:
    """Steering joints in the order of WHEELS, which is then that of MuJoCo's coordinates."""
    places = [i for i, e in enumerate(root) if e.get("name") in STEERING]
    joints = sorted((root[i] for i in places), key=lambda e: STEERING.index(e.get("name", "")))
    for i, joint in zip(places, joints):
        root[i] = joint


def spec_of(urdf: ElementTree.Element, **compiler: str) -> Any:
    """A URDF as an editable MuJoCo description; `compiler`: MuJoCo's options for URDF."""
    extension = ElementTree.SubElement(urdf, "mujoco")
    ElementTree.SubElement(extension, "compiler", compiler)
    return mujoco.MjSpec.from_string(ElementTree.tostring(urdf, encoding="unicode"))


def patch_of(dem: Dem, x_m: float, y_m: float, size_m: float) -> Dem:
    """The square patch of `dem` round a place, as much of it as there is."""
    h = size_m / 2
    return dem.window(x_m - h, y_m - h, x_m + h, y_m + h)


def build(urdf_text: str, patch: Dem, mass_kg: float, params: MobilityParams) -> Model:
    """Compile the rover on the ground `patch`."""
    spec = rover_spec(urdf_text)
    for joint in list(spec.joints):
        if joint.type == mujoco.mjtJoint.mjJNT_HINGE and not joint.name.endswith("_steer_joint"):
            spec.delete(joint)
    contact = _contact(mass_kg, sum(len(_crawler(spec, w).geoms) for w in WHEELS), params)
    for geom in spec.geoms:
        geom.contype, geom.conaffinity = 0, 1
        geom.solref, geom.solimp = contact
        geom.condim = 1
    for geom in spec.body(BASE).geoms:
        geom.condim = 3
        geom.friction = [params.belly_friction, 0.005, 0.0001]
    origin = _add_ground(spec, patch, contact)
    for wheel in WHEELS:
        _add_crawler(spec, wheel)
    option = spec.option
    option.gravity = [0.0, 0.0, -MOON_GRAVITY_MPS2]
    option.timestep = params.step_s
    option.integrator = mujoco.mjtIntegrator.mjINT_IMPLICITFAST
    option.disableflags |= int(mujoco.mjtDisableBit.mjDSBL_AUTORESET)
    mujoco.set_mju_user_warning(_quiet)
    model = spec.compile()
    return Model(model, mujoco.MjData(model), origin)


def _quiet(text: str) -> None:
    """MuJoCo would write MUJOCO_LOG.TXT where it stands; `MobilityPhysics` checks every step."""


def _crawler(spec: Any, wheel: str) -> Any:
    return spec.body(f"{wheel}_crawler")


def _contact(mass_kg: float, count: int, params: MobilityParams) -> tuple[list[float], list[float]]:
    """solref and solimp of springs that sag by `sag_m` under the rover.

    MuJoCo manual, "Computation": with impedance d = 0.5 a contact is a spring of stiffness
    k m_eff and damper b m_eff, m_eff the mass felt at the contact, about a quarter of the rover;
    solref = (-k d^2, -b d).
    """
    felt_kg = mass_kg / 4.0
    stiffness = mass_kg * MOON_GRAVITY_MPS2 / params.sag_m / count
    damping = 2.0 * params.damping_ratio * np.sqrt(stiffness * mass_kg / count)
    k, b = stiffness / felt_kg, damping / felt_kg
    d = _STIFFNESS_D
    return [-k * d * d, -b * d], [d, d, 0.001, 0.5, 2.0]


def _add_ground(spec: Any, patch: Dem, contact: tuple[list[float], list[float]]) -> Array:
    rows, cols = patch.heights.shape
    low, high = float(patch.heights.min()), float(patch.heights.max())
    step = patch.resolution_m
    half_x, half_y = step * (cols - 1) / 2, step * (rows - 1) / 2
    span = max(high - low, 0.01)
    spec.add_hfield(
        name=GROUND, nrow=rows, ncol=cols, size=[half_x, half_y, span, 1.0],
        userdata=((patch.heights - low) / span).ravel(),
    )  # fmt: skip
    ground = spec.worldbody.add_geom(
        name=GROUND, type=mujoco.mjtGeom.mjGEOM_HFIELD, hfieldname=GROUND,
        contype=1, conaffinity=0, condim=1, friction=[0.0, 0.0, 0.0],
    )  # fmt: skip
    ground.solref, ground.solimp = contact
    return np.array([patch.x0 + half_x, patch.y0 + half_y, low])


def _add_crawler(spec: Any, wheel: str) -> None:
    sensor = spec.add_sensor(
        name=wheel, type=mujoco.mjtSensor.mjSENS_CONTACT,
        objtype=mujoco.mjtObj.mjOBJ_BODY, objname=f"{wheel}_crawler",
        reftype=mujoco.mjtObj.mjOBJ_GEOM, refname=GROUND,
    )  # fmt: skip
    fields = mujoco.mjtConDataField
    what = 1 << int(fields.mjCONDATA_FORCE) | 1 << int(fields.mjCONDATA_POS)
    sensor.intprm = [what, _NET_FORCE, 1]
    servo = spec.add_actuator(
        name=wheel, trntype=mujoco.mjtTrn.mjTRN_JOINT, target=f"{wheel}_steer_joint"
    )
    servo.set_to_position(kp=_STEER_STIFFNESS, kv=_STEER_DAMPING)
