"""What the ground decided before launch: where, when and in what order."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from lupex_rover.core import params
from lupex_rover.core.config_file import read_json
from lupex_rover.core.time import check_stamp

Point = tuple[float, float]


@dataclass(frozen=True)
class MissionPlan:
    """Places in `map`, metres; times UTC nanoseconds. Made by `planning.site.design`."""

    start_ns: int  # powered descent begins
    landing_target: Point
    landing_azimuth_rad: float  # of the ground track, clockwise from grid north
    drill_target: Point  # at the edge of a shadow
    haven: Point  # lit place for recharge and the night
    drill_depths_m: tuple[float, ...]
    night_start_ns: int  # predicted
    night_end_ns: int
    return_drive_m: float = 0.0


def load_plan(path: Path) -> MissionPlan:
    """The plan that a run's folder holds.

    Raises
    ------
    UserError
        File missing, not a plan, or with a time that no message can hold.
    """
    plan = params.load(MissionPlan, read_json(path), str(path))
    for name in ("start_ns", "night_start_ns", "night_end_ns"):
        check_stamp(getattr(plan, name), f"{path}.{name}")
    return plan
