"""The payload bus: the water analyser in slot 0, partner payloads in slots 1 to 3."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import Any

import numpy as np

from lupex_rover.core.saved import SavedFields, entry
from lupex_rover.science import records as rec
from lupex_rover.simulator.drill.physics import CupSample
from lupex_rover.simulator.payload.params import InstrumentParams
from lupex_rover.simulator.payload.water_analyser import (
    ACCEPTED,
    NOT_ALLOWED,
    OUT_OF_RANGE,
    WaterAnalyser,
)

__all__ = ["InstrumentParams", "Instruments"]

PARTNER_PERIOD_S = 10.0


class Instruments(SavedFields):
    """All slots; satisfies `plants.PayloadPlant`.

    `cups` is the drill's dictionary of delivered samples, read here when a cup is loaded.
    """

    SAVED = ("_records",)
    PARTS = ("analyser",)
    FIXED = ("p", "_partners")

    def __init__(
        self, cups: dict[int, CupSample], params: InstrumentParams, rng: np.random.Generator
    ) -> None:
        self.p = params
        self.analyser = WaterAnalyser(cups, params, rng)
        self._partners = {slot: _Partner(slot, rng) for slot in (1, 2, 3)}
        self._records: list[tuple[int, int, bytes]] = []

    def save(self) -> dict[str, Any]:
        """See `Saved`."""
        return {**super().save(), "partners": [p.save() for p in self._partners.values()]}

    def restore(self, state: Mapping[str, Any]) -> None:
        """See `Saved`."""
        super().restore(state)
        for partner, saved in zip(self._partners.values(), entry(self, state, "partners")):
            partner.restore(saved)

    def slot_power(self, slot: int, on: bool) -> None:
        if slot == 0:
            self.analyser.power(on)
        elif slot in self._partners:
            self._partners[slot].on = on

    def slot_command(self, slot: int, opcode: int, data: bytes) -> int:
        if slot == 0:
            return self.analyser.command(opcode, data)
        if slot not in self._partners:
            return OUT_OF_RANGE
        partner = self._partners[slot]
        if not partner.on:
            return NOT_ALLOWED
        if opcode != rec.OP_STATUS:
            return OUT_OF_RANGE
        self._records.append((slot, rec.KIND_HOUSEKEEPING, partner.housekeeping()))
        return ACCEPTED

    def records(self) -> list[tuple[int, int, bytes]]:
        done = self._records + [(0, kind, data) for kind, data in self.analyser.out]
        self._records, self.analyser.out = [], []
        return done

    def advance(self, dt_s: float) -> None:
        self.analyser.advance(dt_s)
        for slot, partner in self._partners.items():
            if partner.due(dt_s):
                self._records.append((slot, rec.KIND_HOUSEKEEPING, partner.housekeeping()))

    @property
    def power_w(self) -> float:
        partners = sum(partner.on for partner in self._partners.values())
        return self.analyser.power_w + partners * self.p.partner_w


class _Partner(SavedFields):
    """A partner's payload: housekeeping of a temperature and one rate (Poisson counts).

    Slot 1 stands for a neutron spectrometer (about 30 counts/s), 2 for a ground-penetrating
    radar (traces), 3 for an imaging spectrometer (frames).
    """

    SAVED = ("_rng", "on", "_waited_s", "_total")
    FIXED = ("_rate",)

    RATE_PS = {1: 30.0, 2: 2.0, 3: 0.5}

    def __init__(self, slot: int, rng: np.random.Generator) -> None:
        self.on = False
        self._rng = rng
        self._rate = self.RATE_PS[slot]
        self._waited_s = 0.0
        self._total = 0

    def due(self, dt_s: float) -> bool:
        if not self.on:
            return False
        self._waited_s += dt_s
        if self._waited_s < PARTNER_PERIOD_S:
            return False
        self._total += int(self._rng.poisson(self._rate * self._waited_s))
        self._waited_s = 0.0
        return True

    def housekeeping(self) -> bytes:
        """`f32` temperature degC, `u32` counts since power-up."""
        temperature = -20.0 + self._rng.standard_normal()
        return struct.pack(">fI", temperature, self._total & 0xFFFFFFFF)
