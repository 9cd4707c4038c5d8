"""The ground and the ice in it against published values."""

from __future__ import annotations

import numpy as np
import pytest

from lupex_rover.simulator.drill.regolith import DEPTH_M, Column, density_kgpm3
from lupex_rover.simulator.site.ice import sublimation_kgpm2s, vapour_pressure_pa


@pytest.mark.parametrize(
    "temperature_k, pressure_pa, relative",
    [  # Murphy and Koop 2005, appendix C
        (150.0, 6.106e-6, 1e-3), (180.0, 0.0053975, 1e-3), (210.0, 0.70202, 1e-3),
        (240.0, 27.272, 1e-3), (273.15, 611.154, 1e-3), (273.16, 611.657, 1e-3),
        (230.0, 8.94735, 2e-3),  # IAPWS R14-08, check value of the sublimation pressure
    ],
)  # fmt: skip
def test_vapour_pressure_of_ice(temperature_k: float, pressure_pa: float, relative: float) -> None:
    assert vapour_pressure_pa(temperature_k) == pytest.approx(pressure_pa, rel=relative)


def test_sublimation_at_180_k() -> None:
    # 5.3975e-3 Pa * sqrt(0.018015 / (2 pi 8.3145 180)) by hand.
    assert sublimation_kgpm2s(180.0) == pytest.approx(7.47e-6, rel=1e-2)
    assert sublimation_kgpm2s(180.0, background_pa=1.0) == 0.0


@pytest.mark.parametrize(
    "top_cm, bottom_cm, mean_gpcm3, sigma",
    [(0, 15, 1.50, 0.05), (0, 30, 1.58, 0.05), (30, 60, 1.74, 0.05), (0, 60, 1.66, 0.05)],
)
def test_density_agrees_with_the_lunar_sourcebook_table(
    top_cm: float, bottom_cm: float, mean_gpcm3: float, sigma: float
) -> None:
    # Lunar Sourcebook table 9.4: best estimates of average bulk density, intercrater areas.
    depth_m = np.linspace(top_cm, bottom_cm, 1001) / 100.0
    assert np.mean(density_kgpm3(depth_m)) / 1e3 == pytest.approx(mean_gpcm3, abs=sigma)


def test_columns_are_the_same_for_the_same_place_and_others_elsewhere() -> None:
    a, b = Column(5, 100.2, -33.3), Column(5, 100.2, -33.3)
    assert a.energy_jpm3 == b.energy_jpm3 and a.water_wt == b.water_wt
    assert Column(5, 140.0, -33.3).water_wt != a.water_wt
    assert Column(6, 100.2, -33.3).water_wt != a.water_wt


def test_columns_stay_within_what_is_known_of_the_poles() -> None:
    deep = []
    for seed in range(60):
        column = Column(seed, 1.5 * seed, -2.0)
        water = np.array(column.water_wt)
        assert water.min() >= 0.0 and water.max() <= 5.0
        assert water[0] < 0.2, "the top is dry"
        temperature = np.array(column.temperature_k)
        assert 80.0 < temperature.min() and temperature.max() < 125.0
        assert min(column.energy_jpm3) > 1e4
        deep.append(water[-1])
        assert column.index(-1.0) == 0 and column.index(9.0) == len(water) - 1
    assert len(column.water_wt) * 0.002 == pytest.approx(DEPTH_M, abs=0.002)
    assert 1.0 < np.mean(deep) < 5.0
