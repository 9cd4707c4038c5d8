"""When which camera takes a picture, and the messages that come of it."""

from __future__ import annotations

from typing import Any

import numpy as np

from lupex_rover.core.saved import SavedFields
from lupex_rover.core.time import ns
from lupex_rover.core.transforms import Pose, rotvec_to_quat
from lupex_rover.core.types import CameraInfo, Image
from lupex_rover.core.vehicle import Vehicle
from lupex_rover.simulator.params import EngineParams
from lupex_rover.simulator.sensors.cameras import Camera, render
from lupex_rover.simulator.site.world import World

Output = tuple[str, Any]


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
        left = vehicle.base_T_frame("stereo_left_optical").position_m
        right = vehicle.base_T_frame("stereo_right_optical").position_m
        self._baseline_m = float(np.linalg.norm(left - right))
        self._next_ns = 0
        self._off = Pose.identity()  # of the descent camera from where it was calibrated
        if params.descent_mount_rad > 0.0:
            turn = rotvec_to_quat(rng.normal(0.0, params.descent_mount_rad, 3))
            self._off = Pose(np.zeros(3), turn)

    def descent(self, t_ns: int, base: Pose, dems: list[Any]) -> list[Output]:
        """A picture of the ground below when one is due."""
        if t_ns < self._next_ns:
            return []
        self._next_ns = t_ns + ns(self._p.descent_camera_s)
        return self._shot(
            t_ns, base * self._off, "camera/descent", "descent_camera_optical", self._descent, 0.0,
            dems,
        )  # fmt: skip

    def stereo(self, t_ns: int, base: Pose, dems: list[Any]) -> list[Output]:
        """A stereo pair when one is due."""
        if t_ns < self._next_ns:
            return []
        self._next_ns = t_ns + ns(self._p.stereo_s)
        left = self._shot(t_ns, base, "stereo/left", "stereo_left_optical", self._stereo, 0.0, dems)
        right = self._shot(
            t_ns, base, "stereo/right", "stereo_right_optical", self._stereo, self._baseline_m, dems
        )
        return left + right

    def _shot(
        self,
        t_ns: int,
        base: Pose,
        topic: str,
        frame: str,
        camera: Camera,
        baseline_m: float,
        dems: list[Any],
    ) -> list[Output]:
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
        c = camera
        info = CameraInfo(t_ns, frame, c.width, c.height, c.fx, c.fy, c.cx, c.cy, baseline_m)
        return [(f"{topic}/camera_info", info), (f"{topic}/image_raw", Image(t_ns, frame, pixels))]
