"""From URDF to `Vehicle`; every complaint names the file and the link or joint."""

from __future__ import annotations

import math
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import numpy as np

from lupex_rover.core.errors import UserError
from lupex_rover.core.transforms import Pose
from lupex_rover.core.types import WHEELS
from lupex_rover.core.vehicle import BASE, Array, ArrayPanel, Joint, Vehicle, expand, pose_of

Element = ElementTree.Element
KINDS = ("fixed", "revolute", "continuous")


def read_vehicle(path_or_text: Path | str) -> Vehicle:
    """Read a `.xacro` or `.urdf` file, or the text of one.

    Raises
    ------
    UserError
        File missing, not xacro or URDF, or a link or joint missing; both are named.
    """
    text, source = expand(path_or_text)
    try:
        root = ElementTree.fromstring(text)
    except ElementTree.ParseError as error:
        raise UserError(f"{source}: not valid XML ({error})") from None
    if root.tag != "robot":
        raise UserError(f"{source}: the top element is <{root.tag}>, expected <robot>")
    links = {link.get("name", ""): link for link in root.findall("link")}
    if BASE not in links:
        raise UserError(f"{source}: link {BASE!r} is missing")
    joints = _in_order([_joint(j, links, source) for j in root.findall("joint")], source)
    poses = {BASE: Pose.identity()}
    for joint in joints:
        poses[joint.child] = poses[joint.parent] * joint.parent_T_joint
    by_name = {j.name: j for j in joints}
    steer = [_named(by_name, f"{wheel}_steer_joint", source) for wheel in WHEELS]
    for wheel in WHEELS:
        _named(by_name, f"{wheel}_drive_joint", source)
    _check_steering(steer, poses, source)
    crawler = _crawler(links[steer[0].child], source)
    for joint in steer[1:]:
        if _crawler(links[joint.child], source) != crawler:
            raise UserError(
                f"{source}: link {joint.child!r} has another size than {steer[0].child!r};"
                " the four crawlers must be alike"
            )
    centers = np.array([poses[j.child].position_m for j in steer])
    return Vehicle(
        source=source,
        urdf_text=text,
        total_mass_kg=_total_mass(links, source),
        joints=tuple(joints),
        arrays=tuple(_arrays(links, joints, poses, source)),
        base_height_m=float(crawler["radius"] - centers[:, 2].min()),
        wheel_positions_m=centers[:, :2].copy(),
        crawler_length_m=crawler["flat"] + 2 * crawler["radius"],
        crawler_width_m=crawler["width"],
        crawler_flat_m=crawler["flat"],
        crawler_radius_m=crawler["radius"],
        steer_limit_rad=min(min(-j.lower, j.upper) for j in steer),
        steer_rate_rps=min(j.max_velocity for j in steer),
    )


def _named(joints: dict[str, Joint], name: str, source: str) -> Joint:
    if name not in joints:
        raise UserError(f"{source}: joint {name!r} is missing")
    if joints[name].kind == "fixed":
        raise UserError(f"{source}: joint {name!r} is fixed; it must turn")
    return joints[name]


def _vector(text: str | None, default: tuple[float, ...], what: str) -> Array:
    if text is None:
        return np.array(default)
    try:
        values = np.array([float(v) for v in text.split()])
    except ValueError:
        values = np.array([math.nan])
    if len(values) != len(default) or not np.isfinite(values).all():
        raise UserError(f"{what}: {text!r} is not {len(default)} finite numbers")
    return values


def _number(element: Element | None, key: str, what: str) -> float:
    text = None if element is None else element.get(key)
    if text is None:
        raise UserError(f"{what}: {key} is missing")
    return float(_vector(text, (0.0,), f"{what}: {key}")[0])


def _origin(element: Element, what: str) -> Pose:
    origin = element.find("origin")
    if origin is None:
        return Pose.identity()
    zero = (0.0, 0.0, 0.0)
    return pose_of(
        _vector(origin.get("xyz"), zero, f"{what}: origin xyz"),
        _vector(origin.get("rpy"), zero, f"{what}: origin rpy"),
    )


def _joint(element: Element, links: dict[str, Element], source: str) -> Joint:
    name, kind = element.get("name", ""), element.get("type", "")
    what = f"{source}: joint {name!r}"
    if kind not in KINDS:
        raise UserError(f"{what}: type {kind!r}; known: {', '.join(KINDS)}")
    parent, child = (_end(element, tag, links, what) for tag in ("parent", "child"))
    axis, lower, upper, velocity = np.array([1.0, 0.0, 0.0]), -math.inf, math.inf, math.inf
    if kind != "fixed":
        at = element.find("axis")
        axis = _vector(None if at is None else at.get("xyz"), (1.0, 0.0, 0.0), f"{what}: axis")
        if np.linalg.norm(axis) < 1e-6:
            raise UserError(f"{what}: axis has no direction")
        axis = axis / np.linalg.norm(axis)
        limit = element.find("limit")
        velocity = _number(limit, "velocity", f"{what}: limit")
        if kind == "revolute":
            lower = _number(limit, "lower", f"{what}: limit")
            upper = _number(limit, "upper", f"{what}: limit")
    return Joint(name, kind, parent, child, _origin(element, what), axis, lower, upper, velocity)


def _end(element: Element, tag: str, links: dict[str, Element], what: str) -> str:
    end = element.find(tag)
    link = "" if end is None else end.get("link", "")
    if link not in links:
        raise UserError(f"{what}: {tag} link {link!r} is missing")
    return link


def _in_order(joints: list[Joint], source: str) -> list[Joint]:
    """Parents before children, from base_link outwards."""
    ordered: list[Joint] = []
    reached = {BASE}
    left = list(joints)
    while left:
        now = [j for j in left if j.parent in reached]
        if not now:
            raise UserError(f"{source}: link {left[0].parent!r} does not hang on {BASE!r}")
        ordered += now
        reached |= {j.child for j in now}
        left = [j for j in left if j.parent not in reached or j not in now]
    return ordered


def _total_mass(links: dict[str, Element], source: str) -> float:
    total = 0.0
    for name, link in links.items():
        inertial = link.find("inertial")
        if inertial is not None:
            what = f"{source}: link {name!r}: mass"
            mass = _number(inertial.find("mass"), "value", what)
            if mass <= 0:
                raise UserError(f"{what}: {mass} is not positive")
            total += mass
    if total <= 0:
        raise UserError(f"{source}: no link has a mass")
    return total


def _check_steering(steer: list[Joint], poses: dict[str, Pose], source: str) -> None:
    """Kinematics and soil take crawlers that stand straight ahead at zero and turn to the left."""
    for joint in steer:
        turn = poses[joint.child].matrix
        if not np.allclose(turn, np.eye(3), atol=1e-6) or joint.axis[2] < 1.0 - 1e-9:
            raise UserError(
                f"{source}: joint {joint.name!r}: at zero its crawler must stand straight ahead"
                " in base_link (rpy 0 0 0), its axis be 0 0 1"
            )


def _crawler(link: Element, source: str) -> dict[str, float]:
    """Sizes of a crawler from its contact spheres and its belt, the largest visual box."""
    what = f"{source}: link {link.get('name')!r}"
    xs, radii = [], []
    for collision in link.findall("collision"):
        sphere = collision.find("geometry/sphere")
        if sphere is not None:
            xs.append(_origin(collision, what).position_m[0])
            radii.append(_number(sphere, "radius", what))
    if len(xs) < 2:
        raise UserError(f"{what}: needs at least two collision spheres, front to rear")
    boxes = [
        _vector(b.get("size"), (0.0, 0.0, 0.0), f"{what}: box size")
        for b in link.findall("visual/geometry/box")
    ]
    if not boxes:
        raise UserError(f"{what}: needs a visual box, the belt")
    width = float(max(boxes, key=lambda b: float(np.prod(b)))[1])
    return {"radius": max(radii), "flat": float(max(xs) - min(xs)), "width": width}


def _arrays(
    links: dict[str, Element], joints: list[Joint], poses: dict[str, Pose], source: str
) -> list[ArrayPanel]:
    kinds = {j.child: j.kind for j in joints}
    panels = []
    for name, link in links.items():
        if not name.startswith("array_"):
            continue
        boxes = link.findall("visual/geometry/box")
        what = f"{source}: link {name!r}"
        if not boxes or name not in poses:
            raise UserError(f"{what}: needs a visual box and a joint to {BASE!r}")
        size = _vector(boxes[0].get("size"), (0.0, 0.0, 0.0), f"{what}: box size")
        panels.append(
            ArrayPanel(
                name=name,
                string=name.removeprefix("array_"),
                area_m2=float(size[0] * size[1]),
                center_m=poses[name].position_m,
                normal=poses[name].matrix[:, 2].copy(),
                turns=kinds[name] != "fixed",
            )
        )
    return panels
