"""Slip of the crawlers: a slope model whose offset is learned from visual odometry.

Slip is 1 - (distance over ground) / (track travel), positive when the tracks run ahead of the
rover. That it grows faster than linearly with the uphill slope is known from every loose-soil
test (Iagnemma and Dubowsky 2004, "Mobile robots in rough terrain", ch. 2; Heverly et al. 2013,
"Traverse performance characterization for the Mars Science Laboratory rover", J. Field
Robotics 30(6)). The coefficients are assumptions and stand in the parameters.
"""

from __future__ import annotations

import math

from lupex_rover.navigation.params import LocalizationParams


class SlipModel:
    """Predicts slip from slope.

    Attributes
    ----------
    offset : float
        What visual odometry found above the model, smoothed; -0.4 .. 0.6.
    """

    def __init__(self, params: LocalizationParams) -> None:
        self._p = params
        self.offset = 0.0

    def predict(self, slope_rad: float) -> float:
        """Slip when travelling up a slope (negative: down)."""
        return self._clip(self._slope_part(slope_rad) + self.offset)

    def learn(self, slip: float, slope_rad: float) -> None:
        """Take in a measured slip."""
        seen = self._clip(slip) - self._slope_part(slope_rad)
        self.offset += self._p.slip_memory * (seen - self.offset)
        self.offset = min(0.6, max(-0.4, self.offset))

    def _slope_part(self, slope_rad: float) -> float:
        t = math.tan(slope_rad)
        p = self._p
        return p.slip_level + p.slip_per_slope * t + p.slip_per_slope2 * t * abs(t)

    def _clip(self, slip: float) -> float:
        return min(self._p.slip_limit, max(-self._p.slip_limit, slip))
