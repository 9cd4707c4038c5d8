"""The pose that localization keeps over a loss of power, checked before it is believed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from lupex_rover.core.kept_numbers import numbers
from lupex_rover.navigation.wheel_odometry import Gap
from lupex_rover.terrain.dem import Dem

Array = np.ndarray
SIGMA_M = 1e5  # a place less sure than this is none
HEIGHT_M = 2e4  # of ground above or below the reference sphere; LOLA: -9 to 11 km
TRAVEL_M = 1e6
BIAS_RPS = 0.1
MOST_SLIP = 1.0
LEAST_EIGENVALUE = -1e-6  # of a covariance, over its largest number


@dataclass(frozen=True)
class KeptPose:
    """What was kept, apart from what dead reckoning keeps for itself."""

    attitude_xyzw: Array  # (4,)
    attitude_sigma_rad: Array  # (3,)
    bias_rps: Array  # (3,)
    slip_offset: float
    tracks: Gap | None  # None: not heard yet, or kept by a version that did not know them

    @classmethod
    def of(cls, state: dict[str, Any], onboard_map: Dem) -> KeptPose:
        """The kept state.

        Raises
        ------
        ValueError
            Something is missing or no number, not finite, not a covariance, or off the map; the
            text names it.
        """
        try:
            position = state["position"]
            odom, correction = (
                numbers(position, "odom_m", 3),
                numbers(position, "correction_m", 3),
            )
            covariance = np.asarray(position["covariance"], float)
            travel = numbers(position, "travel_m", 1)
            kept = cls(
                numbers(state, "attitude_xyzw", 4),
                numbers(state, "attitude_sigma_rad", 3),
                numbers(state, "bias_rps", 3),
                float(numbers(state, "slip_offset", 1)[0]),
                Gap.of(state.get("tracks")),
            )
        except (KeyError, TypeError, OverflowError) as error:
            raise ValueError(f"incomplete: {type(error).__name__} {error}") from None
        _check_place(odom + correction, covariance, onboard_map)
        kept._check(abs(float(travel[0])))
        return kept

    def _check(self, travel_m: float) -> None:
        if not 0.5 < float(self.attitude_xyzw @ self.attitude_xyzw) < 2.0:
            raise ValueError("the attitude is no quaternion")
        if not (self.attitude_sigma_rad > 0.0).all() or self.attitude_sigma_rad.max() > 10.0:
            raise ValueError("the attitude's sigma cannot be")
        if np.abs(self.bias_rps).max() > BIAS_RPS:
            raise ValueError("the gyro's bias cannot be")
        if abs(self.slip_offset) > MOST_SLIP or travel_m > TRAVEL_M:
            raise ValueError("slip or travel cannot be")


def _check_place(place_m: Array, covariance: Array, onboard_map: Dem) -> None:
    if covariance.shape != (3, 3) or not np.isfinite(covariance).all():
        raise ValueError("covariance: not 3 x 3 finite numbers")
    most = max(float(np.abs(covariance).max()), 1e-12)
    if np.abs(covariance - covariance.T).max() > 1e-6 * most or most > SIGMA_M**2:
        raise ValueError("covariance: not symmetric, or too large")
    if np.linalg.eigvalsh(covariance).min() < LEAST_EIGENVALUE * most:
        raise ValueError("covariance: not positive")
    x, y, z = (float(v) for v in place_m)
    if not onboard_map.contains(x, y) or abs(z) > HEIGHT_M:
        raise ValueError(f"the place ({x:.4g}, {y:.4g}, {z:.4g}) m is not on the map")
