"""Parameters of the driver of the EPS: what it may be asked."""

from __future__ import annotations

from dataclasses import dataclass

from lupex_rover.core.params import ordered, param


@dataclass(frozen=True)
class EpsDriverParams:
    least_set_point_degc: float = param(
        -80.0, "lowest set point of a heater that is passed on", unit="degC", low=-200, high=50,
    )  # fmt: skip
    most_set_point_degc: float = param(
        60.0, "highest set point of a heater that is passed on", unit="degC", low=-50, high=150,
        source="LG M50 data sheet: discharge to 60 degC",
    )  # fmt: skip
    least_hibernate_s: float = param(
        60.0, "shortest hibernation that is passed on", unit="s", low=0, high=86_400,
    )  # fmt: skip
    most_hibernate_s: float = param(
        3_456_000.0, "longest hibernation that is passed on: 40 days, a lunar day and margin",
        unit="s", low=60, high=4_294_967_295,
    )  # fmt: skip

    def check(self) -> None:
        ordered(self, "least_set_point_degc", "most_set_point_degc")
        ordered(self, "least_hibernate_s", "most_hibernate_s")
