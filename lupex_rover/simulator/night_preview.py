"""Will the rover live through a darkness: its own power and heat models, run forward.

The rover stands, its left panel towards the dawn, and hibernates from dusk as the flight software's
night keeper decides: heaters at its set points, everything else off but the clock (the EPS of
`simulator.power.eps`, without the spread of packs and sensors), woken by light or by the clock.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from lupex_rover.core.constants import NS
from lupex_rover.core.errors import UserError
from lupex_rover.core.types import LOADS
from lupex_rover.ephemeris.eclipses import Passage
from lupex_rover.power.night.eclipses_ahead import ahead
from lupex_rover.power.night.keeper import NightKeeper
from lupex_rover.power.night.night_types import Reading, Sleep
from lupex_rover.power.night.params import NightParams
from lupex_rover.power.params import PowerParams
from lupex_rover.simulator.power.eps import EpsPhysics
from lupex_rover.simulator.power.params import EpsParams
from lupex_rover.simulator.site.darkness import DARK, Darkness

Array = np.ndarray
STEP_S = 60.0
PLENTY = 20  # times the battery, where what a night takes is asked
AFTER_DAWN_H = 120.0  # a rover that does not wake by then is lost
MORNING_H = 240.0  # so long a battery without heater is followed: four times its time constant
DIM_W = 15.0  # an array below it gives no light to work by; dark_array_w of mission/params.py
CHARGE_SIGMA = 0.02  # of the energy, as the estimator knows it at dusk
LATE_DAWN_H = 20.0
FAULTS = ("battery-heater", "electronics-heater", "panel", "late-dawn", "reset", "clock")
LightAt = Callable[[int], tuple[float, float, float]]


@dataclass
class Night:
    """What became of the rover; temperatures degC, energy Wh, `wake_ns` 0 if it never woke.

    `charge_ns`: when a battery whose heater is dead was warm enough to take charge, or 0.
    `margin_wh`: energy left at the least charge or, below zero, what was missing until dawn of the
    least that could be taken, boxes at the coldest set points; NaN in a darkness without end.
    """

    survives: bool = False
    reason: str = ""
    soc_min: float = 1.0
    margin_wh: float = 0.0
    wake_ns: int = 0
    wake_by: str = ""
    charge_ns: int = 0
    flat_ns: int = 0
    battery_degc: float = math.inf
    electronics_degc: float = math.inf
    history: list[tuple[int, float, float, float, float, float]] = field(default_factory=list)
    loads_w: list[float] = field(default_factory=list)  # since the last of the history
    decisions: list[Sleep] = field(default_factory=list)  # of the night keeper, dusk first


def nominal(params: EpsParams) -> EpsParams:
    """The same rover without the spread of packs and leaks."""
    pack = dataclasses.replace(params.battery, capacity_spread=0.0, resistance_spread=0.0)
    return dataclasses.replace(params, battery=pack, leak_spread=0.0)


def live_through(
    dark: Darkness,
    light_at: LightAt,
    soc: float,
    ground_k: tuple[float, float],
    params: EpsParams | None = None,
    faults: Collection[str] = (),
    eclipses: Sequence[Passage] = (),
) -> Night:
    """Run the rover from dusk until it wakes in light, or until `AFTER_DAWN_H` after dawn.

    A battery whose heater is dead is followed through the morning, every load on, until it takes
    charge or is lost, or until `MORNING_H` after dawn. A darkness without end is run until the
    battery is flat: nothing could revive it.

    Parameters
    ----------
    light_at : LightAt
        UTC ns -> grid azimuth and elevation of the Sun, rad, and the share seen.
    soc : float
        Charge at dusk, 0..1.
    ground_k : tuple[float, float]
        Temperature of lit and of dark ground, K.
    faults : Collection[str]
        Of FAULTS.
    eclipses : Sequence[Passage]
        What the place sees of them, for the keeper; `light_at` counts them by itself.
    """
    eps = EpsPhysics(nominal(params or EpsParams()), np.random.default_rng(0), dark.dusk_ns, soc)
    night = Night(soc_min=soc)
    sleeper = _Sleeper(eps, dark, faults, night, eclipses)
    after_h = AFTER_DAWN_H if eps.broken_circuits[0] < 2 else MORNING_H
    end_ns = dark.dawn_ns + (int(after_h * 3600) * NS if dark.ends else 0)
    t = dark.dusk_ns
    drawn_wh = 0.0
    _note(night, eps, t)
    while t < end_ns and not eps.dead and (dark.ends or not eps.empty):
        light = light_at(t)
        if not eps.asleep and not sleeper.stay(t, light[2]) and sleeper.lit(t):
            break
        _advance(eps, dark, light, ground_k)
        sleeper.suffer(t)
        t += int(STEP_S) * NS
        if not eps.empty:
            drawn_wh += max(-eps.battery_w, 0.0) * STEP_S / 3600.0
        _note(night, eps, t)
    _note(night, eps, t, last=True)
    if not dark.ends:
        _judge_endless(night, eps, dark)
        return night
    if night.flat_ns:
        full = _without_end(nominal(params or EpsParams()), dark, faults)
        night.margin_wh = min(drawn_wh - _drawn_wh(full, dark, light_at, ground_k), 0.0)
    else:
        night.margin_wh = left_wh(eps.pack, night.soc_min)
    _judge(night, eps, dark, t)
    return night


def _without_end(params: EpsParams, dark: Darkness, faults: Collection[str]) -> EpsPhysics:
    """The rover with a battery of `PLENTY` times the cells, asleep at the coldest set points."""
    cells = dataclasses.replace(params.battery, parallel=PLENTY * params.battery.parallel)
    eps = EpsPhysics(
        dataclasses.replace(params, battery=cells), np.random.default_rng(0), dark.dusk_ns, 1.0
    )
    _break(eps, faults)
    coldest = NightParams().battery_degc[-1], NightParams().electronics_degc[-1]
    for heater, degc in enumerate(coldest):
        eps.heater(heater, degc)
    return eps


def _drawn_wh(
    eps: EpsPhysics, dark: Darkness, light_at: LightAt, ground_k: tuple[float, float]
) -> float:
    """What it takes from its battery until dawn, Wh; what light gives back is not counted."""
    drawn_wh = 0.0
    for t in range(dark.dusk_ns, dark.dawn_ns, int(STEP_S) * NS):
        if not eps.asleep:
            eps.hibernate(int(3600.0 * NightParams().held_check_h))
        _advance(eps, dark, light_at(t), ground_k)
        drawn_wh += max(-eps.battery_w, 0.0) * STEP_S / 3600.0
    return drawn_wh


def _advance(
    eps: EpsPhysics, dark: Darkness, light: tuple[float, float, float],
    ground_k: tuple[float, float],
) -> None:  # fmt: skip
    """One step under this Sun: azimuth, elevation, share."""
    azimuth, elevation, share = light
    sun = _in_base(azimuth, elevation, dark.dawn_azimuth_rad)
    eps.advance(STEP_S, sun, share, ground_k[0] if share > DARK else ground_k[1])


def _break(eps: EpsPhysics, faults: Collection[str]) -> None:
    for name in faults:
        if name not in FAULTS:
            raise UserError(f"fault {name!r} is unknown; known: {', '.join(FAULTS)}")
    eps.broken_circuits = [2 * ("battery-heater" in faults), 2 * ("electronics-heater" in faults),
                           0]  # fmt: skip
    if "panel" in faults:
        eps.panel_health[0] = 0.0  # the one that is turned towards the dawn


class _Sleeper:
    """The flight software's night keeper on the simulated EPS, and what goes wrong."""

    def __init__(
        self, eps: EpsPhysics, dark: Darkness, faults: Collection[str], night: Night,
        eclipses: Sequence[Passage],
    ) -> None:  # fmt: skip
        self._eps, self._dark, self._faults, self._night = eps, dark, set(faults), night
        self._eclipses = eclipses
        _break(eps, faults)
        self._keeper = NightKeeper(NightParams())
        self._awake_s = 0.0
        self._busy_s = 0.0  # to stay awake, of the keeper's last word
        self._reset_ns = (dark.dusk_ns + dark.dawn_ns) // 2 if "reset" in faults else None
        late_h = LATE_DAWN_H if "late-dawn" in faults else 0.0
        told_h = max((dark.dawn_ns - dark.dusk_ns) / 3.6e12 - late_h, 0.0)
        self._go(self._keeper.dusk(self._reading(dark.dusk_ns), told_h))

    def stay(self, t_ns: int, share: float) -> bool:
        """Awake: does the night go on? After two minutes in the dark it decides again."""
        lit = share > DARK and t_ns >= self._dark.dawn_ns  # a glimpse before dawn is none
        if lit and (self._keeper.heaters[0] or self._eps.array_w >= DIM_W):
            return False
        self._awake_s += STEP_S
        if self._awake_s >= max(NightParams().awake_s, self._busy_s):
            self._awake_s = 0.0
            self._go(self._keeper.woke(self._reading(t_ns)))
        return True

    def lit(self, t_ns: int) -> bool:
        """Awake in the light: is all well? A battery without heater is warmed by every load."""
        eps, night, p = self._eps, self._night, NightParams()
        if not night.wake_ns:
            night.wake_ns, night.wake_by = t_ns, eps.wake_reason
        if eps.broken_circuits[0] < 2 or eps.battery_degc > p.charge_degc:
            night.charge_ns = t_ns if eps.broken_circuits[0] >= 2 else 0
            return True
        eps.heater(1, PowerParams().electronics_warm_degc)
        self._every_load()
        return False

    def suffer(self, t_ns: int) -> None:
        if self._reset_ns is not None and t_ns >= self._reset_ns:
            self._reset_ns = None
            self._busy_s = 0.0
            self._eps.reset()

    def _go(self, sleep: Sleep) -> None:
        self._night.decisions.append(sleep)
        for heater, degc in enumerate(sleep.set_points):
            self._eps.heater(heater, degc)
        self._busy_s = 3600.0 * sleep.duration_h if sleep.busy else 0.0
        if not sleep.busy:
            self._eps.hibernate(max(int(3600.0 * sleep.duration_h), 600))
            return
        self._every_load()

    def _every_load(self) -> None:
        for load in range(1, len(LOADS)):
            self._eps.switch(load, True)

    def _reading(self, t_ns: int) -> Reading:
        eps = self._eps
        energy = left_wh(eps.pack, eps.soc)
        half = (self._dark.dusk_ns + self._dark.dawn_ns) // 2
        lost_h = 1000.0 if "clock" in self._faults and t_ns > half else 0.0
        return Reading(t_ns / 3.6e12 - lost_h, energy, CHARGE_SIGMA * energy, eps.battery_degc,
                       eps.electronics_degc, eps.array_w, ahead(self._eclipses, t_ns))  # fmt: skip


def _in_base(azimuth: float, elevation: float, left: float) -> Array:
    """Unit vector to the Sun in base_link (x forward, y left) with azimuth `left` on the left."""
    turn = azimuth - left
    level = math.cos(elevation)
    return np.array([-level * math.sin(turn), level * math.cos(turn), math.sin(elevation)])


def _note(night: Night, eps: Any, t: int, last: bool = False) -> None:
    night.soc_min = min(night.soc_min, eps.soc)
    night.battery_degc = min(night.battery_degc, eps.battery_degc)
    night.electronics_degc = min(night.electronics_degc, eps.electronics_degc)
    if eps.empty and not night.flat_ns:
        night.flat_ns = t
    night.loads_w.append(eps.load_w)
    if last or not night.history or t - night.history[-1][0] >= 3600 * NS:
        load_w = float(np.mean(night.loads_w))
        night.loads_w.clear()
        night.history.append(
            (t, eps.soc, eps.array_w, load_w, eps.battery_degc, eps.electronics_degc)
        )


def _judge(night: Night, eps: Any, dark: Darkness, t: int) -> None:
    """Did it live, and why or why not."""
    if night.wake_ns and not eps.dead:
        night.survives = True
        night.reason = "the battery went flat and light revived it" if night.flat_ns else (
            f"the battery lasts; woken by {night.wake_by}"
        )  # fmt: skip
        if eps.broken_circuits[0] > 1:
            night.reason += _morning(night, eps, dark, t)
    elif eps.dead:
        night.reason = f"{eps.dead}, {'after' if night.flat_ns else 'before'} the battery was flat"
    elif night.flat_ns:
        night.reason = "the battery went flat and took no charge after dawn: too cold or too dim"
    else:
        hours = (t - dark.dawn_ns) / 3.6e12
        night.reason = (
            f"asleep with {eps.soc:.0%} of charge, no light woke it in the {hours:.0f} h after dawn"
        )


def _morning(night: Night, eps: Any, dark: Darkness, t: int) -> str:
    """What became of a battery without heater in the light."""
    hours = (t - dark.dawn_ns) / 3.6e12
    if night.charge_ns:
        return f"; its heater is dead, it takes charge {hours:.0f} h after dawn"
    cold = f"at {eps.battery_degc:.0f} degC it takes no charge"
    return f"; its heater is dead, {cold} {hours:.0f} h after dawn"


def _judge_endless(night: Night, eps: Any, dark: Darkness) -> None:
    """No light within the series: lost, and how long the battery lasted."""
    night.margin_wh = math.nan
    days = (dark.dawn_ns - dark.dusk_ns) / NS / 86400.0
    if night.flat_ns:
        ended = f"the battery is flat after {(night.flat_ns - dark.dusk_ns) / 3.6e12:.0f} h"
    else:
        ended = eps.dead or f"the battery holds {100.0 * eps.soc:.0f} % at the end of the search"
    night.reason = f"no light to live on within {days:.0f} days of dusk; {ended}"


def left_wh(pack: Any, soc: float) -> float:
    """Energy between a flat pack and `soc` at its open-circuit voltage, Wh."""
    charge, kept = pack.soc, np.linspace(0.0, soc, 201)
    volts = []
    for s in kept.tolist():
        pack.soc = s
        volts.append(pack.ocv_v())
    pack.soc = charge
    return float(np.trapezoid(volts, kept)) * pack.capacity_ah
