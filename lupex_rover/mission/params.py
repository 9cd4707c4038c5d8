"""Parameters of the mission executive."""

from __future__ import annotations

from dataclasses import dataclass, field

from lupex_rover.core.params import ordered, param
from lupex_rover.power.night.params import NightParams


@dataclass(frozen=True)
class ExecutiveParams:
    night: NightParams = field(default_factory=NightParams)
    egress_m: float = param(6.0, "drive straight away from the lander", unit="m", low=2, high=50)
    egress_try_s: float = param(
        150.0, "then another direction; 6 m take 40 s at 0.15 m/s", unit="s", low=60, high=3600
    )
    goal_tolerance_m: float = param(
        1.5, "a drive goal counts as reached", unit="m", low=0.2, high=10
    )
    drive_tries: int = param(3, "goals sent again after a failed drive", low=1, high=10)
    hold_wait_s: float = param(
        3600.0, "a phase waits so long in all for a board that is held in SAFE", unit="s", low=0,
        high=1e6,
    )  # fmt: skip
    board_wait_s: float = param(30.0, "a board must answer by then", unit="s", low=2, high=600)
    descent_limit_s: float = param(
        900.0, "touchdown must come by then", unit="s", low=60, high=7200
    )
    recharge_soc: float = param(0.95, "recharge until", unit="1", low=0.2, high=1.0)
    dark_array_w: float = param(
        15.0, "night begins when the array gives less than this", unit="W", low=1, high=200
    )
    dark_wait_s: float = param(
        900.0, "recharging: for this long without a break", unit="s", low=0, high=86400
    )
    store_h: float = param(
        36.0, "so long before dusk every load may be on to warm the chassis; 0: never", unit="h",
        low=0, high=1000,
    )  # fmt: skip
    night_margin_s: float = param(
        86400.0, "sleep at most this long past the predicted dawn", unit="s", low=0, high=1e7
    )
    dawn_soc: float = param(
        0.10, "after waking, recharge to this before work", unit="1", low=0, high=1
    )
    drill_min_soc: float = param(
        0.35, "least charge to begin drilling with", unit="1", low=0, high=1
    )
    wake_wait_s: float = param(
        60.0, "at dusk, and awake in the night: dark for so long, and it sleeps", unit="s", low=10,
        high=3600, source="light wakes it after as long: interface control document, HIBERNATE",
    )  # fmt: skip
    stale_s: float = param(
        60.0, "what the EPS told is not known any more once it is so old", unit="s", low=15,
        high=3600, source="it tells each second, in standby every 10 s",
    )  # fmt: skip
    drill_end_s: float = param(
        1100.0, "a drill goal that was canceled ends by then", unit="s", low=60, high=7200,
        source="limits of drill/phases.py: shut 60 s, retract 900 s, disable 60 s",
    )  # fmt: skip
    bit_out_m: float = param(
        -0.07, "by telemetry at or above this depth the bit is out, the rover may drive", unit="m",
        low=-0.5, high=0,
        source="the drill retracts to -0.08 m; 0 is the ground at first contact: interface control"
        " document, DRILL_STATE",
    )  # fmt: skip
    # What the budget reckons with: above what flights of the reference mission took (drive 74 to
    # 81 W at 0.1 m/s, drilling 0.24 h and 86 to 91 W a sample, assay 0.21 h and 86 W, array 297
    # to 465 W in the light).
    drive_w: float = param(120.0, "all loads while driving", unit="W", low=10, high=1000)
    drive_mps: float = param(0.05, "mean speed, stops included", unit="m/s", low=0.001, high=1)
    detour: float = param(1.5, "way driven over distance", low=1, high=10)
    drill_w: float = param(130.0, "all loads while drilling", unit="W", low=10, high=1000)
    sample_h: float = param(0.5, "a sample takes", unit="h", low=0.01, high=24)
    assay_w: float = param(120.0, "all loads during an assay", unit="W", low=10, high=1000)
    assay_h: float = param(0.4, "an assay takes", unit="h", low=0.01, high=24)
    rest_w: float = param(45.0, "computer, radio and heaters", unit="W", low=1, high=500)
    haven_w: float = param(200.0, "array in the light of the haven", unit="W", low=0, high=2000)
    charge_wait_h: float = param(
        24.0, "wait for charge at most this long before something is refused", unit="h", low=0,
        high=1000,
    )  # fmt: skip
    report_s: float = param(60.0, "radio time for the closing report", unit="s", low=1, high=3600)

    def check(self) -> None:
        ordered(self, "dawn_soc", "recharge_soc")
        ordered(self, "drill_min_soc", "recharge_soc")



PHASES = (
    "descent", "checkout", "egress", "traverse", "drill", "science",
    "return", "recharge", "night", "wake",
)  # fmt: skip
