"""Parameters of the science component."""

from __future__ import annotations

from dataclasses import dataclass

from lupex_rover.core.params import ordered, param


@dataclass(frozen=True)
class ScienceParams:
    slot: int = param(0, "payload slot of the water analyser", low=0, high=7)
    ramp_kps: float = param(1.0, "heating rate of the oven", unit="K/s", low=0.05, high=2.0)
    top_degc: float = param(
        330.0, "temperature at the end of the heating ramp", unit="degC", low=100, high=600,
        source="adsorbed water leaves regolith below 600 K; Poston et al. 2015, Icarus 255, 24",
    )  # fmt: skip
    blank_s: float = param(
        60.0, "time that the sealed, cold chamber is read", unit="s", low=20, high=600,
    )  # fmt: skip
    hold_s: float = param(
        150.0, "time that the sample is read at the top temperature", unit="s", low=30, high=1800,
    )  # fmt: skip
    settle_s: float = param(
        20.0, "time at the start of the hold that is left out", unit="s", low=0, high=600,
    )  # fmt: skip
    answer_s: float = param(3.0, "time within which an ACK must come", unit="s", low=1, high=60)
    tries: int = param(3, "number of times that a command is sent", low=1, high=20)
    record_s: float = param(
        45.0, "time within which a requested record must come", unit="s", low=5, high=600,
    )  # fmt: skip
    silence_s: float = param(15.0, "longest pause of readings", unit="s", low=3, high=600)
    least_mass_g: float = param(
        1.0, "least sample mass that is analysed", unit="g", low=0.1, high=20,
    )  # fmt: skip
    mass_tolerance: float = param(
        0.2, "relative difference to the drill's sample mass that is reported",
        unit="1", low=0.01, high=1,
    )  # fmt: skip
    disagreement: float = param(
        3.0, "difference of the two methods, in sigmas, that is reported", unit="1", low=1, high=20,
    )  # fmt: skip

    def check(self) -> None:
        ordered(self, "settle_s", "hold_s")
