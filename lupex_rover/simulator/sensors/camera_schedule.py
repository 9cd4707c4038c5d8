"""When which camera takes a picture, and the messages that come of it."""

from __future__ import annotations

from typing import Any

import numpy as np

from lupex_rover import graph
from lupex_rover.core.camera import Camera
from lupex_rover.core.saved import SavedFields
from lupex_rover.core.time import ns
from lupex_rover.core.topic import Said, Topic
from lupex_rover.core.transforms import Pose, rotvec_to_quat
from lupex_rover.core.types import CameraInfo, Image
from lupex_rover.core.vehicle import Vehicle
from lupex_rover.core.vehicle_checks import stereo_baseline_m
from lupex_rover.simulator.params import EngineParams
from lupex_rover.simulator.sensors.cameras import render
from lupex_rover.simulator.site.world import World

CameraTopics = tuple[Topic[CameraInfo], Topic[Image]]
DESCENT: CameraTopics = graph.CAMERA_DESCENT_CAMERA_INFO, graph.CAMERA_DESCENT_IMAGE_RAW
LEFT: CameraTopics = graph.STEREO_LEFT_CAMERA_INFO, graph.STEREO_LEFT_IMAGE_RAW
RIGHT: CameraTopics = graph.STEREO_RIGHT_CAMERA_INFO, graph.STEREO_RIGHT_IMAGE_RAW


def pinhole(width: int, height: int, fov_deg: float) -> Camera:
    """A camera of the given horizontal field of view, centred."""
    f = 0.5 * width / np.tan(np.radians(fov_deg) / 2)
    return Camera(width, height, f, f, (width - 1) / 2, (height - 1) / 2)


class CameraSchedule(SavedFields):
    """The descent camera and the stereo pair."""

    SAVED = ("_rng", "_next_ns")
    FIXED = ("_p", "_world", "_vehicle", "_descent", "_stereo", "_baseline_m", "_off")

    def __init__(
        self, params: EngineParams, world: World, vehicle: Vehicle, rng: np.random.Generator
    ) -> None:
        self._p = params
        self._world = world
        self._rng = rng
        self._vehicle = vehicle
        px = params.descent_camera_px
        self._descent = pinhole(px, px, params.descent_fov_deg)
        self._stereo = pinhole(
            params.stereo_width_px, params.stereo_height_px, params.stereo_fov_deg
        )
        self._baseline_m = stereo_baseline_m(vehicle)
        self._next_ns = 0
        self._off = Pose.identity()  # of the descent camera from where it was calibrated
        if params.descent_mount_rad > 0.0:
            turn = rotvec_to_quat(rng.normal(0.0, params.descent_mount_rad, 3))
            self._off = Pose(np.zeros(3), turn)

    def descent(self, t_ns: int, base: Pose, dems: list[Any]) -> list[Said]:
        """A picture of the ground below when one is due."""
        if t_ns < self._next_ns:
            return []
        self._next_ns = t_ns + ns(self._p.descent_camera_s)
        return self._shot(
            t_ns, base * self._off, DESCENT, "descent_camera_optical", self._descent, 0.0,
            dems,
        )  # fmt: skip

    def stereo(self, t_ns: int, base: Pose, dems: list[Any]) -> list[Said]:
        """A stereo pair when one is due."""
        if t_ns < self._next_ns:
            return []
        self._next_ns = t_ns + ns(self._p.stereo_s)
        left = self._shot(t_ns, base, LEFT, "stereo_left_optical", self._stereo, 0.0, dems)
        right = self._shot(
            t_ns, base, RIGHT, "stereo_right_optical", self._stereo, self._baseline_m, dems
        )
        return left + right

    def _shot(
        self,
        t_ns: int,
        base: Pose,
        topics: CameraTopics,
        frame: str,
        camera: Camera,
        baseline_m: float,
        dems: list[Any],
    ) -> list[Said]:
        eye = base * self._vehicle.base_T_frame(frame)
        sky = self._world.sky(t_ns)
        pixels = render(
            dems,
            camera,
            eye.matrix,
            eye.position_m,
            sky.sun_azimuth_rad,
            sky.sun_elevation_rad,
            self._rng,
        )
        info = CameraInfo.of(camera, t_ns, frame, baseline_m)
        of_info, of_image = topics
        return [of_info.says(info), of_image.says(Image(t_ns, frame, pixels))]
