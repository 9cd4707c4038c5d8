"""Whether the lander stands, as the touchdown flag says and the height confirms.

Leg sensors have told of a touchdown that was only the legs unfolding (Mars Polar Lander, JPL
D-18709, 2000). So a flag raised high over the ground is believed only when it lasts.
"""

from __future__ import annotations

from lupex_rover.core.constants import NS
from lupex_rover.core.types import Altimeter
from lupex_rover.landing.params import LandingParams

SIGMAS = 5.0  # of the height, over `contact_height_m`


class TouchdownDetector:
    """Follows the flag from sample to sample."""

    def __init__(self, params: LandingParams) -> None:
        self._height_m, self._lasts_s = params.contact_height_m, params.contact_lasts_s
        self._since_ns: int | None = None

    def made(self, m: Altimeter, height_m: float, sigma_m: float) -> bool:
        """Whether `m` tells of a touchdown to be believed.

        Parameters
        ----------
        height_m, sigma_m : float
            Of the estimate over the ground; NaN where it is not known.
        """
        if not m.touchdown:
            self._since_ns = None
            return False
        if self._since_ns is None:
            self._since_ns = m.stamp_ns
        high = height_m > self._height_m + SIGMAS * sigma_m
        return not high or m.stamp_ns - self._since_ns >= self._lasts_s * NS
