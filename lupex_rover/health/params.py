"""Parameters of the health monitor. The faults themselves stand in config/faults.yaml."""

from __future__ import annotations

from dataclasses import dataclass

from lupex_rover.core.params import param


@dataclass(frozen=True)
class HealthParams:
    faults_file: str | None = param(None, "another fault table; none: config/faults.yaml")
    jump_s: float = param(
        60.0, "a longer pause between steps begins the watch anew", unit="s", low=5, high=3600
    )
    counted_s: float = param(2.0, "of a pause counts as watched", unit="s", low=0.1, high=10)
    settle_s: float = param(
        10.0, "a load was just switched on: its board is not watched", unit="s", low=0, high=120
    )
    window_s: float = param(
        60.0, "losses and unanswered commands are counted over", unit="s", low=5, high=3600
    )
    quiet_s: float = param(
        60.0, "least time between two events of one fault", unit="s", low=0, high=3600
    )
