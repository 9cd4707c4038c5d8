"""The lithium-ion pack: voltage by state of charge, resistance, hysteresis and wear.

The cell is the LG M50 (NMC 811 / graphite-silicon 21700, 5 Ah) as measured and modelled by
Chen et al. (2020), J. Electrochem. Soc. 167, 080534, doi:10.1149/1945-7111/ab9050.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from lupex_rover.core.constants import ZERO_CELSIUS_K
from lupex_rover.core.params import ordered, param
from lupex_rover.core.saved import SavedFields

GAS_CONSTANT = 8.314462618  # J mol-1 K-1, CODATA 2018
_REFERENCE_K = 298.15
_TABLE = 1000  # intervals of the open-circuit table


@dataclass(frozen=True)
class BatteryParams:
    """The pack: 8 cells in series, 28 in parallel, about 4.1 kWh."""

    series: int = param(8, "number of cells in series", low=1, high=100)
    parallel: int = param(28, "number of cells in parallel", low=1, high=1000)
    # Ohmic and slow resistance, time constant and capacity: fitted to the cell's
    # Doyle-Fuller-Newman model in PyBaMM 26.10 (parameter set Chen2020, 25 degC) over three load
    # profiles; docs/power.md says how. `lupex bench power` checks them on others.
    cell_capacity_ah: float = param(
        5.15, "capacity of a cell from 4.2 to 2.5 V at rest", unit="A h", low=0.1, high=100,
        source="fitted as above; LG M50 nominal is 5.0",
    )  # fmt: skip
    cell_resistance_ohm: float = param(
        0.0346, "ohmic resistance of a cell at 25 degC", unit="ohm", low=0, high=1,
        source="fitted as above",
    )  # fmt: skip
    cell_polarisation_ohm: float = param(
        0.0182, "polarisation resistance of a cell, the slow part", unit="ohm", low=1e-4, high=1,
        source="fitted as above",
    )  # fmt: skip
    polarisation_s: float = param(
        90.0, "time constant of the polarisation", unit="s", low=1, high=1e5,
        source="fitted as above",
    )  # fmt: skip
    harness_ohm: float = param(
        0.005, "resistance of harness and bus bars of the pack", unit="ohm", low=0, high=1,
    )  # fmt: skip
    activation_jpmol: float = param(
        20_000.0, "activation energy of the cells' resistance over temperature (Arrhenius)",
        unit="J/mol", low=0, high=1e5,
        source="between the 17.8 and 35 kJ/mol of the electrodes in Chen et al. 2020; the fit"
        " above gives 20.8 between 5 and 25 degC",
    )  # fmt: skip
    coulombic_efficiency: float = param(
        0.998, "charge kept over charge taken", unit="1", low=0.5, high=1,
    )  # fmt: skip
    charge_low_degc: float = param(
        0.0, "battery temperature below which it takes no charge", unit="degC", low=-40, high=40,
        source="LG M50 data sheet: charge 0 to 45 degC",
    )  # fmt: skip
    charge_high_degc: float = param(
        45.0, "battery temperature above which it takes no charge", unit="degC", low=0, high=80,
        source="LG M50 data sheet: charge 0 to 45 degC",
    )  # fmt: skip
    cool_c_rate: float = param(0.1, "greatest charge rate up to 10 degC", unit="1/h", low=0, high=2)
    warm_c_rate: float = param(
        0.3, "greatest charge rate above 10 degC", unit="1/h", low=0, high=2,
        source="LG M50 data sheet: 0.3C standard charge",
    )  # fmt: skip
    capacity_spread: float = param(
        0.02, "relative spread of packs' capacity, one sigma", unit="1", low=0, high=0.2,
    )  # fmt: skip
    resistance_spread: float = param(
        0.10, "relative spread of packs' resistance, one sigma", unit="1", low=0, high=0.5,
    )  # fmt: skip
    # What the flight software is not told.
    capacity_left: float = param(
        1.0, "share of the capacity that age has left", unit="1", low=0.3, high=1,
    )  # fmt: skip
    resistance_grown: float = param(
        1.0, "resistance over that of new cells", unit="1", low=1, high=5,
    )  # fmt: skip
    fade_per_cycle: float = param(
        2e-4, "relative capacity lost in a full cycle", unit="1", low=0, high=0.05,
        source="assumed: 20 % in 1000 cycles, usual end of life of such cells",
    )  # fmt: skip
    growth_per_cycle: float = param(
        3e-4, "relative resistance gained in a full cycle", unit="1", low=0, high=0.05,
    )  # fmt: skip
    hysteresis_v: float = param(
        0.005, "voltage by which a resting cell stands above the curve after a charge, below it"
        " after a discharge", unit="V", low=0, high=0.1,
        source="assumed; form: Plett 2004, J. Power Sources 134, 262-276, eq. 5",
    )  # fmt: skip
    hysteresis_share: float = param(
        0.03,
        "share of the capacity, charged or discharged, that turns the hysteresis over by 63 %",
        unit="1", low=0.001, high=1,
    )  # fmt: skip

    def check(self) -> None:
        ordered(self, "charge_low_degc", "charge_high_degc")
        ordered(self, "cool_c_rate", "warm_c_rate")


def cell_ocv_v(soc: float) -> float:
    """Open-circuit voltage of one cell, V, at `soc` 0..1.

    Source: electrode potentials fitted by Chen et al. (2020), eqs. 8 and 9. The stoichiometry
    at 0 and 100 % is where that cell gives 2.5 and 4.2 V with its lithium: negative 0.0263 to
    0.9106, positive 0.8539 to 0.2638.
    """
    x = 0.0263 + (0.9106 - 0.0263) * soc
    y = 0.8539 + (0.2638 - 0.8539) * soc
    tanh = math.tanh
    positive = (
        4.4875 - 0.8090 * y - 0.0428 * tanh(18.5138 * (y - 0.5542))
        - 17.7326 * tanh(15.7890 * (y - 0.3117)) + 17.5842 * tanh(15.9308 * (y - 0.3120))
    )  # fmt: skip
    negative = (
        1.9793 * math.exp(-39.3631 * x) + 0.2482 - 0.0909 * tanh(29.8538 * (x - 0.1234))
        - 0.04478 * tanh(14.9159 * (x - 0.2769)) - 0.0205 * tanh(30.4444 * (x - 0.6103))
    )  # fmt: skip
    return positive - negative


class Pack(SavedFields):
    """The pack's true state: charge and slow polarisation.

    Parameters
    ----------
    params : BatteryParams
        Sizes and limits.
    soc : float
        State of charge at the start, 0..1 of the true capacity.
    capacity_scale, resistance_scale : float
        How this pack differs from the nominal one.
    """

    SAVED = (
        "soc", "current_a", "loss_w", "capacity_ah", "_r0", "_r1", "_v1", "_hysteresis_v",
        "_cold_degc", "_cold_factor",
    )  # fmt: skip
    FIXED = ("params", "full_v", "empty_v", "_ocv")

    def __init__(
        self,
        params: BatteryParams,
        soc: float,
        capacity_scale: float = 1.0,
        resistance_scale: float = 1.0,
    ) -> None:
        self.params = params
        self.soc = soc
        self.current_a = 0.0  # charging positive
        self.loss_w = 0.0  # turned into heat in the cells
        self.capacity_ah = params.cell_capacity_ah * params.parallel * capacity_scale
        self.capacity_ah *= params.capacity_left
        self.full_v = 4.2 * params.series  # LG M50 data sheet: end of charge
        self.empty_v = 2.5 * params.series  # LG M50 data sheet: end of discharge
        cells = params.series / params.parallel * resistance_scale * params.resistance_grown
        self._r0 = params.cell_resistance_ohm * cells
        self._r1 = params.cell_polarisation_ohm * cells
        self._v1 = 0.0
        self._hysteresis_v = 0.0
        self._cold_degc, self._cold_factor = 25.0, 1.0
        self._ocv = [params.series * cell_ocv_v(i / _TABLE) for i in range(_TABLE + 1)]

    def ocv_v(self) -> float:
        """Open-circuit voltage of the pack, V."""
        place = self.soc * _TABLE
        i = min(max(int(place), 0), _TABLE - 1)
        low = self._ocv[i]
        return low + (place - i) * (self._ocv[i + 1] - low)

    def resistance_ohm(self, degc: float) -> float:
        """Ohmic resistance of cells and harness at a temperature (Arrhenius), ohm."""
        return self._r0 * self._cold(degc) + self.params.harness_ohm

    def settled_ohm(self, degc: float) -> float:
        """Resistance with the slow part settled, harness included, ohm."""
        return self.resistance_ohm(degc) + self._r1 * self._cold(degc)

    def _cold(self, degc: float) -> float:
        """Cells' resistance at `degc` over that at 25 degC; kept while `degc` stays the same."""
        if degc != self._cold_degc:
            slope = self.params.activation_jpmol / GAS_CONSTANT
            kelvin = max(degc + ZERO_CELSIUS_K, 150.0)
            self._cold_degc = degc
            self._cold_factor = math.exp(slope * (1.0 / kelvin - 1.0 / _REFERENCE_K))
        return self._cold_factor

    def terminal_v(self, degc: float) -> float:
        """Voltage at the terminals with the present current, V."""
        return self._inner_v() + self.current_a * self.resistance_ohm(degc)

    def _inner_v(self) -> float:
        """What the terminals would show the moment the current stops, V."""
        return self.ocv_v() + self._v1 + self._hysteresis_v

    def charge_limit_w(self, degc: float) -> float:
        """Most power the charger may put in now, W at the terminals."""
        p = self.params
        if not p.charge_low_degc <= degc <= p.charge_high_degc or self.soc >= 1.0:
            return 0.0
        rate = p.cool_c_rate if degc < 10.0 else p.warm_c_rate
        headroom_v = self.full_v - self._inner_v()
        limit_a = min(rate * self.capacity_ah, headroom_v / self.resistance_ohm(degc))
        return max(limit_a, 0.0) * self.full_v

    def advance(self, dt_s: float, terminal_w: float, degc: float) -> float:
        """Charge (positive) or discharge with `terminal_w`; returns the watts that really flowed.

        The current solves P = I (U + I R); a charge stops at the end-of-charge voltage.
        """
        r = self.resistance_ohm(degc)
        u = self._inner_v()
        root = u * u + 4.0 * r * terminal_w
        current = (math.sqrt(root) - u) / (2.0 * r) if root > 0.0 else -u / (2.0 * r)
        if current > 0.0:
            current = min(current, max((self.full_v - u) / r, 0.0))
        self.flow(dt_s, current, degc)
        return current * (u + current * r)

    def flow(self, dt_s: float, current_a: float, degc: float) -> None:
        """`current_a` (charging positive) for `dt_s`, whatever the voltage becomes."""
        stored_v, u = self.ocv_v(), self._inner_v()
        kept_share = self.params.coulombic_efficiency if current_a > 0.0 else 1.0
        turned = abs(current_a) * dt_s / (3600.0 * self.capacity_ah)
        self.soc = min(max(self.soc + math.copysign(turned, current_a) * kept_share, 0.0), 1.0)
        before = self._v1
        fade = math.exp(-dt_s / self.params.polarisation_s)
        self._v1 = before * fade + current_a * self._r1 * self._cold(degc) * (1.0 - fade)
        self.current_a = current_a
        over_v = u - stored_v + 0.5 * (self._v1 - before)  # mean over the step
        lost_v = (1.0 - kept_share) * stored_v
        self.loss_w = current_a * (current_a * self.resistance_ohm(degc) + over_v + lost_v)
        self._age(current_a, turned)

    def _age(self, current_a: float, turned: float) -> None:
        """Hysteresis and wear after `turned` capacities flowed in the direction of the current."""
        p = self.params
        if turned == 0.0:
            return
        goal = math.copysign(p.hysteresis_v * p.series, current_a)
        self._hysteresis_v += (goal - self._hysteresis_v) * (
            1.0 - math.exp(-turned / p.hysteresis_share)
        )
        cycles = 0.5 * turned
        self.capacity_ah *= 1.0 - p.fade_per_cycle * cycles
        self._r0 *= 1.0 + p.growth_per_cycle * cycles
        self._r1 *= 1.0 + p.growth_per_cycle * cycles
