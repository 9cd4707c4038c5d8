"""Terramechanics of one crawler on lunar soil: sinkage, resistance, shear traction, slip.

Sources: Bekker 1969, Introduction to Terrain-Vehicle Systems (pressure-sinkage, compaction
resistance); Janosi and Hanamoto 1961 (shear-displacement); Wong 2008, Theory of Ground Vehicles,
4th ed., sections 2.4 to 2.6 (tractive effort of a track); Heiken, Vaniman and French 1991, Lunar
Sourcebook, chapter 9 (values of lunar soil).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numba import njit

from lupex_rover.core.params import param

Array = np.ndarray


@dataclass(frozen=True)
class SoilParams:
    """Mean soil of the map and how much it varies from place to place."""

    friction_deg: float = param(
        32.0, "mean internal friction angle of the disturbed top layer", unit="deg", low=25,
        high=50, source="Lunar Sourcebook table 9.12: 30 to 50 deg, the lower end for loose soil",
    )  # fmt: skip
    friction_range_deg: float = param(
        2.0, "largest departure of the friction angle from its mean", unit="deg", low=0, high=10
    )
    cohesion_kpa: float = param(
        0.17, "cohesion of the soil", unit="kPa", low=0.05, high=3,
        source="Lunar Sourcebook table 9.14 (rover wheel tracks): 0.17 kPa",
    )  # fmt: skip
    k_cohesive_npm2: float = param(
        1400.0, "cohesive Bekker modulus k_c, exponent 1", unit="N/m^2", low=0, high=1e5,
        source="Lunar Sourcebook section 9.1.8: 1400 N/m^2",
    )  # fmt: skip
    k_frictional_npm3: float = param(
        820e3, "frictional Bekker modulus k_phi, exponent 1", unit="N/m^3", low=1e4, high=5e6,
        source="Lunar Sourcebook section 9.1.8: 820 kN/m^3",
    )  # fmt: skip
    softest_share: float = param(
        0.25, "k_phi of the loosest places over the mean", unit="1", low=0.01, high=1,
    )  # fmt: skip
    shear_modulus_m: float = param(
        0.018, "Janosi shear displacement K", unit="m", low=0.001, high=0.1,
        source="Lunar Sourcebook section 9.1.8: 1.78 cm",
    )  # fmt: skip
    shear_length_m: float = param(
        0.15, "length of track over which shear builds up before pressure falls off between road"
        " wheels", unit="m", low=0.02, high=2,
        source="Wong 2008, section 2.5 (pressure peaks under road wheels); fitted so that slip is"
        " 20 to 40 % at 15 to 20 deg",
    )  # fmt: skip
    bulldozing_share: float = param(
        0.02, "resistance of pushed soil and track edges, over the load", unit="1", low=0, high=0.3,
    )  # fmt: skip
    slip_sinkage: float = param(
        0.5, "relative growth of sinkage at full slip", unit="1", low=0, high=5,
        source="Lyasko 2010, Slip sinkage effect in soil-vehicle mechanics",
    )  # fmt: skip
    patch_m: float = param(9.0, "size of a patch of like soil", unit="m", low=1, high=100)


@njit(cache=True)
def _hash(ix: int, iy: int, seed: int) -> float:
    """A number in 0..1 for a lattice point; integer mixing after Jarzynski and Olano 2020 (pcg)."""
    h = (ix * 1664525 + iy * 1013904223 + seed * 69069 + 12345) & 0xFFFFFFFF
    h = ((h ^ (h >> 16)) * 0x45D9F3B) & 0xFFFFFFFF
    h = ((h ^ (h >> 16)) * 0x45D9F3B) & 0xFFFFFFFF
    return (h ^ (h >> 16)) / 4294967295.0


@njit(cache=True)
def noise(x: float, y: float, seed: int) -> float:
    """Smooth value noise, -1..1, of unit lattice (Perlin 2002 fade curve)."""
    ix, iy = math.floor(x), math.floor(y)
    u, v = x - ix, y - iy
    u = u * u * u * (u * (u * 6.0 - 15.0) + 10.0)
    v = v * v * v * (v * (v * 6.0 - 15.0) + 10.0)
    i, j = int(ix), int(iy)
    low = _hash(i, j, seed) * (1.0 - u) + _hash(i + 1, j, seed) * u
    high = _hash(i, j + 1, seed) * (1.0 - u) + _hash(i + 1, j + 1, seed) * u
    return 2.0 * (low * (1.0 - v) + high * v) - 1.0


@njit(cache=True)
def strength(x_m: float, y_m: float, patch_m: float, seed: int) -> float:
    """Relative strength of the soil at a place of the map, -1 (loosest) .. 1 (firmest)."""
    coarse = noise(x_m / patch_m, y_m / patch_m, seed)
    fine = noise(3.7 * x_m / patch_m, 3.7 * y_m / patch_m, seed + 1)
    return 0.7 * coarse + 0.3 * fine


@njit(cache=True)
def shear_share(shear_m: float, modulus_m: float) -> float:
    """Mean share of the shear strength along a track whose rear end has sheared `shear_m`.

    Wong 2008, eq. 2.45 with j = i x: 1 - K / (i L) (1 - exp(-i L / K)), `shear_m` = i L.
    """
    z = shear_m / modulus_m
    if z < 1e-4:
        return 0.5 * z
    return 1.0 - (1.0 - math.exp(-z)) / z


@njit(cache=True)
def compaction(
    load_n: float, length_m: float, width_m: float, modulus: float, slip: float, growth: float
) -> tuple[float, float]:
    """Sinkage and compaction resistance of a track (Bekker, exponent 1).

    Parameters
    ----------
    modulus : float
        k_c / width + k_phi, N/m^3.
    slip, growth : float
        Slip sinkage, `z = z0 (1 + growth |slip|)`.

    Returns
    -------
    tuple[float, float]
        Sinkage m; resistance N, width modulus z^2 / 2.
    """
    sinkage = load_n / (length_m * width_m) / modulus * (1.0 + growth * abs(slip))
    return sinkage, 0.5 * width_m * modulus * sinkage * sinkage
