"""The four drive motors: track speed, current, heat and power."""

from __future__ import annotations

import numpy as np

from lupex_rover.simulator.mobility_params import DriveParams

Array = np.ndarray
_TURNING_MPS = 1e-3


class Drives:
    """DC motors behind gears, speed-controlled, one lumped temperature each.

    Source: Hughes and Drury 2013, Electric Motors and Drives, chapters 3 and 8 (torque and
    voltage of the DC motor; first-order heating).
    """

    def __init__(self, params: DriveParams, radius_m: float, acceleration_mps2: float) -> None:
        self._p = params
        self._radius_m = radius_m
        self._acceleration_mps2 = acceleration_mps2
        self.speed_mps = np.zeros(4)
        self.travel_m = np.zeros(4)
        self.current_a = np.zeros(4)
        self.temperature_degc = np.full(4, params.frame_degc)
        self.power_w = 0.0

    def turn(self, target_mps: Array, dt_s: float) -> None:
        """Slew the track speeds towards their targets and lay down track."""
        step = self._acceleration_mps2 * dt_s
        self.speed_mps += np.clip(target_mps - self.speed_mps, -step, step)
        self.travel_m += self.speed_mps * dt_s

    def load(self, belt_n: Array, load_n: Array, dt_s: float) -> None:
        """Currents, power and heat under the given belt forces and crawler loads."""
        p = self._p
        turning = np.tanh(self.speed_mps / _TURNING_MPS)
        force = belt_n + p.internal_share * load_n * turning
        torque = force * self._radius_m / p.gear_ratio
        motor_rps = self.speed_mps / self._radius_m * p.gear_ratio
        drives = torque * motor_rps >= 0.0
        gear = np.where(drives, 1.0 / p.gear_efficiency, p.gear_efficiency)
        self.current_a = np.abs(
            torque * gear / p.torque_constant_nmpa + p.no_load_a * turning
        ) * np.abs(turning)
        copper_w = self.current_a**2 * p.resistance_ohm
        shaft_w = np.abs(motor_rps) * p.torque_constant_nmpa * self.current_a
        self.power_w = float((copper_w + np.where(drives, shaft_w, 0.0)).sum())
        self.heat(copper_w + (1.0 - p.gear_efficiency) * shaft_w, dt_s)

    def heat(self, loss_w: Array | float, dt_s: float) -> None:
        """Warm by the losses, cool to the crawler frame; exact for any step."""
        p = self._p
        final = p.frame_degc + loss_w * p.heat_path_kpw
        share = 1.0 - np.exp(-dt_s / (p.heat_capacity_jpk * p.heat_path_kpw))
        self.temperature_degc = self.temperature_degc + (final - self.temperature_degc) * share

    def halt(self) -> None:
        """The parked rover: brakes hold, no current."""
        self.speed_mps[:] = 0.0
        self.current_a = np.zeros(4)
        self.power_w = 0.0
