"""The water analyser in slot 0: balance, oven, sealed volume, pressure gauge, mass spectrometer.

Heating drives water (adsorbed, then what was ice) and other volatiles out of the sample into a
sealed, heated volume, where the ideal gas law ties pressure to amount. After the LUPEX analyser
REIWA (LTGA thermogravimetry, TRITON mass spectrometer; JAXA mission page).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from lupex_rover.core.constants import ZERO_CELSIUS_K
from lupex_rover.core.saved import SavedFields, entry
from lupex_rover.science import records as rec
from lupex_rover.simulator.drill.physics import CupSample
from lupex_rover.simulator.payload.params import InstrumentParams
from lupex_rover.simulator.site.ice import GAS_CONSTANT, WATER_KG_PER_MOL, sublimation_kgpm2s

ACCEPTED, OUT_OF_RANGE, NOT_ALLOWED = 0, 3, 4  # ICD ACK status
STEP_S = 0.5
CUPS = 12
# First-order desorption of adsorbed water, energies J/mol and attempt rate 1/s: Poston et al.
# 2015, Icarus 255, 24 (0.5..1.2 eV on lunar soil); Hibbitts et al. 2011, Icarus 213, 64.
SITES_JPMOL = (55e3, 70e3, 85e3, 100e3)
ATTEMPT_PS = 1e13
OTHERS_K = 150.0  # the other volatiles have left the sample this far above its start, assumed


class WaterAnalyser(SavedFields):
    """Physics and commands of the analyser; `out` collects its records."""

    SAVED = (
        "_rng", "on", "out", "cup", "sealed", "reading", "ramp_kps", "target_k", "oven_k",
        "sample_k", "heater_w", "gas_mol", "_outgassed_pa", "_busy_s", "_then", "_time_s",
        "_since_reading_s",
    )  # fmt: skip
    FIXED = (
        "p", "cups", "_volume", "_leak_ps", "_outgas", "_offset", "_scale", "_sensitivity",
        "_calibrated", "_background", "_tare_g", "_shares", "_adsorbed", "_content",
    )  # fmt: skip

    def __init__(
        self, cups: dict[int, CupSample], params: InstrumentParams, rng: np.random.Generator
    ) -> None:
        self.p, self.cups, self._rng = params, cups, rng
        p = params
        self._volume = p.volume_m3 * (1.0 + p.volume_sigma * rng.standard_normal())
        self._leak_ps = 1.0 / rng.uniform(p.leak_low_s, p.leak_high_s)
        self._outgas = rng.uniform(0.0, p.outgas_paps)
        self._offset = rng.uniform(-1.0, 1.0) * p.gauge_offset_pa
        self._scale = 1.0 + p.gauge_scale_sigma * rng.standard_normal()
        self._sensitivity = p.sensitivity_a_per_pa * np.array([1.0, 0.8, 0.7, 0.5])
        self._calibrated = self._sensitivity * (1.0 + p.sensitivity_sigma * rng.standard_normal(4))
        self._background = rng.uniform(0.1, 1.0, 4) * p.ion_background_a
        self._tare_g = p.tare_sigma_g * rng.standard_normal(CUPS)
        self._shares = rng.uniform(0.1, 1.0, 3) * np.array([p.h2s_share, p.co2_share, p.so2_share])
        self._adsorbed = rng.uniform(p.adsorbed_low, p.adsorbed_high)
        self._content: dict[int, _Content] = {}
        self.on = False
        self.out: list[tuple[int, bytes]] = []
        self._reset()

    def _reset(self) -> None:
        """As the power finds it: cup out, chamber open, heater off."""
        self.cup: int | None = None
        self.sealed = self.reading = False
        self.ramp_kps, self.target_k = 0.0, math.nan
        self.oven_k = self.sample_k = self.p.oven_start_k
        self.heater_w = 0.0
        self.gas_mol = np.zeros(4)
        self._outgassed_pa = 0.0
        self._busy_s, self._then = 0.0, ""
        self._time_s = self._since_reading_s = 0.0

    def save(self) -> dict[str, Any]:
        """See `Saved`."""
        contents = [[cup, content.save()] for cup, content in self._content.items()]
        return {**super().save(), "contents": contents}

    def restore(self, state: Mapping[str, Any]) -> None:
        """See `Saved`; the cups must be there already."""
        super().restore(state)
        self._content.clear()
        for cup, content in entry(self, state, "contents"):
            self._content[cup] = self._new_content(cup)
            self._content[cup].restore(content)

    def power(self, on: bool) -> None:
        if on != self.on:
            self.on = on
            self._reset()
            if on:
                self._status()

    @property
    def power_w(self) -> float:
        return self.p.electronics_w + self.heater_w if self.on else 0.0

    # --- commands -------------------------------------------------------------------------------

    def command(self, opcode: int, data: bytes) -> int:
        """ICD ACK status of one opcode; see docs/payload.md."""
        if not self.on:
            return NOT_ALLOWED
        if opcode == rec.OP_STATUS:
            return self._status()
        if opcode == rec.OP_CALIBRATION:
            return self._say(self._certificate())
        if opcode == rec.OP_READ:
            self.reading = bool(data[:1] != b"\0")
            return ACCEPTED
        if opcode == rec.OP_VENT:
            self.sealed, self.ramp_kps, self.target_k = False, 0.0, math.nan
            self.gas_mol[:] = 0.0
            self._outgassed_pa = 0.0
            return ACCEPTED
        handlers = {rec.OP_LOAD: self._load, rec.OP_WEIGH: self._weigh, rec.OP_SEAL: self._seal,
                    rec.OP_HEAT: self._heat, rec.OP_UNLOAD: self._unload}  # fmt: skip
        if opcode not in handlers:
            return OUT_OF_RANGE
        return NOT_ALLOWED if self._busy_s > 0.0 else handlers[opcode](data)

    def _load(self, data: bytes) -> int:
        if len(data) != 1 or data[0] >= CUPS:
            return OUT_OF_RANGE
        if self.cup is not None or self.sealed:
            return NOT_ALLOWED
        self.cup = data[0]
        self.oven_k = self.sample_k = self.p.oven_start_k
        self._busy_s, self._then = self.p.carousel_s, "status"
        return ACCEPTED

    def _weigh(self, _: bytes) -> int:
        if self.cup is None or self.sealed:
            return NOT_ALLOWED
        self._busy_s, self._then = self.p.weigh_s, "weight"
        return ACCEPTED

    def _seal(self, _: bytes) -> int:
        if self.cup is None or self.sealed:
            return NOT_ALLOWED
        self.sealed = True
        return self._status()

    def _heat(self, data: bytes) -> int:
        """Ramp to a target; a ramp of 0 switches the heater off. Only sealed."""
        if len(data) != 8:
            return OUT_OF_RANGE
        ramp, target = rec.unpack_heat(data)
        if not (0.0 <= ramp <= 2.0 and -200.0 <= target <= 600.0):
            return OUT_OF_RANGE
        if ramp > 0.0 and not self.sealed:
            return NOT_ALLOWED
        self.ramp_kps = ramp
        self.target_k = target + ZERO_CELSIUS_K if ramp > 0.0 else math.nan
        return ACCEPTED

    def _unload(self, _: bytes) -> int:
        if self.cup is None or self.sealed:
            return NOT_ALLOWED
        self.cup = None
        self._busy_s, self._then = self.p.carousel_s, "status"
        return ACCEPTED

    # --- time -----------------------------------------------------------------------------------

    def advance(self, dt_s: float) -> None:
        if not self.on:
            return
        left = dt_s
        while left > 1e-9:
            h = min(left, STEP_S)
            left -= h
            self._step(h)

    def _step(self, h: float) -> None:
        self._time_s += h
        self._oven(h)
        if self.sealed:
            self._release(h)
            self._outgassed_pa += self._outgas * h
        if self._busy_s > 0.0:
            self._busy_s -= h
            if self._busy_s <= 0.0:
                self._weight() if self._then == "weight" else self._status()
        self._since_reading_s += h
        if self._since_reading_s >= 1.0 - 1e-6:
            self._since_reading_s = 0.0
            if self.reading:
                self._reading()

    def _oven(self, h: float) -> None:
        p = self.p
        loss_w = p.oven_loss_wpk * (self.oven_k - p.oven_start_k)
        self.heater_w = 0.0
        if self.ramp_kps > 0.0:
            rise = min(self.ramp_kps * h, max(0.0, self.target_k - self.oven_k))
            self.heater_w = min(p.oven_max_w, max(0.0, p.oven_jpk * rise / h + loss_w))
        self.oven_k += (self.heater_w - loss_w) * h / p.oven_jpk
        self.sample_k += (self.oven_k - self.sample_k) * min(1.0, h / p.sample_lag_s)

    def _release(self, h: float) -> None:
        content = self._inside()
        if content is None:
            return
        pressure = float(self.gas_mol[0]) * GAS_CONSTANT * self.p.chamber_k / self._volume
        freed = content.release(self.sample_k, pressure, h, self.p.ice_area_m2)
        self.gas_mol += freed
        self.gas_mol *= math.exp(-self._leak_ps * h)

    def _inside(self) -> _Content | None:
        """The content of the loaded cup, made when it is first needed."""
        if self.cup is None or self.cup not in self.cups:
            return None
        if self.cup not in self._content:
            self._content[self.cup] = self._new_content(self.cup)
        return self._content[self.cup]

    def _new_content(self, cup: int) -> _Content:
        return _Content(self.cups[cup], self._adsorbed, self._shares, self.p.oven_start_k)

    # --- records --------------------------------------------------------------------------------

    def _say(self, record: rec.Record) -> int:
        self.out.append(rec.pack(record))
        return ACCEPTED

    def _status(self) -> int:
        cup = rec.NO_CUP if self.cup is None else self.cup
        return self._say(rec.Status(
            cup, self._busy_s > 0.0, self.sealed, self.ramp_kps > 0.0,
            self.oven_k - ZERO_CELSIUS_K, self.target_k - ZERO_CELSIUS_K,
        ))  # fmt: skip

    def _weight(self) -> None:
        content = self._inside()
        true_g = content.mass_g if content is not None else 0.0
        cup = -1 if self.cup is None else self.cup
        mass = true_g + self._tare_g[cup] + self.p.weigh_sigma_g * self._rng.standard_normal()
        self._say(rec.Weight(max(cup, 0), float(mass), self.p.weigh_sigma_g))

    def _certificate(self) -> rec.Calibration:
        s = [float(x) for x in self._calibrated]
        return rec.Calibration(
            self.p.volume_m3, self.p.volume_sigma, self.p.gauge_scale_sigma,
            (s[0], s[1], s[2], s[3]), self.p.sensitivity_sigma,
        )  # fmt: skip

    def _reading(self) -> None:
        p, noise = self.p, self._rng.standard_normal(11)
        partial = self.gas_mol * GAS_CONSTANT * p.chamber_k / self._volume
        total = float(partial.sum()) + self._outgassed_pa
        gauge = self._scale * total + self._offset + p.gauge_sigma_pa * noise[0]
        ion = self._sensitivity * partial + self._background
        ion = ion * (1.0 + p.ion_sigma * noise[1:5]) + p.ion_floor_a * noise[7:11]
        self._say(rec.Gas(
            self._time_s, self.oven_k - ZERO_CELSIUS_K + 0.2 * noise[5],
            p.chamber_k - ZERO_CELSIUS_K + 0.2 * noise[6], gauge,
            (float(ion[0]), float(ion[1]), float(ion[2]), float(ion[3])),
        ))  # fmt: skip


class _Content(SavedFields):
    """What one cup holds: rock, ice, adsorbed water by binding energy, other volatiles."""

    SAVED = ("ice_g", "sites_g", "others_mol")
    FIXED = ("_rock_g", "_start_k")

    def __init__(
        self, sample: CupSample, adsorbed: float, shares: np.ndarray, start_k: float
    ) -> None:
        water_g = sample.mass_g * sample.water_wt_pct / 100.0
        self.ice_g = water_g * (1.0 - adsorbed)
        self.sites_g = [water_g * adsorbed / len(SITES_JPMOL)] * len(SITES_JPMOL)
        self.others_mol = shares * water_g / 1e3 / WATER_KG_PER_MOL
        others_g = float(self.others_mol @ np.array(rec.MOLAR_KG[1:])) * 1e3
        self._rock_g = sample.mass_g - water_g - others_g
        self._start_k = start_k

    @property
    def mass_g(self) -> float:
        others_g = float(self.others_mol @ np.array(rec.MOLAR_KG[1:])) * 1e3
        return self._rock_g + self.ice_g + sum(self.sites_g) + others_g

    def release(self, t_k: float, water_pa: float, h: float, area_m2: float) -> np.ndarray:
        """Moles of each species set free in `h` seconds at sample temperature `t_k`."""
        flux = sublimation_kgpm2s(min(t_k, 273.16), water_pa if t_k < 273.16 else 0.0)
        gone = min(self.ice_g, flux * area_m2 * 1e3 * h)
        self.ice_g -= gone
        for i, energy in enumerate(SITES_JPMOL):
            rate = ATTEMPT_PS * math.exp(-energy / (GAS_CONSTANT * t_k))
            part = self.sites_g[i] * -math.expm1(-rate * h)
            self.sites_g[i] -= part
            gone += part
        warm = max(0.0, t_k - self._start_k) / OTHERS_K
        others = self.others_mol * -math.expm1(-0.05 * warm**4 * h)
        self.others_mol = self.others_mol - others
        return np.concatenate(([gone / 1e3 / WATER_KG_PER_MOL], others))
