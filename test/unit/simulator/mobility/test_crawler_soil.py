"""Terramechanics against the integrals they stand for."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.integrate import quad

from lupex_rover.simulator.mobility.crawler_soil import (
    SoilParams,
    compaction,
    noise,
    shear_share,
    strength,
)

SOIL = SoilParams()


@pytest.mark.parametrize("slip", [0.001, 0.02, 0.2, 1.0])
def test_traction_is_the_mean_shear_stress_under_the_track(slip: float) -> None:
    """Janosi-Hanamoto stress 1 - exp(-j/K) with j = i x, averaged over the track length."""
    length, k = SOIL.shear_length_m, SOIL.shear_modulus_m
    mean = quad(lambda x: 1.0 - math.exp(-slip * x / k), 0.0, length)[0] / length
    assert shear_share(slip * length, k) == pytest.approx(mean, rel=1e-3)


def test_compaction_resistance_is_the_work_of_pressing_a_rut() -> None:
    """Bekker: resistance times distance = work of pressing width x distance to the sinkage."""
    load, length, width, modulus = 142.0, 0.3, 0.2, 8e5
    sinkage, resistance = compaction(load, length, width, modulus, 0.0, 0.5)
    assert modulus * sinkage * length * width == pytest.approx(load)  # pressure carries the load
    work = quad(lambda z: width * modulus * z, 0.0, sinkage)[0]
    assert resistance == pytest.approx(work)


def test_slip_digs_in() -> None:
    calm, _ = compaction(142.0, 0.3, 0.2, 8e5, 0.0, 0.5)
    spinning, _ = compaction(142.0, 0.3, 0.2, 8e5, -1.0, 0.5)
    assert spinning == pytest.approx(1.5 * calm)


def test_soil_varies_smoothly_and_with_the_seed() -> None:
    x = np.arange(0.0, 400.0, 0.1)
    here = np.array([strength(v, -17.0, SOIL.patch_m, 5) for v in x])
    other = np.array([strength(v, -17.0, SOIL.patch_m, 6) for v in x])
    assert np.abs(here).max() <= 1.0
    assert here.std() > 0.2
    assert np.abs(np.diff(here)).max() < 0.1  # no jumps
    assert abs(np.corrcoef(here, other)[0, 1]) < 0.3
    again = np.array([strength(v, -17.0, SOIL.patch_m, 5) for v in x[:50]])
    np.testing.assert_array_equal(here[:50], again)


def test_noise_has_no_trend_nor_repeat() -> None:
    values = np.array(
        [[noise(i + 0.5, j + 0.5, 3) for i in range(-60, 60)] for j in range(-60, 60)]
    )
    assert abs(values.mean()) < 0.02
    flat = values.ravel()
    for lag in (1, 120, 121, 64 * 120):
        assert abs(np.corrcoef(flat[:-lag], flat[lag:])[0, 1]) < 0.6
    assert len(np.unique(flat.round(9))) > 0.99 * flat.size
