"""The rover's geometry and mass, read from `urdf/lupex_rover.urdf.xacro`, their only home."""

from __future__ import annotations

import math
import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from xml.parsers.expat import ExpatError

import numpy as np

from lupex_rover.core.constants import TRACK_LIMIT_MPS
from lupex_rover.core.errors import UserError
from lupex_rover.core.files import read_text, shipped
from lupex_rover.core.transforms import Pose, matrix_to_quat, rotvec_to_quat, rpy_to_matrix
from lupex_rover.core.types import WHEELS

Array = np.ndarray
BASE = "base_link"


@dataclass(frozen=True)
class Joint:
    """One URDF joint; `parent_T_joint` is the transform at joint position zero."""

    name: str
    kind: str  # "fixed" | "revolute" | "continuous"
    parent: str
    child: str
    parent_T_joint: Pose
    axis: Array  # (3,) unit vector in the joint frame
    lower: float  # rad
    upper: float
    max_velocity: float  # rad/s

    def pose(self, position_rad: float) -> Pose:
        """`parent_T_child` with the joint at `position_rad`."""
        turn = Pose(np.zeros(3), rotvec_to_quat(self.axis * position_rad))
        return self.parent_T_joint * turn


@dataclass(frozen=True)
class ArrayPanel:
    """One panel of the solar array.

    Attributes
    ----------
    string : str
        Electrical string of the EPS: "left", "right" or "tower".
    center_m, normal : ndarray, shape (3,)
        In base_link; the normal points to the sunny side.
    turns : bool
        Follows the Sun about base_link's z axis; `normal` is then that of its rest position.
    """

    name: str
    string: str
    area_m2: float
    center_m: Array
    normal: Array
    turns: bool


@dataclass(frozen=True, eq=False)
class Vehicle:
    """The rover as every subsystem needs it. Lengths in base_link, metres.

    `core.vehicle_reader.read_vehicle` makes it from the URDF.

    Attributes
    ----------
    source : str
        File the description came from, for messages.
    urdf_text : str
        The plain URDF after xacro.
    joints : tuple[Joint, ...]
        All joints, parents before children.
    arrays : tuple[ArrayPanel, ...]
        Panels of the solar array.
    base_height_m : float
        base_link above flat ground.
    wheel_positions_m : ndarray, shape (4, 2)
        x, y of the steering axes in the order of WHEELS.
    crawler_length_m, crawler_width_m : float
        Outer size of one crawler; `crawler_flat_m` is the length that lies on flat ground,
        `crawler_radius_m` that of its rounded ends.
    steer_limit_rad, steer_rate_rps : float
        Of the steering joints.
    track_limit_mps : float
        Greatest track speed that the mobility board takes.
    """

    source: str
    urdf_text: str
    total_mass_kg: float
    joints: tuple[Joint, ...]
    arrays: tuple[ArrayPanel, ...]
    base_height_m: float
    wheel_positions_m: Array
    crawler_length_m: float
    crawler_width_m: float
    crawler_flat_m: float
    crawler_radius_m: float
    steer_limit_rad: float
    steer_rate_rps: float
    track_limit_mps: float = TRACK_LIMIT_MPS

    @property
    def wheelbase_m(self) -> float:
        """Distance between the front and the rear steering axes."""
        x = self.wheel_positions_m[:, 0]
        return float(x.max() - x.min())

    @property
    def gauge_m(self) -> float:
        """Distance between the left and the right steering axes."""
        y = self.wheel_positions_m[:, 1]
        return float(y.max() - y.min())

    @property
    def footprint_m(self) -> Array:
        """(4, 2) corners of the rectangle round the straight crawlers, counter-clockwise."""
        x = self.wheelbase_m / 2 + self.crawler_length_m / 2
        y = self.gauge_m / 2 + self.crawler_width_m / 2
        return np.array([[x, y], [-x, y], [-x, -y], [x, -y]])

    @property
    def half_diagonal_m(self) -> float:
        """Of the footprint."""
        return float(np.hypot(*self.footprint_m[0]))

    @property
    def half_width_m(self) -> float:
        """Of the footprint."""
        return float(self.footprint_m[0, 1])

    @property
    def footprint_radius_m(self) -> float:
        """Radius of the circle round the footprint and round the crawlers at any steering angle."""
        half = math.hypot(self.crawler_length_m, self.crawler_width_m) / 2
        arms = np.hypot(*self.wheel_positions_m.T)
        return float(max(np.hypot(*self.footprint_m.T).max(), (arms + half).max()))

    @cached_property
    def _poses(self) -> dict[str, Pose]:
        poses = {BASE: Pose.identity()}
        for joint in self.joints:
            poses[joint.child] = poses[joint.parent] * joint.parent_T_joint
        return poses

    def base_T_frame(self, name: str) -> Pose:
        """Pose of a frame in base_link with every moving joint at zero.

        Raises
        ------
        UserError
            The vehicle has no such frame.
        """
        try:
            return self._poses[name]
        except KeyError:
            raise UserError(
                f"{self.source}: link {name!r} is missing; the links are"
                f" {', '.join(sorted(self._poses))}"
            ) from None

    @property
    def static_transforms(self) -> list[tuple[str, str, Pose]]:
        """(parent, child, parent_T_child) of every fixed joint, for /tf_static."""
        return [(j.parent, j.child, j.parent_T_joint) for j in self.joints if j.kind == "fixed"]

    @property
    def moving_joints(self) -> list[Joint]:
        """Steering, drive and array joints, for /tf and joint_states."""
        return [j for j in self.joints if j.kind != "fixed"]

    def moving_transforms(self, positions_rad: Mapping[str, float]) -> list[tuple[str, str, Pose]]:
        """(parent, child, parent_T_child) of the moving joints; a joint not named is at zero."""
        return [
            (j.parent, j.child, j.pose(float(positions_rad.get(j.name, 0.0))))
            for j in self.moving_joints
        ]


def default_path() -> Path:
    """The rover's description in the source tree or in the installed share folder.

    Raises
    ------
    UserError
        Found in neither.
    """
    return shipped("urdf/lupex_rover.urdf.xacro")


def pose_of(xyz: Array, rpy: Array) -> Pose:
    """A URDF origin as a pose."""
    return Pose(xyz, matrix_to_quat(rpy_to_matrix(*rpy)))


def expand(path_or_text: Path | str, **arguments: str) -> tuple[str, str]:
    """Plain URDF text and the name of its source, through xacro where it is xacro.

    `arguments` are the file's xacro arguments; those not given have its defaults.

    Raises
    ------
    UserError
        Unreadable, not XML, or an error in a xacro expression.
    """
    text = str(path_or_text)
    if text.lstrip().startswith("<"):
        source = "URDF text"
    else:
        source = text
        text = read_text(Path(path_or_text))
    if "xmlns:xacro" not in text:
        return text, source
    return _through_xacro(text, source, arguments), source


def _through_xacro(text: str, source: str, arguments: dict[str, str]) -> str:
    import xacro

    try:
        document = xacro.parse(text)
        xacro.process_doc(document, mappings=arguments)
    except (xacro.XacroException, ExpatError, ElementTree.ParseError) as error:
        raise UserError(f"{source}: not valid xacro ({error})") from None
    return str(document.toxml())


__all__ = ["BASE", "WHEELS", "ArrayPanel", "Joint", "Vehicle", "default_path", "expand", "pose_of"]
