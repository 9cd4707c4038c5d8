"""The room for second heater circuits, given up where that is the last way to see dawn.

The coldest set points leave the second circuit of each heater, which switches lower, the room to
hold its box. That room costs some tenths of an hour of life. It is given up at the last look
before the end, where by likely figures the rover is lost before the predicted dawn: a first circuit
that breaks in those hours then kills it, and without them it is lost.
"""

from __future__ import annotations

from lupex_rover.power.night_params import NightParams
from lupex_rover.power.night_words import Reading

Pair = tuple[float, float]
_HELD_K = 2.0


def without_room(p: NightParams, now: Reading, pair: Pair, before: Pair | None) -> Pair:
    """Set points lower by the room, of each box whose first circuit holds it, degC.

    A box below its band hangs on its second circuit already, and has no room to give.

    Parameters
    ----------
    pair : the coldest set points that leave the room.
    before : set points until now; what was given up stays so.
    """
    held = zip(pair, (now.battery_degc, now.electronics_degc), before or pair)
    first, second = (
        degc - p.spare_k if was < degc or seen > degc - p.band_k else degc
        for degc, seen, was in held
    )
    return first, second


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


def is_last_look(p: NightParams, lasts_h: float, likely_h: float, dark_h: float) -> bool:
    """May the end come before the next look, and likely before the predicted dawn?"""
    return lasts_h < p.doomed_check_h + p.check_h and likely_h < dark_h
