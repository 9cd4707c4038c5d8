"""A battery whose heater is dead: by which way does it live through the night and the morning?

Asleep it cools; with every load on their current warms it, best when it is cold (`power.night_
forecast`). The night is not won at first light: the array then feeds the loads, no current warms
the cells, and it takes the Sun hours to warm the chassis. So each way is tried with dawns from the
predicted one to the latest, every load on from dawn, and the one is taken that bears the latest.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from lupex_rover.power.night.forecast import Course, Dusk, run
from lupex_rover.power.night.params import NightParams

_LATER_H = (0.0, 2.0, 4.0, 8.0, 12.0, 18.0, 24.0, 36.0, 48.0, 72.0)  # from now, to begin busy
_DAWNS = (0.0, 0.25, 0.5, 0.75, 1.0)  # of the doubt of dawn
_SPENT_W = 1.0  # a heater that draws less is off
_AGAIN_K = 3.0


@dataclass(frozen=True)
class Way:
    """What to do, and how that goes.

    Attributes
    ----------
    later_h : float
        Every load on from so many hours on; infinite: asleep until light.
    pair : tuple[float, float]
        Heater set points, degC.
    course : Course
        In the dark, were there no dawn, by the most careful figures.
    bears_h : float
        Dawn may come so late by the figures it was chosen by, or minus infinity.
    sure : bool
        Were those the most careful?
    """

    later_h: float
    pair: tuple[float, float]
    course: Course
    bears_h: float
    sure: bool


def best_way(
    p: NightParams, starts: Sequence[Dusk], dark_h: float, doubt_h: float,
    pairs: Sequence[tuple[float, float]],
) -> Way:  # fmt: skip
    """The way that bears the latest dawn; of equals the one that lasts longest, then the latest.

    Where dawn is there (`doubt_h` zero) of equals the one that warms the soonest.

    Parameters
    ----------
    starts : Sequence[Dusk]
        By the most careful figures, then by bolder ones, which are asked only where no way lives
        through the predicted dawn by those before.
    dark_h, doubt_h : float
        Until the predicted dawn; so much later it may come.
    pairs : Sequence[tuple[float, float]]
        Set points to try; of equals the first is taken.
    """
    horizon = dark_h + p.dawn_doubt_h
    ways = [(later_h, pair) for pair in pairs for later_h in (math.inf, *_LATER_H)]
    courses = [run(p, starts[0], horizon, pair, later_h) for later_h, pair in ways]
    dawns = [dark_h + share * doubt_h for share in (_DAWNS if doubt_h > 0.0 else (0.0,))]
    bears = [-math.inf] * len(ways)
    sure = False
    for start in starts:
        sure = start is starts[0]
        bears = [_bears_h(p, start, dawns, *way) for way in ways]
        if max(bears) > -math.inf:
            break

    def worth(i: int) -> tuple[float, float, float]:
        later_h = ways[i][0]
        if doubt_h > 0.0:
            return bears[i], courses[i].lasts_h, later_h
        return bears[i], -later_h, 0.0  # in the light nothing need be saved for a late dawn

    best = max(range(len(ways)), key=worth)
    return Way(*ways[best], courses[best], bears[best], sure)


def _bears_h(
    p: NightParams, start: Dusk, dawns: Sequence[float], later_h: float,
    pair: tuple[float, float],
) -> float:  # fmt: skip
    """The latest dawn through whose morning it lives, every load on from then; h from now."""
    latest = -math.inf
    for dawn_h in dawns:
        course = run(p, start, dawn_h + p.warm_h, pair, min(later_h, dawn_h), dawn_h)
        if course.lasts_h < math.inf:
            break
        latest = dawn_h
    return latest


def loads_must_warm(p: NightParams, degc: float, heater_w: float, on: bool) -> bool:
    """In the light: too cold to charge, and the heater, its set point high, gives nothing.

    Parameters
    ----------
    degc, heater_w : float
        Of the battery, as the EPS board tells.
    on : bool
        Are the loads on for it already? Then they stay on a little longer.
    """
    return heater_w < _SPENT_W and degc < p.charge_degc + (_AGAIN_K if on else 0.0)
