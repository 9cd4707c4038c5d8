"""What the ground decided before launch: where, when and in what order."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from lupex_rover.core import params
from lupex_rover.core.config_file import read_json
from lupex_rover.core.errors import UserError
from lupex_rover.core.time import check_stamp

Point = tuple[float, float]
CUPS = 12  # of the carousel: interface control document, DELIVER


@dataclass(frozen=True)
class Hole:
    """A place to drill, in `map`, m, and the depths at which samples are taken there, m."""

    site: int  # from 1
    hole: int  # of the site, from 1
    at: Point
    depths_m: tuple[float, ...]


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
    more_holes: tuple[Hole, ...] = ()  # after hole 1 of site 1, in the order of their cups

    def check(self) -> None:
        """Raise a UserError where holes have one name, or there are more samples than cups."""
        names = [(hole.site, hole.hole) for hole in self.holes]
        for site, hole in names:
            if names.count((site, hole)) > 1:
                raise UserError(f"more_holes: hole {hole} of site {site} stands there twice")
            if site < 1 or hole < 1:
                raise UserError(f"more_holes: hole {hole} of site {site}: both count from 1")
        samples = sum(len(hole.depths_m) for hole in self.holes)
        if samples > CUPS:
            raise UserError(f"more_holes: {samples} samples in all; there are {CUPS} cups")

    @property
    def holes(self) -> tuple[Hole, ...]:
        """Every hole; the first is at the drill target."""
        return (Hole(1, 1, self.drill_target, self.drill_depths_m), *self.more_holes)

    def hole(self, site: int, hole: int) -> Hole:
        """The hole of that number.

        Raises
        ------
        KeyError
            The plan has none.
        """
        return {(one.site, one.hole): one for one in self.holes}[site, hole]

    def first_cup(self, site: int, hole: int) -> int:
        """Cup of the hole's first sample: each sample of the plan has a cup of its own."""
        before = self.holes[: self.holes.index(self.hole(site, hole))]
        return sum(len(one.depths_m) for one in before)


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
