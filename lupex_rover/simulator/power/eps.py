"""Simulated electrical power system: array, battery, loads, heaters, heat, sleep.

Satisfies `plants.PowerPlant`. Power balance at the bus: array + battery = loads + shunt. What the
array gives beyond loads and charger goes to a shunt resistor outside, so the array's current
always shows what the light would give.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from lupex_rover.core.constants import SOLAR_CONSTANT_WPM2, ZERO_CELSIUS_K
from lupex_rover.core.saved import SavedFields
from lupex_rover.core.types import LOADS
from lupex_rover.simulator.power.cell import Pack
from lupex_rover.simulator.power.params import EpsParams
from lupex_rover.simulator.power.thermal import (
    BATTERY,
    CHASSIS,
    DRILL,
    ELECTRONICS,
    LEFT,
    RoverHeat,
    leaky,
)

__all__ = ["EpsParams", "EpsPhysics"]

COMPUTER = 1 << LOADS.index("computer")
_HEATER_LOAD = tuple(LOADS.index(f"{name}_heater") for name in ("battery", "electronics", "drill"))
_SURVIVAL = (1 << _HEATER_LOAD[0]) | (1 << _HEATER_LOAD[1])
_WARM = tuple(LOADS.index(name) for name in ("computer", "imu", "radio"))  # inside the warm box
_COOL = tuple(i for i in range(16) if i not in _WARM + _HEATER_LOAD)  # outside it
_DEMANDS = tuple((LOADS.index(name), name) for name in ("mobility", "drill", "payload"))
_HEATED = (BATTERY, ELECTRONICS, DRILL)
_SUBSTEP_S = 10.0
_CALM_SUBSTEP_S = 60.0  # panels, the quickest nodes, settle in about 300 s
_NEARLY_FLAT = 0.02
_FOREVER = math.inf


class EpsPhysics(SavedFields):
    """The EPS of one rover.

    Parameters
    ----------
    params : EpsParams
        Sizes, all in `EpsParams`.
    rng : np.random.Generator
        Draws how this pack and these sensors differ from nominal, and the sensors' noise.
    t_ns : int
        UTC at the start.
    soc : float
        State of charge at the start, 0..1.
    added_w : Mapping[str, float] or None
        Watts of a load, while it is on, that a board from outside has taken, by its name.

    Attributes
    ----------
    demand_w : dict
        Extra watts of a load by its name (mobility, drill, payload), set by the engine.
    loads_on : int
        Bit per load.
    array_w, load_w, shunt_w, loss_w, battery_w : float
        At the bus, W; battery charging positive, at its terminals. Every step: array_w = load_w +
        shunt_w + loss_w + gain of stored energy.
    asleep, computer_on : bool
        Hibernating or browned out; the onboard computer has power.
    empty : bool
        The battery is flat; everything is off until light returns.
    dead : str
        Why the rover is lost for good (``"battery froze"``), or an empty text.
    wake_reason : str
        ``"start"``, ``"time"``, ``"light"``, ``"reset"`` or, while asleep, ``""``.
    panel_health : list
        Share of its light that each panel still turns into power; a fault sets it.
    broken_circuits : list
        Of the two circuits of each heater, how many are broken; a fault sets it.
    """

    SAVED = (
        "_rng", "t_ns", "demand_w", "loads_on", "asleep", "empty", "dead", "wake_reason",
        "array_w", "load_w", "shunt_w", "loss_w", "battery_w", "_set_point", "_heating",
        "_panel_w", "_each_w", "_base_of", "_base_w", "_wake_in_s", "_light_s", "panel_health",
        "broken_circuits",
    )  # fmt: skip
    PARTS = ("pack", "heat")
    FIXED = (
        "_p", "_current_bias_a", "_battery_bias_v", "_bus_bias_v", "_temperature_bias_k",
        "_areas", "thermal", "_added_w",
    )  # fmt: skip

    def __init__(
        self,
        params: EpsParams,
        rng: np.random.Generator,
        t_ns: int,
        soc: float = 0.9,
        added_w: Mapping[str, float] | None = None,
    ) -> None:
        p, s = params, params.sensors
        self._added_w = [(LOADS.index(load), watt) for load, watt in (added_w or {}).items()]
        self._p, self._rng = p, rng
        self.t_ns = t_ns
        spread = rng.normal(size=7)
        b = p.battery
        self.pack = Pack(
            b, soc, 1.0 + b.capacity_spread * spread[0], 1.0 + b.resistance_spread * spread[1]
        )
        self._current_bias_a = s.current_bias_a * spread[2]
        self._battery_bias_v = s.voltage_bias_v * spread[3]
        self._bus_bias_v = s.voltage_bias_v * spread[4]
        self._temperature_bias_k = s.temperature_bias_k * spread[5]
        areas = p.array.areas_m2
        self._areas = areas
        self.thermal = leaky(p.thermal, max(1.0 + p.leak_spread * spread[6], 0.3))
        self.heat = RoverHeat(
            self.thermal, areas, p.start_warm_degc + ZERO_CELSIUS_K, p.start_outside_k
        )
        self.demand_w = {name: 0.0 for _, name in _DEMANDS}
        self.loads_on = COMPUTER | _SURVIVAL
        self.asleep = self.empty = False
        self.dead = ""
        self.wake_reason = "start"
        self.array_w = self.load_w = self.shunt_w = self.loss_w = self.battery_w = 0.0
        self._set_point = list(p.set_point_degc)
        self._heating = [False, False, False]
        self._panel_w = [0.0, 0.0, 0.0]
        self._each_w = [0.0] * 16
        self._base_of, self._base_w = -1, [0.0] * 12
        self._wake_in_s = _FOREVER
        self._light_s = 0.0
        self.panel_health = [1.0, 1.0, 1.0]
        self.broken_circuits = [0, 0, 0]

    # --- what others read -----------------------------------------------------------------------

    @property
    def soc(self) -> float:
        return self.pack.soc

    @property
    def battery_degc(self) -> float:
        return self.heat.kelvin[BATTERY] - ZERO_CELSIUS_K

    @property
    def electronics_degc(self) -> float:
        return self.heat.kelvin[ELECTRONICS] - ZERO_CELSIUS_K

    @property
    def computer_on(self) -> bool:
        return bool(self.loads_on & COMPUTER)

    # --- plants.PowerPlant ----------------------------------------------------------------------

    def switch(self, load: int, on: bool) -> None:
        """Switch a load. The computer is not switchable: only HIBERNATE takes it down."""
        if load == 0 or self.asleep:
            return
        if on:
            self.loads_on |= 1 << load
        else:
            self.loads_on &= ~(1 << load)

    def heater(self, heater: int, set_point_degc: float) -> None:
        """Set point of heater 0 battery, 1 electronics, 2 drill; NaN switches it off."""
        self._set_point[heater] = set_point_degc

    def hibernate(self, seconds: int) -> None:
        """Everything off but the survival heaters and the clock."""
        self._sleep(float(seconds))

    def power(self) -> tuple[float, float, float, float, np.ndarray, int, np.ndarray]:
        """What the board measures, with its errors; see `plants.PowerPlant`."""
        s = self._p.sensors
        noise = self._rng.normal(size=7 + 16)
        bus_v = 0.0 if self.empty else self._p.bus_v + self._bus_bias_v
        bus_v += s.voltage_noise_v * noise[0]
        battery_v = self.pack.terminal_v(self.battery_degc) + self._battery_bias_v
        array_a = np.array(self._panel_w) / self._p.bus_v
        array_a = np.where(array_a > 0.0, array_a + s.current_noise_a * noise[4:7], 0.0)
        return (
            float(bus_v),
            float(battery_v + s.voltage_noise_v * noise[1]),
            float(self.pack.current_a + self._current_bias_a + s.current_noise_a * noise[2]),
            float(self.battery_degc + self._temperature_bias_k + s.temperature_noise_k * noise[3]),
            np.maximum(array_a, 0.0),
            self.loads_on,
            np.array(self._each_w) * (1.0 + s.load_noise * noise[7:]),
        )

    def reset(self) -> None:
        """A fault: the board restarts, forgets its set points and starts the computer."""
        if self.dead or self.empty:
            return
        self._set_point = list(self._p.set_point_degc)
        self._start("reset")

    # --- time -----------------------------------------------------------------------------------

    def advance(
        self,
        dt_s: float,
        sun_direction_base: Sequence[float] | np.ndarray | None,
        sun_fraction: float,
        ground_k: float,
    ) -> None:
        """Move on by `dt_s`.

        Parameters
        ----------
        dt_s : float
            Seconds, split inside into steps of at most 10 s, or 60 s while nothing works.
        sun_direction_base : Sequence[float] | ndarray or None, shape (3,)
            Unit vector to the Sun in base_link, or None for no Sun.
        sun_fraction : float
            Part of the Sun's disc that is seen, 0..1.
        ground_k : float
            Temperature of the ground around, K.
        """
        at_rest = self.asleep or not any(self.demand_w.values())
        calm = at_rest and self.pack.soc > _NEARLY_FLAT
        longest_s = _CALM_SUBSTEP_S if calm else _SUBSTEP_S
        steps = max(1, math.ceil(dt_s / longest_s - 1e-9))
        h = dt_s / steps
        flux = SOLAR_CONSTANT_WPM2 * float(sun_fraction) if sun_direction_base is not None else 0.0
        y = level = 0.0
        if flux > 0.0 and sun_direction_base is not None:
            x, y = float(sun_direction_base[0]), float(sun_direction_base[1])
            level = math.sqrt(x * x + y * y)
        for _ in range(steps):
            self._step(h, flux, y, level, float(ground_k))
        self.t_ns += round(dt_s * 1e9)

    def _step(self, h: float, flux: float, y: float, level: float, ground_k: float) -> None:
        heat = [0.0] * 8
        self._light(heat, flux, y, level)
        self._loads(heat)
        self._balance(h, heat)
        heat[CHASSIS] += self._p.thermal.chassis_sun_m2 * flux
        self.heat.step(h, heat, ground_k)
        self._watch(h)

    def _light(self, heat: list[float], flux: float, y: float, level: float) -> None:
        """Power of each panel and the heat that stays in it."""
        if flux <= 0.0:
            self._panel_w = [0.0, 0.0, 0.0]
            self.array_w = 0.0
            return
        a = self._p.array
        total = 0.0
        for i, cosine in enumerate((y, -y, level)):
            area_flux = self._areas[i] * flux
            node = LEFT + i
            if cosine <= 0.0:
                heat[node] = -cosine * a.back_absorptance * area_flux
                self._panel_w[i] = 0.0
                continue
            warm_k = self.heat.kelvin[node] - ZERO_CELSIUS_K - 28.0
            efficiency = a.efficiency * a.dust * (1.0 + a.efficiency_perk * max(warm_k, -100.0))
            cells_w = cosine * area_flux * efficiency * self.panel_health[i]
            heat[node] = cosine * area_flux * a.absorptance - cells_w
            self._panel_w[i] = cells_w * a.tracking
            total += self._panel_w[i]
        self.array_w = total

    def _loads(self, heat: list[float]) -> None:
        """Watts of each load and where their heat goes."""
        p = self._p
        each = self._each_w
        on = self.loads_on
        heat[ELECTRONICS] += self._board_w
        total = self._board_w
        if on != self._base_of:
            self._base_of = on
            self._base_w = [watt if on >> i & 1 else 0.0 for i, watt in enumerate(p.load_w)]
        each[:12] = self._base_w
        for i, watt in self._added_w:
            each[i] = watt if on >> i & 1 else 0.0
        for i, name in _DEMANDS:
            if on >> i & 1:
                each[i] += float(self.demand_w[name])
        budget = self.array_w if self.empty else _FOREVER  # a flat battery gives nothing
        for i in range(3):
            watt = min(self._thermostat(i), max(budget - total, 0.0))
            each[_HEATER_LOAD[i]] = watt
            heat[_HEATED[i]] += watt
            total += watt
        warm = sum([each[i] for i in _WARM])
        cool = sum([each[i] for i in _COOL])
        heat[ELECTRONICS] += warm
        heat[CHASSIS] += cool
        total += warm + cool
        self.load_w = total

    @property
    def _board_w(self) -> float:
        if self.empty and self.array_w < self._p.wake_w:
            return 0.0
        return self._p.clock_w if self.asleep else self._p.board_w

    def _thermostat(self, i: int) -> float:
        """Watts of heater `i` by its switch, set point and hysteresis."""
        set_point = self._set_point[i]
        enabled = self.loads_on >> _HEATER_LOAD[i] & 1
        broken = self.broken_circuits[i]
        dark = self.empty and self.array_w < self._p.wake_w
        if broken >= 2 or not enabled or math.isnan(set_point) or dark:
            self._heating[i] = False
            return 0.0
        error = self.heat.kelvin[_HEATED[i]] - ZERO_CELSIUS_K - set_point
        error += self._p.spare_k * broken
        if error < -self._p.hysteresis_k:
            self._heating[i] = True
        elif error > self._p.hysteresis_k:
            self._heating[i] = False
        return self._p.heater_w[i] if self._heating[i] else 0.0

    def _balance(self, h: float, heat: list[float]) -> None:
        """Charge or discharge the battery with what is over or missing at the bus."""
        p, pack = self._p, self.pack
        degc = self.heat.kelvin[BATTERY] - ZERO_CELSIUS_K
        net = self.array_w - self.load_w
        self.shunt_w = converter = 0.0
        if net >= 0.0:
            want = 0.0 if self.dead else min(net * p.charge_efficiency, pack.charge_limit_w(degc))
            taken = pack.advance(h, want, degc)
            converter = taken * (1.0 / p.charge_efficiency - 1.0)
            self.shunt_w = net - taken - converter
        else:
            taken = pack.advance(h, net / p.discharge_efficiency, degc)
            converter = -taken * (1.0 - p.discharge_efficiency)
        self.battery_w = taken
        self.loss_w = converter + pack.loss_w
        heat[ELECTRONICS] += converter
        heat[BATTERY] += pack.loss_w

    # --- sleep, flat battery, death -------------------------------------------------------------

    def _sleep(self, seconds: float) -> None:
        self.asleep = True
        self.wake_reason = ""
        self.loads_on = _SURVIVAL
        self._wake_in_s = seconds
        self._light_s = 0.0

    def _watch(self, h: float) -> None:
        pack = self.pack
        if not self.dead:
            if self.battery_degc < self._p.battery_dead_degc:
                self._die("battery froze")
            elif self.electronics_degc < self._p.electronics_dead_degc:
                self._die("electronics froze")
        drained = pack.soc <= 0.0 or pack.terminal_v(self.battery_degc) < pack.empty_v
        if drained and not self.empty and self.battery_w <= 0.0 and self.load_w > self.array_w:
            self.empty = True
            self._set_point = list(self._p.set_point_degc)  # the board lost its power
            self._sleep(_FOREVER)
        if self.asleep and not self.dead:
            self._maybe_wake(h)

    def _die(self, why: str) -> None:
        self.dead = why
        self._sleep(_FOREVER)

    def _maybe_wake(self, h: float) -> None:
        self._wake_in_s -= h
        self._light_s = self._light_s + h if self.array_w > self._p.wake_w else 0.0
        light = self._light_s >= self._p.wake_light_s
        if self.empty:
            if not light or self.pack.soc < self._p.restart_soc:
                return
            self.empty = False
        if light or self._wake_in_s <= 0.0:
            self._start("light" if light else "time")

    def _start(self, why: str) -> None:
        self.asleep = False
        self.wake_reason = why
        self.loads_on = COMPUTER | _SURVIVAL
        self._wake_in_s = _FOREVER
