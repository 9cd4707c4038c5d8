"""Parameters of the landing: nominal descent, filter, hazard check. Matcher: `matcher_params`."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from lupex_rover.core.params import param
from lupex_rover.landing.matcher_params import MatcherParams


@dataclass(frozen=True)
class DescentParams:
    """The nominal start of powered descent, known to ground, lander and rover alike."""

    altitude_m: float = param(3000.0, "above the target", unit="m", low=200, high=20000)
    uprange_m: float = param(
        2000.0, "from the target, against the track", unit="m", low=0, high=2e4
    )
    speed_mps: float = param(52.0, "horizontal, along the track", unit="m/s", low=0, high=300)
    sink_mps: float = param(38.0, "downward", unit="m/s", low=0, high=200)


def along_track(azimuth_rad: float) -> np.ndarray:
    """(3,) unit vector in `map` of a ground track `azimuth_rad` clockwise from grid north."""
    return np.array([math.sin(azimuth_rad), math.cos(azimuth_rad), 0.0])


def nominal_start(
    descent: DescentParams, target_m: np.ndarray, azimuth_rad: float
) -> tuple[np.ndarray, np.ndarray]:
    """Position m and velocity m/s, (3,) in `map`, where powered descent should begin."""
    along = along_track(azimuth_rad)
    up = np.array([0.0, 0.0, 1.0])
    position = np.asarray(target_m, float) - descent.uprange_m * along + descent.altitude_m * up
    return position, descent.speed_mps * along - descent.sink_mps * up


@dataclass(frozen=True)
class FilterParams:
    """Noise of the sensors as the filter believes it, and its gates."""

    gyro_noise: float = param(2e-4, "gyro white noise", unit="rad/s/sqrt(Hz)", low=0, high=0.1)
    accel_noise: float = param(
        5e-3, "accelerometer white noise", unit="m/s2/sqrt(Hz)", low=0, high=1
    )
    gyro_bias: float = param(2e-4, "gyro bias at start, 1 sigma", unit="rad/s", low=0, high=0.1)
    accel_bias: float = param(
        5e-3, "accelerometer bias at start, 1 sigma", unit="m/s2", low=0, high=1
    )
    gyro_walk: float = param(1e-6, "gyro bias walk", unit="rad/s/sqrt(s)", low=0, high=0.1)
    accel_walk: float = param(2e-5, "accelerometer bias walk", unit="m/s2/sqrt(s)", low=0, high=1)
    star_floor_rad: float = param(2e-4, "star tracker mounting error", unit="rad", low=0, high=0.1)
    range_fraction: float = param(0.005, "altimeter noise over range", unit="1", low=0, high=0.2)
    range_floor_m: float = param(0.3, "altimeter noise at the ground", unit="m", low=0, high=50)
    map_height_m: float = param(0.8, "height error of the onboard map", unit="m", low=0, high=50)
    map_slope: float = param(
        0.2, "range error per metre of horizontal uncertainty", unit="1", low=0, high=2
    )
    doppler_mps: float = param(0.2, "altimeter velocity noise", unit="m/s", low=0, high=5)
    doppler_bias: float = param(0.05, "altimeter velocity bias", unit="m/s", low=0, high=5)
    bias_sun_cell: float = param(
        0.13, "what fixes share along the Sun's azimuth, 1 sigma, over map cell", unit="1", low=0,
        high=5, source="likelihood of the errors of 1107 fixes of 16 simulated descents",
    )  # fmt: skip
    bias_across_cell: float = param(
        0.05, "and across it", unit="1", low=0, high=5, source="the same"
    )
    bias_tilt_rad: float = param(
        2e-4, "and more of it for each metre of height", unit="1", low=0, high=0.1,
        source="the same; about the camera's mounting",
    )  # fmt: skip
    bias_heights: float = param(
        5.0, "way over height in which that fades to 1/e", unit="1", low=0.01, high=100,
        source="the same",
    )  # fmt: skip
    bias_patch_cell: float = param(
        5.0, "a view's own error if one patch agreed; with n patches an n-th; over map cell",
        unit="1", low=0, high=100, source="the same",
    )  # fmt: skip
    bias_view_heights: float = param(
        0.4, "way over height in which that fades to 1/e", unit="1", low=0.01, high=100,
        source="the same",
    )  # fmt: skip
    gate_sigma: float = param(4.5, "a measurement further off is refused", unit="1", low=2, high=20)
    history_s: float = param(5.0, "how late a measurement may come", unit="s", low=0.5, high=60)


@dataclass(frozen=True)
class HazardParams:
    """Where it is safe to stand, as far as map and image tell."""

    below_m: float = param(
        500.0, "the target may move below this height", unit="m", low=50, high=3000
    )
    freeze_m: float = param(50.0, "and stays below this one", unit="m", low=10, high=1000)
    sure_m: float = param(
        4.0, "the target stays while the own place is known less well", unit="m", low=0.1, high=50
    )
    divert_m: float = param(45.0, "the target moves at most this far", unit="m", low=0, high=500)
    reach: float = param(
        0.5, "of its height the lander may still move sideways", unit="1", low=0.05, high=2
    )
    halt_mps2: float = param(
        0.4, "the lander brakes sideways with this", unit="m/s2", low=0.05, high=3
    )
    move: float = param(
        0.1, "of its height the aim may still move at once: the lander is on its way there",
        unit="1", low=0.01, high=2,
    )  # fmt: skip
    slope_deg: float = param(
        9.0, "ground that the map shows steeper is hazardous", unit="deg", low=1, high=30
    )
    tilt_deg: float = param(
        5.0, "ground that looks more tilted to the Sun is hazardous", unit="deg", low=1, high=30
    )
    dark: float = param(
        0.6, "ground darker than this part of level ground is hazardous", unit="1", low=0, high=1
    )
    clearance_m: float = param(
        11.0, "wanted from the aim to the nearest hazard", unit="m", low=1, high=30,
        source="measured on simulated ground: 5 m for legs, their placing, and what a picture"
        " misses; 6 m for the rover to drive off in any direction",
    )  # fmt: skip
    keep_m: float = param(8.0, "an aim with this clearance stays", unit="m", low=0, high=30)
    gain_m: float = param(0.8, "of clearance for which the aim moves", unit="m", low=0, high=30)
    gain_deg: float = param(
        3.0, "of the map's slope for which it moves when nothing is clear", unit="deg", low=0,
        high=30,
    )  # fmt: skip


@dataclass(frozen=True)
class LandingParams:
    """Section `landing` of the node configuration."""

    descent: DescentParams = field(default_factory=DescentParams)
    matcher: MatcherParams = field(default_factory=MatcherParams)
    filter: FilterParams = field(default_factory=FilterParams)
    hazard: HazardParams = field(default_factory=HazardParams)
    image_matcher: str = param(
        "", "who matches pictures with the map: module:attribute or an entry point of"
        " lupex_rover.matchers; empty: the matcher that `matcher` sets",
    )  # fmt: skip
    image_matcher_params: dict[str, Any] = param({}, "parameters of that matcher from outside")
    position_sigma_m: float = param(300.0, "horizontal, at the start", unit="m", low=1, high=5000)
    height_sigma_m: float = param(40.0, "vertical, at the start", unit="m", low=1, high=1000)
    velocity_sigma_mps: float = param(1.0, "each axis, at the start", unit="m/s", low=0.01, high=50)
    after_touchdown_s: float = param(
        5.0, "landing/state goes on this long", unit="s", low=0, high=600
    )
    contact_height_m: float = param(
        20.0, "a touchdown told higher up, and 5 sigma, must last to be believed", unit="m", low=1,
        high=500,
    )  # fmt: skip
    contact_lasts_s: float = param(2.0, "so long", unit="s", low=0, high=60)
    ahead_s: float = param(
        1.0, "a sample stamped later than this after now is refused", unit="s", low=0.01, high=60
    )
    image_age_s: float = param(
        3.0, "an image older than this is not used", unit="s", low=0.1, high=60
    )
