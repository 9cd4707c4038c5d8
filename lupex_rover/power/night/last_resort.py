"""The room for second heater circuits, given up where that is the last way to see dawn.

The coldest set points leave the second circuit of each heater, which switches lower, the room to
hold its box. That room costs some tenths of an hour of life. It is given up at the last look
before the end, where by likely figures the rover is lost before the predicted dawn (that past,
before the latest), but not by the best. A first circuit that breaks in those hours then kills it;
with the room kept, it is likely lost anyway.
"""

from __future__ import annotations

from lupex_rover.power.night.night_types import Reading
from lupex_rover.power.night.params import NightParams

Pair = tuple[float, float]
_HELD_K = 2.0
_KNOWN_K = 1.0  # farther above its set point a box tells nothing of its circuits


def without_room(
    p: NightParams, now: Reading, pair: Pair, before: Pair, second: tuple[bool, bool]
) -> Pair:
    """Set points lower by the room, of each box that is seen held by its first circuit, degC.

    A box on its second circuit has no room to give; of one above its band, after a reset, nothing
    is known. The computer that looks has warmed the electronics a little.

    Parameters
    ----------
    pair : Pair
        The coldest set points that leave the room.
    before : Pair
        Set points until now; what was given up stays so.
    second : tuple[bool, bool]
        Boxes that have been seen below their bands this night.
    """
    warm_k = p.busy_w[0] * p.awake_s / p.heat.electronics_jpk
    over_k = (now.battery_degc - pair[0] + p.sensor_k, now.electronics_degc - pair[1] - warm_k)
    battery, electronics = (
        degc - p.spare_k if was < degc or (-p.band_k < over < _KNOWN_K and not hung) else degc
        for degc, over, was, hung in zip(pair, over_k, before, second)
    )
    return battery, electronics


def doomed_nap_h(p: NightParams, now: Reading, pair: Pair, lasts_h: float) -> float:
    """Sleep at the coldest set points where they may not last, h.

    A box that is held there is lost within an hour of its heater: no look can help. It would change
    nothing, and cost energy, before the last one, `doomed_check_h` before the end.
    """
    held = now.battery_degc < pair[0] + _HELD_K and now.electronics_degc < pair[1] + _HELD_K
    if not held:
        return p.doomed_check_h
    until_last = lasts_h - p.doomed_check_h
    return min(until_last, p.held_check_h) if until_last > p.check_h else p.doomed_check_h


def hangs(p: NightParams, pair: Pair, was: Pair, now: Reading) -> tuple[bool, bool]:
    """Is a box that `was` held at its set point now below the band of its first circuit?

    The battery's telemetry may be wrong by the thermometer's bias.
    """
    low = (pair[0] - p.band_k - p.sensor_k, pair[1] - p.band_k)
    seen = (now.battery_degc, now.electronics_degc)
    first, second = (bool(a > b > c) for a, b, c in zip(was, low, seen))
    return first, second


def is_last_look(
    p: NightParams, dawn_h: tuple[float, float], hours: tuple[float, float, float]
) -> bool:
    """May the end come before the next look, likely before dawn, but not surely?

    Parameters
    ----------
    dawn_h : tuple[float, float]
        Hours until dawn as predicted; where that is past, from none to the latest.
    hours : tuple[float, float, float]
        That the rover lasts by careful, likely and the best figures.
    """
    careful_h, likely_h, best_h = hours
    return careful_h < p.doomed_check_h + p.check_h and likely_h < dawn_h[1] and best_h > dawn_h[0]
