"""A counter of charged particles: two commands, two records, one product.

Its counts are Poisson's round a rate that is assumed: it stands for no flown instrument.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from typing import Any

import numpy as np

from lupex_rover.core.saved import SavedFields
from lupex_rover.instruments.interface import (
    ACCEPTED,
    NOT_ALLOWED,
    OUT_OF_RANGE,
    Field,
    Instrument,
    Layout,
)

COUNT = Layout(
    "count", 1, (Field("seconds", "f", "s", 1.0, 3600.0),), "count for so long, again and again"
)
STOP = Layout("stop", 2, (), "end counting")
STATUS = Layout("status", 0, (Field("temperature_degc", "f", "degC"), Field("counting", "B")))
COUNTS = Layout("counts", 1, (Field("seconds", "f", "s"), Field("counts", "I")))
RATE_PS = 2.5  # assumed
STATUS_S = 30.0


@dataclass(frozen=True)
class CountRate:
    """The product: particles a second and what counting makes uncertain."""

    stamp_ns: int
    rate_ps: float
    sigma_ps: float
    seconds: float


def decode(stamp_ns: int, record: str, values: dict[str, Any]) -> CountRate | None:
    """A product of each finished count; the status gives none."""
    if record != COUNTS.name or values["seconds"] <= 0.0:
        return None
    seconds, counts = values["seconds"], values["counts"]
    sigma = math.sqrt(max(counts, 1)) / seconds
    return CountRate(stamp_ns, counts / seconds, sigma, seconds)


class Counter(SavedFields):
    """The device in the stand-in simulator."""

    SAVED = ("_rng", "_out", "_on", "_seconds", "_waited_s", "_silent_s")  # of a run's snapshot

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng
        self._out: list[tuple[int, bytes]] = []
        self._on = False
        self._seconds = self._waited_s = self._silent_s = 0.0

    def power(self, on: bool) -> None:
        if on != self._on:
            self._on = on
            self._seconds = self._waited_s = self._silent_s = 0.0
            if on:
                self._status()

    def command(self, opcode: int, data: bytes) -> int:
        if not self._on:
            return NOT_ALLOWED
        if opcode == STOP.number:
            self._seconds = 0.0
            return ACCEPTED
        asked = COUNT.unpack(data) if opcode == COUNT.number else None
        if asked is None or not 1.0 <= asked["seconds"] <= 3600.0:
            return OUT_OF_RANGE
        self._seconds, self._waited_s = asked["seconds"], 0.0
        return ACCEPTED

    def advance(self, dt_s: float) -> None:
        if not self._on:
            return
        self._silent_s += dt_s
        if self._silent_s >= STATUS_S:
            self._silent_s = 0.0
            self._status()
        if not self._seconds:
            return
        self._waited_s += dt_s
        if self._waited_s >= self._seconds - 1e-6:
            counts = int(self._rng.poisson(RATE_PS * self._waited_s))
            self._out.append((COUNTS.number, struct.pack(">fI", self._waited_s, counts)))
            self._waited_s = 0.0

    def records(self) -> list[tuple[int, bytes]]:
        done, self._out = self._out, []
        return done

    @property
    def power_w(self) -> float:
        return 2.0 if self._on else 0.0

    def _status(self) -> None:
        temperature = 10.0 + float(self._rng.standard_normal())
        data = struct.pack(">fB", temperature, bool(self._seconds))
        self._out.append((STATUS.number, data))


INSTRUMENT = Instrument((COUNT, STOP), (STATUS, COUNTS), CountRate, decode, Counter)
