"""Will the rover live through a darkness: its own power and heat models, run forward.

The rover stands, its left panel towards the dawn, and hibernates from dusk as the flight software's
night keeper decides: heaters at its set points, everything else off but the clock (the EPS of
`simulator.eps`, without the spread of packs and sensors), woken by light or by the clock.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from lupex_rover.core.constants import NS
from lupex_rover.core.errors import UserError
from lupex_rover.core.types import LOADS
from lupex_rover.power.night_keeper import NightKeeper
from lupex_rover.power.night_params import NightParams
from lupex_rover.power.night_words import Reading, Sleep
from lupex_rover.power.params import PowerParams
from lupex_rover.simulator.eps import EpsPhysics
from lupex_rover.simulator.eps_params import EpsParams

Array = np.ndarray
DARK = 0.005  # share of the disc that gives no usable power
STEP_S = 60.0
AFTER_DAWN_H = 120.0  # a rover that does not wake by then is lost
MORNING_H = 240.0  # so long a battery without heater is followed: four times its time constant
DIM_W = 15.0  # an array below it gives no light to work by; dark_array_w of mission/params.py
CHARGE_SIGMA = 0.02  # of the energy, as the estimator knows it at dusk
LATE_DAWN_H = 20.0
FAULTS = ("battery-heater", "electronics-heater", "panel", "late-dawn", "reset", "clock")
LightAt = Callable[[int], tuple[float, float, float]]


@dataclass(frozen=True)
class Darkness:
    """A darkness by the times of a series: first dark instant, first light after it, UTC ns.

    Where the series holds no light after dusk `ends` is false and `dawn_ns` its last instant.
    """

    dusk_ns: int
    dawn_ns: int
    dawn_azimuth_rad: float
    ends: bool = True


@dataclass
class Night:
    """What became of the rover; temperatures degC, energy Wh, `wake_ns` 0 if it never woke.

    `charge_ns`: when a battery whose heater is dead was warm enough to take charge, or 0.
    `margin_wh` is NaN in a darkness without end, where no energy is enough.
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


def next_darkness(times: Array, share: Array, azimuth: Array, least_h: float) -> Darkness | None:
    """The first darkness of at least `least_h`; None where the series holds no such darkness."""
    edges = np.diff(np.concatenate([[False], share <= DARK]).astype(np.int8))
    dusks, dawns = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
    for i in dusks.tolist():
        later = dawns[dawns > i]
        j = int(later[0]) if later.size else times.size - 1
        if times[j] - times[i] >= least_h * 3600 * NS:
            return Darkness(int(times[i]), int(times[j]), float(azimuth[j]), later.size > 0)
    return None


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
) -> Night:
    """Run the rover from dusk until it wakes in light, or until `AFTER_DAWN_H` after dawn.

    A battery whose heater is dead is followed through the morning, every load on, until it takes
    charge or is lost, or until `MORNING_H` after dawn. A darkness without end is run until the
    battery is flat: nothing could revive it.

    Parameters
    ----------
    light_at : UTC ns -> grid azimuth and elevation of the Sun, rad, and the share seen.
    soc : charge at dusk, 0..1.
    ground_k : temperature of lit and of dark ground, K.
    faults : of FAULTS.
    """
    eps = EpsPhysics(nominal(params or EpsParams()), np.random.default_rng(0), dark.dusk_ns, soc)
    night = Night(soc_min=soc)
    sleeper = _Sleeper(eps, dark, faults, night)
    after_h = AFTER_DAWN_H if eps.broken_circuits[0] < 2 else MORNING_H
    end_ns = dark.dawn_ns + (int(after_h * 3600) * NS if dark.ends else 0)
    t = dark.dusk_ns
    drawn_wh = 0.0
    while t < end_ns and not eps.dead and (dark.ends or not eps.empty):
        azimuth, elevation, share = light_at(t)
        if not eps.asleep and not sleeper.stay(t, share) and sleeper.lit(t):
            break
        sun = _in_base(azimuth, elevation, dark.dawn_azimuth_rad)
        eps.advance(STEP_S, sun, share, ground_k[0] if share > DARK else ground_k[1])
        sleeper.suffer(t)
        t += int(STEP_S) * NS
        if not eps.empty:
            drawn_wh += max(-eps.battery_w, 0.0) * STEP_S / 3600.0
        _note(night, eps, t, drawn_wh)
    if dark.ends:
        _judge(night, eps, dark, t, drawn_wh)
    else:
        _judge_endless(night, eps, dark)
    return night


class _Sleeper:
    """The flight software's night keeper on the simulated EPS, and what goes wrong."""

    def __init__(
        self, eps: EpsPhysics, dark: Darkness, faults: Collection[str], night: Night
    ) -> None:
        self._eps, self._dark, self._faults, self._night = eps, dark, set(faults), night
        for name in self._faults:
            if name not in FAULTS:
                raise UserError(f"fault {name!r} is unknown; known: {', '.join(FAULTS)}")
        eps.broken_circuits = [2 * ("battery-heater" in faults),
                               2 * ("electronics-heater" in faults), 0]  # fmt: skip
        if "panel" in self._faults:
            eps.panel_health[0] = 0.0  # the one that is turned towards the dawn
        self._keeper = NightKeeper(NightParams())
        self._awake_s = 0.0
        self._busy_s = 0.0  # to stay awake, of the keeper's last word
        self._reset_ns = (dark.dusk_ns + dark.dawn_ns) // 2 if "reset" in faults else None
        late_h = LATE_DAWN_H if "late-dawn" in faults else 0.0
        told_h = max((dark.dawn_ns - dark.dusk_ns) / 3.6e12 - late_h, 0.0)
        self._go(self._keeper.dusk(self._reading(dark.dusk_ns), told_h))

    def stay(self, t_ns: int, share: float) -> bool:
        """Awake: does the night go on? After two minutes in the dark it decides again."""
        if share > DARK and (self._keeper.heaters[0] or self._eps.array_w >= DIM_W):
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
                       eps.electronics_degc, eps.array_w)  # fmt: skip


def _in_base(azimuth: float, elevation: float, left: float) -> Array:
    """Unit vector to the Sun in base_link (x forward, y left) with azimuth `left` on the left."""
    turn = azimuth - left
    level = math.cos(elevation)
    return np.array([-level * math.sin(turn), level * math.cos(turn), math.sin(elevation)])


def _note(night: Night, eps: Any, t: int, drawn_wh: float) -> None:
    night.soc_min = min(night.soc_min, eps.soc)
    night.battery_degc = min(night.battery_degc, eps.battery_degc)
    night.electronics_degc = min(night.electronics_degc, eps.electronics_degc)
    if eps.empty and not night.flat_ns:
        night.flat_ns = t
    night.loads_w.append(eps.load_w)
    if not night.history or t - night.history[-1][0] >= 3600 * NS:
        load_w = float(np.mean(night.loads_w))
        night.loads_w.clear()
        night.history.append(
            (t, eps.soc, eps.array_w, load_w, eps.battery_degc, eps.electronics_degc)
        )


def _judge(night: Night, eps: Any, dark: Darkness, t: int, drawn_wh: float) -> None:
    """Margin: energy left at the least charge, or, below zero, what was missing till dawn."""
    if night.flat_ns:
        hours = (night.flat_ns - dark.dusk_ns) / 3.6e12
        missing_h = max(dark.dawn_ns - night.flat_ns, 0) / 3.6e12
        night.margin_wh = -drawn_wh / max(hours, 1.0 / 60.0) * missing_h
    else:
        night.margin_wh = left_wh(eps.pack, night.soc_min)
    if night.wake_ns and not eps.dead:
        night.survives = True
        night.reason = "the battery went flat and light revived it" if night.flat_ns else (
            f"the battery lasts; woken by {night.wake_by}"
        )  # fmt: skip
        if eps.broken_circuits[0] > 1:
            night.reason += _morning(night, eps, dark, t)
    elif eps.dead:
        night.reason = f"{eps.dead}, {'after' if night.flat_ns else 'before'} the battery was flat"
    else:
        night.reason = "the battery went flat and took no charge after dawn: too cold or too dim"


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
    night.reason = f"no light within {days:.0f} days of dusk; {ended}"


def left_wh(pack: Any, soc: float) -> float:
    """Energy between a flat pack and `soc` at its open-circuit voltage, Wh."""
    charge, kept = pack.soc, np.linspace(0.0, soc, 201)
    volts = []
    for s in kept.tolist():
        pack.soc = s
        volts.append(pack.ocv_v())
    pack.soc = charge
    return float(np.trapezoid(volts, kept)) * pack.capacity_ah
