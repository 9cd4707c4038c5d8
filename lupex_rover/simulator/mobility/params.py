"""Parameters of the rover's locomotion in the stand-in simulator."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from lupex_rover.core.params import ordered, param
from lupex_rover.simulator.mobility.crawler_soil import SoilParams


@dataclass(frozen=True)
class DriveParams:
    """Motor and gear of one crawler drive, and its thermal model."""

    gear_ratio: float = param(300.0, "motor turns per sprocket turn", unit="1", low=10, high=5000)
    gear_efficiency: float = param(0.7, "efficiency of the drive gear", unit="1", low=0.1, high=1)
    torque_constant_nmpa: float = param(0.05, "motor torque per ampere", unit="N m/A", low=1e-3,
                                        high=1)  # fmt: skip
    resistance_ohm: float = param(
        1.5, "winding resistance of the motor", unit="ohm", low=0.01, high=100,
    )  # fmt: skip
    no_load_a: float = param(0.12, "current of the turning motor without load", unit="A", low=0,
                             high=5)  # fmt: skip
    internal_share: float = param(
        0.05, "resistance inside the crawler, over its load", unit="1", low=0, high=0.3,
        source="Wong 2008, section 4.1: a few per cent of the weight at low speed",
    )  # fmt: skip
    steer_efficiency: float = param(
        0.4, "efficiency of the steering drive", unit="1", low=0.05, high=1,
    )  # fmt: skip
    electronics_w: float = param(
        6.0, "power of the motor controllers while anything moves", unit="W", low=0, high=100,
    )  # fmt: skip
    heat_capacity_jpk: float = param(
        450.0, "heat capacity of motor and gear", unit="J/K", low=10, high=1e4,
    )  # fmt: skip
    heat_path_kpw: float = param(
        3.0, "thermal resistance from motor to crawler frame", unit="K/W", low=0.1, high=100,
    )  # fmt: skip
    frame_degc: float = param(-20.0, "temperature of the crawler frame", unit="degC", low=-150,
                              high=80)  # fmt: skip


@dataclass(frozen=True)
class MobilityParams:
    """All lengths and times of the multibody model."""

    step_s: float = param(0.005, "step of the multibody model", unit="s", low=0.001, high=0.01)
    window_m: float = param(
        64.0, "side of the ground patch that MuJoCo is given", unit="m", low=20, high=200,
    )  # fmt: skip
    margin_m: float = param(
        8.0, "distance to the edge of the ground patch at which the patch moves",
        unit="m", low=3, high=50,
    )  # fmt: skip
    acceleration_mps2: float = param(0.30, "slew limit of the track speed", unit="m/s2", low=0.01,
                                     high=5)  # fmt: skip
    sag_m: float = param(
        0.012, "distance by which crawlers and suspension give under the rover's weight",
        unit="m", low=0.002, high=0.1,
    )  # fmt: skip
    damping_ratio: float = param(
        1.0, "damping ratio of the bounce on crawlers and suspension", unit="1", low=0.2, high=3,
    )  # fmt: skip
    belly_friction: float = param(
        0.6, "friction coefficient of the body on rock", unit="1", low=0, high=2,
    )  # fmt: skip
    slip_filter_s: float = param(
        0.3, "time constant of the reported slip's smoothing", unit="s", low=0.01, high=5,
    )  # fmt: skip
    still_mps: float = param(
        0.002, "speed below which the rover, for `still_s`, counts as parked",
        unit="m/s, rad/s", low=1e-5, high=0.05,
    )  # fmt: skip
    creep_mps: float = param(
        0.05, "speed below which the rover, with tracks at rest for `creep_s`, counts as parked",
        unit="m/s, rad/s", low=0.001, high=1,
    )  # fmt: skip
    creep_s: float = param(
        5.0, "time of creeping before the brakes are on", unit="s", low=1, high=100
    )
    still_s: float = param(
        0.3, "time at rest before the rover counts as parked", unit="s", low=0.01, high=10,
    )  # fmt: skip
    drive: DriveParams = dataclasses.field(default_factory=DriveParams)
    soil: SoilParams = dataclasses.field(default_factory=SoilParams)

    def check(self) -> None:
        ordered(self, "still_mps", "creep_mps")
        ordered(self, "margin_m", "window_m")
