"""Parameters of the simulated payload."""

from __future__ import annotations

from dataclasses import dataclass

from lupex_rover.core.params import ordered, param

LCROSS = "Colaprete et al. 2010, Science 330, 463: share relative to water"


@dataclass(frozen=True)
class InstrumentParams:
    # chamber
    volume_m3: float = param(5.0e-3, "calibrated volume", unit="m3", low=1e-5, high=1)
    volume_sigma: float = param(0.005, "relative error of its calibration", low=0, high=0.1)
    chamber_k: float = param(
        423.0, "heated walls, so that no water condenses", unit="K", low=300, high=600
    )
    leak_low_s: float = param(15_000.0, "fastest leak (time constant)", unit="s", low=100, high=1e7)
    leak_high_s: float = param(60_000.0, "slowest leak", unit="s", low=100, high=1e8)
    outgas_paps: float = param(
        0.02, "greatest pressure rise of the empty chamber", unit="Pa/s", low=0, high=10
    )
    # gauge
    gauge_offset_pa: float = param(40.0, "greatest offset", unit="Pa", low=0, high=1000)
    gauge_sigma_pa: float = param(3.0, "noise", unit="Pa", low=0, high=100)
    gauge_scale_sigma: float = param(0.002, "scale error", low=0, high=0.1)
    # mass spectrometer
    sensitivity_a_per_pa: float = param(
        1e-12, "ion current per partial pressure", unit="A/Pa", low=1e-18, high=1
    )
    sensitivity_sigma: float = param(
        0.03, "relative error of each calibrated sensitivity", low=0, high=0.5
    )
    ion_background_a: float = param(
        2e-11, "greatest background current", unit="A", low=0, high=1e-6
    )
    ion_floor_a: float = param(5e-13, "noise floor", unit="A", low=0, high=1e-6)
    ion_sigma: float = param(0.01, "relative noise", low=0, high=0.5)
    # balance
    weigh_sigma_g: float = param(0.003, "noise of one weighing", unit="g", low=0, high=1)
    tare_sigma_g: float = param(0.005, "error of the cup's tare", unit="g", low=0, high=1)
    weigh_s: float = param(10.0, "one weighing", unit="s", low=1, high=600)
    carousel_s: float = param(12.0, "one cup into or out of the oven", unit="s", low=1, high=600)
    # oven
    oven_start_k: float = param(115.0, "oven and carousel in the shade", unit="K", low=40, high=300)
    oven_jpk: float = param(35.0, "heat capacity with cup and sample", unit="J/K", low=1, high=1000)
    oven_loss_wpk: float = param(0.06, "heat loss", unit="W/K", low=0, high=10)
    oven_max_w: float = param(90.0, "heater", unit="W", low=1, high=500)
    sample_lag_s: float = param(20.0, "sample behind the oven", unit="s", low=1, high=1000)
    electronics_w: float = param(12.0, "analyser without its heater", unit="W", low=0, high=100)
    partner_w: float = param(6.0, "each partner payload", unit="W", low=0, high=100)
    # sample
    adsorbed_low: float = param(
        0.05, "least share of water that is adsorbed, not ice", low=0, high=1
    )
    adsorbed_high: float = param(0.30, "greatest", low=0, high=1)
    ice_area_m2: float = param(2e-3, "subliming surface of the sample", unit="m2", low=0, high=1)
    h2s_share: float = param(0.1675, "greatest H2S per water, mol", low=0, high=1, source=LCROSS)
    co2_share: float = param(0.0217, "greatest CO2 per water, mol", low=0, high=1, source=LCROSS)
    so2_share: float = param(0.0319, "greatest SO2 per water, mol", low=0, high=1, source=LCROSS)

    def check(self) -> None:
        ordered(self, "leak_low_s", "leak_high_s")
        ordered(self, "adsorbed_low", "adsorbed_high")
