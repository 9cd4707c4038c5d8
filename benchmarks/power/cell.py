"""The simulated cell against PyBaMM's electrochemical model of the same cell.

Chemistry: LG M50, NMC 811 / graphite-silicon, parameter set Chen2020, Doyle-Fuller-Newman model,
isothermal. The cell's resistance, polarisation and capacity were fitted to profiles of seed 4 at
25 degC; other seeds were not seen by the fit. Hysteresis and wear are off: PyBaMM's model has none.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.power import pybamm_peer
from lupex_rover.core.errors import UserError
from lupex_rover.simulator.power.cell import BatteryParams, Pack

FITTED_SEED = 4
CAPACITY_AH = 5.0  # by which C-rates are counted
Profile = tuple[np.ndarray, np.ndarray, float]  # s, A (discharge positive), charge at the start


def profiles(seed: int) -> dict[str, Profile]:
    """Three drive cycles of a rover.

    day: checkout, stop-and-go drive, drilling, recharge, night. pulses: half-C pulses both ways
    and rests over most of the charge. walk: a random load that changes every two minutes.
    """
    rng = np.random.default_rng(seed)
    return {"day": _day(rng), "pulses": _pulses(rng), "walk": _walk(rng)}


def _day(rng: np.random.Generator) -> Profile:
    t = np.arange(0, 30 * 3600, 10.0)
    rate = np.full(t.size, 0.012)
    drive = (t > 3600) & (t < 3 * 3600)
    rate[drive] = np.where((t[drive] % 300) < 200, rng.uniform(0.15, 0.25), 0.05)
    drill = (t >= 4 * 3600) & (t < 6 * 3600)
    wave = rng.uniform(0.05, 0.10) * np.sin(t[drill] / 40.0)
    rate[drill] = 0.15 + wave * ((t[drill] % 900) < 600)
    rate[(t >= 13 * 3600) & (t < 19 * 3600)] = -0.10
    return t, CAPACITY_AH * rate, 0.9


def _pulses(rng: np.random.Generator) -> Profile:
    t = np.arange(0, 20 * 3600, 5.0)
    rate, phase = np.zeros(t.size), t % 5400
    rate[phase < 30] = 0.5
    rate[(phase >= 630) & (phase < 660)] = -rng.uniform(0.2, 0.3)
    rate[(phase >= 1300) & (phase < 2380)] = rng.uniform(0.18, 0.21)
    return t, CAPACITY_AH * rate, 0.95


def _walk(rng: np.random.Generator) -> Profile:
    t = np.arange(0, 24 * 3600, 5.0)
    load = np.repeat(rng.uniform(-0.3, 0.5, t.size // 24 + 1), 24)[: t.size]
    rate = 0.6 * (load - 0.1) + 0.04 * np.sin(2.0 * np.pi * t / 43_200.0)
    return t, CAPACITY_AH * rate, 0.6


def our_volts(profile: Profile, degc: float) -> np.ndarray:
    """Terminal voltage of one simulated cell, V."""
    t, amp, soc = profile
    pack = Pack(
        BatteryParams(series=1, parallel=1, harness_ohm=0.0, coulombic_efficiency=1.0,
                      hysteresis_v=0.0, fade_per_cycle=0.0, growth_per_cycle=0.0), soc,
    )  # fmt: skip
    pack.current_a = -float(amp[0])
    volts = [pack.terminal_v(degc)]
    for k in range(1, t.size):
        pack.flow(float(t[k] - t[k - 1]), -0.5 * float(amp[k - 1] + amp[k]), degc)
        pack.current_a = -float(amp[k])
        volts.append(pack.terminal_v(degc))
    return np.array(volts)


def measure(seed: int = 11, degc: float = 25.0) -> dict[str, Any]:
    """Greatest and root-mean-square difference, mV, on each profile."""
    told: dict[str, Any] = {
        "degc": degc, "seed": seed, "fitted_seed": FITTED_SEED, "limit_mv": 20.0,
    }  # fmt: skip
    cycles = profiles(seed)
    try:
        told["peer"], peer = pybamm_peer.volts(cycles, degc)
    except UserError as error:
        return told | {"not_measured": str(error)}
    for name, profile in cycles.items():
        off_mv = 1e3 * (our_volts(profile, degc) - peer[name])
        told[name] = {
            "max_mv": round(float(np.max(np.abs(off_mv))), 1),
            "rms_mv": round(float(np.sqrt(np.mean(off_mv**2))), 1),
        }
    return told
