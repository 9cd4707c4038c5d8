"""The ground under the drill: a column of layers with density, strength, water and temperature.

Drawn from the seed and the place; ground a metre further is drawn anew.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass

import numpy as np

from lupex_rover.core.params import ordered, param

STEP_M = 0.002  # resolution of a column
DEPTH_M = 1.75  # of a column; deeper ground is like its lowest cell
CELL_M = 1.0  # places nearer than this share one column
SKIN_M = 0.07  # scale of the insulating top layer, Hayne et al. 2017, JGR Planets 122, 2371


@dataclass(frozen=True)
class RegolithParams:
    dry_low_m: float = param(0.08, "least thickness of the dry top", unit="m", low=0, high=1)
    dry_high_m: float = param(0.30, "greatest thickness of the dry top", unit="m", low=0, high=1)
    water_low_wt: float = param(2.0, "least water content at depth", unit="wt%", low=0, high=8)
    water_high_wt: float = param(
        5.0, "greatest water content at depth", unit="wt%", low=0, high=8,
        source="Colaprete et al. 2010, Science 330, 463: 5.6 +- 2.9 wt% in the LCROSS plume",
    )  # fmt: skip
    dry_energy_jpm3: float = param(
        1.5e6,
        "intrinsic specific energy of dry regolith at 1.9 g/cm3",
        unit="J/m3",
        low=1e5,
        high=1e8,
    )
    icy_energy_jpm3: float = param(
        20e6, "specific energy that 5 wt% of ice at 100 K adds", unit="J/m3", low=0, high=2e8,
        source="assumed; strength sets in at 1..3 wt% (Atkinson et al. 2020, Icarus, penetration"
        " and relaxation of JSC-1A under cryogenic conditions)",
    )  # fmt: skip
    pebbles: float = param(
        2.5, "mean number of hard inclusions in the column", unit="1", low=0, high=30,
    )  # fmt: skip
    pebble_low_jpm3: float = param(
        50e6, "specific energy of the softest inclusion", unit="J/m3", low=1e6, high=1e9,
    )  # fmt: skip
    pebble_high_jpm3: float = param(
        110e6, "specific energy of the hardest inclusion", unit="J/m3", low=1e6, high=1e9,
        source="assumed; order of the compressive strength of weathered basalt",
    )  # fmt: skip
    heat_flow_wpm2: float = param(
        0.016,
        "heat flow from below",
        unit="W/m2",
        low=0,
        high=0.1,
        source="Langseth et al. 1976, Apollo 15 and 17: 0.021 and 0.016",
    )
    conductivity_wpmk: float = param(
        0.008, "thermal conductivity below the top layer", unit="W/(m K)", low=1e-3, high=2,
        source="Hayne et al. 2017: 3.4e-3 dry; more where ice fills pores",
    )  # fmt: skip

    def check(self) -> None:
        ordered(self, "dry_low_m", "dry_high_m")
        ordered(self, "water_low_wt", "water_high_wt")
        ordered(self, "pebble_low_jpm3", "pebble_high_jpm3")


def density_kgpm3(depth_m: np.ndarray | float) -> np.ndarray | float:
    """Bulk density of lunar regolith at a depth, kg/m3.

    Notes
    -----
    rho(z) = 1.92 (z + 12.2) / (z + 18) g/cm3, z in cm. Carrier, Olhoeft and Mendell (1991),
    Lunar Sourcebook, chapter 9.
    """
    z_cm = 100.0 * np.maximum(depth_m, 0.0)
    return 1920.0 * (z_cm + 12.2) / (z_cm + 18.0)


class Column:
    """Ground properties every `STEP_M` from the surface down.

    Attributes
    ----------
    density_kgpm3, water_wt, energy_jpm3, temperature_k : list[float]
        One per step; `energy_jpm3` is the intrinsic specific energy of cutting (Detournay and
        Defourny 1992).
    layers : list[tuple[float, float]]
        Depth of the top, m, and water, wt%, of each layer from the top.
    """

    def __init__(
        self, seed: int, x_m: float, y_m: float, params: RegolithParams | None = None
    ) -> None:
        p = params or RegolithParams()
        place = struct.pack(">qq", int(np.floor(x_m / CELL_M)), int(np.floor(y_m / CELL_M)))
        rng = np.random.default_rng([abs(int(seed)), zlib.crc32(place)])
        depth = (np.arange(round(DEPTH_M / STEP_M)) + 0.5) * STEP_M
        self.layers = _layers(p, rng)
        water = _water(self.layers, depth)
        density = np.asarray(density_kgpm3(depth))
        energy = p.dry_energy_jpm3 * (density / 1900.0) ** 4
        energy = energy + p.icy_energy_jpm3 * (water / 5.0) ** 1.5
        energy = _pebbles(p, rng, depth, energy)
        self.density_kgpm3: list[float] = density.tolist()
        self.water_wt: list[float] = water.tolist()
        self.energy_jpm3: list[float] = energy.tolist()
        self.temperature_k: list[float] = _temperature(p, rng, depth).tolist()
        self._last = depth.size - 1

    def index(self, depth_m: float) -> int:
        """Position of a depth in the lists; above the surface it is the top's."""
        i = int(depth_m / STEP_M)
        return 0 if i < 0 else min(i, self._last)


def _layers(p: RegolithParams, rng: np.random.Generator) -> list[tuple[float, float]]:
    """A dry top, then layers that get icier with depth; now and then a leaner one."""
    deep = rng.uniform(p.water_low_wt, p.water_high_wt)
    layers = [(0.0, rng.uniform(0.0, 0.15))]
    top = rng.uniform(p.dry_low_m, p.dry_high_m)
    while top < DEPTH_M:
        thickness = rng.uniform(0.12, 0.35)
        trend = deep * (1.0 - np.exp(-(top + thickness / 2) / 0.5))
        water = float(np.clip(trend * rng.uniform(0.5, 1.3), 0.05, p.water_high_wt))
        layers.append((top, water))
        top += thickness
    return layers


def _water(layers: list[tuple[float, float]], depth: np.ndarray) -> np.ndarray:
    tops = np.array([top for top, _ in layers])
    water = np.array([w for _, w in layers])
    return water[np.searchsorted(tops, depth, side="right") - 1]


def _pebbles(
    p: RegolithParams, rng: np.random.Generator, depth: np.ndarray, energy: np.ndarray
) -> np.ndarray:
    """Hard inclusions of 8 to 25 mm, water-free strength; the water beside them is unchanged."""
    energy = energy.copy()
    for _ in range(rng.poisson(p.pebbles)):
        top, size = rng.uniform(0.05, 1.6), rng.uniform(0.008, 0.025)
        hard = rng.uniform(p.pebble_low_jpm3, p.pebble_high_jpm3)
        energy[(depth >= top) & (depth < top + size)] = hard
    return energy


def _temperature(p: RegolithParams, rng: np.random.Generator, depth: np.ndarray) -> np.ndarray:
    """Edge of a permanent shadow: 90..120 K at the top, near its yearly mean below the skin.

    Paige et al. (2010), Science 330, 479 for the polar temperatures; Hayne et al. (2017) for the
    exponential change over the skin; conduction of the heat flow below.
    """
    top = rng.uniform(90.0, 120.0)
    mean = rng.uniform(85.0, 105.0)
    skin = np.exp(-depth / SKIN_M)
    return mean + (top - mean) * skin + p.heat_flow_wpm2 / p.conductivity_wpmk * depth
