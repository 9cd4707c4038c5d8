"""Component `mapping`: stereo pairs to an elevation map, a cost map and visual odometry."""

from __future__ import annotations

import math
from collections import deque

import numpy as np

from lupex_rover import graph
from lupex_rover.core.complaints import Complaints
from lupex_rover.core.component import Component, Inbox, Outbox
from lupex_rover.core.sensor_limits import is_place
from lupex_rover.core.transforms import (
    Pose,
    quat_inverse,
    quat_multiply,
    quat_to_rotvec,
    rotvec_to_quat,
)
from lupex_rover.core.types import CameraInfo, Grid, Image, Odometry
from lupex_rover.core.vehicle import Vehicle
from lupex_rover.navigation.codes import CODES
from lupex_rover.navigation.elevation import ElevationMap
from lupex_rover.navigation.params import MappingParams
from lupex_rover.navigation.stereo import UNMATCHED, StereoMatcher, flatten
from lupex_rover.navigation.traversability import HIDDEN, STEEP, assess, slope_cost
from lupex_rover.navigation.visibility import looked_at
from lupex_rover.navigation.visual_odometry import View, VisualOdometry
from lupex_rover.navigation.warm_up import STAMP_NS, level_ground, stereo_pair
from lupex_rover.terrain.dem import Dem

Array = np.ndarray
LOST_VARIANCE_M2 = 1e6  # visual odometry says that it does not know
POSE_GAP_NS = 1_500_000_000  # poses farther apart are not interpolated
VIEW_GAP_NS = 10_000_000_000  # older views are not compared
RECENTRE_M = 5.0
BASELINE_M = 10.0  # no rover's cameras stand farther apart (assumed)


class PoseBuffer:
    """Recent poses, interpolated at an image's stamp.

    Attributes
    ----------
    refused : int
        Poses left out because they are at no place.
    """

    def __init__(self) -> None:
        self.refused = 0
        self._poses: deque[tuple[int, Pose]] = deque(maxlen=100)

    def add(self, stamp_ns: int, pose: Pose) -> None:
        """A newer pose. One from long before the newest: that was stamped ahead, or the clock was
        set back since; the buffer begins anew.
        """
        if not is_place(pose.position_m):  # a quaternion that is none makes no Pose
            self.refused += 1
            return
        while self._poses and self._poses[-1][0] - stamp_ns > POSE_GAP_NS:
            self._poses.pop()
        if self._poses and stamp_ns <= self._poses[-1][0]:
            return
        self._poses.append((stamp_ns, pose))

    @property
    def newest_ns(self) -> int:
        return self._poses[-1][0] if self._poses else -1

    def at(self, stamp_ns: int) -> Pose | None:
        """The pose then; None when the buffer does not reach there."""
        later = None
        for t, pose in reversed(self._poses):
            if t == stamp_ns:
                return pose
            if t < stamp_ns:
                if later is None or later[0] - t > POSE_GAP_NS:
                    return None
                return _between(t, pose, later[0], later[1], stamp_ns)
            later = (t, pose)
        return None


def _between(t0: int, a: Pose, t1: int, b: Pose, t: int) -> Pose:
    f = (t - t0) / (t1 - t0)
    turn = quat_to_rotvec(quat_multiply(quat_inverse(a.orientation_xyzw), b.orientation_xyzw))
    q = quat_multiply(a.orientation_xyzw, rotvec_to_quat(turn * f))
    return Pose(a.position_m + f * (b.position_m - a.position_m), q)


class Mapping(Component):
    """Publishes `navigation/costmap` and `navigation/visual_odometry` for each stereo pair.

    Visual odometry is a pose that only these displacements move; a pair that could not be
    compared with the one before leaves it where it was, with a huge covariance.
    """

    name = "mapping"
    inputs = (graph.STEREO_LEFT_IMAGE_RAW, graph.STEREO_LEFT_CAMERA_INFO,
              graph.STEREO_RIGHT_IMAGE_RAW, graph.STEREO_RIGHT_CAMERA_INFO,
              graph.LOCALIZATION_POSE)  # fmt: skip
    outputs = (graph.NAVIGATION_COSTMAP, graph.NAVIGATION_VISUAL_ODOMETRY, graph.MISSION_EVENT)
    period_s = 0.1

    def __init__(self, params: MappingParams, vehicle: Vehicle, onboard_map: Dem) -> None:
        self._p = params
        self._vehicle = vehicle
        self._map = onboard_map
        self._base_height_m = vehicle.base_height_m
        self._base_T_camera = vehicle.base_T_frame("stereo_left_optical")
        size = round(params.window_m / params.cell_m)
        self.elevation = ElevationMap(size, params.cell_m)
        self._seen = np.full((size, size), -1, np.int16)
        self._prior = np.full((size, size), -1, np.int16)
        self._matcher = StereoMatcher(params)
        self._odometry = VisualOdometry(params)
        self._poses = PoseBuffer()
        self._complaints = Complaints()
        self._left: Image | None = None
        self._right: Image | None = None
        self._left_info: CameraInfo | None = None
        self._right_info: CameraInfo | None = None
        self._last: tuple[int, View] | None = None
        self._visual_m: Array | None = None

    def prepare(self) -> None:
        """Another one of its kind maps a made-up pair."""
        wide = 2 * (self._p.disparities + self._p.block_px)
        other = Mapping(self._p, self._vehicle, level_ground())
        other.step(STAMP_NS, stereo_pair(wide, self._base_height_m))

    def step(self, t_ns: int, inbox: Inbox) -> Outbox:
        """Process a pair when both images and the pose of their stamp are there."""
        out = Outbox()
        if not inbox:
            return out
        for told in inbox.all(graph.LOCALIZATION_POSE):
            self._poses.add(told.stamp_ns, told.pose)
        self._left = inbox.latest(graph.STEREO_LEFT_IMAGE_RAW) or self._left
        self._right = inbox.latest(graph.STEREO_RIGHT_IMAGE_RAW) or self._right
        self._hear_cameras(t_ns, inbox, out)
        left, right = self._left, self._right
        if left is None or right is None or left.stamp_ns != right.stamp_ns:
            return out
        if self._left_info is None or self._right_info is None:
            return out
        if self._poses.newest_ns < left.stamp_ns:
            return out
        self._left = self._right = None
        pose = self._poses.at(left.stamp_ns)
        info = self._left_info
        wide = left.pixels.shape[1] > self._p.disparities + self._p.block_px  # else OpenCV raises
        if not wide or not left.pixels.shape == right.pixels.shape == (info.height, info.width):
            self._leave_out(t_ns, "pair", "pictures too narrow, or not of the camera's size", out)
        elif pose is not None:
            self._pair(left, right, pose, out)
        return out

    def _hear_cameras(self, t_ns: int, inbox: Inbox, out: Outbox) -> None:
        """The cameras as they are told, where they can be."""
        left = inbox.latest(graph.STEREO_LEFT_CAMERA_INFO)
        right = inbox.latest(graph.STEREO_RIGHT_CAMERA_INFO)
        if left is not None and left.camera.can_be:
            self._left_info = left
        elif left is not None:
            self._leave_out(t_ns, "left camera info", "its numbers are no camera's", out)
        if right is not None and 0.0 < right.baseline_m <= BASELINE_M:
            self._right_info = right
        elif right is not None:
            self._leave_out(t_ns, "right camera info", f"baseline {right.baseline_m:.4g} m", out)

    def _leave_out(self, t_ns: int, what: str, why: str, out: Outbox) -> None:
        """Count what is not used, each kind by itself."""
        if self._complaints.add(what, t_ns):
            text = f"{what}: {why}; {CODES['NAV-020'].text}{self._complaints.so_far(what)}"
            event = CODES.event(t_ns, self.name, "NAV-020", text)
            out.publish(graph.MISSION_EVENT, event)

    def _pair(self, left: Image, right: Image, pose: Pose, out: Outbox) -> None:
        assert self._left_info is not None and self._right_info is not None
        info, baseline = self._left_info, self._right_info.baseline_m
        disparity = self._matcher.disparity(left.pixels, right.pixels)
        camera = pose * self._base_T_camera
        self._see(left, right, disparity, camera, pose, info, baseline, out)
        x, y, _ = pose.position_m
        if self.elevation.centre_on(x, y, RECENTRE_M):
            self._recost()
        p = self._p
        self.elevation.add(
            disparity, info, baseline, camera, p.match_sigma_px,
            (p.range_min_m, p.range_max_m), p.min_points,
        )  # fmt: skip
        self._note_hidden(pose, camera, info, baseline)
        self._assess_near(x, y)
        out.publish(graph.NAVIGATION_COSTMAP, self._grid(left.stamp_ns))

    def _note_hidden(self, pose: Pose, camera: Pose, info: CameraInfo, baseline_m: float) -> None:
        """Count the cells near by that this pair looked at and no pair has seen.

        A pair that shows hardly any ground is a pair of the dark: it tells of no lip.
        """
        p, e = self._p, self.elevation
        row, col = (
            np.arange(max(c - n, 0), min(c + n + 1, e.size))
            for n in (math.ceil(p.range_max_m / e.cell_m),)
            for c in e.cell_of(*pose.position_m[:2])
        )
        x, y = np.meshgrid(e.x0_m + (col + 0.5) * e.cell_m, e.y0_m + (row + 0.5) * e.cell_m)
        rise = self._map.height(x, y) - self._map.height(*pose.position_m[:2])
        z = pose.position_m[2] - self._base_height_m + rise
        looked = looked_at(
            np.stack((x, y, z), axis=-1).reshape(-1, 3), camera, info, baseline_m, p.disparities,
            2 * p.block_px, math.radians(p.slope_limit_deg),
        ).reshape(x.shape)  # fmt: skip
        near = np.ix_(row, col)
        unseen = np.isnan(e.height_m[near])
        if (looked & ~unseen).sum() > p.lit_part * looked.sum():
            e.looks[near] += looked & unseen

    # --- visual odometry ------------------------------------------------------------------------

    def _see(
        self,
        left: Image,
        right: Image,
        disparity: Array,
        camera: Pose,
        pose: Pose,
        info: CameraInfo,
        baseline_m: float,
        out: Outbox,
    ) -> None:
        flat, flat_right = flatten(left.pixels), flatten(right.pixels)
        far = info.fx * baseline_m / self._p.visual_range_m
        near = np.where(disparity > far, disparity, UNMATCHED)
        if (near > 0).mean() < self._p.faint_part:
            near = self._matcher.faint(flat, flat_right)
            near[near <= far] = UNMATCHED
        view = View(flat, flat_right, near, camera.matrix, camera.position_m)
        last, self._last = self._last, (left.stamp_ns, view)
        if self._visual_m is None:
            self._visual_m = pose.position_m
        covariance = np.eye(6) * LOST_VARIANCE_M2
        speed = np.zeros(3)
        if last is not None and 0 < left.stamp_ns - last[0] < VIEW_GAP_NS:
            motion = self._odometry.motion(last[1], view, info, baseline_m)
            if motion is not None:
                arm = (view.map_R_camera - last[1].map_R_camera) @ (
                    self._base_T_camera.inverse().position_m
                )
                moved = motion.moved_m + arm
                self._visual_m = self._visual_m + moved
                covariance[:3, :3] = motion.covariance
                speed = pose.matrix.T @ moved / (1e-9 * (left.stamp_ns - last[0]))
        out.publish(
            graph.NAVIGATION_VISUAL_ODOMETRY,
            Odometry(
                left.stamp_ns, "map", "base_link",
                Pose(self._visual_m, pose.orientation_xyzw), speed, np.zeros(3), covariance,
            ),
        )  # fmt: skip

    # --- cost -----------------------------------------------------------------------------------

    def _recost(self) -> None:
        """The window moved: cost of all its cells, and the onboard map's under it."""
        e = self.elevation
        centre = (np.arange(e.size) + 0.5) * e.cell_m
        x, y = np.meshgrid(e.x0_m + centre, e.y0_m + centre)
        p = self._p
        prior = slope_cost(self._map.slope(x, y), p.slope_limit_deg, p.slope_last_deg)
        dearer = np.minimum(prior + p.prior_extra_cost, STEEP - 1)
        prior = np.where(prior < STEEP, dearer, prior)
        self._prior = np.where(self._map.contains(x, y), prior, -1).astype(np.int16)
        self._assess(0, e.size, 0, e.size)

    def _assess_near(self, x: float, y: float) -> None:
        e = self.elevation
        reach = round((self._p.range_max_m + 2.0) / e.cell_m)
        row, col = int((y - e.y0_m) / e.cell_m), int((x - e.x0_m) / e.cell_m)
        self._assess(row - reach, row + reach, col - reach, col + reach)

    def _assess(self, r0: int, r1: int, c0: int, c1: int) -> None:
        p = self._p
        assess(
            self.elevation.height_m, p.cell_m, max(1, round(p.plane_radius_m / p.cell_m)),
            math.tan(math.radians(p.slope_limit_deg)), math.tan(math.radians(p.slope_last_deg)),
            p.step_limit_m, r0, r1, c0, c1, self._seen,
        )  # fmt: skip

    def _grid(self, stamp_ns: int) -> Grid:
        e = self.elevation
        hidden = np.maximum(self._prior, HIDDEN)
        unseen = np.where(e.looks >= self._p.hidden_looks, hidden, self._prior)
        cost = np.where(self._seen >= 0, self._seen, unseen).astype(np.int8)
        return Grid(stamp_ns, "map", e.cell_m, e.x0_m, e.y0_m, cost)
