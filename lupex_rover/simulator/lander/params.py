"""What the stand-in lander can do and how well it knows where it is."""

from __future__ import annotations

from dataclasses import dataclass, field

from lupex_rover.core.params import ordered, param
from lupex_rover.landing.params import DescentParams


@dataclass(frozen=True)
class LanderParams:
    """Section `lander` of the simulator. Numbers are those of a small lander, all assumed."""

    descent: DescentParams = field(default_factory=DescentParams)
    # dispersion of the true start about the nominal one, which the lander's navigation believes
    position_sigma_m: float = param(300.0, "horizontal, each axis", unit="m", low=0, high=2000)
    position_clip_m: float = param(700.0, "horizontal, at most", unit="m", low=0, high=5000)
    height_sigma_m: float = param(30.0, "vertical", unit="m", low=0, high=300)
    velocity_sigma_mps: float = param(0.5, "each axis", unit="m/s", low=0, high=10)
    accel_bias_mps2: float = param(
        1e-3, "of the lander's accelerometers", unit="m/s2", low=0, high=0.1
    )
    # guidance
    approach_s: float = param(95.0, "time from start to the gate", unit="s", low=30, high=600)
    gate_m: float = param(
        300.0, "vertical descent begins at this height", unit="m", low=50, high=2000
    )
    gate_sink_mps: float = param(8.0, "downward at the gate", unit="m/s", low=1, high=30)
    sink_rate_hz: float = param(0.1, "sink rate over height", unit="1/s", low=0.02, high=0.5)
    final_sink_mps: float = param(1.1, "downward at touchdown", unit="m/s", low=0.3, high=3)
    divert_speed_mps: float = param(
        3.5, "sideways in vertical descent", unit="m/s", low=0.5, high=20
    )
    divert_mps2: float = param(
        0.5, "sideways push that a moved target may ask for", unit="m/s2", low=0.05, high=3
    )
    # thrust and attitude
    max_thrust_mps2: float = param(3.6, "thrust over mass", unit="m/s2", low=1.8, high=20)
    min_thrust_mps2: float = param(0.4, "thrust over mass", unit="m/s2", low=0, high=1.5)
    max_tilt_deg: float = param(30.0, "in the approach", unit="deg", low=5, high=60)
    final_tilt_deg: float = param(15.0, "in vertical descent", unit="deg", low=2, high=45)
    max_rate_dps: float = param(6.0, "attitude rate", unit="deg/s", low=1, high=30)
    attitude_lag_s: float = param(
        0.6, "time constant of attitude control", unit="s", low=0.1, high=5
    )
    rate_lag_s: float = param(0.25, "time constant of rate control", unit="s", low=0.05, high=5)
    # altimeter: laser range and Doppler velocity along body -z
    range_fraction: float = param(0.005, "noise over range, 1 sigma", unit="1", low=0, high=0.1)
    range_floor_m: float = param(0.02, "least noise, 1 sigma", unit="m", low=0, high=5)
    max_range_m: float = param(5000.0, "no echo beyond", unit="m", low=100, high=50000)
    doppler_noise_mps: float = param(0.12, "velocity noise, each axis", unit="m/s", low=0, high=5)
    doppler_bias_mps: float = param(0.02, "velocity bias, each axis", unit="m/s", low=0, high=5)
    hard_mps: float = param(
        1.5, "a harder vertical touchdown is a failure", unit="m/s", low=0.5, high=5
    )

    def check(self) -> None:
        ordered(self, "min_thrust_mps2", "max_thrust_mps2")
        ordered(self, "final_tilt_deg", "max_tilt_deg")
        ordered(self, "final_sink_mps", "gate_sink_mps")
