"""Charge, capacity and resistance of the pack: an extended Kalman filter.

Method: Plett (2004), Extended Kalman filtering for battery management systems, part 3,
J. Power Sources 134, 277-292 (joint estimation of states and parameters).

States, in this order::

    soc       state of charge, 0..1
    bias      of the current sensor, A
    error     of the voltage that is not noise (sensor, table, hysteresis), V; it wanders with
              a time constant of `correlation_s` (first-order Gauss-Markov process)
    wealth    1 / capacity, relative to that of the new pack
    worse     resistance of the cells, relative to that of the new pack

Measured are volts; what is counted in between are coulombs.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from lupex_rover.power.cell import cold_factor, energy_wh, ocv_slope_v, ocv_v
from lupex_rover.power.params import PowerParams

SOC, BIAS, ERROR, WEALTH, WORSE = range(5)
_BIAS_WALK = 1e-10  # A2/s: the sensor's bias drifts about 3 mA in a day
_WEAR_WALK = 1e-11  # 1/s: capacity may change by 0.5 % in a month, one sigma
_WORSE_WALK = 1e-10  # 1/s: resistance by 1.6 %
_CURRENT_DOUBT = 0.08  # of the voltage drop: the polarisation is not one exponential
_GATE = 5.0  # sigma; a voltage farther off is no measurement of the charge (a fault, a glitch),
_REFUSED = 60  # unless so many come in a row: then it is the belief that is wrong
_GAP_FLOOR = 0.02  # least sigma a gap adds
_LIMITS = {SOC: (0.0, 1.0), BIAS: (-1.0, 1.0), WEALTH: (0.7, 2.5), WORSE: (0.3, 5.0)}


def all_finite(*values: float) -> bool:
    """None of them is NaN or infinite."""
    return all(map(math.isfinite, values))


def _number(memory: dict[str, Any], key: str) -> float:
    """What stands under `key`; NaN where nothing does, or no number."""
    value = memory.get(key)
    return float(value) if isinstance(value, (int, float)) and abs(value) < 1e9 else math.nan


class SocFilter:
    """Charge of the pack with its uncertainty, and what age has done to it.

    A reading with a number that is not finite changes nothing.

    Attributes
    ----------
    x : ndarray, shape (5,)
        States as above.
    cov : ndarray, shape (5, 5)
        Their covariance.
    """

    def __init__(self, params: PowerParams) -> None:
        p = self._p = params
        self.x = np.array([p.start_soc, 0.0, 0.0, 1.0, 1.0])
        sigma = (p.start_sigma, p.current_sigma_a, p.voltage_sigma_v, p.capacity_sigma,
                 p.resistance_sigma)  # fmt: skip
        self.cov = np.diag(np.square(sigma))
        self._slow_v = 0.0  # polarisation of the new pack
        self._refused = 0

    # --- what is known --------------------------------------------------------------------------

    @property
    def soc(self) -> float:
        """State of charge, 0..1 of the present capacity."""
        return float(self.x[SOC])

    @soc.setter
    def soc(self, value: float) -> None:
        self.x[SOC] = value

    @property
    def sigma(self) -> float:
        """One sigma of `soc`."""
        return math.sqrt(self.cov[SOC, SOC])

    @property
    def bias_a(self) -> float:
        """Bias of the current sensor, A."""
        return float(self.x[BIAS])

    @property
    def capacity_ah(self) -> float:
        """Present capacity of the pack, A h."""
        return self._p.capacity_ah / float(self.x[WEALTH])

    @property
    def capacity_sigma(self) -> float:
        """One sigma of `capacity_ah`, relative."""
        return math.sqrt(self.cov[WEALTH, WEALTH]) / float(self.x[WEALTH])

    @property
    def resistance_ohm(self) -> float:
        """Settled resistance of cells and harness at 25 degC, ohm."""
        p = self._p
        cells = p.resistance_ohm + p.polarisation_ohm
        return cells * float(self.x[WORSE]) + p.harness_ohm

    @property
    def resistance_ratio(self) -> float:
        """Resistance of the cells over that of the new pack."""
        return float(self.x[WORSE])

    @property
    def resistance_ratio_sigma(self) -> float:
        """One sigma of `resistance_ratio`."""
        return math.sqrt(self.cov[WORSE, WORSE])

    @property
    def stored_wh(self) -> float:
        """Energy between empty and the present charge, Wh."""
        return energy_wh(self.soc, self.capacity_ah, self._p.series)

    # --- time and measurements ------------------------------------------------------------------

    def predict(self, dt_s: float, current_a: float, degc: float) -> None:
        """Count the coulombs of `dt_s` at the measured current (charging positive)."""
        if not all_finite(dt_s, current_a, degc):
            return
        p, x, cov = self._p, self.x, self.cov
        settled = current_a * p.polarisation_ohm * cold_factor(degc, p.activation_jpmol)
        self._slow_v = settled + (self._slow_v - settled) * math.exp(-dt_s / p.polarisation_s)
        k = dt_s / (3600.0 * p.capacity_ah)
        true_a = current_a - float(x[BIAS])
        fade = math.exp(-dt_s / p.correlation_s)
        # x' = F x, F the identity but for these entries of the rows SOC and ERROR
        by_bias, by_wealth = -k * float(x[WEALTH]), k * true_a
        x[SOC] += k * true_a * float(x[WEALTH])
        x[ERROR] *= fade
        cov[SOC] += by_bias * cov[BIAS] + by_wealth * cov[WEALTH]
        cov[:, SOC] += by_bias * cov[:, BIAS] + by_wealth * cov[:, WEALTH]
        cov[ERROR] *= fade
        cov[:, ERROR] *= fade
        cov[BIAS, BIAS] += _BIAS_WALK * dt_s
        cov[ERROR, ERROR] += p.voltage_sigma_v**2 * (1.0 - fade * fade)
        cov[WEALTH, WEALTH] += _WEAR_WALK * dt_s
        cov[WORSE, WORSE] += _WORSE_WALK * dt_s
        self._keep_possible()

    def sleep(self, gap_s: float) -> None:
        """Nothing was heard for `gap_s`: expect the survival draw, and doubt it."""
        p, cov = self._p, self.cov
        full_wh = energy_wh(1.0, self.capacity_ah, p.series)
        drop = p.sleep_w * gap_s / 3600.0 / full_wh
        self.x[SOC] = min(max(self.soc - drop, 0.0), 1.0)
        fade = math.exp(-gap_s / p.correlation_s)
        self.x[ERROR] *= fade
        cov[ERROR] *= fade
        cov[:, ERROR] *= fade
        cov[ERROR, ERROR] += p.voltage_sigma_v**2 * (1.0 - fade * fade)
        cov[SOC, SOC] += (_GAP_FLOOR + 0.5 * drop) ** 2
        self._slow_v = 0.0

    def doubt(self) -> None:
        """The charge is not known any more, as after a clock that lost its time."""
        self.cov[SOC, :] = self.cov[:, SOC] = 0.0
        self.cov[SOC, SOC] = self._p.start_sigma**2

    def correct(self, voltage_v: float, current_a: float, degc: float) -> None:
        """Compare with the measured voltage; one that cannot be is not counted."""
        if not all_finite(voltage_v, current_a, degc):
            return
        p, x = self._p, self.x
        expected, h = self._expect(current_a, degc)
        doubt_v = _CURRENT_DOUBT * (expected - p.series * ocv_v(self.soc) - float(x[ERROR]))
        noise = p.voltage_noise_v**2 + doubt_v**2
        innovation = voltage_v - expected
        if innovation**2 <= _GATE**2 * (float(h @ self.cov @ h) + noise):
            self._refused = 0
            self._update(innovation, h, noise)
            return
        self._refused += 1
        if self._refused >= _REFUSED:
            self._refused = 0
            self.doubt()
            self.start(voltage_v, current_a, degc)

    def start(self, voltage_v: float, current_a: float, degc: float) -> None:
        """First reading after a start or a gap, where the belief may be far off.

        The curve is not straight, so the update is iterated: linearise at the last answer,
        correct the prior (iterated extended Kalman filter, Bell and Cathey 1993).
        """
        if not all_finite(voltage_v, current_a, degc):
            return
        prior, cov = self.x.copy(), self.cov.copy()
        self._slow_v = 0.0
        # the polarisation may or may not have settled
        noise = self._p.voltage_noise_v**2
        cold = cold_factor(degc, self._p.activation_jpmol)
        noise += (current_a * self._p.polarisation_ohm * cold) ** 2
        for _ in range(8):
            at = self.x.copy()
            expected, h = self._expect(current_a, degc)
            self.x, self.cov = prior.copy(), cov.copy()
            self._update(voltage_v - expected - float(h @ (prior - at)), h, noise)

    def _expect(self, current_a: float, degc: float) -> tuple[float, np.ndarray]:
        """Expected voltage, V, and its change with each state."""
        p, x = self._p, self.x
        cells_ohm = p.resistance_ohm * cold_factor(degc, p.activation_jpmol)
        worse = float(x[WORSE])
        ohm = cells_ohm * worse + p.harness_ohm
        true_a = current_a - float(x[BIAS])
        new_v = true_a * cells_ohm + self._slow_v
        volts = p.series * ocv_v(self.soc) + float(x[ERROR]) + new_v * worse
        volts += true_a * p.harness_ohm
        h = np.array([p.series * ocv_slope_v(self.soc), -ohm, 1.0, 0.0, new_v])
        return volts, h

    def _update(self, innovation_v: float, h: np.ndarray, noise_v2: float) -> None:
        reach = self.cov @ h
        gain = reach / (float(h @ reach) + noise_v2)
        self.x += gain * innovation_v
        self.cov -= gain[:, None] * reach
        self._keep_possible()

    def _keep_possible(self) -> None:
        for state, (low, high) in _LIMITS.items():
            value = self.x[state]
            if value < low or value > high:
                self.x[state] = min(max(value, low), high)

    # --- across a loss of power -----------------------------------------------------------------

    def memory(self) -> dict[str, float]:
        """What must outlive the computer's power."""
        x, sigma = self.x, np.sqrt(np.diag(self.cov))
        return {
            "soc": self.soc, "sigma": self.sigma, "bias_a": self.bias_a,
            "wealth": float(x[WEALTH]), "wealth_sigma": float(sigma[WEALTH]),
            "worse": float(x[WORSE]), "worse_sigma": float(sigma[WORSE]),
        }  # fmt: skip

    def recall(self, memory: dict[str, Any]) -> None:
        """Take back what `memory` gave; nonsense is ignored."""
        self._take(memory, SOC, "soc", "sigma", 0.0, 1.0)
        self._take(memory, WEALTH, "wealth", "wealth_sigma", *_LIMITS[WEALTH])
        self._take(memory, WORSE, "worse", "worse_sigma", *_LIMITS[WORSE])
        bias = _number(memory, "bias_a")
        self.x[BIAS] = bias if abs(bias) < 1.0 else 0.0

    def _take(
        self, memory: dict[str, Any], state: int, key: str, doubt: str, low: float, high: float
    ) -> None:
        value, sigma = _number(memory, key), _number(memory, doubt)
        if low <= value <= high and 0.0 < sigma <= 1.0:
            self.x[state] = value
            self.cov[state, state] = sigma**2
