"""The budget forward along a plan: the charge hour by hour, with its doubt, until it is refused.

A plan is a list of legs (a drive, a drilling, a wait, the night). Each has a length, what it
draws, what the light gives, and how well both are known. The energy at the end of each leg is
known with a variance that grows leg by leg; a plan is affordable while energy less `SIGMAS` sigma
stays above the reserve.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from lupex_rover.core.errors import UserError
from lupex_rover.core.types import PowerState
from lupex_rover.power.night.budget import SIGMAS


@dataclass(frozen=True)
class Leg:
    """One part of a plan.

    Attributes
    ----------
    name : str
        For the answer, such as ``"drive to the drill site"``.
    hours : float
        How long it takes.
    load_w : float
        Mean draw at the bus: work, heaters, link, computer.
    input_w : float
        Mean power of the array.
    load_sigma, input_sigma : float
        Doubt of both, relative.
    """

    name: str
    hours: float
    load_w: float
    input_w: float = 0.0
    load_sigma: float = 0.10
    input_sigma: float = 0.10

    def __post_init__(self) -> None:
        for field in ("hours", "load_w", "input_w", "load_sigma", "input_sigma"):
            value = getattr(self, field)
            if not math.isfinite(value) or value < 0.0:
                raise UserError(f"leg {self.name!r}: {field} is {value}; at least zero is needed")


@dataclass(frozen=True)
class Balance:
    """Energy in the battery at the end of a leg, Wh, and its sigma."""

    leg: str
    hours: float
    energy_wh: float
    sigma_wh: float


@dataclass(frozen=True)
class Budget:
    """The answer.

    Attributes
    ----------
    allowed : bool
        Every leg ends above the reserve, with `SIGMAS` sigma to spare.
    margin_wh : float
        The least of energy less doubt less reserve over all legs.
    code : str
        PWR-000, or PWR-007 where a leg cannot be afforded.
    text : str
        With the leg and the figure.
    balances : tuple[Balance, ...]
        One per leg.
    """

    allowed: bool
    margin_wh: float
    code: str
    text: str
    balances: tuple[Balance, ...]


def forward(
    state: PowerState,
    legs: Sequence[Leg],
    reserve_wh: float = 0.0,
    discharge_efficiency: float = 0.95,
    charge_efficiency: float = 0.95,
) -> Budget:
    """What `legs`, one after the other, leave in the battery.

    Parameters
    ----------
    state : PowerState
        The newest `power/state`; its reserve is kept besides `reserve_wh`.
    reserve_wh : float
        To leave beyond the reserve of `state` at every moment.

    Raises
    ------
    UserError
        A figure that is negative or not a number.
    """
    if not math.isfinite(reserve_wh) or reserve_wh < 0.0:
        raise UserError(f"reserve_wh: {reserve_wh} must be a number of at least zero")
    full_wh = state.energy_wh / state.soc if state.soc > 0.01 else 0.0
    floor = state.energy_wh - state.usable_wh + reserve_wh
    energy, variance = state.energy_wh, (state.soc_sigma * full_wh) ** 2
    worst, at = math.inf, ""
    balances = []
    hours = 0.0
    for leg in legs:
        net_w = leg.input_w - leg.load_w
        gain = charge_efficiency if net_w > 0.0 else 1.0 / discharge_efficiency
        energy += gain * net_w * leg.hours
        doubt_w = math.hypot(leg.load_w * leg.load_sigma, leg.input_w * leg.input_sigma)
        variance += (gain * doubt_w * leg.hours) ** 2
        if energy > full_wh:  # what is over is lost, and with it the doubt about it
            surely = min(energy - SIGMAS * math.sqrt(variance), full_wh)
            energy, variance = full_wh, ((full_wh - surely) / SIGMAS) ** 2
        hours += leg.hours
        sigma = math.sqrt(variance)
        balances.append(Balance(leg.name, hours, energy, sigma))
        margin = energy - SIGMAS * sigma - floor
        if margin < worst:
            worst, at = margin, leg.name
    return _answer(state, worst if legs else state.usable_wh, at, floor, tuple(balances))


def _answer(
    state: PowerState, margin: float, at: str, floor: float, balances: tuple[Balance, ...]
) -> Budget:
    allowed = margin >= 0.0
    least = min((b.energy_wh for b in balances), default=state.energy_wh)
    text = (
        f"{state.energy_wh:.0f} Wh now, least {least:.0f} Wh; after {at!r} {abs(margin):.0f} Wh"
        f" {'above' if allowed else 'below'} the {floor:.0f} Wh that must stay, doubt included"
    )
    return Budget(allowed, margin, "PWR-000" if allowed else "PWR-007", text, balances)
