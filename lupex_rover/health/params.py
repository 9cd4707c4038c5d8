"""Parameters of the health monitor. The faults themselves stand in config/faults.yaml."""

from __future__ import annotations

from dataclasses import dataclass

from lupex_rover.core.params import param


@dataclass(frozen=True)
class HealthParams:
    faults_file: str | None = param(
        None, "fault table that is used instead of config/faults.yaml, relative to this file;"
        " none: that one",
    )  # fmt: skip
    jump_s: float = param(
        60.0, "pause between two steps above which the watch begins anew",
        unit="s", low=5, high=3600,
    )  # fmt: skip
    counted_s: float = param(
        2.0, "longest part of a pause between two steps that counts as watched",
        unit="s", low=0.1, high=10,
    )  # fmt: skip
    settle_s: float = param(
        10.0, "time after a load was switched on in which its board is not watched",
        unit="s", low=0, high=120,
    )  # fmt: skip
    window_s: float = param(
        60.0, "time over which lost packets and unanswered commands are counted",
        unit="s", low=5, high=3600,
    )  # fmt: skip
    quiet_s: float = param(
        60.0, "least time between two events of one fault", unit="s", low=0, high=3600
    )
