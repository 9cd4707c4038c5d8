"""What a flight on either host leaves in memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from lupex_rover.core.errors import Broken
from lupex_rover.mission.plan import MissionPlan
from lupex_rover.report.log import MissionLog


@dataclass(frozen=True)
class FlightOutcome:
    """What a flight leaves in memory; the bag and plan are in its folder."""

    plan: MissionPlan
    log: MissionLog
    summary: dict[str, Any]
    realtime_factor: float | None
    interrupted: bool
    peak_mb: float | None = None  # resident memory of all processes together, host ros
    broke: Broken | None = None  # what ended it before its end
