"""What the night keeper is told, and what it answers."""

from __future__ import annotations

import math
from dataclasses import dataclass

from lupex_rover.core.errors import UserError


@dataclass(frozen=True)
class Dimming:
    """An eclipse ahead: from and until so many hours from now this share of the Sun is left."""

    begin_h: float
    end_h: float
    left: float


@dataclass(frozen=True)
class Reading:
    """What the rover knows when it decides.

    Attributes
    ----------
    t_h : float
        By the clock, h; any origin.
    energy_wh, sigma_wh : float
        In the battery.
    battery_degc, electronics_degc : float
        Of the boxes.
    array_w : float
        Of the array; the first light is seen long before it wakes a rover.
    eclipses : tuple[Dimming, ...]
        Those ahead.
    """

    t_h: float
    energy_wh: float
    sigma_wh: float
    battery_degc: float
    electronics_degc: float
    array_w: float = 0.0
    eclipses: tuple[Dimming, ...] = ()

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if name != "eclipses" and not math.isfinite(value):
                raise UserError(f"night reading: {name} is {value}; a number is needed")
        if self.energy_wh < 0.0 or self.sigma_wh < 0.0:
            raise UserError("night reading: energy_wh and sigma_wh must be at least zero")


@dataclass(frozen=True)
class Sleep:
    """An answer: what to set and for how long to sleep.

    Attributes
    ----------
    set_points : tuple[float, float]
        Battery and electronics heater, degC.
    duration_h : float
        Sleep at most this long; light wakes earlier.
    code : str
        PWR-000 it will live; PWR-008 it may not, or will not.
    lasts_h : float
        How long the rover lasts by the most careful figures, h from now.
    text : str
        The reason, with figures.
    busy : bool
        Do not sleep; stay awake with every load on, their current warms the cells.
    """

    set_points: tuple[float, float]
    duration_h: float
    code: str
    lasts_h: float
    text: str
    busy: bool = False
