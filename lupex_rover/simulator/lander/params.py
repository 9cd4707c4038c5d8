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
    position_sigma_m: float = param(
        300.0, "horizontal spread of the true start, one sigma of each axis",
        unit="m", low=0, high=2000,
    )  # fmt: skip
    position_clip_m: float = param(
        700.0, "greatest horizontal distance of the true start from the nominal one",
        unit="m", low=0, high=5000,
    )  # fmt: skip
    height_sigma_m: float = param(
        30.0, "height spread of the true start, one sigma", unit="m", low=0, high=300,
    )  # fmt: skip
    velocity_sigma_mps: float = param(
        0.5, "velocity spread of the true start, one sigma of each axis",
        unit="m/s", low=0, high=10,
    )  # fmt: skip
    accel_bias_mps2: float = param(
        1e-3, "bias of the lander's accelerometers", unit="m/s2", low=0, high=0.1,
    )  # fmt: skip
    # guidance
    approach_s: float = param(95.0, "time from start to the gate", unit="s", low=30, high=600)
    gate_m: float = param(
        300.0, "height of the gate, at which vertical descent begins", unit="m", low=50, high=2000,
    )  # fmt: skip
    gate_sink_mps: float = param(8.0, "sink rate at the gate", unit="m/s", low=1, high=30)
    sink_rate_hz: float = param(
        0.1, "sink rate over height in vertical descent", unit="1/s", low=0.02, high=0.5,
    )  # fmt: skip
    final_sink_mps: float = param(1.1, "sink rate at touchdown", unit="m/s", low=0.3, high=3)
    divert_speed_mps: float = param(
        3.5, "sideways speed in vertical descent", unit="m/s", low=0.5, high=20,
    )  # fmt: skip
    divert_mps2: float = param(
        0.5, "sideways acceleration that a moved target may ask for", unit="m/s2", low=0.05, high=3,
    )  # fmt: skip
    # thrust and attitude
    max_thrust_mps2: float = param(3.6, "greatest thrust over mass", unit="m/s2", low=1.8, high=20)
    min_thrust_mps2: float = param(0.4, "least thrust over mass", unit="m/s2", low=0, high=1.5)
    max_tilt_deg: float = param(30.0, "greatest tilt in the approach", unit="deg", low=5, high=60)
    final_tilt_deg: float = param(
        15.0, "greatest tilt in vertical descent", unit="deg", low=2, high=45,
    )  # fmt: skip
    max_rate_dps: float = param(6.0, "greatest attitude rate", unit="deg/s", low=1, high=30)
    attitude_lag_s: float = param(
        0.6, "time constant of attitude control", unit="s", low=0.1, high=5
    )
    rate_lag_s: float = param(0.25, "time constant of rate control", unit="s", low=0.05, high=5)
    # altimeter: laser range and Doppler velocity along body -z
    range_fraction: float = param(
        0.005, "altimeter range noise over the range, one sigma", unit="1", low=0, high=0.1,
    )  # fmt: skip
    range_floor_m: float = param(
        0.02, "least altimeter range noise, one sigma", unit="m", low=0, high=5,
    )  # fmt: skip
    max_range_m: float = param(
        5000.0, "range beyond which the altimeter gets no echo", unit="m", low=100, high=50000,
    )  # fmt: skip
    doppler_noise_mps: float = param(
        0.12, "noise of the altimeter's velocity, one sigma of each axis",
        unit="m/s", low=0, high=5,
    )  # fmt: skip
    doppler_bias_mps: float = param(
        0.02, "bias of the altimeter's velocity, one sigma of each axis", unit="m/s", low=0, high=5,
    )  # fmt: skip
    hard_mps: float = param(
        1.5, "vertical touchdown speed above which the landing is a failure",
        unit="m/s", low=0.5, high=5,
    )  # fmt: skip

    def check(self) -> None:
        ordered(self, "min_thrust_mps2", "max_thrust_mps2")
        ordered(self, "final_tilt_deg", "max_tilt_deg")
        ordered(self, "final_sink_mps", "gate_sink_mps")
