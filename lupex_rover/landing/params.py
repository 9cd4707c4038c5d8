"""Parameters of the landing: nominal descent, filter, hazard check. Matcher: `matcher_params`."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from lupex_rover.core.params import ordered, param
from lupex_rover.landing.matcher_params import MatcherParams


@dataclass(frozen=True)
class DescentParams:
    """The nominal start of powered descent, known to ground, lander and rover alike."""

    altitude_m: float = param(
        3000.0, "height above the target at which powered descent begins",
        unit="m", low=200, high=20000,
    )  # fmt: skip
    uprange_m: float = param(
        2000.0,
        "distance from the target, against the ground track, at which powered descent begins",
        unit="m", low=0, high=2e4,
    )  # fmt: skip
    speed_mps: float = param(
        52.0, "horizontal speed along the ground track at the start of powered descent",
        unit="m/s", low=0, high=300,
    )  # fmt: skip
    sink_mps: float = param(
        38.0, "sink rate at the start of powered descent", unit="m/s", low=0, high=200,
    )  # fmt: skip


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

    gyro_noise: float = param(
        2e-4, "white noise of the gyros, as the filter believes it",
        unit="rad/s/sqrt(Hz)", low=0, high=0.1,
    )  # fmt: skip
    accel_noise: float = param(
        5e-3, "white noise of the accelerometers, as the filter believes it",
        unit="m/s2/sqrt(Hz)", low=0, high=1,
    )  # fmt: skip
    gyro_bias: float = param(
        2e-4, "bias of the gyros at the start, one sigma", unit="rad/s", low=0, high=0.1,
    )  # fmt: skip
    accel_bias: float = param(
        5e-3, "bias of the accelerometers at the start, one sigma", unit="m/s2", low=0, high=1,
    )  # fmt: skip
    gyro_walk: float = param(
        1e-6, "random walk of the gyro bias", unit="rad/s/sqrt(s)", low=0, high=0.1,
    )  # fmt: skip
    accel_walk: float = param(
        2e-5, "random walk of the accelerometer bias", unit="m/s2/sqrt(s)", low=0, high=1,
    )  # fmt: skip
    star_floor_rad: float = param(
        2e-4, "mounting error of the star tracker", unit="rad", low=0, high=0.1,
    )  # fmt: skip
    range_fraction: float = param(
        0.005, "altimeter range noise over the range", unit="1", low=0, high=0.2,
    )  # fmt: skip
    range_floor_m: float = param(
        0.3, "altimeter range noise at the ground", unit="m", low=0, high=50,
    )  # fmt: skip
    map_height_m: float = param(0.8, "height error of the onboard map", unit="m", low=0, high=50)
    map_slope: float = param(
        0.2, "altimeter range error per metre of horizontal uncertainty", unit="1", low=0, high=2,
    )  # fmt: skip
    doppler_mps: float = param(0.2, "noise of the altimeter's velocity", unit="m/s", low=0, high=5)
    doppler_bias: float = param(0.05, "bias of the altimeter's velocity", unit="m/s", low=0, high=5)
    bias_sun_cell: float = param(
        0.13,
        "error along the Sun's azimuth that successive fixes share, one sigma, over the map cell",
        unit="1", low=0, high=5,
        source="likelihood of the errors of 1107 fixes of 16 simulated descents",
    )  # fmt: skip
    bias_across_cell: float = param(
        0.05,
        "error across the Sun's azimuth that successive fixes share, one sigma, over the map cell",
        unit="1", low=0, high=5, source="the same",
    )  # fmt: skip
    bias_tilt_rad: float = param(
        2e-4, "growth of the error that fixes share with each metre of height: an angle",
        unit="rad", low=0, high=0.1, source="the same; about the camera's mounting",
    )  # fmt: skip
    bias_heights: float = param(
        5.0, "way flown, over the height, after which 1/e is left of the error that fixes share",
        unit="1", low=0.01, high=100, source="the same",
    )  # fmt: skip
    bias_patch_cell: float = param(
        5.0, "error of a single view with one agreeing patch, over the map cell; n patches"
        " divide it by n", unit="1", low=0, high=100, source="the same",
    )  # fmt: skip
    bias_view_heights: float = param(
        0.4, "way, over the height, in which a view's own error fades to 1/e",
        unit="1", low=0.01, high=100, source="the same",
    )  # fmt: skip
    gate_sigma: float = param(
        4.5, "difference from the prediction, in sigmas, above which a measurement is refused",
        unit="1", low=2, high=20,
    )  # fmt: skip
    history_s: float = param(
        5.0, "greatest age with which a measurement is still used", unit="s", low=0.5, high=60,
    )  # fmt: skip


@dataclass(frozen=True)
class HazardParams:
    """Where it is safe to stand, as far as map and image tell."""

    below_m: float = param(
        500.0, "height below which the landing target may move", unit="m", low=50, high=3000,
    )  # fmt: skip
    freeze_m: float = param(
        50.0, "height below which the landing target stays", unit="m", low=10, high=1000,
    )  # fmt: skip
    sure_m: float = param(
        4.0, "position sigma above which the landing target stays", unit="m", low=0.1, high=50,
    )  # fmt: skip
    divert_m: float = param(
        45.0, "greatest distance that the landing target may move", unit="m", low=0, high=500,
    )  # fmt: skip
    reach: float = param(
        0.5, "sideways distance that the lander can still reach, over its height",
        unit="1", low=0.05, high=2,
    )  # fmt: skip
    halt_mps2: float = param(
        0.4, "deceleration with which the lander brakes sideways", unit="m/s2", low=0.05, high=3,
    )  # fmt: skip
    move: float = param(
        0.1, "distance that the aim may still move at once, over the lander's height; the lander"
        " is on its way there", unit="1", low=0.01, high=2,
    )  # fmt: skip
    slope_deg: float = param(
        9.0, "slope of the map above which ground is hazardous", unit="deg", low=1, high=30,
    )  # fmt: skip
    tilt_deg: float = param(
        5.0, "apparent tilt to the Sun above which ground is hazardous", unit="deg", low=1, high=30,
    )  # fmt: skip
    dark: float = param(
        0.6, "brightness over that of level ground below which ground is hazardous",
        unit="1", low=0, high=1,
    )  # fmt: skip
    clearance_m: float = param(
        11.0, "distance that is wanted from the aim to the nearest hazard",
        unit="m", low=1, high=30,
        source="measured on simulated ground: 5 m for legs, their placing, and what a picture"
        " misses; 6 m for the rover to drive off in any direction",
    )  # fmt: skip
    keep_m: float = param(
        8.0, "distance to the nearest hazard with which an aim stays", unit="m", low=0, high=30,
    )  # fmt: skip
    gain_m: float = param(
        0.8, "gain of clearance that is worth moving the aim", unit="m", low=0, high=30,
    )  # fmt: skip
    gain_deg: float = param(
        3.0, "gain of map slope that is worth moving the aim when no place is clear",
        unit="deg", low=0, high=30,
    )  # fmt: skip

    def check(self) -> None:
        ordered(self, "freeze_m", "below_m")
        ordered(self, "keep_m", "clearance_m")
        ordered(self, "move", "reach")


@dataclass(frozen=True)
class LandingParams:
    """Section `landing` of the node configuration."""

    descent: DescentParams = field(default_factory=DescentParams)
    matcher: MatcherParams = field(default_factory=MatcherParams)
    filter: FilterParams = field(default_factory=FilterParams)
    hazard: HazardParams = field(default_factory=HazardParams)
    image_matcher: str = param(
        "", "image matcher: module:attribute or an entry point of lupex_rover.matchers; empty: the"
        " matcher that `matcher` sets",
    )  # fmt: skip
    image_matcher_params: dict[str, Any] = param({}, "parameters of the matcher from outside")
    position_sigma_m: float = param(
        300.0, "horizontal position error at the start of powered descent, one sigma of each"
        " axis", unit="m", low=1, high=5000,
    )  # fmt: skip
    height_sigma_m: float = param(
        40.0, "height error at the start of powered descent, one sigma", unit="m", low=1, high=1000,
    )  # fmt: skip
    velocity_sigma_mps: float = param(
        1.0, "velocity error at the start of powered descent, one sigma of each axis",
        unit="m/s", low=0.01, high=50,
    )  # fmt: skip
    persist_s: float = param(
        1.0, "time between two states of the descent that are kept for a restart",
        unit="s", low=0.1, high=60,
    )  # fmt: skip
    after_touchdown_s: float = param(
        5.0, "time after touchdown in which landing/state is still published",
        unit="s", low=0, high=600,
    )  # fmt: skip
    contact_height_m: float = param(
        20.0, "height, beyond 5 sigma, above which a reported touchdown must last to be believed",
        unit="m", low=1, high=500,
    )  # fmt: skip
    contact_lasts_s: float = param(
        2.0, "time that a touchdown reported high up must last to be believed",
        unit="s", low=0, high=60,
    )  # fmt: skip
    ahead_s: float = param(
        1.0, "time by which a stamp may lie in the future; later samples are refused",
        unit="s", low=0.01, high=60,
    )  # fmt: skip
    image_age_s: float = param(
        3.0, "greatest age of an image that is used", unit="s", low=0.1, high=60,
    )  # fmt: skip
