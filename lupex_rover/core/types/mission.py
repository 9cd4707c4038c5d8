"""What subsystems tell about the mission, and what the simulator tells its hosts."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from lupex_rover.core.transforms import Pose
from lupex_rover.core.types.span import COUNT, COVARIANCE, CUP, NO_UNIT, NOT_NEGATIVE

Array = np.ndarray


@dataclass(frozen=True)
class WaterMeasurement:
    """Water content of one sample with its uncertainty."""

    stamp_ns: int
    cup: int = field(metadata=CUP)
    depth_m: float
    sample_mass_g: float = field(metadata=NOT_NEGATIVE)
    water_wt_pct: float
    sigma_wt_pct: float = field(metadata=NOT_NEGATIVE)


@dataclass(frozen=True)
class Sample:
    """A sample that the drill handed over."""

    stamp_ns: int
    cup: int = field(metadata=CUP)
    depth_m: float
    mass_g: float = field(metadata=NOT_NEGATIVE)
    peak_k: float = field(metadata=NOT_NEGATIVE)
    recoveries: int = field(metadata=COUNT)


@dataclass(frozen=True)
class LandingFix:
    """One try of the vision matcher; `pose` is `map_T_camera` (optical axes)."""

    stamp_ns: int  # of the image
    accepted: bool
    pose: Pose
    covariance: Array = field(metadata=COVARIANCE)  # (6, 6): position m, rotation vector rad
    inliers: int = field(metadata=COUNT)
    score: float = field(metadata=NO_UNIT)
    code: str
    time_s: float = field(metadata=NOT_NEGATIVE)


@dataclass(frozen=True)
class LandingState:
    """The landing filter's estimate of the lander in `map`."""

    stamp_ns: int
    pose: Pose  # map_T_base
    velocity_mps: Array  # (3,) in map
    position_sigma_m: Array = field(metadata=NOT_NEGATIVE)  # (3,)
    fixes: int = field(metadata=COUNT)
    rejected: int = field(metadata=COUNT)
    phase: str
    target_m: Array  # (3,) where the lander is told to go, map
    touchdown: bool = False


@dataclass(frozen=True)
class MissionState:
    stamp_ns: int
    phase: str
    step: str
    code: str = ""
    boot: int = field(default=0, metadata=COUNT)


@dataclass(frozen=True)
class MotionLease:
    """`node` stands behind motion now; said five times a second while it is alive."""

    stamp_ns: int
    node: str


@dataclass(frozen=True)
class Event:
    """Something worth telling, in the words of its subsystem's `codes`."""

    stamp_ns: int
    severity: int  # 0 info, 1 warning, 2 fault: `core.codes`
    source: str
    code: str
    text: str


@dataclass(frozen=True)
class Truth:
    """The simulator's truth: for the bag and the report's comparison only."""

    stamp_ns: int
    pose: Pose  # map_T_base
    velocity_mps: Array  # (3,)
    slip: Array  # (4,)
    soc: float
    battery_degc: float
    electronics_degc: float
    array_w: float
    load_w: float
    sun_fraction: float  # at the array
    ground_lit: bool  # under the rover
    sun_azimuth_deg: float  # from grid north, clockwise
    sun_elevation_deg: float
    drill_depth_m: float
    asleep: bool
    landed: bool


@dataclass(frozen=True)
class SimTick:
    """The simulator has moved to the stamp and waits for every process (`SimDone`)."""

    stamp_ns: int
    tick: int  # counts from 1
    round: int  # within the tick: 0, then once more for each exchange with the boards
    boot: int  # lives of the onboard computer so far
    computer_on: bool
    image_topics: tuple[str, ...]
    images_sent: tuple[int, ...]  # so far, per topic
    boards: tuple[str, ...]
    bytes_sent: tuple[int, ...]  # to the host so far, per board


@dataclass(frozen=True)
class SimDone:
    """A process has done all it had to do in this round of this tick."""

    stamp_ns: int
    process: str
    tick: int
    round: int
    boards: tuple[str, ...]  # those that the process owns
    bytes_sent: tuple[int, ...]  # to each board so far
