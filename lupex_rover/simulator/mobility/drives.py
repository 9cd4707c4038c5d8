"""The four drive motors: track speed, current, heat and power.

DC motors behind gears, speed-controlled, one lumped temperature each.
Source: Hughes and Drury 2013, Electric Motors and Drives, chapters 3 and 8 (torque and voltage of
the DC motor; first-order heating).
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from lupex_rover.core.saved import SavedFields
from lupex_rover.simulator.mobility.params import DriveParams

Array = np.ndarray
_TURNING_MPS = 1e-3


@njit(cache=True)
def _turn(speed: Array, travel: Array, target: Array, step: float, dt: float) -> None:
    for i in range(4):
        speed[i] += min(max(target[i] - speed[i], -step), step)
        travel[i] += speed[i] * dt


@njit(cache=True)
def _load(
    speed: Array, report: Array, motor: Array, dt: float, current: Array, temperature: Array
) -> float:
    """Currents and temperatures of the four motors; returns the electrical power, W."""
    ratio, efficiency, constant, resistance, no_load, internal, capacity, path, frame = motor
    decay = 1.0 - math.exp(-dt / (capacity * path))
    power = 0.0
    for i in range(4):
        turning = math.tanh(speed[i] / _TURNING_MPS)
        torque = (report[i, 1] + internal * report[i, 0] * turning) / ratio
        rate = speed[i] * ratio
        drives = torque * rate >= 0.0
        shaft = torque / efficiency if drives else torque * efficiency
        current[i] = abs(shaft / constant + no_load * turning) * abs(turning)
        copper = current[i] ** 2 * resistance
        mechanical = abs(rate) * constant * current[i]
        power += copper + (mechanical if drives else 0.0)
        final = frame + (copper + (1.0 - efficiency) * mechanical) * path
        temperature[i] += (final - temperature[i]) * decay
    return power


class Drives(SavedFields):
    """Four motors.

    Attributes
    ----------
    speed_mps, travel_m : ndarray, shape (4,)
        Of the tracks.
    current_a, temperature_degc : ndarray, shape (4,)
        Of the motors.
    power_w : float
        Electrical, together.
    """

    SAVED = ("speed_mps", "travel_m", "current_a", "temperature_degc", "power_w")
    FIXED = ("_motor", "_p", "_acceleration_mps2")

    def __init__(self, params: DriveParams, radius_m: float, acceleration_mps2: float) -> None:
        p = params
        # Gear ratio and resistances per metre of track, so that forces can be used as torques.
        self._motor = np.array(
            [
                p.gear_ratio / radius_m, p.gear_efficiency, p.torque_constant_nmpa,
                p.resistance_ohm, p.no_load_a, p.internal_share, p.heat_capacity_jpk,
                p.heat_path_kpw, p.frame_degc,
            ]
        )  # fmt: skip
        self._p = p
        self._acceleration_mps2 = acceleration_mps2
        self.speed_mps = np.zeros(4)
        self.travel_m = np.zeros(4)
        self.current_a = np.zeros(4)
        self.temperature_degc = np.full(4, p.frame_degc)
        self.power_w = 0.0

    def turn(self, target_mps: Array, dt_s: float) -> None:
        """Slew the track speeds towards their (4,) targets and lay down track."""
        step = self._acceleration_mps2 * dt_s
        _turn(self.speed_mps, self.travel_m, target_mps, step, dt_s)

    def load(self, report: Array, dt_s: float) -> None:
        """Currents, power and heat; `report` (4, n): load and belt force of each crawler, N."""
        self.power_w = _load(
            self.speed_mps, report, self._motor, dt_s, self.current_a, self.temperature_degc
        )

    def cool(self, dt_s: float) -> None:
        """Temperatures of the resting motors after `dt_s`; exact for any step."""
        p = self._p
        share = 1.0 - math.exp(-dt_s / (p.heat_capacity_jpk * p.heat_path_kpw))
        self.temperature_degc += (p.frame_degc - self.temperature_degc) * share

    def halt(self) -> None:
        """The parked rover: brakes hold, no current."""
        self.speed_mps[:] = 0.0
        self.current_a[:] = 0.0
        self.power_w = 0.0
