"""Parameters of the simulated payload."""

from __future__ import annotations

from dataclasses import dataclass

from lupex_rover.core.params import ordered, param

LCROSS = "Colaprete et al. 2010, Science 330, 463: share relative to water"


@dataclass(frozen=True)
class InstrumentParams:
    # chamber
    volume_m3: float = param(
        5.0e-3, "calibrated volume of the chamber", unit="m3", low=1e-5, high=1,
    )  # fmt: skip
    volume_sigma: float = param(
        0.005, "relative error of the volume's calibration, one sigma", unit="1", low=0, high=0.1,
    )  # fmt: skip
    chamber_k: float = param(
        423.0, "temperature of the chamber's heated walls, on which no water condenses",
        unit="K", low=300, high=600,
    )  # fmt: skip
    leak_low_s: float = param(
        15_000.0, "time constant of the fastest leak", unit="s", low=100, high=1e7,
    )  # fmt: skip
    leak_high_s: float = param(
        60_000.0, "time constant of the slowest leak", unit="s", low=100, high=1e8,
    )  # fmt: skip
    outgas_paps: float = param(
        0.02, "greatest pressure rise of the empty chamber", unit="Pa/s", low=0, high=10
    )
    # gauge
    gauge_offset_pa: float = param(
        40.0, "greatest offset of the pressure gauge", unit="Pa", low=0, high=1000,
    )  # fmt: skip
    gauge_sigma_pa: float = param(
        3.0, "noise of the pressure gauge, one sigma", unit="Pa", low=0, high=100,
    )  # fmt: skip
    gauge_scale_sigma: float = param(
        0.002, "scale error of the pressure gauge, one sigma", unit="1", low=0, high=0.1,
    )  # fmt: skip
    # mass spectrometer
    sensitivity_a_per_pa: float = param(
        1e-12, "ion current per partial pressure", unit="A/Pa", low=1e-18, high=1
    )
    sensitivity_sigma: float = param(
        0.03, "relative error of each calibrated sensitivity, one sigma", unit="1", low=0, high=0.5,
    )  # fmt: skip
    ion_background_a: float = param(
        2e-11, "greatest background of the ion current", unit="A", low=0, high=1e-6,
    )  # fmt: skip
    ion_floor_a: float = param(5e-13, "noise floor of the ion current", unit="A", low=0, high=1e-6)
    ion_sigma: float = param(
        0.01, "relative noise of the ion current, one sigma", unit="1", low=0, high=0.5,
    )  # fmt: skip
    # balance
    weigh_sigma_g: float = param(0.003, "noise of one weighing, one sigma", unit="g", low=0, high=1)
    tare_sigma_g: float = param(
        0.005, "error of the cup's tare, one sigma", unit="g", low=0, high=1,
    )  # fmt: skip
    weigh_s: float = param(10.0, "duration of one weighing", unit="s", low=1, high=600)
    carousel_s: float = param(
        12.0, "duration of moving one cup into or out of the oven", unit="s", low=1, high=600,
    )  # fmt: skip
    # oven
    oven_start_k: float = param(
        115.0, "temperature of oven and carousel in the shade", unit="K", low=40, high=300,
    )  # fmt: skip
    oven_jpk: float = param(
        35.0, "heat capacity of the oven with cup and sample", unit="J/K", low=1, high=1000,
    )  # fmt: skip
    oven_loss_wpk: float = param(0.06, "heat loss of the oven", unit="W/K", low=0, high=10)
    oven_max_w: float = param(
        90.0, "greatest power of the oven's heater", unit="W", low=1, high=500,
    )  # fmt: skip
    sample_lag_s: float = param(
        20.0, "time constant of the sample's temperature behind the oven's",
        unit="s", low=1, high=1000,
    )  # fmt: skip
    electronics_w: float = param(
        12.0, "power of the analyser without its heater", unit="W", low=0, high=100,
    )  # fmt: skip
    partner_w: float = param(6.0, "power of each partner payload", unit="W", low=0, high=100)
    # sample
    adsorbed_low: float = param(
        0.05, "least share of water that is adsorbed, not ice", unit="1", low=0, high=1,
    )  # fmt: skip
    adsorbed_high: float = param(
        0.30, "greatest share of water that is adsorbed, not ice", unit="1", low=0, high=1,
    )  # fmt: skip
    ice_area_m2: float = param(2e-3, "subliming surface of the sample", unit="m2", low=0, high=1)
    h2s_share: float = param(
        0.1675, "greatest ratio of H2S to water, by moles", unit="1", low=0, high=1, source=LCROSS,
    )  # fmt: skip
    co2_share: float = param(
        0.0217, "greatest ratio of CO2 to water, by moles", unit="1", low=0, high=1, source=LCROSS,
    )  # fmt: skip
    so2_share: float = param(
        0.0319, "greatest ratio of SO2 to water, by moles", unit="1", low=0, high=1, source=LCROSS,
    )  # fmt: skip

    def check(self) -> None:
        ordered(self, "leak_low_s", "leak_high_s")
        ordered(self, "adsorbed_low", "adsorbed_high")
