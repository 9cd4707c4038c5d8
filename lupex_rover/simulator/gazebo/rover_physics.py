"""The driving rover whose physics is Gazebo's.

Gazebo gives the body, its contacts and the joints. Added here are what Gazebo does not know: slew
limit, motor currents and heat (`drives`), parking, and slip as the mission's truth reports it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from lupex_rover.core.constants import MOON_GRAVITY_MPS2
from lupex_rover.core.errors import Fault, UserError
from lupex_rover.core.transforms import Pose
from lupex_rover.core.vehicle import Vehicle
from lupex_rover.simulator.gazebo.link import Array, GazeboLink, GazeboState
from lupex_rover.simulator.gazebo.params import GazeboParams
from lupex_rover.simulator.mobility.drives import Drives
from lupex_rover.simulator.mobility.set_points import SetPoints
from lupex_rover.simulator.site.standing_pose import stand
from lupex_rover.terrain.dem import Dem

_ROLLING_MPS = 0.01  # slower tracks have no slip that means anything
_EDGE_M = 2.0
_TOO_FAST_MPS = 20.0
_STEP_S = 0.01  # of `place`


class GazeboRover:
    """Satisfies `plants.MobilityPlant`; attributes as those of `mobility.MobilityPhysics`.

    Parameters
    ----------
    connect : Callable[[Pose], tuple[GazeboLink, ndarray]]
        Starts Gazebo with the rover at map_T_base; returns the link and the (3,) origin of Gazebo's
        axes in `map`.
    """

    def __init__(
        self,
        vehicle: Vehicle,
        terrain: Dem,
        params: GazeboParams,
        connect: Callable[[Pose], tuple[GazeboLink, Array]],
    ) -> None:
        self._vehicle = vehicle
        self._dem = terrain
        self._p = params
        self._connect = connect
        self._link: GazeboLink | None = None
        self._radius_m = vehicle.crawler_radius_m
        self.drives = Drives(params.drive, self._radius_m, params.acceleration_mps2)
        self._wanted = SetPoints(vehicle.steer_limit_rad)
        self._track_mps = np.zeros(4)
        self._slip = np.zeros(4)
        self._report = np.zeros((4, 5))
        self._travel_from = np.zeros(4)  # sprockets where the encoders were set to zero
        self.velocity_mps = np.zeros(3)
        self.motor_power_w = 0.0
        self.moving, self._still_for_s = False, 0.0

    def save(self) -> dict[str, Any]:
        """Refused: the state is that of another program."""
        raise UserError("a run whose drive is Gazebo's cannot be saved: use the stand-in")

    def restore(self, state: Mapping[str, Any]) -> None:
        """Refused, as `save`."""
        raise UserError("a run whose drive is Gazebo's cannot be restored: use the stand-in")

    # --- state ----------------------------------------------------------------------------------

    @property
    def pose(self) -> Pose:
        return Pose(self._origin_m + self._state.position_m, self._state.orientation_xyzw)

    @property
    def angular_rps(self) -> Array:
        return self._state.angular_rps if self.moving else np.zeros(3)

    @property
    def specific_force(self) -> Array:
        if self.moving:
            return self._state.specific_force
        return self.pose.matrix.T @ np.array([0.0, 0.0, MOON_GRAVITY_MPS2])

    @property
    def slip(self) -> Array:
        return self._slip.copy()

    def drive_state(self) -> tuple[Array, Array, Array, Array, Array]:
        """See `plants.MobilityPlant`."""
        d = self.drives
        return (
            d.travel_m.copy(), d.speed_mps.copy(), self._state.steer_rad.copy(),
            d.current_a.copy(), d.temperature_degc.copy(),
        )  # fmt: skip

    # --- commands -------------------------------------------------------------------------------

    def command(self, track_speed_mps: Array, steer_angle_rad: Array) -> None:
        """Set points of track speed and steering angle; (4,) each, within the ICD's limits."""
        self._wanted.take(track_speed_mps, steer_angle_rad)
        if not self._reached():
            self.moving, self._still_for_s = True, 0.0

    def stop(self) -> None:
        """Tracks to zero; crawlers stay as they are steered."""
        self._wanted.halt(self._state.steer_rad)

    def _reached(self) -> bool:
        return self._wanted.reached(self._state.steer_rad, self._track_mps)

    def place(self, x_m: float, y_m: float, yaw_rad: float) -> None:
        """Start Gazebo with the rover on the ground of the map, and let it come to rest."""
        self.close()
        self._link, self._origin_m = self._connect(
            Pose.from_matrix(*stand(self._dem, self._vehicle, x_m, y_m, yaw_rad))
        )
        self._state: GazeboState = self._link.step(self._count(_STEP_S))
        self.moving, self._still_for_s = True, 0.0
        for _ in range(round(self._p.settle_s / _STEP_S)):
            if not self.moving:
                break
            self.advance(_STEP_S)
        self.drives.travel_m[:] = 0.0
        self._travel_from = self._state.drive_rad * self._radius_m

    def close(self) -> None:
        """End Gazebo."""
        if self._link is not None:
            self._link.close()
            self._link = None

    # --- time -----------------------------------------------------------------------------------

    def _count(self, dt_s: float) -> int:
        return max(1, round(dt_s / self._p.step_s))

    def advance(self, dt_s: float) -> None:
        """One outer step, 10 ms typical; a parked rover costs Gazebo nothing.

        Raises
        ------
        Fault
            SIM-001: it moves as no rover does. SIM-002: off the ground. SIM-003: no answer.
        """
        if not self.moving:
            self.drives.cool(dt_s)
            return
        assert self._link is not None, "place() comes first"
        change = self._p.acceleration_mps2 * dt_s
        self._track_mps += np.clip(self._wanted.track_mps - self._track_mps, -change, change)
        self._link.command(
            self._track_mps, self._track_mps / self._radius_m, self._wanted.steer_rad
        )
        before = self._state
        self._state = after = self._link.step(self._count(dt_s))
        self.velocity_mps = (after.position_m - before.position_m) / (after.t_s - before.t_s)
        self._check()
        self._motors(dt_s)
        self._feel_slip(dt_s)
        self._park(dt_s)

    def _check(self) -> None:
        speed = float(np.abs(self.velocity_mps).max())
        if not speed < _TOO_FAST_MPS:
            raise Fault("SIM-001", f"in Gazebo: speed {speed:.3g} m/s")
        x, y, _ = self.pose.position_m
        x0, y0, x1, y1 = self._dem.extent
        if min(x - x0, x1 - x, y - y0, y1 - y) < _EDGE_M:
            raise Fault("SIM-002", f"in Gazebo: at {x:.1f}, {y:.1f} m")

    def _motors(self, dt_s: float) -> None:
        """Encoders from Gazebo's sprockets; loads from the force the body feels, a quarter each."""
        d, state = self.drives, self._state
        d.speed_mps[:] = state.drive_rps * self._radius_m
        d.travel_m[:] = state.drive_rad * self._radius_m - self._travel_from
        quarter = self._vehicle.total_mass_kg / 4.0 * state.specific_force
        self._report[:, 0] = max(quarter[2], 0.0)
        self._report[:, 1] = quarter[0] * np.cos(state.steer_rad)
        self._report[:, 1] += quarter[1] * np.sin(state.steer_rad)
        d.load(self._report, dt_s)
        self.motor_power_w = d.power_w + self._p.drive.electronics_w

    def _feel_slip(self, dt_s: float) -> None:
        """Slip of each crawler from the true motion of its steering axis."""
        state = self._state
        in_base = self.pose.matrix.T @ self.velocity_mps
        x, y = self._vehicle.wheel_positions_m.T
        yaw_rate = state.angular_rps[2]
        along = (in_base[0] - yaw_rate * y) * np.cos(state.steer_rad)
        along += (in_base[1] + yaw_rate * x) * np.sin(state.steer_rad)
        track = self.drives.speed_mps
        fastest = np.maximum(np.abs(track), np.abs(along))
        rolling = fastest > _ROLLING_MPS
        slip = np.where(rolling, (track - along) / np.where(rolling, fastest, 1.0), 0.0)
        share = min(1.0, dt_s / self._p.slip_filter_s)
        self._slip += (np.clip(slip, -1.0, 1.0) - self._slip) * share

    def _park(self, dt_s: float) -> None:
        """Brakes on once nothing is wanted and nothing has moved for a while."""
        p = self._p
        fastest = max(np.abs(self.velocity_mps).max(), np.abs(self._state.angular_rps).max())
        still = fastest < p.still_mps and self._reached()
        self._still_for_s = self._still_for_s + dt_s if still else 0.0
        if self._still_for_s < p.still_s:
            return
        self.moving = False
        self._wanted.halt(self._state.steer_rad)
        self.velocity_mps = np.zeros(3)
        self.drives.halt()
        self.motor_power_w = 0.0
        self._slip = np.zeros(4)
