"""Water content from pressure, ion currents and weights, with its uncertainty.

Two independent ways, combined by their variances:

- amount of gas in the calibrated volume (ideal gas), corrected for offset, outgassing and leak;
- mass that the sample lost on the balance.

The mass spectrometer says in both how much of the gas is water.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from lupex_rover.core.constants import ZERO_CELSIUS_K
from lupex_rover.core.errors import Fault
from lupex_rover.science.records import MOLAR_KG, Calibration, Gas, Weight

GAS_CONSTANT = 8.314462618  # J mol-1 K-1, CODATA 2018
LEAST_READINGS = 15
MOLAR = np.array(MOLAR_KG)


@dataclass(frozen=True)
class Curve:
    """Readings of the sealed chamber as arrays over time; `hold` marks the last stretch."""

    time_s: np.ndarray  # (N,) from the first reading
    pressure_pa: np.ndarray  # (N,)
    chamber_k: np.ndarray  # (N,)
    ion_a: np.ndarray  # (N, 4)
    blank: np.ndarray  # (N,) bool: before heating
    hold: np.ndarray  # (N,) bool: release is over


@dataclass(frozen=True)
class Assay:
    """Result; the two partial results are masses of water in g with their sigmas."""

    water_wt_pct: float
    sigma_wt_pct: float
    by_pressure_g: tuple[float, float]
    by_balance_g: tuple[float, float]
    disagreement: float  # of the two, in sigmas
    leak_ps: float


def make_curve(readings: list[Gas], blank_end_s: float, hold_start_s: float) -> Curve:
    """Arrays from records.

    Parameters
    ----------
    blank_end_s, hold_start_s : float
        Times of the instrument's clock (`Gas.time_s`).

    Raises
    ------
    Fault
        SCI-009 when blank or hold have fewer than 15 readings.
    """
    ordered = sorted({g.time_s: g for g in readings}.values(), key=lambda g: g.time_s)
    time = np.array([g.time_s for g in ordered])
    curve = Curve(
        time - time[0] if time.size else time,
        np.array([g.pressure_pa for g in ordered]),
        np.array([g.chamber_degc for g in ordered]) + ZERO_CELSIUS_K,
        np.array([g.ion_a for g in ordered]).reshape(-1, 4),
        time <= blank_end_s,
        time >= hold_start_s,
    )
    if min(curve.blank.sum(), curve.hold.sum()) < LEAST_READINGS:
        raise Fault("SCI-009", f"{curve.blank.sum()} blank and {curve.hold.sum()} hold readings")
    return curve


def released_mol(curve: Curve, volume_m3: float) -> tuple[float, float, float]:
    """Amount of gas that the sample gave off, its sigma, and the leak rate.

    Notes
    -----
    Blank: pressure = offset + outgassing * t by least squares, subtracted from the whole curve.
    Ideal gas: n = p V / (R T). With a leak of rate l and released amount r(t) the balance
    dn/dt = dr/dt - l n gives n(t) + l * integral(n) = r(t); in the hold r is constant, so that
    n against integral(n) is a straight line with intercept r and slope -l.
    """
    t, blank, hold = curve.time_s, curve.blank, curve.hold
    base, base_cov = _line(t[blank], curve.pressure_pa[blank])
    clean = curve.pressure_pa - (base[0] + base[1] * t)
    mol_per_pa = volume_m3 / (GAS_CONSTANT * np.mean(curve.chamber_k))
    n = clean * mol_per_pa
    steps = 0.5 * (n[1:] + n[:-1]) * np.diff(t)
    integral = np.concatenate(([0.0], np.cumsum(steps)))
    scale = max(float(np.abs(integral[hold]).max()), 1e-12)
    fit, cov = _line(integral[hold] / scale, n[hold])
    at = np.array([1.0, float(t[hold].mean())])
    base_mol = float(np.sqrt(at @ base_cov @ at)) * mol_per_pa
    return float(fit[0]), float(np.hypot(np.sqrt(cov[0, 0]), base_mol)), float(-fit[1] / scale)


def _line(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Least-squares intercept and slope, and their covariance from the residuals."""
    a = np.column_stack((np.ones_like(x), x))
    fit, *_ = np.linalg.lstsq(a, y, rcond=None)
    residual = y - a @ fit
    variance = float(residual @ residual) / max(1, x.size - 2)
    return fit, variance * np.linalg.pinv(a.T @ a)


def partial_pressures(curve: Curve, sensitivity: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean partial pressures (4,) in the hold, Pa, blank subtracted, and their sigmas."""
    held, empty = curve.ion_a[curve.hold], curve.ion_a[curve.blank]
    mean = held.mean(axis=0) - empty.mean(axis=0)
    sigma = np.sqrt(held.var(axis=0) / len(held) + empty.var(axis=0) / len(empty))
    return np.maximum(mean, 0.0) / sensitivity, sigma / sensitivity


def assay(curve: Curve, certificate: Calibration, before: Weight, after: Weight) -> Assay:
    """Water content of the sample as weighed before heating.

    Raises
    ------
    Fault
        SCI-007 when the sample weighs nothing, SCI-009 when nothing finite comes out.
    """
    if before.mass_g <= 0.0:
        raise Fault("SCI-007", f"{before.mass_g:.3f} g")
    amount, amount_sigma, leak = released_mol(curve, certificate.volume_m3)
    partial, partial_sigma = partial_pressures(curve, np.array(certificate.sensitivity_a_per_pa))
    lost_g = before.mass_g - after.mass_g
    lost_sigma = float(np.hypot(before.sigma_g, after.sigma_g))

    def ways(p: np.ndarray) -> np.ndarray:
        """(2,) grams of water by pressure and by balance for partial pressures `p`."""
        total = max(float(p.sum()), 1e-12)
        share = p[0] / total
        by_mass = p[0] * MOLAR[0] / max(float(p @ MOLAR), 1e-15)
        return np.array([amount * share * MOLAR[0] * 1e3, lost_g * by_mass])

    value = ways(partial)
    common = _spread(ways, partial, partial_sigma, certificate.sensitivity_relative_sigma)
    relative = np.hypot(certificate.volume_relative_sigma, certificate.gauge_relative_sigma)
    share_mol = value[0] / max(amount, 1e-15)
    own = np.array([
        np.hypot(relative * value[0], share_mol * amount_sigma),
        max(lost_sigma * abs(value[1] / lost_g) if lost_g else lost_sigma, 1e-6),
    ])  # fmt: skip
    weights = own**-2 / np.sum(own**-2)
    water = float(weights @ value)
    sigma = float(np.sqrt(np.sum((weights * own) ** 2) + np.sum((weights @ common) ** 2)))
    apart = float(
        abs(value[0] - value[1]) / np.sqrt(np.sum(own**2) + np.sum((common[0] - common[1]) ** 2))
    )
    to_pct = 100.0 / before.mass_g
    if not np.isfinite([water, sigma]).all():
        raise Fault("SCI-009", "not finite")
    total_sigma = np.sqrt(np.sum(common**2, axis=1) + own**2)
    return Assay(
        to_pct * water, to_pct * sigma, (float(value[0]), float(total_sigma[0])),
        (float(value[1]), float(total_sigma[1])), apart, leak,
    )  # fmt: skip


def _spread(
    ways: Callable[[np.ndarray], np.ndarray],
    partial: np.ndarray,
    noise: np.ndarray,
    relative: float,
) -> np.ndarray:
    """(2, 4) change of both results when each species' current is off by one sigma."""
    here = ways(partial)
    columns = []
    for i in range(4):
        moved = partial.copy()
        moved[i] += np.hypot(noise[i], relative * partial[i])
        columns.append(ways(moved) - here)
    return np.column_stack(columns)
