"""Parameters of the drill component."""

from __future__ import annotations

from dataclasses import dataclass

from lupex_rover.core.params import ordered, param

ICD = "interface control document, board DRL"


@dataclass(frozen=True)
class DrillingParams:
    # geometry and limits
    bit_radius_m: float = param(0.020, "radius of the drill bit", unit="m", low=0.005, high=0.1)
    max_depth_m: float = param(1.58, "deepest goal that is accepted", unit="m", low=0.1, high=1.6)
    retracted_m: float = param(
        -0.08, "depth at or above which the bit counts as out of the ground and clear",
        unit="m", low=-0.5, high=0,
    )  # fmt: skip
    trip_mps: float = param(
        0.010, "feed rate in the open hole", unit="m/s", low=1e-4, high=0.01, source=ICD,
    )  # fmt: skip
    # boring
    bore_rpm: float = param(100.0, "auger speed while boring", unit="rpm", low=10, high=150)
    bore_feed_mps: float = param(
        1.0e-3, "greatest feed rate while boring", unit="m/s", low=1e-5, high=0.01,
    )  # fmt: skip
    start_feed_mps: float = param(
        3.0e-4, "feed rate at the start of boring", unit="m/s", low=1e-5, high=0.01,
    )  # fmt: skip
    bore_wob_n: float = param(
        150.0, "weight-on-bit limit while boring", unit="N", low=10, high=250,
        source="assumed; about 100 N for Icebreaker, Zacny et al. 2013; 350 kg weigh 570 N",
    )  # fmt: skip
    hard_wob_n: float = param(
        220.0, "weight-on-bit limit in hard ground", unit="N", low=10, high=250,
    )  # fmt: skip
    target_nm: float = param(
        12.0, "auger torque that the feed rate is controlled to", unit="N m", low=1, high=40,
    )  # fmt: skip
    clear_nm: float = param(
        16.0, "auger torque above which cuttings are cleared", unit="N m", low=1, high=45,
    )  # fmt: skip
    peck_m: float = param(
        0.15, "bored length between two clearings", unit="m", low=0.01, high=2,
        source="assumed; Icebreaker bites 0.1 m, Zacny et al. 2013, Astrobiology 13, 1166",
    )  # fmt: skip
    peck_lift_m: float = param(
        0.05, "height by which the bit is lifted for clearing", unit="m", low=0.005, high=0.5,
    )  # fmt: skip
    clear_rpm: float = param(150.0, "auger speed while clearing", unit="rpm", low=10, high=150)
    clear_s: float = param(12.0, "duration of one clearing", unit="s", low=1, high=300)
    # contact and hard ground
    contact_n: float = param(
        15.0, "weight on bit above which the bit counts as on the ground",
        unit="N", low=2, high=100,
    )  # fmt: skip
    approach_wob_n: float = param(
        40.0, "weight-on-bit limit on the way down to the ground", unit="N", low=5, high=150,
    )  # fmt: skip
    hard_rop_mps: float = param(
        2.5e-4, "rate of penetration at full weight on bit below which the ground counts as hard",
        unit="m/s", low=0, high=0.01,
    )  # fmt: skip
    hard_on_s: float = param(
        3.0, "time in hard ground after which percussion is switched on",
        unit="s", low=0.2, high=60,
    )  # fmt: skip
    hard_off_s: float = param(
        20.0, "time in easy ground after which percussion is switched off",
        unit="s", low=1, high=600,
    )  # fmt: skip
    # faults
    torque_limit_nm: float = param(
        38.0, "auger torque above which the bit counts as binding", unit="N m", low=5, high=45,
    )  # fmt: skip
    binding_s: float = param(
        0.4, "time above the torque limit after which binding is declared",
        unit="s", low=0.1, high=10,
    )  # fmt: skip
    stall_s: float = param(
        1.5,
        "time with the auger slower than a third of its command after which a stall is declared",
        unit="s", low=0.2, high=10,
    )  # fmt: skip
    bit_limit_degc: float = param(
        -93.0, "bit temperature above which boring is paused", unit="degC", low=-200, high=100,
        source="180 K: ice loses about 7.5e-6 kg/m2/s in vacuum, Murphy and Koop 2005",
    )  # fmt: skip
    bit_resume_degc: float = param(
        -108.0, "bit temperature below which paused boring goes on",
        unit="degC", low=-220, high=100,
    )  # fmt: skip
    progress_m: float = param(
        0.002, "least progress within `progress_s` that counts as boring on",
        unit="m", low=1e-4, high=0.1,
    )  # fmt: skip
    progress_s: float = param(
        60.0, "time over which progress is judged", unit="s", low=5, high=3600,
    )  # fmt: skip
    stale_s: float = param(
        0.6, "age of telemetry above which the drill holds still", unit="s", low=0.2, high=10,
    )  # fmt: skip
    lost_s: float = param(
        20.0, "age of telemetry above which the drill gives the goal up", unit="s", low=1, high=600,
    )  # fmt: skip
    unbind_lift_m: float = param(
        0.03, "height by which a bound bit is lifted to free it", unit="m", low=0.005, high=0.5,
    )  # fmt: skip
    unbind_mps: float = param(
        0.004, "feed rate with which a bound bit is freed", unit="m/s", low=1e-4, high=0.01,
    )  # fmt: skip
    # retract
    step_m: float = param(
        0.02, "height of the first step by which a bit is pulled out; one that comes is doubled",
        unit="m", low=0.002, high=0.2,
    )  # fmt: skip
    step_most_m: float = param(
        0.10, "greatest height of such a step", unit="m", low=0.002, high=1,
    )  # fmt: skip
    step_s: float = param(
        15.0, "time after which a step is tried harder", unit="s", low=2, high=300,
    )  # fmt: skip
    look_s: float = param(
        1.0, "time for which the bit is watched after a step", unit="s", low=0.2, high=30,
    )  # fmt: skip
    recovery_limit: int = param(12, "greatest number of recoveries for one goal", low=0, high=100)
    # sample
    collect_rpm: float = param(50.0, "auger speed while sampling", unit="rpm", low=5, high=150)
    collect_feed_mps: float = param(
        4e-4, "feed rate while sampling", unit="m/s", low=1e-5, high=0.01,
    )  # fmt: skip
    sample_g: float = param(15.0, "sample mass that is wanted", unit="g", low=1, high=18)
    sample_low_g: float = param(
        8.0, "least sample mass that is worth delivering", unit="g", low=0.5, high=18,
    )  # fmt: skip
    collect_m: float = param(
        0.04, "longest stretch of depth that one sample is taken from",
        unit="m", low=0.005, high=0.2,
    )  # fmt: skip
    # answers of the board
    answer_s: float = param(
        1.0, "time without an answer of the board after which a request is sent again",
        unit="s", low=0.2, high=30,
    )  # fmt: skip
    answer_tries: int = param(5, "greatest number of times that a request is sent", low=1, high=50)

    def check(self) -> None:
        ordered(self, "bore_wob_n", "hard_wob_n")
        ordered(self, "target_nm", "clear_nm", "torque_limit_nm")
        ordered(self, "bit_resume_degc", "bit_limit_degc")
        ordered(self, "sample_low_g", "sample_g")
        ordered(self, "start_feed_mps", "bore_feed_mps")
        ordered(self, "stale_s", "lost_s")
        ordered(self, "step_m", "step_most_m")
