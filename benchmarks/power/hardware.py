"""What the hardware is, for the bounds of `benchmarks.power.bound`: cells, thermostats, array."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.power.places import STEP_S, Place
from lupex_rover.core.constants import SOLAR_CONSTANT_WPM2
from lupex_rover.simulator.night_preview import left_wh
from lupex_rover.simulator.power.cell import Pack, cell_ocv_v
from lupex_rover.simulator.power.params import EpsParams


def stranded_wh(p: EpsParams, pack: Pack) -> float:
    """Energy at rest that the battery's heater cannot take from cells at their limit, Wh.

    It is on or off, minutes at a time, many times the time constant of the cells; while it is on
    their voltage must stay over the least of their data sheet, where the board browns out: curve
    less hysteresis less I R, settled. Cells held warmer would cost more than they give: a kelvin
    takes 5.6 Wh and lowers R by a twentieth.
    """
    b = p.battery
    current_a = (p.heater_w[0] + p.clock_w) / p.discharge_efficiency / pack.empty_v
    least_v = pack.empty_v + current_a * pack.settled_ohm(p.battery_dead_degc)
    least_v += b.series * b.hysteresis_v
    charge = np.linspace(0.0, 0.1, 1001)
    volts = [b.series * cell_ocv_v(float(soc)) for soc in charge]
    return left_wh(pack, float(np.interp(least_v, volts, charge)))


def array_w(place: Place, p: EpsParams, health: Sequence[float]) -> Any:
    """Most that the array gives at each sample of the place, W.

    Panels as cold as the array's model knows, the left one towards the dawn; `health` by panel.
    """
    a = p.array
    ahead = np.cos(place.azimuth - place.azimuth[place.dawn])
    area = a.side_m2 * (health[0] * np.maximum(ahead, 0.0) + health[1] * np.maximum(-ahead, 0.0))
    area = area + a.tower_m2 * health[2]
    cold = 1.0 - 100.0 * a.efficiency_perk
    return area * place.share * SOLAR_CONSTANT_WPM2 * a.efficiency * cold * a.dust * a.tracking


def first_power(place: Place, p: EpsParams, watt: Any) -> tuple[float, float]:
    """When light helps: hours from dusk until the array wakes the board, and what it gave before.

    A board whose battery is flat takes nothing from the array below `wake_w`, nor do its heaters;
    one that is not flat takes all, and that is granted, Wh.
    """
    enough = place.dawn + int(np.argmax(watt[place.dawn :] >= p.wake_w))
    step_h = STEP_S / 3600.0
    return (enough - place.dusk) * step_h, float(watt[place.dusk : enough].sum()) * step_h


@dataclass(frozen=True)
class Morning:
    """Light by `STEP_S` from dusk on: share of the disc, array W; lit ground K."""

    share: Any
    watt: Any
    ground_k: float

    def at(self, t_s: float) -> tuple[float, float]:
        """Share and watts."""
        i = min(int(t_s / STEP_S), len(self.share) - 1)
        return float(self.share[i]), float(self.watt[i])


def held_above_k(
    p: EpsParams, broken: list[int], foresight: bool = True
) -> tuple[float, float]:  # fmt: skip
    """How far over its limit a thermostat must hold the mean of battery and electronics, K.

    Its heater is on and off at the set point plus and minus the hysteresis. Without foresight of
    the circuit that breaks, the second one, `spare_k` lower, must still hold the box; where the
    first is broken, at whatever hour, that room is not asked for.
    """
    room = [0.0 if foresight or count else p.spare_k for count in broken[:2]]
    return p.hysteresis_k + room[0], p.hysteresis_k + room[1]


def band_wh(p: EpsParams) -> float:
    """What boxes at the top of their thermostats' band hold over those in its middle, Wh.

    Where in their bands the boxes are when the energy ends is luck; the bound grants it.
    """
    joule = p.hysteresis_k * (p.thermal.battery_jpk + p.thermal.electronics_jpk)
    return joule / 3600.0 / p.discharge_efficiency
