"""Water ice in vacuum: vapour pressure and sublimation."""

from __future__ import annotations

import math

WATER_KG_PER_MOL = 0.01801528  # CODATA / IUPAC
GAS_CONSTANT = 8.314462618  # J mol-1 K-1, CODATA 2018


def vapour_pressure_pa(temperature_k: float) -> float:
    """Vapour pressure over hexagonal ice, Pa.

    Parameters
    ----------
    temperature_k : float
        Above 110 K; colder is taken as 110 K, where the pressure is below 1e-12 Pa.

    Notes
    -----
    Murphy and Koop (2005), Q. J. R. Meteorol. Soc. 131, 1539, equation 7 (T > 110 K).
    Above the triple point this is not water's pressure; callers stop there.
    """
    t = max(110.0, temperature_k)
    return math.exp(9.550426 - 5723.265 / t + 3.53068 * math.log(t) - 0.00728332 * t)


def sublimation_kgpm2s(temperature_k: float, background_pa: float = 0.0) -> float:
    """Net mass flux from an ice surface into vapour at `background_pa`, kg m-2 s-1, >= 0.

    Notes
    -----
    Hertz-Knudsen with an evaporation coefficient of 1; e.g. Andreas (2007), Icarus 186, 24.
    """
    excess = vapour_pressure_pa(temperature_k) - background_pa
    if excess <= 0.0:
        return 0.0
    return excess * math.sqrt(WATER_KG_PER_MOL / (2.0 * math.pi * GAS_CONSTANT * temperature_k))
