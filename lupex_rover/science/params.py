"""Parameters of the science component."""

from __future__ import annotations

from dataclasses import dataclass

from lupex_rover.core.params import ordered, param


@dataclass(frozen=True)
class ScienceParams:
    slot: int = param(0, "payload slot of the water analyser", low=0, high=7)
    ramp_kps: float = param(1.0, "heating rate", unit="K/s", low=0.05, high=2.0)
    top_degc: float = param(
        330.0,
        "end of the ramp",
        unit="degC",
        low=100,
        high=600,
        source="adsorbed water leaves regolith below 600 K; Poston et al. 2015, Icarus 255, 24",
    )
    blank_s: float = param(60.0, "reading of the sealed, cold chamber", unit="s", low=20, high=600)
    hold_s: float = param(150.0, "reading at the top temperature", unit="s", low=30, high=1800)
    settle_s: float = param(20.0, "left out at the start of the hold", unit="s", low=0, high=600)
    answer_s: float = param(3.0, "an ACK must come by then", unit="s", low=1, high=60)
    tries: int = param(3, "a command is said at most so often", low=1, high=20)
    record_s: float = param(45.0, "an asked record must come by then", unit="s", low=5, high=600)
    silence_s: float = param(15.0, "readings may pause so long", unit="s", low=3, high=600)
    least_mass_g: float = param(1.0, "least sample", unit="g", low=0.1, high=20)
    mass_tolerance: float = param(
        0.2, "relative difference to the drill's mass worth telling", low=0.01, high=1
    )
    disagreement: float = param(3.0, "sigmas between the two methods worth telling", low=1, high=20)

    def check(self) -> None:
        ordered(self, "settle_s", "hold_s")
