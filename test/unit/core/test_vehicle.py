"""The rover's description against MuJoCo's own reading of the same URDF, and bad files."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from pathlib import Path

import mujoco
import numpy as np
import pytest

from lupex_rover.core.errors import UserError
from lupex_rover.core.transforms import tilt_of
from lupex_rover.core.types import WHEELS
from lupex_rover.core.vehicle import default_path, expand
from lupex_rover.core.vehicle_reader import read_vehicle

VEHICLE = read_vehicle(default_path())
STOWED_M = (1.75, 1.46, 1.50)


def mujoco_model(urdf: str, fuse: bool, visual: bool) -> mujoco.MjModel:
    flags = f'fusestatic="{str(fuse).lower()}" discardvisual="{str(not visual).lower()}"'
    free = (
        '<link name="world"/><joint name="free" type="floating"><parent link="world"/>'
        '<child link="base_link"/></joint>'
    )
    extra = f"{free}<mujoco><compiler {flags}/></mujoco></robot>"
    return mujoco.MjModel.from_xml_string(urdf.replace("</robot>", extra))


def test_mass_is_the_published_one_and_mujoco_agrees() -> None:
    assert VEHICLE.total_mass_kg == pytest.approx(350.0)
    model = mujoco_model(VEHICLE.urdf_text, fuse=True, visual=False)
    assert mujoco.mj_getTotalmass(model) == pytest.approx(VEHICLE.total_mass_kg)
    for body in range(1, model.nbody):
        inertia = model.body_inertia[body]
        assert (inertia > 0).all()
        assert inertia.max() < inertia.sum() - inertia.max()  # as of any real body


def test_inertia_is_that_of_the_parts() -> None:
    """Sum of the URDF's parts about base_link against MuJoCo's mass matrix."""
    total = np.zeros((3, 3))
    for link in ElementTree.fromstring(VEHICLE.urdf_text).findall("link"):
        inertial = link.find("inertial")
        if inertial is None:
            continue
        mass = float(inertial.find("mass").get("value"))
        origin = inertial.find("origin")
        offset = np.zeros(3) if origin is None else np.array(origin.get("xyz").split(), float)
        pose, values = VEHICLE.base_T_frame(link.get("name")), inertial.find("inertia")
        own = np.diag([float(values.get(k)) for k in ("ixx", "iyy", "izz")])
        at = pose.apply(offset)
        total += pose.matrix @ own @ pose.matrix.T
        total += mass * (at @ at * np.eye(3) - np.outer(at, at))
    model = mujoco_model(VEHICLE.urdf_text, fuse=True, visual=False)
    data = mujoco.MjData(model)
    mujoco.mj_forward(model, data)
    full = np.zeros((model.nv, model.nv))
    mujoco.mj_fullM(model, data, full)
    np.testing.assert_allclose(full[3:6, 3:6], total, rtol=1e-6, atol=1e-6)


def test_every_frame_stands_where_mujoco_puts_it() -> None:
    model = mujoco_model(VEHICLE.urdf_text, fuse=False, visual=False)
    data = mujoco.MjData(model)
    mujoco.mj_kinematics(model, data)
    names = {j.child for j in VEHICLE.joints}
    assert len(names) > 25
    for name in names:
        pose, body = VEHICLE.base_T_frame(name), data.body(name)
        np.testing.assert_allclose(pose.position_m, body.xpos, atol=1e-9)
        np.testing.assert_allclose(pose.matrix, body.xmat.reshape(3, 3), atol=1e-9)


def test_cameras_look_where_they_should() -> None:
    left = VEHICLE.base_T_frame("stereo_left_optical")
    right = VEHICLE.base_T_frame("stereo_right_optical")
    np.testing.assert_allclose(left.inverse().apply(right.position_m), [0.3, 0, 0], atol=1e-12)
    assert left.position_m[2] + VEHICLE.base_height_m == pytest.approx(1.4)
    looks = left.matrix[:, 2]
    assert np.degrees(np.arcsin(-looks[2])) == pytest.approx(20.0)
    assert looks[0] > 0.9
    down = VEHICLE.base_T_frame("descent_camera_optical").matrix
    np.testing.assert_allclose(down[:, 2], [0, 0, -1], atol=1e-12)
    np.testing.assert_allclose(down[:, 1], [-1, 0, 0], atol=1e-12)  # picture's top is ahead


def test_array_looks_left_right_and_turns_with_the_tower() -> None:
    panels = {p.string: p for p in VEHICLE.arrays}
    assert set(panels) == {"left", "right", "tower"}
    np.testing.assert_allclose(panels["left"].normal, [0, 1, 0], atol=1e-12)
    np.testing.assert_allclose(panels["right"].normal, [0, -1, 0], atol=1e-12)
    assert [panels[s].turns for s in ("left", "right", "tower")] == [False, False, True]
    for string, width, height in (("left", 1.0, 0.30), ("right", 1.0, 0.30), ("tower", 1.3, 0.69)):
        assert panels[string].area_m2 == pytest.approx(width * height)
    joint = next(j for j in VEHICLE.moving_joints if j.child == "array_tower")
    turned = joint.pose(np.pi / 2).matrix[:, 2]  # a quarter turn about the upright axis
    np.testing.assert_allclose(np.abs(turned), [0, 1, 0], atol=1e-12)


def _extent(urdf: str) -> np.ndarray:
    """Size of the box round all visuals, from MuJoCo's geoms."""
    model = mujoco_model(urdf, fuse=True, visual=True)
    data = mujoco.MjData(model)
    mujoco.mj_kinematics(model, data)
    low, high = np.full(3, np.inf), np.full(3, -np.inf)
    for g in np.flatnonzero(model.geom_contype == 0):  # visuals
        center, half = model.geom_aabb[g, :3], model.geom_aabb[g, 3:]
        rotation = data.geom_xmat[g].reshape(3, 3)
        at = data.geom_xpos[g] + rotation @ center
        reach = np.abs(rotation) @ half
        low, high = np.minimum(low, at - reach), np.maximum(high, at + reach)
    return high - low


def test_stowed_rover_keeps_to_its_envelope(tmp_path: Path) -> None:
    stowed = tmp_path / "stowed.xacro"
    old = 'name="deployed" default="true"'
    stowed.write_text(default_path().read_text().replace(old, old.replace("true", "false")))
    size = _extent(expand(stowed)[0])
    assert (size <= np.array(STOWED_M) + 1e-6).all(), size
    assert (size > 0.9 * np.array(STOWED_M)).all(), size
    assert _extent(VEHICLE.urdf_text)[2] == pytest.approx(2.0, abs=0.02)


def test_steering_turns_about_the_upright_axis() -> None:
    joints = {j.name: j for j in VEHICLE.moving_joints}
    assert {f"{w}_{k}_joint" for w in WHEELS for k in ("steer", "drive")} < set(joints)
    moved = VEHICLE.moving_transforms({"front_left_steer_joint": 0.4})
    pose = {child: p for _, child, p in moved}["front_left_crawler"]
    np.testing.assert_allclose(pose.matrix @ [1, 0, 0], [np.cos(0.4), np.sin(0.4), 0], atol=1e-12)
    assert tilt_of(pose.matrix) < 1e-7
    assert (VEHICLE.wheel_positions_m[:, 1] > 0).tolist() == ["left" in w for w in WHEELS]
    assert (VEHICLE.wheel_positions_m[:, 0] > 0).tolist() == ["front" in w for w in WHEELS]


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("rear_left_steer_joint", "rear_left_steering", "rear_left_steer_joint"),
        ('<link name="mast_link">', '<link name="mast">', "mast_link"),
        ('<mass value="21.0"/>', '<mass value="-21.0"/>', "front_left_crawler"),
        ('lower="-1.75"', 'lower="left"', "front_left_steer_joint"),
        ("</robot>", "", "XML"),
    ],
)
def test_a_broken_description_is_refused_by_name(
    tmp_path: Path, old: str, new: str, named: str
) -> None:
    assert old in VEHICLE.urdf_text
    path = tmp_path / "rover.urdf"
    path.write_text(VEHICLE.urdf_text.replace(old, new))
    with pytest.raises(UserError) as error:
        read_vehicle(path)
    assert named in str(error.value)
    assert "rover.urdf" in str(error.value)


def test_missing_file_frame_and_bad_xacro(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="nowhere.urdf"):
        read_vehicle(tmp_path / "nowhere.urdf")
    with pytest.raises(UserError, match="'warp_drive' is missing"):
        VEHICLE.base_T_frame("warp_drive")
    bad = tmp_path / "bad.xacro"
    bad.write_text(default_path().read_text().replace("${body_z / 2}", "${body_zz / 2}"))
    with pytest.raises(UserError, match="bad.xacro.*body_zz"):
        read_vehicle(bad)
