"""Health of each panel: the power it gives over the power that clean new cells would give.

Expected power = area * flux * cosine * efficiency at the cells' temperature * converter, the
temperature from the balance of absorbed sunlight and heat radiated by both faces (Gilmore 2002,
ch. 2). The health is a running mean of measured over expected while the Sun stands well on the
panel; dust, darkened cells and lost strings all lower it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from lupex_rover.core.constants import SOLAR_CONSTANT_WPM2, STEFAN_BOLTZMANN, ZERO_CELSIUS_K
from lupex_rover.core.errors import UserError
from lupex_rover.power.params import ArrayModelParams

PANELS = ("left", "right", "tower")
_LEAST_COSINE = 0.25
_LEAST_SHARE = 0.9  # of the disc: less, and the horizon's error rules
_LOST = 0.05
_DEAD_S = 60.0  # in the Sun without power: no mean is waited for


class ArrayHealth:
    """Running health of each panel.

    Attributes
    ----------
    health : ndarray, shape (3,)
        Left, right, tower; 1 clean and new, 0 lost; NaN until it was seen in the Sun.
    """

    def __init__(self, params: ArrayModelParams | None = None) -> None:
        self._p = params or ArrayModelParams()
        self.health = np.full(3, np.nan)
        self._dead_s = np.zeros(3)

    def lost(self) -> tuple[str, ...]:
        """Panels that give nothing though the Sun is on them."""
        return tuple(name for name, h in zip(PANELS, self.health) if h < _LOST)

    def expected_w(self, sun_base: Sequence[float] | np.ndarray, share: float) -> np.ndarray:
        """(3,) what clean new panels would give, W, with the Sun at (3,) `sun_base`.

        Raises
        ------
        UserError
            The direction is no unit vector, or the share is outside 0 .. 1.
        """
        x, y, z = (float(v) for v in sun_base)
        if not abs(math.sqrt(x * x + y * y + z * z) - 1.0) < 1e-3:
            raise UserError(f"sun_base: ({x:g}, {y:g}, {z:g}) is no unit vector")
        if not 0.0 <= share <= 1.0:
            raise UserError(f"share: {share} is outside 0 .. 1")
        p = self._p
        cosine = np.maximum([y, -y, math.hypot(x, y)], 0.0)
        flux = SOLAR_CONSTANT_WPM2 * share * cosine
        kelvin = p.absorbed * flux / (2.0 * p.emittance * STEFAN_BOLTZMANN) + p.surroundings_k**4
        warmer = kelvin**0.25 - ZERO_CELSIUS_K - 28.0
        cells = p.efficiency * (1.0 + p.efficiency_perk * np.maximum(warmer, -100.0))
        return np.asarray(p.area_m2) * flux * cells * p.tracking

    def update(
        self, dt_s: float, sun_base: Sequence[float] | np.ndarray, share: float, panel_w: np.ndarray
    ) -> np.ndarray:
        """Take in (3,) measured watts; returns `health`."""
        expected = self.expected_w(sun_base, share)
        full = self.expected_w((0.0, 1.0, 0.0), 1.0)[[0, 0, 2]]
        seen = (expected > _LEAST_COSINE * full) & (share >= _LEAST_SHARE)
        weight = 1.0 - math.exp(-dt_s / self._p.memory_s)
        for i in np.flatnonzero(seen).tolist():
            ratio = float(panel_w[i]) / float(expected[i])
            self._dead_s[i] = self._dead_s[i] + dt_s if ratio < _LOST else 0.0
            old = self.health[i]
            anew = math.isnan(old) or self._dead_s[i] >= _DEAD_S
            self.health[i] = ratio if anew else old + weight * (ratio - old)
        return self.health
