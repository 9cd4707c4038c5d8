"""Goal, feedback and result of each action."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class DriveToGoal:
    """Go to a point of `map`; `tolerance_m` from it is there."""

    x_m: float
    y_m: float
    tolerance_m: float = 1.0


@dataclass(frozen=True)
class DriveToFeedback:
    distance_left_m: float
    distance_driven_m: float
    slip: float


@dataclass(frozen=True)
class DriveToResult:
    code: str
    text: str
    distance_driven_m: float
    goal_error_m: float


@dataclass(frozen=True)
class DrillSampleGoal:
    """Drill to `depth_m`, take a sample there, hand it to `cup`."""

    depth_m: float
    cup: int


@dataclass(frozen=True)
class DrillSampleFeedback:
    phase: str
    depth_m: float
    torque_nm: float
    wob_n: float


@dataclass(frozen=True)
class DrillSampleResult:
    code: str
    text: str
    depth_m: float
    sample_mass_g: float
    peak_degc: float
    recoveries: int


@dataclass(frozen=True)
class RetractGoal:
    """Pull the bit out from wherever it is, shut the gate, disable the drill."""


@dataclass(frozen=True)
class RetractFeedback:
    phase: str
    depth_m: float
    torque_nm: float
    wob_n: float


@dataclass(frozen=True)
class RetractResult:
    """Where the bit was at the first look and is now, NaN where nothing was told."""

    code: str
    text: str
    found_m: float
    depth_m: float
    sample_mass_g: float
    recoveries: int


@dataclass(frozen=True)
class AnalyzeSampleGoal:
    cup: int
    depth_m: float
    sample_mass_g: float


@dataclass(frozen=True)
class AnalyzeSampleFeedback:
    phase: str
    temperature_degc: float
    progress: float


@dataclass(frozen=True)
class AnalyzeSampleResult:
    code: str
    text: str
    water_wt_pct: float
    sigma_wt_pct: float


@dataclass(frozen=True)
class ActionRecord:
    """What passed between the client and the server of an action, for the bag.

    `content` is the action's goal, feedback or result; None for a cancel. `status` is the outcome
    of a result (action_msgs/msg/GoalStatus), else 0.
    """

    kind: str  # "goal", "cancel", "feedback", "result"
    action: str
    goal_id: str
    status: int
    content: Any
