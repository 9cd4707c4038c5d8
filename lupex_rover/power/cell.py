"""What the flight software knows of the cell: open-circuit voltage over charge, as a table."""

from __future__ import annotations

import math

import numpy as np

from lupex_rover.core.constants import ZERO_CELSIUS_K

GAS_CONSTANT = 8.314462618  # J mol-1 K-1, CODATA 2018
WARM_K = 298.15  # at which resistances are told
COLDEST_K = 150.0  # no colder cell is told of

# LG M50, from the electrode fits of Chen et al. (2020), J. Electrochem. Soc. 167, 080534,
# between the stoichiometries of 2.5 V and 4.2 V; rounded to 1 mV.
SOC = (
    0, 0.01, 0.02, 0.03, 0.04, 0.05, 0.075, 0.1, 0.125, 0.15, 0.175, 0.2, 0.225, 0.25, 0.275,
    0.3, 0.325, 0.35, 0.375, 0.4, 0.425, 0.45, 0.475, 0.5, 0.525, 0.55, 0.575, 0.6, 0.625,
    0.65, 0.675, 0.7, 0.725, 0.75, 0.775, 0.8, 0.825, 0.85, 0.875, 0.9, 0.925, 0.95, 0.975, 1,
)  # fmt: skip
OCV_V = (
    2.499, 2.711, 2.862, 2.971, 3.050, 3.109, 3.211, 3.296, 3.379, 3.434, 3.464, 3.485, 3.506,
    3.529, 3.555, 3.581, 3.607, 3.629, 3.649, 3.667, 3.686, 3.705, 3.727, 3.751, 3.775, 3.798,
    3.820, 3.841, 3.863, 3.890, 3.921, 3.948, 3.971, 3.994, 4.018, 4.042, 4.064, 4.081, 4.091,
    4.097, 4.105, 4.124, 4.157, 4.200,
)  # fmt: skip

_GRID = np.linspace(0.0, 1.0, 201)
_VOLT = np.interp(_GRID, SOC, OCV_V)
_STEP = 1.0 / 200
# Mean open-circuit voltage between 0 and each grid point times the charge: V, per unit of charge.
_ENERGY = np.concatenate([[0.0], np.cumsum(0.5 * (_VOLT[1:] + _VOLT[:-1]) * _STEP)])
_VOLT_LIST = _VOLT.tolist()


def ocv_v(soc: float) -> float:
    """Open-circuit voltage of one cell, V."""
    return _at(soc)[0]


def ocv_slope_v(soc: float) -> float:
    """Change of `ocv_v` per unit of charge, V."""
    return _at(soc)[1]


def _at(soc: float) -> tuple[float, float]:
    place = min(max(soc, 0.0), 1.0) * 200
    i = min(int(place), 199)
    rise = _VOLT_LIST[i + 1] - _VOLT_LIST[i]
    return _VOLT_LIST[i] + (place - i) * rise, rise / _STEP


def energy_wh(soc: float, capacity_ah: float, series: int) -> float:
    """Energy between empty and `soc` at rest, Wh: the integral of voltage over charge."""
    return capacity_ah * series * float(np.interp(soc, _GRID, _ENERGY))


def cold_factor(degc: float, activation_jpmol: float) -> float:
    """Resistance at `degc` over resistance at 25 degC (Arrhenius)."""
    kelvin = max(degc + ZERO_CELSIUS_K, COLDEST_K)
    return math.exp(activation_jpmol / GAS_CONSTANT * (1.0 / kelvin - 1.0 / WARM_K))
