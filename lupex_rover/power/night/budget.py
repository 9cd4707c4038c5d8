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


@dataclass(frozen=True)
class NightForecast:
    """The night by the present charge.

    Attributes
    ----------
    survives : the charge stays above empty with `SIGMAS` to spare.
    soc_end, sigma_end : at dawn; negative: the battery is flat before.
    lasts_h : darkness that the charge lasts for, h, with the same margin.
    code : PWR-000 or PWR-008.
    """

    survives: bool
    soc_end: float
    sigma_end: float
    lasts_h: float
    code: str


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
    state : the newest `power/state`; its `usable_wh` already leaves the reserve of PowerParams.
    energy_wh : all loads over the action, converters included.
    duration_h : how long it takes, h.
    reserve_wh : to leave beyond that reserve, for what must follow (the way back, the night).
    input_w : array power that is sure over the duration, W.

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


def night_margin(
    soc: float,
    night_h: float,
    survival_w: float,
    full_wh: float,
    soc_sigma: float = 0.0,
    draw_sigma: float = 0.15,
    efficiency: float = 0.95,
) -> NightForecast:
    """How a night in hibernation ends.

    Parameters
    ----------
    soc, soc_sigma : charge at dusk and its sigma.
    night_h : darkness ahead, h.
    survival_w : mean draw of clock and survival heaters at the bus, W.
    full_wh : energy of a full battery, Wh.
    draw_sigma : relative error of that draw (heat leaks are known no better).
    efficiency : of the converter from battery to bus.

    Raises
    ------
    UserError
        A figure that is negative or not a number.
    """
    for name, value in (("soc", soc), ("night_h", night_h), ("survival_w", survival_w),
                        ("full_wh", full_wh), ("soc_sigma", soc_sigma)):  # fmt: skip
        _not_negative(name, value)
    if full_wh <= 0.0 or survival_w <= 0.0:
        raise UserError("night_margin: full_wh and survival_w must be above zero")
    rate = survival_w / efficiency / full_wh  # charge per hour
    used = rate * night_h
    sigma = math.hypot(soc_sigma, draw_sigma * used)
    end = soc - used
    sure_soc = max(soc - SIGMAS * soc_sigma, 0.0)
    lasts = sure_soc / (rate * (1.0 + SIGMAS * draw_sigma))
    survives = end - SIGMAS * sigma >= 0.0
    return NightForecast(survives, end, sigma, lasts, "PWR-000" if survives else "PWR-008")


def _not_negative(name: str, value: float) -> None:
    if not math.isfinite(value) or value < 0.0:
        raise UserError(f"{name}: {value} must be a number of at least zero")
