"""A month of random use: the flight's filter against the simulated pack it does not know.

Hidden from the filter: the pack's spread and age (capacity down to 80 %, resistance up to 160 %),
wear, hysteresis, the sensors' bias and noise. Loads and light change at random times.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from lupex_rover.power.estimator import SocFilter
from lupex_rover.power.params import PowerParams
from lupex_rover.simulator.power.cell import BatteryParams
from lupex_rover.simulator.power.eps import EpsPhysics
from lupex_rover.simulator.power.params import EpsParams

STEP_S = 10.0
SETTLED_S = 86_400.0  # figures count from the second day; the first is given apart
SUN = np.array([0.8, 0.6, 0.0])


def use(seed: int, days: float) -> np.ndarray:
    """(N, 6) after every step: charge estimated, its sigma, charge; capacity estimated over
    true, settled resistance at 25 degC estimated over true; seconds."""
    rng = np.random.default_rng([seed, 99])
    p = EpsParams()
    battery = aged(p.battery, rng)
    soc = float(rng.uniform(0.4, 0.95))
    eps = EpsPhysics(replace(p, battery=battery), np.random.default_rng(seed), 0, soc)
    for load in (1, 2, 3, 7):
        eps.switch(load, True)
    person = _User(rng)
    soc_filter, last, rows = SocFilter(PowerParams()), None, []
    for k in range(int(days * 86_400.0 / STEP_S)):
        t = k * STEP_S
        lit = person.light(t, eps.soc)
        eps.demand_w["drill"] = person.load_w(t, eps.soc)
        eps.advance(STEP_S, SUN if lit else None, 1.0, 200.0)
        _, volt, amp, degc, *_ = eps.power()
        if last is None:
            soc_filter.start(volt, amp, degc)
        else:
            soc_filter.predict(STEP_S, 0.5 * (amp + last), degc)
            soc_filter.correct(volt, amp, degc)
        last = amp
        rows.append((soc_filter.soc, soc_filter.sigma, eps.soc,
                     soc_filter.capacity_ah / eps.pack.capacity_ah,
                     soc_filter.resistance_ohm / eps.pack.settled_ohm(25.0), t))  # fmt: skip
    return np.array(rows)


def aged(new: BatteryParams, rng: np.random.Generator) -> BatteryParams:
    """A pack somewhere between new and the end of its life."""
    return replace(
        new, capacity_left=float(rng.uniform(0.8, 1.0)),
        resistance_grown=float(rng.uniform(1.0, 1.6)),
    )  # fmt: skip


class _User:
    """Switches light and loads at random times, and lets the battery neither burst nor die."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng
        self._lit, self._lit_until = False, 0.0
        self._load, self._load_until = 0.0, 0.0

    def light(self, t: float, soc: float) -> bool:
        if t >= self._lit_until:
            self._lit = not self._lit if 0.25 <= soc <= 0.95 else soc < 0.25
            self._lit_until = t + float(self._rng.uniform(2.0, 30.0)) * 3600.0
        if soc < 0.15:
            self._lit = True
        return self._lit

    def load_w(self, t: float, soc: float) -> float:
        if t >= self._load_until:
            choice = (0.0, 0.0, 60.0, 150.0, 300.0)
            self._load = float(self._rng.choice(choice)) if soc > 0.2 else 0.0
            self._load_until = t + float(self._rng.exponential(1200.0))
        return self._load * (1.0 + 0.3 * np.sin(t / 50.0))


def figures(rows: np.ndarray) -> dict[str, Any]:
    """Errors of one run."""
    error = np.abs(rows[:, 0] - rows[:, 2])
    settled = rows[:, 5] >= SETTLED_S
    return {
        "charge_range": [round(float(f(rows[:, 2])), 2) for f in (np.min, np.max)],
        "charge_error_max_first_day": round(float(error[6:][~settled[6:]].max()), 4),
        "charge_error_max_after": round(float(error[settled].max()), 4),
        "charge_error_rms": round(float(np.sqrt(np.mean(error**2))), 4),
        "share_within_2_sigma": round(float(np.mean(error < 2.0 * rows[:, 1])), 3),
        "capacity_error_at_end": round(float(rows[-1, 3] - 1.0), 4),
        "resistance_error_at_end": round(float(rows[-1, 4] - 1.0), 4),
    }


def measure(seeds: tuple[int, ...] = (1, 2, 3), days: float = 30.0) -> dict[str, Any]:
    """A month for each seed."""
    return {f"seed_{seed}": figures(use(seed, days)) for seed in seeds}
