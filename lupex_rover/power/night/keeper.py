"""Keeps the rover through a night: which set points, how long to sleep, whether it will live.

It counts the night itself: hours asleep add up by the clock where that makes sense, by what was
commanded where it does not, so that a clock that lost its time does no harm.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

from lupex_rover.core.errors import UserError
from lupex_rover.power.night.cold_battery import best_way
from lupex_rover.power.night.forecast import Course, Dusk, run
from lupex_rover.power.night.last_resort import doomed_nap_h, hangs, is_last_look, without_room
from lupex_rover.power.night.night_types import Reading, Sleep
from lupex_rover.power.night.params import NightParams

SIGMAS = 2.0
# A box colder than its set point and the forecast by this much has no heat: the second circuit
# holds it within 0.9 K, the sensor is true to 0.3 K (one sigma).
_DEAD_K = 2.0
_LOOKS = 3.0  # so often it wakes in the time in which a box without heat cools to its limit
_LEAST_NAP_H = 1.0
_RESERVED = (-20.0, -40.0)  # set points that actions by day must leave the energy for, degC
_BOLD_SIGMAS = 0.7  # that a likely survival stands
_SIGMAS_TRIED = (SIGMAS, _BOLD_SIGMAS, 0.0)  # a cold battery: by the most careful that live
_WARMS_K = 2.0
_SWITCH_DEGC = 4.0  # electronics warmer than this heat the radiator
_CLOCK_DOUBT_H = 0.2


class NightKeeper:
    """Decides at dusk and whenever the rover wakes in the dark."""

    def __init__(self, params: NightParams) -> None:
        self._p = params
        self._left_h: float | None = None  # darkness left at the last decision
        self._asleep: dict[str, float] = {}  # since the last decision
        self._chassis_k = 230.0
        self._heaters = (True, True)
        self._second = (False, False)  # seen to hang on their second circuits

    @property
    def heaters(self) -> tuple[bool, bool]:
        """Do the heaters of battery and electronics work, as far as was seen?"""
        return self._heaters

    def forecast(self, now: Reading, dark_h: float) -> Sleep:
        """A night of `dark_h` with the energy of `now`; changes nothing."""
        _check_hours(dark_h)
        return self._choose(now, dark_h)

    def dusk(self, now: Reading, dark_h: float) -> Sleep:
        """The night begins; `dark_h` is how long it is predicted to last."""
        _check_hours(dark_h)
        self._left_h = dark_h
        self._chassis_k = 230.0
        return self._go(now, self._choose(now, dark_h))

    def woke(self, now: Reading) -> Sleep:
        """Awake and still dark: what now?"""
        if self._left_h is None:
            return self.dusk(now, self._p.dawn_doubt_h)
        slept = self._slept_h(now)
        self._learn(now, slept)
        self._left_h -= slept  # below zero: dawn is late
        return self._go(now, self._choose(now, max(self._left_h, 0.0)))

    def dawn(self) -> None:
        """The night is over."""
        self._left_h = None
        self._asleep = {}
        self._heaters, self._second = (True, True), (False, False)

    @property
    def in_night(self) -> bool:
        return self._left_h is not None

    # --- deciding -------------------------------------------------------------------------------

    def _choose(self, now: Reading, dark_h: float) -> Sleep:
        p = self._p
        start = Dusk(now.energy_wh, now.battery_degc, now.electronics_degc, self._chassis_k,
                     self.heaters, eclipses=now.eclipses)  # fmt: skip
        if not self.heaters[0]:
            return self._cold_battery(start, now, dark_h)
        horizon = dark_h + p.dawn_doubt_h
        tried: list[tuple[float, tuple[float, float], Course]] = []
        for pair in self._candidates():
            course = run(p, self._careful(start, now.sigma_wh, SIGMAS), horizon, pair)
            if min(course.lasts_h, course.flat_h) == math.inf:
                text = f"{dark_h:.0f} h dark: heaters at {pair[0]:.0f} and {pair[1]:.0f} degC last"
                return Sleep(pair, self._nap(now, pair, horizon), "PWR-000", horizon, text)
            if not _warms(pair, now):
                bold = self._careful(start, now.sigma_wh, _BOLD_SIGMAS)
                bold_course = run(p, bold, horizon, pair)
                if min(bold_course.lasts_h, bold_course.flat_h) == math.inf:
                    return self._doubtful(now, dark_h, True, (course.lasts_h, pair, course))
            tried.append((course.lasts_h, pair, course))
        # with both heaters a box is not warmed where that will not do: it would only leak more
        few = [one for one in tried if not (all(self.heaters) and _warms(one[1], now))]
        longest = max(reversed(few or tried), key=lambda one: one[0])  # of equals the coldest
        sleep = self._doubtful(now, dark_h, False, longest)
        return self._last_resort(sleep, start, now, dark_h)

    def _last_resort(self, sleep: Sleep, start: Dusk, now: Reading, dark_h: float) -> Sleep:
        """The same without the second circuits' room, where nothing else is left to try."""
        p, pair = self._p, sleep.set_points
        if not all(self.heaters) or pair != self._candidates()[-1] or sleep.code == "PWR-000":
            return sleep
        before = (self._asleep.get("battery_set", pair[0]),
                  self._asleep.get("electronics_set", pair[1]))  # fmt: skip
        latest_h = dark_h  # or, where dawn is late already, the rest of its doubt
        if dark_h <= 0.0:
            latest_h = max(p.dawn_doubt_h + (self._left_h or 0.0), p.busy_check_h)
        starts = (self._careful(start, now.sigma_wh, sigmas) for sigmas in (_BOLD_SIGMAS, -SIGMAS))
        likely_h, best_h = (run(p, one, latest_h, pair).lasts_h for one in starts)
        given = before[0] < pair[0] or before[1] < pair[1]
        if not given and not is_last_look(p, (dark_h, latest_h), (sleep.lasts_h, likely_h, best_h)):
            return sleep
        lower = without_room(p, now, pair, before, self._second)
        return replace(sleep, set_points=lower, text=f"{sleep.text}; no room for second circuits")

    def _cold_battery(self, start: Dusk, now: Reading, dark_h: float) -> Sleep:
        """A battery without its heater: asleep, or every load on now or later."""
        p = self._p
        late_h = -min(self._left_h or 0.0, 0.0)
        doubt_h = max(p.dawn_doubt_h - late_h, p.busy_check_h)
        if now.array_w >= p.first_light_w:
            dark_h = doubt_h = 0.0
        horizon = dark_h + p.dawn_doubt_h
        starts = [self._careful(start, now.sigma_wh, sigmas) for sigmas in _SIGMAS_TRIED]
        way = best_way(p, starts, dark_h, doubt_h, self._candidates())
        course, pair, busy = way.course, way.pair, way.later_h == 0.0
        text = f"{dark_h:.0f} h dark, the battery's heater is dead: "
        if way.later_h == math.inf:
            text += f"asleep, electronics at {pair[1]:.0f} degC"
        else:
            text += "every load on" + ("" if busy else f" in {way.later_h:.0f} h")
        # no nap is longer than until dawn may come: the first light is to be seen
        nap_h = min(way.later_h, self._nap(now, pair, horizon), max(dark_h, p.busy_check_h))
        sleeps_h = p.busy_check_h if busy else nap_h
        if way.sure and way.bears_h >= dark_h + doubt_h:
            return Sleep(pair, sleeps_h, "PWR-000", horizon, f"{text} lasts", busy)
        text += f"; flat after {course.flat_h:.0f} h" if course.flat_h < math.inf else ""
        lasts_h = min(course.lasts_h, horizon)
        cause = course.cause or "battery"
        return Sleep(pair, sleeps_h, "PWR-008", lasts_h,
                     f"{text}; the {cause} will freeze after {lasts_h:.0f} h", busy)  # fmt: skip

    def _careful(self, start: Dusk, sigma_wh: float, sigmas: float) -> Dusk:
        """The same with so much less energy and so much greater leaks."""
        energy = max(start.energy_wh - sigmas * sigma_wh, 0.0)
        return replace(start, energy_wh=energy, leak=1.0 + sigmas * self._p.leak_sigma)

    def _candidates(self) -> list[tuple[float, float]]:
        """Set points to try; a box without its heater gets what the other can spare."""
        p = self._p
        battery, electronics = self.heaters
        if battery and electronics:
            return list(zip(p.battery_degc, p.electronics_degc))
        if battery:
            return [(degc, p.electronics_degc[-1]) for degc in (20.0, *p.battery_degc)]
        return [(p.battery_degc[0], degc) for degc in (_SWITCH_DEGC, *p.electronics_degc)]

    def need_wh(self, now: Reading, dark_h: float) -> float:
        """Energy that the night takes with both boxes at -20 and -40 degC, by careful figures."""
        p = self._p
        plenty = Dusk(1e9, now.battery_degc, now.electronics_degc, self._chassis_k,
                      leak=1.0 + SIGMAS * p.leak_sigma)  # fmt: skip
        return run(p, plenty, dark_h + p.dawn_doubt_h, _RESERVED).drawn_wh

    def _doubtful(
        self, now: Reading, dark_h: float, likely: bool,
        longest: tuple[float, tuple[float, float], Course],
    ) -> Sleep:  # fmt: skip
        """Nothing lasts for sure: what lasts longest, and what is to be told."""
        lasts, pair, careful = longest
        horizon = dark_h + self._p.dawn_doubt_h
        words = f"{dark_h:.0f} h dark, heaters at {pair[0]:.0f} and {pair[1]:.0f} degC"
        if lasts == math.inf:
            text = f"{words}: flat after {careful.flat_h:.0f} h but not frozen by dawn"
            return Sleep(pair, self._nap(now, pair, horizon), "PWR-000", horizon, text)
        why = f"flat after {careful.flat_h:.0f} h" if all(self.heaters) else "a heater is dead"
        sure = "may" if likely else "will"
        text = f"{words}: {why}; the {careful.cause} {sure} freeze after {lasts:.0f} h"
        coldest = pair == self._candidates()[-1]  # a waking can change nothing, and costs energy
        nap = doomed_nap_h(self._p, now, pair, lasts) if coldest else self._look_h(now, pair)
        return Sleep(pair, nap, "PWR-008", lasts, text)

    def _nap(self, now: Reading, pair: tuple[float, float], lasts_h: float) -> float:
        return min(self._look_h(now, pair), max(0.5 * lasts_h, _LEAST_NAP_H))

    def _look_h(self, now: Reading, pair: tuple[float, float]) -> float:
        """Sleep that leaves time to act should both circuits of a heater break, h.

        At the coldest set points there is no such time, and nothing to wake for.
        """
        p = self._p
        alone = Dusk(0.0, pair[0], pair[1], self._chassis_k, leak=1.0 + SIGMAS * p.leak_sigma)
        cools_h = run(p, alone, _LOOKS * p.check_h, pair).lasts_h
        if cools_h < _LOOKS * _LEAST_NAP_H:
            return p.check_h
        until_held = max(now.battery_degc - pair[0], 0.0) / (pair[0] - p.battery_dead_degc)
        return min(p.check_h, cools_h * (until_held + 1.0 / _LOOKS))

    def _go(self, now: Reading, sleep: Sleep) -> Sleep:
        self._asleep = {
            "t_h": now.t_h, "energy_wh": now.energy_wh, "for_h": sleep.duration_h,
            "battery_degc": now.battery_degc, "electronics_degc": now.electronics_degc,
            "battery_set": sleep.set_points[0], "electronics_set": sleep.set_points[1],
            "busy": sleep.busy,
        }  # fmt: skip
        return sleep

    # --- learning -------------------------------------------------------------------------------

    def _slept_h(self, now: Reading) -> float:
        """Hours since the last decision: by the clock, if it can be true."""
        if not self._asleep:
            return 0.0
        longest = self._asleep["for_h"]
        by_clock = now.t_h - self._asleep["t_h"]
        if 0.0 <= by_clock <= longest + _CLOCK_DOUBT_H:
            return by_clock
        return longest

    def _learn(self, now: Reading, slept_h: float) -> None:
        """What this sleep tells of heaters and chassis."""
        if not self._asleep or slept_h <= 0.0:
            return
        a = self._asleep
        start = Dusk(a["energy_wh"], a["battery_degc"], a["electronics_degc"], self._chassis_k,
                     self.heaters)  # fmt: skip
        pair = (a["battery_set"], a["electronics_set"])
        alive = replace(start, heaters=(True, True), leak=1.0 + SIGMAS * self._p.leak_sigma)
        went = run(self._p, start, slept_h, pair, 0.0 if a.get("busy") else math.inf)
        warm = run(self._p, alive, slept_h, pair)
        self._chassis_k = went.chassis_k
        hung = hangs(self._p, pair, (start.battery_degc, start.electronics_degc), now)
        self._second = (self._second[0] or hung[0], self._second[1] or hung[1])
        self._heaters = (
            now.battery_degc > min(pair[0], warm.battery_degc) - _DEAD_K,
            now.electronics_degc > min(pair[1], warm.electronics_degc) - _DEAD_K,
        )

    # --- across a loss of power -----------------------------------------------------------------

    def memory(self) -> dict[str, Any]:
        """What must outlive the computer's power."""
        return {
            "left_h": self._left_h, "asleep": self._asleep, "chassis_k": self._chassis_k,
            "heaters": list(self._heaters), "second": list(self._second),
        }  # fmt: skip

    def recall(self, memory: dict[str, Any]) -> None:
        """Take back what `memory` gave."""
        self._left_h = memory.get("left_h")
        self._asleep = dict(memory.get("asleep", {}))
        self._chassis_k = float(memory.get("chassis_k", 230.0))
        first, second = memory.get("heaters", (True, True))
        self._heaters = (bool(first), bool(second))
        first, second = memory.get("second", (False, False))
        self._second = (bool(first), bool(second))


def _warms(pair: tuple[float, float], now: Reading) -> bool:
    """Do these set points ask for boxes warmer than they are?"""
    return pair[0] > now.battery_degc + _WARMS_K or pair[1] > now.electronics_degc + _WARMS_K


def _check_hours(dark_h: float) -> None:
    if not math.isfinite(dark_h) or dark_h < 0.0:
        raise UserError(f"dark_h: {dark_h} must be a number of at least zero")
