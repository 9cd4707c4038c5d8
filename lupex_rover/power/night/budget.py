"""What can be afforded: pure functions from the battery's state to an answer with a figure."""

from __future__ import annotations

import math
from dataclasses import dataclass

from lupex_rover.core.errors import UserError
from lupex_rover.core.types import PowerState

SIGMAS = 2.0  # an answer holds with this many sigma of the charge to spare


@dataclass(frozen=True)
class Answer:
    """`margin_wh` above (or, negative, below) the reserve at the end; `code` of power.codes."""

    allowed: bool
    margin_wh: float
    code: str
    text: str


def can_afford(
    state: PowerState,
    energy_wh: float,
    duration_h: float,
    reserve_wh: float = 0.0,
    input_w: float = 0.0,
) -> Answer:
    """May an action that needs `energy_wh` in `duration_h` begin?

    Parameters
    ----------
    state : PowerState
        The newest `power/state`; its `usable_wh` already leaves the reserve of PowerParams.
    energy_wh : float
        All loads over the action, converters included.
    duration_h : float
        How long it takes, h.
    reserve_wh : float
        To leave beyond that reserve, for what must follow (the way back, the night).
    input_w : float
        Array power that is sure over the duration, W.

    Raises
    ------
    UserError
        A figure that is negative or not a number.
    """
    for name, value in (("energy_wh", energy_wh), ("duration_h", duration_h),
                        ("reserve_wh", reserve_wh), ("input_w", input_w)):  # fmt: skip
        _not_negative(name, value)
    full_wh = state.energy_wh / state.soc if state.soc > 0.01 else 0.0
    doubt_wh = SIGMAS * state.soc_sigma * full_wh
    margin = state.usable_wh - doubt_wh - reserve_wh - max(energy_wh - input_w * duration_h, 0.0)
    allowed = margin >= 0.0
    text = (
        f"needs {energy_wh:.0f} Wh in {duration_h:.1f} h with {input_w:.0f} W of light;"
        f" usable {state.usable_wh:.0f} Wh, doubt {doubt_wh:.0f} Wh, kept {reserve_wh:.0f} Wh:"
        f" margin {margin:.0f} Wh"
    )
    return Answer(allowed, margin, "PWR-000" if allowed else "PWR-007", text)


def _not_negative(name: str, value: float) -> None:
    if not math.isfinite(value) or value < 0.0:
        raise UserError(f"{name}: {value} must be a number of at least zero")
