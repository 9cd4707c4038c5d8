"""A rover of power and heat alone through one random night, with its faults.

The simulated EPS (true pack, leaks, dust, faults) against the flight software that runs on the
rover: power manager, budget, night keeper. No driving, no pictures, steps of 30 s awake and of
up to 10 min asleep.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from benchmarks.power.places import STEP_S, Place
from lupex_rover import graph
from lupex_rover.core.component import Inbox
from lupex_rover.core.constants import NS
from lupex_rover.core.types import LOADS, PowerTelemetry
from lupex_rover.mission.executive_context import ALWAYS_ON
from lupex_rover.mission.params import ExecutiveParams
from lupex_rover.power.manager import PowerManager
from lupex_rover.power.night.cold_battery import loads_must_warm
from lupex_rover.power.night.keeper import NightKeeper
from lupex_rover.power.night.night_types import Reading, Sleep
from lupex_rover.power.night.params import NightParams
from lupex_rover.power.night.surplus_power import light_feeds_all, loads_may_store
from lupex_rover.power.params import PowerParams
from lupex_rover.simulator.power.eps import EpsPhysics

AWAKE_S = 30.0
ASLEEP_S = 600.0
DARK_W, LIGHT_W = 15.0, 40.0
LIGHT_WAIT_S = 900.0
RESUME_SOC = 0.30
FAULTS = ("late dawn", "battery heater", "electronics heater", "both battery heaters", "reset",
          "clock", "panel")  # fmt: skip


@dataclass
class Outcome:
    """What became of one night; hours from dusk."""

    seed: int
    dark_h: float
    faults: list[str]
    energy_allows: bool = False  # boxes held at their limits to the last Wh
    allowed: bool = False  # with thermostats and cells as they are
    unforeseen_allows: bool = False  # and without knowledge of what will break, and when
    work_allows: bool = False  # and the battery can take charge in the light that is watched
    alive: bool = False
    resumed_h: float = math.nan
    lost_h: float = math.nan
    broke_h: float = math.nan  # when the last circuit of a heater broke
    told_h: float = math.nan  # since when the loss was foretold without a break
    reason: str = ""
    cold_charge: bool = False
    granted: int = 0
    refused: int = 0
    below_reserve: int = 0
    soc_dusk: float = math.nan
    soc_min: float = 1.0
    log: list[str] = field(default_factory=list)


@dataclass
class Fate:
    """What the rover does not know."""

    dawn_late_h: float
    ground_dark_k: float
    ground_lit_k: float
    reset_h: float = math.inf
    clock_h: float = math.inf
    clock_jump_h: float = 0.0
    breaks_h: float = math.inf
    circuits: tuple[int, int, int] = (0, 0, 0)


class Rover:
    """EPS and flight software, joined by what the EPS board would say and hear."""

    def __init__(self, place: Place, eps: EpsPhysics, fate: Fate, outcome: Outcome) -> None:
        self.place, self.eps, self.fate, self.out = place, eps, fate, outcome
        self.t_s = 0.0
        self.dusk_s = place.dusk * STEP_S
        self.manager = PowerManager(PowerParams())
        self.keeper = NightKeeper(NightParams())
        self.stored: dict[str, Any] = {}
        self.kept: dict[str, Any] = {}
        self.state: Any = None
        self._dark_s = 0.0
        self._awake_s = 0.0
        self._busy_s = 0.0  # stays awake until then
        self._warming = False  # in the light, every load on
        self._fed = False  # every load, by light alone
        self._storing = False  # every load on to warm the chassis before dusk

    @property
    def hours(self) -> float:
        """From dusk."""
        return (self.t_s - self.dusk_s) / 3600.0

    @property
    def clock_h(self) -> float:
        lost = self.hours >= self.fate.clock_h
        return self.hours - (self.fate.clock_jump_h if lost else 0.0)

    def step(self) -> None:
        eps = self.eps
        was_on = eps.computer_on
        dt = AWAKE_S if was_on else ASLEEP_S
        self._suffer(dt)
        i = min(int(self.t_s // STEP_S), self.place.share.size - 1)
        lit = self.place.share[i] > 0.005
        left = float(self.place.azimuth[self.place.dawn])
        turn = float(self.place.azimuth[i]) - left
        sun = np.array([-math.sin(turn), math.cos(turn), float(self.place.elevation[i])])
        ground = self.fate.ground_lit_k if lit else self.fate.ground_dark_k
        eps.advance(dt, sun if lit else None, float(self.place.share[i]), ground)
        self.t_s += dt
        if eps.pack.current_a > 1e-9 and eps.battery_degc < eps.pack.params.charge_low_degc:
            self.out.cold_charge |= eps.battery_degc < eps.pack.params.charge_low_degc - 0.5
        self.out.soc_min = min(self.out.soc_min, eps.soc)
        if eps.computer_on and not was_on:
            self._boot()
        if eps.computer_on:
            self._fly(dt if was_on else 0.0)  # it woke at the end of the step

    def _suffer(self, dt: float) -> None:
        fate = self.fate
        if fate.reset_h <= self.hours < fate.reset_h + dt / 3600.0 and not self.eps.computer_on:
            self.eps.reset()
            self._boot()
        if self.hours >= fate.breaks_h:
            self.eps.broken_circuits = list(fate.circuits)

    def _boot(self) -> None:
        self.manager = PowerManager(PowerParams())
        if self.stored:
            self.manager.restore(self.stored)
        self.keeper = NightKeeper(NightParams())
        if self.kept:
            self.keeper.recall(self.kept)
        self._dark_s = self._awake_s = self._busy_s = 0.0
        self._warming = False

    def _fly(self, dt: float) -> None:
        eps = self.eps
        bus, volt, amp, degc, array, loads, watt = eps.power()
        stamp = int((self.clock_h + 1e5) * 3600.0) * NS
        m = PowerTelemetry(stamp, bus, volt, amp, degc, array, loads, watt)
        out = self.manager.step(stamp, Inbox({graph.POWER_TELEMETRY: [m]}))
        for topic, message in out.messages:
            if switch := graph.POWER_SWITCH.of(topic, message):
                eps.switch(LOADS.index(switch.load), switch.on)
            if heater := graph.POWER_HEATER.of(topic, message):
                eps.heater(heater.heater, heater.set_point_degc)
            self.state = graph.POWER_STATE.of(topic, message) or self.state
        self.stored = out.persist or self.stored
        array_w = float(array.sum()) * bus
        self._dark_s = self._dark_s + dt if array_w < DARK_W else 0.0
        self._awake_s += dt
        self._store()
        self._night(array_w)
        self._morning(array_w, float(watt[LOADS.index("battery_heater")]))

    def _night(self, array_w: float) -> None:
        if self.keeper.in_night:
            if array_w >= LIGHT_W and self._awake_s >= LIGHT_WAIT_S:
                self.keeper.dawn()
                self.kept = self.keeper.memory()
                self._loads(self._warming)
            elif (array_w < DARK_W and self._awake_s >= NightParams().awake_s
                  and self.t_s >= self._busy_s):  # fmt: skip
                self._sleep(self.keeper.woke(self.reading()))
        elif self._dark_s >= ExecutiveParams().wake_wait_s:
            predicted_h = self.place.dark_h - self.fate.dawn_late_h
            self._sleep(self.keeper.dusk(self.reading(), max(predicted_h - self.hours, 1.0)))
            if math.isnan(self.out.soc_dusk):
                self.out.soc_dusk = self.eps.soc

    def _morning(self, array_w: float, heater_w: float) -> None:
        """Light: a battery without heater is warmed by every load until it takes charge."""
        judged = not self.keeper.heaters[0] or self._warming or array_w >= LIGHT_W
        if self.hours < 0.0 or array_w < DARK_W or not self.eps.computer_on or not judged:
            return
        warming = loads_must_warm(NightParams(), self.state.battery_degc, heater_w, self._warming)
        self._fed = warming and light_feeds_all(NightParams(), array_w, self._fed)
        if warming or self._warming:
            self._loads(warming)
        self._warming = warming

    def _store(self) -> None:
        """As the flight's phase `night` before dusk; not while the drill works."""
        if self.keeper.in_night or self.hours > 0.0 or not self.eps.computer_on:
            return
        s = self.state
        store = not self.eps.demand_w["drill"] and loads_may_store(
            NightParams(), -self.hours, s.soc, s.input_w, s.output_w, self._storing
        )
        if store != self._storing:
            self._storing = store
            self._loads(store)

    def reading(self) -> Reading:
        s = self.state
        full = s.energy_wh / max(s.soc, 0.01)
        return Reading(self.clock_h, s.energy_wh, s.soc_sigma * full, s.battery_degc,
                       self.eps.electronics_degc, s.input_w)  # fmt: skip

    def _sleep(self, sleep: Sleep) -> None:
        self.kept = self.keeper.memory()
        for heater, degc in enumerate(sleep.set_points):
            self.eps.heater(heater, degc)
        self.note(sleep)
        if sleep.busy:
            self._busy_s = self.t_s + 3600.0 * sleep.duration_h
            self._loads(True)
        else:
            self.eps.hibernate(int(sleep.duration_h * 3600.0))

    def _loads(self, on: bool) -> None:
        """Every load that may be switched and is not locked out; a drill that works goes on."""
        shed = () if self._fed else self.state.shed
        for index, load in enumerate(LOADS[:12]):
            works = load == "drill" and self.eps.demand_w["drill"] > 0.0
            if load not in ALWAYS_ON and not works and not (on and load in shed):
                self.eps.switch(index, on)

    def note(self, sleep: Sleep) -> None:
        """What was foretold, and since when."""
        o = self.out
        if sleep.code == "PWR-008":
            o.told_h = self.hours if math.isnan(o.told_h) else o.told_h
            o.reason = sleep.text
        else:
            o.told_h = math.nan
        o.log.append(
            f"{self.hours:.1f} h {self.eps.soc:.2f} {self.eps.battery_degc:.0f}"
            f" {self.eps.electronics_degc:.0f} {sleep.code} {sleep.text}"
        )
