"""What a simulated board asks of the physics behind it.

The board speaks the ICD; a plant knows the physics. A board never computes physics and a plant
never sees a byte. Stand-in physics, `--boards` on flat ground and Gazebo all give these.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np

Array = np.ndarray


class MobilityPlant(Protocol):
    def command(self, track_speed_mps: Array, steer_angle_rad: Array) -> None: ...
    def stop(self) -> None: ...
    def drive_state(self) -> tuple[Array, Array, Array, Array, Array]:
        """Travel m, speed m/s, steer rad, motor current A, motor temperature degC; each (4,)."""
        ...


class InertialPlant(Protocol):
    def inertial(self) -> tuple[Array, Array]:
        """Angular rate rad/s and specific force m/s2 in base_link, with sensor errors; (3,)."""
        ...


class StarPlant(Protocol):
    def attitude(self) -> tuple[Array, float, bool]:
        """Quaternion xyzw of moon_R_base, sigma rad, valid."""
        ...


class PowerPlant(Protocol):
    def switch(self, load: int, on: bool) -> None: ...
    def heater(self, heater: int, set_point_degc: float) -> None: ...
    def hibernate(self, seconds: int) -> None: ...
    def power(self) -> tuple[float, float, float, float, Array, int, Array]:
        """Bus V, battery V, A (charging +), degC, array A (3,), loads on, load W (16,)."""
        ...


class DrillPlant(Protocol):
    def command(
        self, auger_rpm: float, feed_mps: float, wob_n: float, percussion: bool
    ) -> None: ...
    def stop(self) -> None: ...
    def gate(self, opened: bool) -> None: ...
    def deliver(self, cup: int) -> bool:
        """False where there is nothing to hand over or the gate is open."""
        ...

    def drill_state(
        self,
    ) -> tuple[float, float, float, float, float, float, float, float, int, int]:
        """Depth m, rpm, torque N m, WOB N, feed m/s, bit degC, auger A, sample g, gate, cup."""
        ...


class PayloadPlant(Protocol):
    def slot_power(self, slot: int, on: bool) -> None: ...
    def slot_command(self, slot: int, opcode: int, data: bytes) -> int:
        """ICD ACK status: 0 accepted, 3 out of range, 4 not allowed in this state."""
        ...

    def records(self) -> list[tuple[int, int, bytes]]:
        """Data since the last call: slot, kind, bytes."""
        ...


class LanderPlant(Protocol):
    def altimeter(self) -> tuple[float, Array, bool, bool]:
        """Slant range m, velocity m/s in map (3,), valid, touchdown."""
        ...


class GuidancePlant(Protocol):
    def nav_update(self, position_m: Array, velocity_mps: Array, target_m: Array) -> None:
        """Best knowledge of the lander's position and velocity, and where to land; map, (3,)."""
        ...

    def guidance_state(self) -> tuple[Array, Array, int]:
        """The lander's own inertial position m and velocity m/s in map, phase number."""
        ...
