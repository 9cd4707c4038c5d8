"""Parameters of the drill component."""

from __future__ import annotations

from dataclasses import dataclass

from lupex_rover.core.params import ordered, param

ICD = "interface control document, board DRL"


@dataclass(frozen=True)
class DrillingParams:
    # geometry and limits
    bit_radius_m: float = param(0.020, "radius of the bit", unit="m", low=0.005, high=0.1)
    max_depth_m: float = param(1.58, "deepest goal", unit="m", low=0.1, high=1.6)
    retracted_m: float = param(
        -0.08, "at or above this depth the bit is out and clear", unit="m", low=-0.5, high=0
    )
    trip_mps: float = param(
        0.010, "feed in the open hole", unit="m/s", low=1e-4, high=0.01, source=ICD
    )
    # boring
    bore_rpm: float = param(100.0, "auger speed when boring", unit="rpm", low=10, high=150)
    bore_feed_mps: float = param(
        1.0e-3, "greatest feed when boring", unit="m/s", low=1e-5, high=0.01
    )
    start_feed_mps: float = param(3.0e-4, "feed to begin with", unit="m/s", low=1e-5, high=0.01)
    bore_wob_n: float = param(
        150.0,
        "weight-on-bit limit",
        unit="N",
        low=10,
        high=250,
        source="assumed; about 100 N for Icebreaker, Zacny et al. 2013; 350 kg weigh 570 N",
    )
    hard_wob_n: float = param(220.0, "limit in hard ground", unit="N", low=10, high=250)
    target_nm: float = param(12.0, "torque the feed is held to", unit="N m", low=1, high=40)
    clear_nm: float = param(16.0, "torque that asks for clearing", unit="N m", low=1, high=45)
    peck_m: float = param(
        0.15,
        "bored length between clearings",
        unit="m",
        low=0.01,
        high=2,
        source="assumed; Icebreaker bites 0.1 m, Zacny et al. 2013, Astrobiology 13, 1166",
    )
    peck_lift_m: float = param(0.05, "lift for clearing", unit="m", low=0.005, high=0.5)
    clear_rpm: float = param(150.0, "auger speed when clearing", unit="rpm", low=10, high=150)
    clear_s: float = param(12.0, "clearing time", unit="s", low=1, high=300)
    # contact and hard ground
    contact_n: float = param(15.0, "weight on bit that means ground", unit="N", low=2, high=100)
    approach_wob_n: float = param(
        40.0, "weight-on-bit limit on the way down", unit="N", low=5, high=150
    )
    hard_rop_mps: float = param(
        2.5e-4, "at full weight on bit and slower: hard ground", unit="m/s", low=0, high=0.01
    )
    hard_on_s: float = param(3.0, "for this long: percussion on", unit="s", low=0.2, high=60)
    hard_off_s: float = param(20.0, "easy for this long: percussion off", unit="s", low=1, high=600)
    # faults
    torque_limit_nm: float = param(38.0, "binding above this", unit="N m", low=5, high=45)
    binding_s: float = param(0.4, "for this long", unit="s", low=0.1, high=10)
    stall_s: float = param(
        1.5, "auger slower than a third of its command", unit="s", low=0.2, high=10
    )
    bit_limit_degc: float = param(
        -93.0,
        "bit may not be warmer while it bores",
        unit="degC",
        low=-200,
        high=100,
        source="180 K: ice loses about 7.5e-6 kg/m2/s in vacuum, Murphy and Koop 2005",
    )
    bit_resume_degc: float = param(
        -108.0, "goes on when cooled to this", unit="degC", low=-220, high=100
    )
    progress_m: float = param(0.002, "least progress", unit="m", low=1e-4, high=0.1)
    progress_s: float = param(60.0, "within this time", unit="s", low=5, high=3600)
    stale_s: float = param(0.6, "telemetry older than this: hold still", unit="s", low=0.2, high=10)
    lost_s: float = param(20.0, "telemetry older than this: give up", unit="s", low=1, high=600)
    unbind_lift_m: float = param(0.03, "lift to free a bound bit", unit="m", low=0.005, high=0.5)
    unbind_mps: float = param(0.004, "feed to free a bound bit", unit="m/s", low=1e-4, high=0.01)
    recovery_limit: int = param(12, "recoveries allowed for one goal", low=0, high=100)
    # sample
    collect_rpm: float = param(50.0, "auger speed when sampling", unit="rpm", low=5, high=150)
    collect_feed_mps: float = param(4e-4, "feed when sampling", unit="m/s", low=1e-5, high=0.01)
    sample_g: float = param(15.0, "sample wanted", unit="g", low=1, high=18)
    sample_low_g: float = param(8.0, "least sample worth delivering", unit="g", low=0.5, high=18)
    collect_m: float = param(0.04, "longest stretch of one sample", unit="m", low=0.005, high=0.2)
    # answers of the board
    answer_s: float = param(1.0, "a request is said again after this", unit="s", low=0.2, high=30)
    answer_tries: int = param(5, "and at most so often", low=1, high=50)

    def check(self) -> None:
        ordered(self, "bore_wob_n", "hard_wob_n")
        ordered(self, "target_nm", "clear_nm", "torque_limit_nm")
        ordered(self, "bit_resume_degc", "bit_limit_degc")
        ordered(self, "sample_low_g", "sample_g")
        ordered(self, "start_feed_mps", "bore_feed_mps")
        ordered(self, "stale_s", "lost_s")
