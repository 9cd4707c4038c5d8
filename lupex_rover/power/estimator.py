"""State of charge from counted coulombs and from voltage: an extended Kalman filter.

Method: Plett (2004), Extended Kalman filtering for battery management systems, part 3,
J. Power Sources 134, 277-292, with two states: state of charge and bias of the current sensor.
"""

from __future__ import annotations

import math

from lupex_rover.power.cell import cold_factor, energy_wh, ocv_slope_v, ocv_v
from lupex_rover.power.params import PowerParams

_CAPACITY_SIGMA = 0.03  # relative; assumed spread of the pack's capacity
_CAPACITY_S = 3600.0  # charge and discharge alternate about this slowly
_BIAS_WALK = 1e-10  # A2/s: the sensor's bias drifts about 10 mA in a day
_GAP_FLOOR = 0.02  # least sigma a gap adds


class SocFilter:
    """Charge of the pack with its uncertainty.

    Errors of the voltage (sensor bias, table, resistance) hold for hours. They are given to the
    filter as white noise of the same strength over `correlation_s`, so that its sigma stays
    honest however many readings come.

    Attributes
    ----------
    soc : 0..1.
    bias_a : estimated bias of the current sensor, A.
    """

    def __init__(self, params: PowerParams) -> None:
        self._p = params
        self.soc = params.start_soc
        self.bias_a = 0.0
        self._p00 = params.start_sigma**2
        self._p01 = 0.0
        self._p11 = params.current_sigma_a**2
        self._slow_v = 0.0  # polarisation

    @property
    def sigma(self) -> float:
        """One sigma of `soc`."""
        return math.sqrt(self._p00)

    def predict(self, dt_s: float, current_a: float, degc: float) -> None:
        """Count the coulombs of `dt_s` at the measured current (charging positive)."""
        p = self._p
        fade = math.exp(-dt_s / p.polarisation_s)
        settled = current_a * p.polarisation_ohm * cold_factor(degc, p.activation_jpmol)
        self._slow_v = settled + (self._slow_v - settled) * fade
        k = dt_s / (3600.0 * self._p.capacity_ah)
        self.soc = min(max(self.soc + k * (current_a - self.bias_a), 0.0), 1.0)
        rate = _CAPACITY_SIGMA * abs(current_a) / (3600.0 * self._p.capacity_ah)
        self._p00 += k * (k * self._p11 - 2.0 * self._p01) + 2.0 * _CAPACITY_S * rate**2 * dt_s
        self._p01 -= k * self._p11
        self._p11 += _BIAS_WALK * dt_s

    def sleep(self, gap_s: float) -> None:
        """Nothing was heard for `gap_s`: expect the survival draw, and doubt it."""
        p = self._p
        full_wh = energy_wh(1.0, p.capacity_ah, p.series)
        drop = p.sleep_w * gap_s / 3600.0 / full_wh
        self.soc = min(max(self.soc - drop, 0.0), 1.0)
        self._p00 += (_GAP_FLOOR + 0.5 * drop) ** 2
        self._p01 = 0.0
        self._slow_v = 0.0

    def correct(self, voltage_v: float, current_a: float, degc: float, interval_s: float) -> None:
        """Compare with the measured voltage, `interval_s` after the last reading."""
        r, variance = self._resistance(current_a, degc)
        variance *= 2.0 * self._p.correlation_s / max(interval_s, 1e-3)
        h0, h1 = self._p.series * ocv_slope_v(self.soc), -r
        drop = (current_a - self.bias_a) * r + self._slow_v
        innovation = voltage_v - self._p.series * ocv_v(self.soc) - drop
        a0 = self._p00 * h0 + self._p01 * h1
        a1 = self._p01 * h0 + self._p11 * h1
        s = h0 * a0 + h1 * a1 + variance
        self.soc = min(max(self.soc + a0 / s * innovation, 0.0), 1.0)
        self.bias_a += a1 / s * innovation
        self._p00 -= a0 * a0 / s
        self._p01 -= a0 * a1 / s
        self._p11 -= a1 * a1 / s

    def start(self, voltage_v: float, current_a: float, degc: float) -> None:
        """First reading after a start or a gap: its whole weight at once.

        The curve is not straight, so the update is iterated: linearise at the last answer,
        correct the prior (iterated extended Kalman filter, Bell and Cathey 1993).
        """
        r, variance = self._resistance(current_a, degc)
        prior, gain, h = self.soc, 0.0, 0.0
        at = prior
        for _ in range(8):
            h = self._p.series * ocv_slope_v(at)
            drop = (current_a - self.bias_a) * r
            expected = self._p.series * ocv_v(at) + h * (prior - at) + drop
            gain = self._p00 * h / (h * h * self._p00 + variance)
            at = min(max(prior + gain * (voltage_v - expected), 0.0), 1.0)
        self.soc = at
        self._p00 *= 1.0 - gain * h
        self._p01 = 0.0

    def _resistance(self, current_a: float, degc: float) -> tuple[float, float]:
        """Resistance at `degc`, ohm, and the variance of the voltage it helps to predict, V2."""
        p = self._p
        cold = cold_factor(degc, p.activation_jpmol)
        r = p.resistance_ohm * cold + p.harness_ohm
        doubt_v = current_a * (r + p.polarisation_ohm * cold) * p.resistance_sigma
        return r, p.voltage_sigma_v**2 + doubt_v**2

    # --- across a loss of power -----------------------------------------------------------------

    def memory(self) -> dict[str, float]:
        return {"soc": self.soc, "sigma": self.sigma, "bias_a": self.bias_a}

    def recall(self, memory: dict[str, float]) -> None:
        """Take back what `memory` gave; nonsense is ignored."""
        soc, sigma = float(memory.get("soc", math.nan)), float(memory.get("sigma", math.nan))
        if 0.0 <= soc <= 1.0 and 0.0 < sigma <= 1.0:
            self.soc, self._p00 = soc, sigma**2
            bias = float(memory.get("bias_a", 0.0))
            self.bias_a = bias if abs(bias) < 1.0 else 0.0
