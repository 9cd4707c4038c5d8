"""The compiled steps use the cells' resistance that all else uses, and know an endless night."""

import math

import numpy as np
import pytest

from lupex_rover.core.constants import ZERO_CELSIUS_K
from lupex_rover.power.cell import cold_factor
from lupex_rover.power.night.forecast import Dusk, _sizes, run
from lupex_rover.power.night.forecast_kernel import fourth, joule_w
from lupex_rover.power.night.params import NightParams


@pytest.mark.parametrize("degc", [-150.0, -40.0, -7.3, 0.0, 25.0])
def test_current_heats_cells_by_the_resistance_of_the_cell_model(degc):
    p = NightParams()
    sizes = _sizes(p, Dusk(1.0, 0.0, 0.0, 200.0), (0.0, 0.0))
    current_a = 120.0 / p.efficiency / p.pack_v
    expected = current_a**2 * p.cells_ohm * cold_factor(degc, p.activation_jpmol)
    assert joule_w(sizes, 120.0, degc + ZERO_CELSIUS_K) == pytest.approx(expected, rel=1e-15)


def test_fourth_powers_are_those_of_python():
    kelvin = np.random.default_rng(3).uniform(50.0, 350.0, 2000).tolist()
    assert [fourth(k) for k in kelvin] == [k**4 for k in kelvin]


def test_what_does_not_come_in_time_is_infinite():
    warm = run(NightParams(), Dusk(3000.0, 0.0, 0.0, 200.0), 1.0, (0.0, 0.0))
    assert (warm.lasts_h, warm.flat_h, warm.cause) == (math.inf, math.inf, "")
    flat = run(NightParams(), Dusk(1.0, 0.0, 0.0, 200.0), 10.0, (0.0, 0.0))
    assert 0.0 < flat.flat_h < 10.0 and flat.lasts_h == math.inf
