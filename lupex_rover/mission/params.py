"""Parameters of the mission executive."""

from __future__ import annotations

from dataclasses import dataclass, field

from lupex_rover.core.params import ordered, param
from lupex_rover.power.night.params import NightParams


@dataclass(frozen=True)
class ExecutiveParams:
    night: NightParams = field(default_factory=NightParams)
    egress_m: float = param(
        6.0, "distance that the rover drives straight away from the lander",
        unit="m", low=2, high=50,
    )  # fmt: skip
    egress_try_s: float = param(
        150.0, "time after which egress is tried in another direction; 6 m take 50 s at 0.12 m/s",
        unit="s", low=60, high=3600,
    )  # fmt: skip
    goal_tolerance_m: float = param(
        1.5, "distance from a drive goal at which it counts as reached", unit="m", low=0.2, high=10,
    )  # fmt: skip
    drive_tries: int = param(3, "number of times that a drive goal is sent", low=1, high=10)
    hold_wait_s: float = param(
        3600.0, "longest time in all that a phase waits for a board that is held in SAFE",
        unit="s", low=0, high=1e6,
    )  # fmt: skip
    board_wait_s: float = param(
        30.0, "time within which a board must answer", unit="s", low=2, high=600,
    )  # fmt: skip
    descent_limit_s: float = param(
        900.0, "time within which touchdown must come", unit="s", low=60, high=7200,
    )  # fmt: skip
    recharge_soc: float = param(
        0.95, "state of charge up to which the rover recharges", unit="1", low=0.2, high=1.0,
    )  # fmt: skip
    dark_array_w: float = param(
        15.0, "array power below which night begins", unit="W", low=1, high=200,
    )  # fmt: skip
    dark_wait_s: float = param(
        900.0,
        "time without a break that the array must be dark while recharging until night begins",
        unit="s", low=0, high=86400,
    )  # fmt: skip
    store_h: float = param(
        36.0, "time before dusk in which every load may be on to warm the chassis; 0: never",
        unit="h", low=0, high=1000,
    )  # fmt: skip
    night_margin_s: float = param(
        86400.0, "longest time past the predicted dawn that the rover sleeps",
        unit="s", low=0, high=1e7,
    )  # fmt: skip
    dawn_soc: float = param(
        0.10, "state of charge up to which the rover recharges after waking, before it works",
        unit="1", low=0, high=1,
    )  # fmt: skip
    drill_min_soc: float = param(
        0.35, "least state of charge to begin drilling with", unit="1", low=0, high=1,
    )  # fmt: skip
    wake_wait_s: float = param(
        60.0,
        "time without light after which the rover sleeps, at dusk and when awake in the night",
        unit="s", low=10, high=3600,
        source="light wakes it after as long: interface control document, HIBERNATE",
    )  # fmt: skip
    stale_s: float = param(
        60.0, "age above which a reading of the EPS counts as unknown", unit="s", low=15, high=3600,
        source="it tells each second, in standby every 10 s",
    )  # fmt: skip
    drill_end_s: float = param(
        1100.0, "time within which a canceled drill goal must end", unit="s", low=60, high=7200,
        source="limits of drill/phases.py: shut 60 s, retract 900 s, disable 60 s",
    )  # fmt: skip
    retract_s: float = param(
        1800.0, "time within which a retract goal must end", unit="s", low=60, high=7200,
        source="12 recoveries of 60 s each and 1.6 m by steps, drill/retract.py",
    )  # fmt: skip
    bit_out_m: float = param(
        -0.07, "depth at or above which, by telemetry, the bit is out and the rover may drive",
        unit="m", low=-0.5, high=0,
        source="the drill retracts to -0.08 m; 0 is the ground at first contact: interface"
        " control document, DRILL_STATE",
    )  # fmt: skip
    # What the budget reckons with: above what flights of the reference mission took (drive 74 to
    # 81 W at 0.1 m/s, drilling 0.24 h and 86 to 91 W a sample, assay 0.21 h and 86 W, array 297
    # to 465 W in the light).
    drive_w: float = param(120.0, "power of all loads while driving", unit="W", low=10, high=1000)
    drive_mps: float = param(
        0.05, "mean speed of a drive, stops included", unit="m/s", low=0.001, high=1,
    )  # fmt: skip
    detour: float = param(1.5, "way driven over straight distance", unit="1", low=1, high=10)
    drill_w: float = param(130.0, "power of all loads while drilling", unit="W", low=10, high=1000)
    sample_h: float = param(0.5, "duration of taking one sample", unit="h", low=0.01, high=24)
    assay_w: float = param(120.0, "power of all loads during an assay", unit="W", low=10, high=1000)
    assay_h: float = param(0.4, "duration of one assay", unit="h", low=0.01, high=24)
    rest_w: float = param(
        45.0, "power of computer, radio and heaters at rest", unit="W", low=1, high=500,
    )  # fmt: skip
    haven_w: float = param(
        200.0, "array power in the light of the haven", unit="W", low=0, high=2000,
    )  # fmt: skip
    charge_wait_h: float = param(
        24.0, "longest time that a step waits for charge before it is refused",
        unit="h", low=0, high=1000,
    )  # fmt: skip
    report_s: float = param(60.0, "radio time for the closing report", unit="s", low=1, high=3600)

    def check(self) -> None:
        ordered(self, "dawn_soc", "recharge_soc")
        ordered(self, "drill_min_soc", "recharge_soc")


PHASES = (
    "descent", "checkout", "egress", "traverse", "drill", "science",
    "return", "recharge", "night", "wake",
)  # fmt: skip
