"""Lumped heat: boxes as nodes, joined by conduction and radiation, under sky and on ground.

Method and typical values: Gilmore (ed.), Spacecraft Thermal Control Handbook, vol. 1, 2nd ed.
2002: MLI effective emittance 0.005 to 0.03 (ch. 5), heat switches with an on/off ratio near 100
(ch. 10), white-painted radiators of emittance 0.85 (app. A). Sizes of the boxes are assumed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from lupex_rover.core.constants import STEFAN_BOLTZMANN, ZERO_CELSIUS_K
from lupex_rover.core.params import ordered, param
from lupex_rover.core.saved import SavedFields

# Nodes of the rover, then the boundaries.
BATTERY, ELECTRONICS, CHASSIS, RADIATOR, DRILL, LEFT, RIGHT, TOWER = range(8)
SPACE, GROUND = 8, 9
SPACE_K = 2.73


@dataclass(frozen=True)
class ThermalParams:
    battery_jpk: float = param(
        20_000.0, "heat capacity of 20 kg of cells and box", unit="J/K", low=100,
    )  # fmt: skip
    electronics_jpk: float = param(
        13_000.0, "heat capacity of the electronics box, 15 kg", unit="J/K", low=100,
    )  # fmt: skip
    chassis_jpk: float = param(
        100_000.0, "heat capacity of the chassis, 110 kg of aluminium", unit="J/K", low=100,
    )  # fmt: skip
    radiator_jpk: float = param(
        4_000.0, "heat capacity of the radiator, 4.5 kg", unit="J/K", low=100,
    )  # fmt: skip
    drill_jpk: float = param(15_000.0, "heat capacity of the drill, 17 kg", unit="J/K", low=100)
    panel_jpkm2: float = param(
        2_700.0, "heat capacity of a panel per area, 3 kg/m2", unit="J/K/m2", low=100,
    )  # fmt: skip
    battery_leak_wpk: float = param(
        0.045, "heat path of the battery box's supports and harness to the chassis",
        unit="W/K", low=0,
    )  # fmt: skip
    electronics_leak_wpk: float = param(
        0.045, "heat path of the electronics box's supports and harness to the chassis",
        unit="W/K", low=0,
    )  # fmt: skip
    between_wpk: float = param(
        0.02, "heat path from battery box to electronics box", unit="W/K", low=0,
    )  # fmt: skip
    battery_mli_m2: float = param(
        0.006,
        "radiating area of the battery box's insulation: effective emittance 0.01 times 0.6 m2",
        unit="m2", low=0,
    )  # fmt: skip
    electronics_mli_m2: float = param(
        0.006,
        "radiating area of the electronics box's insulation: effective emittance 0.01 times 0.6 m2",
        unit="m2", low=0,
    )  # fmt: skip
    switch_off_wpk: float = param(
        0.01, "heat path of the radiator's heat switch when cold", unit="W/K", low=0,
    )  # fmt: skip
    switch_on_wpk: float = param(
        3.0, "heat path of the radiator's heat switch when warm", unit="W/K", low=0,
    )  # fmt: skip
    switch_cold_degc: float = param(
        5.0, "temperature below which the heat switch is fully off", unit="degC", low=-60, high=60,
    )  # fmt: skip
    switch_warm_degc: float = param(
        20.0, "temperature above which the heat switch is fully on", unit="degC", low=-60, high=80,
    )  # fmt: skip
    radiator_m2: float = param(
        0.26, "radiating area of the radiator to the sky: emittance 0.85 times 0.3 m2",
        unit="m2", low=0,
    )  # fmt: skip
    chassis_space_m2: float = param(
        0.8, "emittance times area of the chassis to the sky", unit="m2", low=0
    )
    chassis_ground_m2: float = param(
        0.8, "emittance times area of the chassis to the ground", unit="m2", low=0,
    )  # fmt: skip
    chassis_sun_m2: float = param(
        0.25, "absorptance times area of the chassis to the Sun", unit="m2", low=0
    )
    drill_space_m2: float = param(
        0.10, "emittance times area of the drill to the sky", unit="m2", low=0,
    )  # fmt: skip
    drill_ground_m2: float = param(
        0.10, "emittance times area of the drill to the ground", unit="m2", low=0,
    )  # fmt: skip
    drill_chassis_wpk: float = param(0.10, "heat path from drill to chassis", unit="W/K", low=0)
    panel_emittance: float = param(
        0.85, "emittance of each face of a panel", unit="1", low=0, high=1,
        source="Gilmore 2002, app. A: solar cells 0.82 to 0.85",
    )  # fmt: skip

    def check(self) -> None:
        ordered(self, "switch_cold_degc", "switch_warm_degc")
        ordered(self, "switch_off_wpk", "switch_on_wpk")


def leaky(params: ThermalParams, scale: float) -> ThermalParams:
    """The same rover with the leaks of its warm boxes `scale` times as large."""
    names = ("battery_leak_wpk", "electronics_leak_wpk", "battery_mli_m2", "electronics_mli_m2",
             "switch_off_wpk")  # fmt: skip
    return replace(params, **{name: scale * getattr(params, name) for name in names})


class Network(SavedFields):
    """Temperatures of nodes that exchange heat; boundaries are nodes without heat capacity.

    Parameters
    ----------
    capacity_jpk : Sequence[float]
        Heat capacity of each node, J/K.
    temperature_k : Sequence[float]
        Of each node, then of each boundary, K.
    linear : Sequence[tuple[int, int, float]]
        (a, b, conductance W/K).
    radiative : Sequence[tuple[int, int, float]]
        (a, b, emittance times area times view factor m2).

    Notes
    -----
    Explicit Euler: the step must stay well below capacity / conductance of every node.
    """

    SAVED: ClassVar[tuple[str, ...]] = ("kelvin", "_linear")
    FIXED: ClassVar[tuple[str, ...]] = ("_inverse", "_radiative")

    def __init__(
        self,
        capacity_jpk: Sequence[float],
        temperature_k: Sequence[float],
        linear: Sequence[tuple[int, int, float]],
        radiative: Sequence[tuple[int, int, float]],
    ) -> None:
        self.kelvin = list(temperature_k)
        self._inverse = [1.0 / c for c in capacity_jpk]
        self._linear = list(linear)
        self._radiative = [(a, b, m2 * STEFAN_BOLTZMANN) for a, b, m2 in radiative]

    def set_conductance(self, link: int, watt_per_kelvin: float) -> None:
        """Change the conductance of the linear link number `link`."""
        a, b, _ = self._linear[link]
        self._linear[link] = (a, b, watt_per_kelvin)

    def flows_w(self, heat_w: Sequence[float]) -> list[float]:
        """Net heat into every node and boundary with `heat_w` made inside the nodes, W."""
        t = self.kelvin
        net = list(heat_w) + [0.0] * (len(t) - len(heat_w))
        for a, b, g in self._linear:
            q = g * (t[a] - t[b])
            net[a] -= q
            net[b] += q
        fourth = [x * x * x * x for x in t]
        for a, b, k in self._radiative:
            q = k * (fourth[a] - fourth[b])
            net[a] -= q
            net[b] += q
        return net

    def advance(self, dt_s: float, heat_w: Sequence[float]) -> None:
        """One step of `dt_s`."""
        net = self.flows_w(heat_w)
        t = self.kelvin
        for i, inverse in enumerate(self._inverse):
            t[i] += dt_s * net[i] * inverse


class RoverHeat(Network):
    """The rover's network, its heat switch included."""

    SAVED = ("_joule", "_gathered_s")
    FIXED = ("_p",)

    _SWITCH = 0  # the first linear link

    def __init__(
        self,
        params: ThermalParams,
        panel_m2: tuple[float, float, float],
        warm_k: float,
        outside_k: float,
    ) -> None:
        p = params
        self._p = p
        self._joule = [0.0] * 8
        self._gathered_s = 0.0
        panels = (LEFT, RIGHT, TOWER)
        capacity = [p.battery_jpk, p.electronics_jpk, p.chassis_jpk, p.radiator_jpk, p.drill_jpk]
        capacity += [p.panel_jpkm2 * area for area in panel_m2]
        start = [warm_k, warm_k] + [outside_k] * 6 + [SPACE_K, outside_k]
        linear = [
            (ELECTRONICS, RADIATOR, p.switch_off_wpk),
            (BATTERY, CHASSIS, p.battery_leak_wpk),
            (ELECTRONICS, CHASSIS, p.electronics_leak_wpk),
            (BATTERY, ELECTRONICS, p.between_wpk),
            (DRILL, CHASSIS, p.drill_chassis_wpk),
        ]
        radiative = [
            (BATTERY, CHASSIS, p.battery_mli_m2),
            (ELECTRONICS, CHASSIS, p.electronics_mli_m2),
            (RADIATOR, SPACE, p.radiator_m2),
            (CHASSIS, SPACE, p.chassis_space_m2),
            (CHASSIS, GROUND, p.chassis_ground_m2),
            (DRILL, SPACE, p.drill_space_m2),
            (DRILL, GROUND, p.drill_ground_m2),
        ]
        # Upright panels: each face sees half sky, half ground.
        for node, area in zip(panels, panel_m2):
            radiative.append((node, SPACE, p.panel_emittance * area))
            radiative.append((node, GROUND, p.panel_emittance * area))
        super().__init__(capacity, start, linear, radiative)

    def step(self, dt_s: float, heat_w: list[float], ground_k: float) -> None:
        """Take in the heat made in `dt_s`; temperatures move once a second has gathered."""
        joule = self._joule
        for i, watt in enumerate(heat_w):
            joule[i] += watt * dt_s
        self._gathered_s += dt_s
        if self._gathered_s < 0.999:
            return
        gathered, self._gathered_s = self._gathered_s, 0.0
        mean_w = [j / gathered for j in joule]
        self._joule = [0.0] * len(joule)
        self.kelvin[GROUND] = ground_k
        self.set_conductance(self._SWITCH, self.switch_wpk())
        self.advance(gathered, mean_w)

    def switch_wpk(self) -> float:
        """Conductance of the heat switch at the electronics' temperature, W/K."""
        p = self._p
        degc = self.kelvin[ELECTRONICS] - ZERO_CELSIUS_K
        share = (degc - p.switch_cold_degc) / (p.switch_warm_degc - p.switch_cold_degc)
        return p.switch_off_wpk + min(max(share, 0.0), 1.0) * (p.switch_on_wpk - p.switch_off_wpk)
