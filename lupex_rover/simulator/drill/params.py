"""Parameters of the drill's physics."""

from __future__ import annotations

from dataclasses import dataclass

from lupex_rover.core.params import ordered, param

DETOURNAY = "model: Detournay and Defourny 1992, Int. J. Rock Mech. 29, 13; value assumed"
ICEBREAKER = "order of the Icebreaker drill, Zacny et al. 2013, Astrobiology 13, 1166; assumed"


@dataclass(frozen=True)
class DrillParams:
    # geometry
    bit_radius_m: float = param(0.020, "radius of the drill bit", unit="m", low=0.005, high=0.1)
    stroke_m: float = param(
        1.60, "greatest depth of the drill", unit="m", low=0.1, high=3,
        source="LUPEX: auger for 1.5 m (JAXA mission page)",
    )  # fmt: skip
    stand_off_low_m: float = param(
        0.10, "least gap from parked bit to ground", unit="m", low=0.02, high=1
    )
    stand_off_high_m: float = param(
        0.18, "greatest gap from parked bit to ground", unit="m", low=0.02, high=1,
    )  # fmt: skip
    stand_off_nominal_m: float = param(
        0.20, "gap that the board assumes before contact", unit="m", low=0.02, high=1,
    )  # fmt: skip
    # cutting
    drag_ratio: float = param(
        0.6, "ratio of thrust to torque coefficient of the cutters (zeta)",
        unit="1", low=0.3, high=1.5, source=DETOURNAY,
    )  # fmt: skip
    wear_flat_m: float = param(
        1e-4, "contact length of worn cutters", unit="m", low=0, high=1e-2, source=DETOURNAY
    )
    friction: float = param(
        0.6, "friction coefficient of the cutters", unit="1", low=0, high=2, source=DETOURNAY,
    )  # fmt: skip
    percussion_factor: float = param(
        0.35, "share of the ground's strength that is left under percussion",
        unit="1", low=0.05, high=1, source=ICEBREAKER,
    )  # fmt: skip
    # cuttings
    swell: float = param(
        1.3, "volume of loose over intact ground", unit="1", low=1, high=2,
        source="Lunar Sourcebook ch. 9, relative density range",
    )  # fmt: skip
    flute_m3: float = param(
        60e-6, "volume of cuttings that the flutes above the bit hold",
        unit="m3", low=1e-6, high=1e-3,
    )  # fmt: skip
    lift_m3_per_rev: float = param(
        5.5e-6, "volume of cuttings lifted per turn with full flutes near the surface",
        unit="m3", low=0, high=1e-4,
    )  # fmt: skip
    lift_depth_m: float = param(
        0.5, "depth that halves the lift of cuttings", unit="m", low=0.05, high=10,
    )  # fmt: skip
    pack_n: float = param(
        150.0,
        "thrust lost to packed cuttings per flute volume too many",
        unit="N",
        low=0,
        high=5000,
    )
    choke_nm: float = param(
        40.0, "torque of one flute volume of cuttings too many (quadratic)",
        unit="N m", low=0, high=1000,
    )  # fmt: skip
    auger_nm: float = param(
        0.6, "torque of the turning drill string in free space", unit="N m", low=0, high=20,
    )  # fmt: skip
    auger_nm_per_m: float = param(
        3.0, "torque per metre of drill string in the ground", unit="N m/m", low=0, high=100,
        source=ICEBREAKER,
    )  # fmt: skip
    free_travel_m: float = param(
        0.015, "upward travel that frees a bound bit", unit="m", low=0, high=0.2
    )
    # motors
    stall_nm: float = param(45.0, "stall torque of the auger", unit="N m", low=5, high=500)
    torque_nm_per_a: float = param(
        6.0, "auger torque per motor current, after the gear", unit="N m/A", low=0.1, high=100,
    )  # fmt: skip
    no_load_a: float = param(0.25, "auger motor current without load", unit="A", low=0, high=5)
    auger_lag_s: float = param(0.3, "time constant of the auger speed", unit="s", low=0.01, high=5)
    motor_efficiency: float = param(
        0.7, "efficiency of auger motor and gear", unit="1", low=0.1, high=1,
    )  # fmt: skip
    electronics_w: float = param(4.0, "power of the drill electronics", unit="W", low=0, high=50)
    feed_w: float = param(6.0, "power of the feed motor while it moves", unit="W", low=0, high=100)
    percussion_w: float = param(
        50.0, "power of the percussion drive", unit="W", low=0, high=500, source=ICEBREAKER,
    )  # fmt: skip
    # heat
    bit_start_k: float = param(
        150.0, "bit temperature before its first use", unit="K", low=50, high=350,
    )  # fmt: skip
    bit_heat_jpk: float = param(
        150.0, "heat capacity of bit and lowest flutes", unit="J/K", low=10, high=2000
    )
    bit_ground_wpk: float = param(0.25, "heat path from bit to ground", unit="W/K", low=0, high=10)
    bit_space_wpk: float = param(
        0.05, "heat path of the raised bit to its surroundings", unit="W/K", low=0, high=10,
    )  # fmt: skip
    bit_heat_share: float = param(
        0.30, "share of cutting work that heats the bit", unit="1", low=0, high=1,
    )  # fmt: skip
    percussion_heat_share: float = param(
        0.08, "share of percussion power that heats the bit", unit="1", low=0, high=1,
    )  # fmt: skip
    sample_lag_s: float = param(
        40.0, "time constant of the held sample's temperature", unit="s", low=1, high=1e4
    )
    # sample
    capture: float = param(
        0.5, "share of fresh cuttings that the open gate takes", unit="1", low=0, high=1,
    )  # fmt: skip
    stray: float = param(
        0.1, "share of passing older cuttings that the open gate takes", unit="1", low=0, high=1,
    )  # fmt: skip
    gate_max_g: float = param(
        18.0, "mass of cuttings that the gate holds", unit="g", low=1, high=100,
    )  # fmt: skip
    ice_area_m2: float = param(
        5e-3, "ice surface of the held sample that is open to space", unit="m2", low=0, high=1,
    )  # fmt: skip
    # telemetry
    torque_sigma_nm: float = param(
        0.15, "noise of the torque reading, one sigma", unit="N m", low=0, high=5,
    )  # fmt: skip
    wob_sigma_n: float = param(
        1.0, "noise of the weight-on-bit reading, one sigma", unit="N", low=0, high=50,
    )  # fmt: skip
    mass_sigma_g: float = param(
        0.05, "noise of the gate's mass reading, one sigma", unit="g", low=0, high=5,
    )  # fmt: skip

    def check(self) -> None:
        ordered(self, "stand_off_low_m", "stand_off_high_m")
