"""The body that carries the sensors: the lander until touchdown, the rover afterwards."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from lupex_rover.core.saved import SavedFields, entry
from lupex_rover.core.transforms import Pose, yaw_of
from lupex_rover.core.vehicle import Vehicle
from lupex_rover.simulator.lander.physics import LanderPhysics
from lupex_rover.simulator.mobility.physics import MobilityPhysics
from lupex_rover.simulator.sensors.inertial import InertialSensor, StarTracker

Array = np.ndarray
_ZERO4 = np.zeros(4)


class Body(SavedFields):
    """One pose, rate and force whoever makes them.

    The rover is made at touchdown, on the ground the lander found. The lander's deck and ramp
    are not modelled: the rover stands on the ground beside it.
    """

    SAVED = ("_stood_at",)
    PARTS = ("_inertial", "_star")
    FIXED = ("lander", "rover", "_make_rover", "_vehicle", "_moon_R_map", "motor_share")

    def __init__(
        self,
        lander: LanderPhysics | None,
        make_rover: Any,
        vehicle: Vehicle,
        moon_R_map: np.ndarray,
        inertial: InertialSensor,
        star_tracker: StarTracker,
    ) -> None:
        self.lander = lander
        self.rover: MobilityPhysics | None = None
        self._make_rover = make_rover
        self._stood_at: tuple[float, float] | None = None  # where the rover was made
        self._vehicle = vehicle
        self._moon_R_map = moon_R_map
        self._inertial = inertial
        self._star = star_tracker
        self.motor_share: tuple[Array, Array] | None = None  # drive, steer (4,); a fault sets it

    @property
    def _active(self) -> Any:
        return self.rover if self.rover is not None else self.lander

    @property
    def pose(self) -> Pose:
        return self._active.pose

    @property
    def velocity_mps(self) -> np.ndarray:
        return self._active.velocity_mps

    @property
    def landed(self) -> bool:
        return self.rover is not None

    @property
    def moving(self) -> bool:
        return self.rover is None or self.rover.moving

    @property
    def slip(self) -> np.ndarray:
        return self.rover.slip if self.rover is not None else _ZERO4

    def advance(self, dt_s: float) -> None:
        """One physics step; touchdown turns the lander into the rover."""
        if self.rover is not None:
            if self.rover.moving:
                self.rover.advance(dt_s)
            return
        assert self.lander is not None
        self.lander.advance(dt_s)
        if self.lander.landed:
            self.settle(self.lander.pose)

    def settle(self, pose: Pose) -> None:
        """Stand the rover on the ground at `pose`'s place and heading."""
        x, y, _ = pose.position_m
        self._make(float(x), float(y))
        assert self.rover is not None
        self.rover.place(x, y, yaw_of(pose.matrix))

    def _make(self, x: float, y: float) -> None:
        self._stood_at = (x, y)
        self.rover = self._make_rover(x, y)

    # --- save and restore -----------------------------------------------------------------------

    def save(self) -> dict[str, Any]:
        """See `Saved`."""
        return {**super().save(), "rover": None if self.rover is None else self.rover.save()}

    def restore(self, state: Mapping[str, Any]) -> None:
        """See `Saved`; makes the rover, or takes it away, as it was."""
        made_at = self._stood_at
        super().restore(state)
        saved = entry(self, state, "rover")
        if saved is None or self._stood_at is None:
            self.rover = None
            return
        if self.rover is None or made_at != self._stood_at:
            self._make(*self._stood_at)
        assert self.rover is not None
        self.rover.restore(saved)

    # --- plants ---------------------------------------------------------------------------------

    def inertial(self) -> tuple[np.ndarray, np.ndarray]:
        return self._inertial.measure(self._active.angular_rps, self._active.specific_force)

    def attitude(self) -> tuple[np.ndarray, float, bool]:
        return self._star.measure(self.pose.matrix, self._moon_R_map, self._active.angular_rps)

    def altimeter(self) -> tuple[float, np.ndarray, bool, bool]:
        if self.lander is None or (self.landed and not self.lander.landed):
            return 0.0, np.zeros(3), False, True
        return self.lander.altimeter()

    def command(self, track_speed_mps: np.ndarray, steer_angle_rad: np.ndarray) -> None:
        if self.rover is None:
            return
        if self.motor_share is not None:
            drive, steer = self.motor_share
            now_rad = self.rover.drive_state()[2]
            track_speed_mps = track_speed_mps * drive
            steer_angle_rad = now_rad + (steer_angle_rad - now_rad) * steer
        self.rover.command(track_speed_mps, steer_angle_rad)

    def stop(self) -> None:
        if self.rover is not None:
            self.rover.stop()

    def drive_state(self) -> tuple[Array, Array, Array, Array, Array]:
        if self.rover is None:
            return _ZERO4, _ZERO4, _ZERO4, _ZERO4, np.full(4, 20.0)
        return self.rover.drive_state()
