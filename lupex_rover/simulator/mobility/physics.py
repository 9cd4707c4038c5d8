"""The rover on the ground: MuJoCo multibody, soil under the crawlers, drive and steering motors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import mujoco
import numpy as np

from lupex_rover.core.constants import MOON_GRAVITY_MPS2
from lupex_rover.core.errors import Fault, UserError
from lupex_rover.core.saved import SavedFields, entry, plain, unplain
from lupex_rover.core.transforms import Pose, matrix_to_quat
from lupex_rover.core.vehicle import Vehicle
from lupex_rover.simulator.mobility.drives import Drives
from lupex_rover.simulator.mobility.multibody import Model, build, patch_of
from lupex_rover.simulator.mobility.params import MobilityParams
from lupex_rover.simulator.mobility.set_points import SetPoints
from lupex_rover.simulator.mobility.traction import (
    ground_forces,
    ground_of,
    largest,
    smooth_and_steer,
    specific_force,
)
from lupex_rover.simulator.site.standing_pose import stand
from lupex_rover.terrain.dem import Dem

Array = np.ndarray
__all__ = ["MobilityParams", "MobilityPhysics"]

_SETTLE_S = 8.0  # at most, after `place`
_EDGE_M = 2.0  # the rover must stay this far inside the detailed ground
_TOO_FAST_MPS = 20.0
_TOO_FAR_M = 1e4
_WHOLE_STATE = int(mujoco.mjtState.mjSTATE_INTEGRATION)


class MobilityPhysics(SavedFields):
    """The driving rover; satisfies `plants.MobilityPlant`.

    Attributes
    ----------
    pose : Pose
        map_T_base.
    velocity_mps : ndarray, shape (3,)
        Of base_link's origin in map.
    angular_rps : ndarray, shape (3,)
        In base_link.
    specific_force : ndarray, shape (3,)
        In base_link, mean over the last step.
    slip : ndarray, shape (4,)
        Longitudinal slip per crawler, smoothed; 1 - ground speed / track speed.
    moving : bool
        False when parked; then `advance` only lets the motors cool.
    motor_power_w : float
        Electrical power of drives and steering now.
    """

    SAVED = (
        "_shear", "_report", "_slip_filtered", "_change_mps", "_interval_s", "_fastest",
        "motor_power_w", "moving", "_still_for_s", "_idle_for_s", "_window_at",
    )  # fmt: skip
    PARTS = ("drives", "_wanted")
    FIXED = (
        "_vehicle", "_urdf", "_p", "_dem", "_ground", "_m", "_qpos", "_qvel", "_sensor",
        "_applied", "_ctrl", "_window",
    )  # fmt: skip

    def __init__(
        self,
        vehicle: Vehicle,
        urdf_text: str,
        terrain: Dem,
        params: MobilityParams,
        rng: np.random.Generator,
    ) -> None:
        self._vehicle = vehicle
        self._urdf = urdf_text
        self._p = params
        self._dem = terrain
        weight = vehicle.total_mass_kg * MOON_GRAVITY_MPS2
        self._ground = ground_of(
            params.soil, int(rng.integers(1 << 31)), vehicle.crawler_flat_m,
            vehicle.crawler_width_m, weight / 4.0,
        )  # fmt: skip
        self.drives = Drives(params.drive, vehicle.crawler_radius_m, params.acceleration_mps2)
        self._wanted = SetPoints(vehicle.steer_limit_rad)
        self._shear, self._report = np.zeros((4, 2)), np.zeros((4, 5))
        self._slip_filtered = np.zeros(4)
        self._change_mps, self._interval_s, self._fastest = np.zeros(3), 1.0, 0.0
        self.motor_power_w = 0.0
        x_min, y_min, x_max, y_max = terrain.extent
        self.place((x_min + x_max) / 2, (y_min + y_max) / 2, 0.0)

    # --- save and restore -----------------------------------------------------------------------

    def save(self) -> dict[str, Any]:
        """See `Saved`: beside the fields, MuJoCo's whole state and what its sensors last felt."""
        model, data = self._m.model, self._m.data
        state = np.empty(mujoco.mj_stateSize(model, _WHOLE_STATE))
        mujoco.mj_getState(model, data, state, _WHOLE_STATE)
        whole = {"mujoco": plain(state), "sensors": plain(self._sensor)}
        return {**super().save(), **whole}

    def restore(self, state: Mapping[str, Any]) -> None:
        """See `Saved`; the ground must be that on which it was saved."""
        super().restore(state)
        self._load_model(*self._window_at)
        model, data = self._m.model, self._m.data
        whole = unplain(entry(self, state, "mujoco"))
        if whole.size != mujoco.mj_stateSize(model, _WHOLE_STATE):
            raise UserError("snapshot: MobilityPhysics.mujoco is of another rover")
        mujoco.mj_setState(model, data, whole, _WHOLE_STATE)
        self._sensor[:] = unplain(entry(self, state, "sensors"))

    # --- state ----------------------------------------------------------------------------------

    @property
    def pose(self) -> Pose:
        q = self._qpos
        return Pose(self._m.origin_m + q[:3], np.array([q[4], q[5], q[6], q[3]]))

    @property
    def velocity_mps(self) -> Array:
        return self._qvel[:3].copy()

    @property
    def angular_rps(self) -> Array:
        return self._qvel[3:6].copy()

    @property
    def specific_force(self) -> Array:
        return specific_force(self._qpos, self._change_mps / self._interval_s, MOON_GRAVITY_MPS2)

    @property
    def slip(self) -> Array:
        return self._slip_filtered.copy()

    @property
    def load_n(self) -> Array:
        """(4,) normal force of the ground on each crawler."""
        return self._report[:, 0].copy()

    def drive_state(self) -> tuple[Array, Array, Array, Array, Array]:
        """See `plants.MobilityPlant`."""
        d = self.drives
        return (
            d.travel_m.copy(), d.speed_mps.copy(), self._qpos[7:11].copy(), d.current_a.copy(),
            d.temperature_degc.copy(),
        )  # fmt: skip

    # --- commands -------------------------------------------------------------------------------

    def command(self, track_speed_mps: Array, steer_angle_rad: Array) -> None:
        """Set points of track speed and steering angle; (4,) each, within the ICD's limits."""
        self._wanted.take(track_speed_mps, steer_angle_rad)
        if not self._reached():
            self.moving = True
            self._still_for_s = self._idle_for_s = 0.0

    def stop(self) -> None:
        """Tracks to zero; crawlers stay as they are steered."""
        self._wanted.halt(self._qpos[7:11])

    def _reached(self) -> bool:
        return self._wanted.reached(self._qpos[7:11], self.drives.speed_mps)

    # --- place and ground -----------------------------------------------------------------------

    def place(self, x_m: float, y_m: float, yaw_rad: float) -> None:
        """Put the rover on the ground of the map and let it come to rest."""
        self._load_model(x_m, y_m)
        self._stand(x_m, y_m, yaw_rad)
        self._shear[:] = 0.0
        self._wanted.reset()
        self._slip_filtered = np.zeros(4)
        self.drives.halt()
        self.moving, self._still_for_s, self._idle_for_s = True, 0.0, 0.0
        for _ in range(round(_SETTLE_S / 0.01)):
            if not self.moving:
                break
            self.advance(0.01)

    def _load_model(self, x_m: float, y_m: float) -> None:
        self._window_at = (float(x_m), float(y_m))
        patch = patch_of(self._dem, x_m, y_m, self._p.window_m)
        self._m: Model = build(self._urdf, patch, self._vehicle.total_mass_kg, self._p)
        data = self._m.data
        self._qpos, self._qvel = data.qpos, data.qvel
        self._sensor = data.sensordata.reshape(4, 6)
        self._applied, self._ctrl = data.qfrc_applied, data.ctrl
        x0, y0, x1, y1 = patch.extent
        self._window = (x0, y0, x1, y1)

    def _stand(self, x_m: float, y_m: float, yaw_rad: float) -> None:
        """On the plane through the ground under the crawlers, just above it."""
        place, rotation = stand(self._dem, self._vehicle, x_m, y_m, yaw_rad)
        x, y, z, w = matrix_to_quat(rotation)
        self._qpos[:3] = place - self._m.origin_m
        self._qpos[3:7] = w, x, y, z
        self._qpos[7:11] = 0.0
        self._qvel[:] = 0.0
        self._ctrl[:] = 0.0

    def _move_window(self) -> None:
        qpos, qvel, ctrl = self._qpos.copy(), self._qvel.copy(), self._ctrl.copy()
        sensor, place = self._sensor.copy(), self._m.origin_m + qpos[:3]
        old = self._m.origin_m
        self._load_model(place[0], place[1])
        shift = old - self._m.origin_m
        qpos[:3] += shift
        sensor[:, 3:] += shift
        self._qpos[:], self._qvel[:], self._ctrl[:], self._sensor[:] = qpos, qvel, ctrl, sensor

    def _watch_window(self) -> None:
        x, y = self._m.origin_m[:2] + self._qpos[:2]
        x0, y0, x1, y1 = self._window
        if min(x - x0, x1 - x, y - y0, y1 - y) > self._p.margin_m:
            return
        ex0, ey0, ex1, ey1 = self._dem.extent
        gap = min(x - ex0, ex1 - x, y - ey0, ey1 - y)
        if gap < _EDGE_M:
            raise Fault("SIM-002", f"at {x:.1f}, {y:.1f} m")
        if gap > self._p.margin_m or self._room_gained(x, y):
            self._move_window()

    def _room_gained(self, x: float, y: float) -> bool:
        """Whether a new window would have its edge further away than this one."""
        ex0, ey0, ex1, ey1 = self._dem.extent
        half = self._p.window_m / 2
        new = max(x - half, ex0), max(y - half, ey0), min(x + half, ex1), min(y + half, ey1)
        step = self._dem.resolution_m
        return bool(np.abs(np.subtract(new, self._window)).max() > 2 * step + 1.0)

    # --- time -----------------------------------------------------------------------------------

    def advance(self, dt_s: float) -> None:
        """One outer step, 10 ms typical.

        Raises
        ------
        Fault
            SIM-001: the model diverged. SIM-002: off the detailed ground.
        """
        if not self.moving:
            self.drives.cool(dt_s)
            return
        p = self._p
        before = self._qvel[:3].copy()
        steps = max(1, round(dt_s / p.step_s))
        h = dt_s / steps
        self.drives.turn(self._wanted.track_mps, dt_s)
        turn = self._vehicle.steer_rate_rps * dt_s
        error = self._wanted.steer_rad - self._ctrl
        self._ctrl += np.clip(error, -turn, turn)
        self._m.model.opt.timestep = h
        for _ in range(steps):
            ground_forces(
                self._qpos, self._qvel, self._sensor, self.drives.speed_mps, self._shear,
                self._m.origin_m, self._ground, h, self._applied[:6], self._report,
            )  # fmt: skip
            mujoco.mj_step(self._m.model, self._m.data)
        self._check()
        self._after(before, dt_s)

    def _check(self) -> None:
        self._fastest = largest(self._qvel)
        if not (self._fastest < _TOO_FAST_MPS and largest(self._qpos) < _TOO_FAR_M):
            raise Fault("SIM-001", f"speed {self._fastest:.3g}")

    def _after(self, velocity_before: Array, dt_s: float) -> None:
        p = self._p
        self.drives.load(self._report, dt_s)
        share = min(1.0, dt_s / p.slip_filter_s)
        steer_w = smooth_and_steer(self._report, self._qvel, share, self._slip_filtered)
        self.motor_power_w = (
            self.drives.power_w + steer_w / p.drive.steer_efficiency + p.drive.electronics_w
        )
        self._read(velocity_before, dt_s)
        self._park(dt_s)
        if self.moving:
            self._watch_window()

    def _read(self, velocity_before: Array, dt_s: float) -> None:
        """Keep what the properties are made of; they are asked for less often than they change."""
        self._change_mps[:] = self._qvel[:3] - velocity_before
        self._interval_s = dt_s

    def _park(self, dt_s: float) -> None:
        """Brakes on once nothing is wanted and nothing has moved, or only crept, for a while.

        A crawler that a rock holds short of its steering angle, or one that trembles on an edge,
        would else keep the rover from ever being parked.
        """
        p = self._p
        still = self._fastest < p.still_mps and self._reached()
        self._still_for_s = self._still_for_s + dt_s if still else 0.0
        idle = self._fastest < p.creep_mps and not self._wanted.rolling(self.drives.speed_mps)
        self._idle_for_s = self._idle_for_s + dt_s if idle else 0.0
        if self._still_for_s < p.still_s and self._idle_for_s < p.creep_s:
            return
        self.moving = False
        self._wanted.halt(self._qpos[7:11])
        self._qvel[:] = 0.0
        self.drives.halt()
        self.motor_power_w = 0.0
        self._slip_filtered = np.zeros(4)
        self._read(self._qvel[:3], 1.0)
