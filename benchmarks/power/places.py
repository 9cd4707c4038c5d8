"""Random darknesses of real skies: a place near the pole, a horizon, a season."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from lupex_rover.core.constants import NS
from lupex_rover.ephemeris import SkyTable, xy_of
from lupex_rover.terrain.horizon import disc_fraction

STEP_S = 600
DAYS = 50
TABLE_NS = 12 * 3600 * NS  # cubic between: better than 1e-4 rad
BEFORE_H = 44
AFTER_H = 110
DARK = 0.005
FIRST_NS = 1_767_225_600 * NS  # 2026-01-01
YEARS = 14.0


@dataclass(frozen=True)
class Place:
    """A darkness and the light round it, every `STEP_S` from `start_ns`.

    Attributes
    ----------
    azimuth, elevation, share : ndarray, shape (N,)
        Of the Sun, rad; share of its disc over the horizon.
    dusk, dawn : int
        Samples of the first dark and the first lit instant.
    """

    latitude_deg: float
    start_ns: int
    azimuth: np.ndarray
    elevation: np.ndarray
    share: np.ndarray
    dusk: int
    dawn: int

    @property
    def dark_h(self) -> float:
        return (self.dawn - self.dusk) * STEP_S / 3600.0


def draw(rng: np.random.Generator, low_h: float = 60.0, high_h: float = 354.0) -> Place:
    """A darkness of `low_h` to `high_h` with light before and after it."""
    while True:
        found = _look(rng, low_h, high_h)
        if found is not None:
            return found


def _look(rng: np.random.Generator, low_h: float, high_h: float) -> Place | None:
    latitude = float(rng.uniform(-89.8, -80.0))
    x, y = xy_of(np.radians(latitude), float(rng.uniform(0.0, 2.0 * np.pi)))
    start = FIRST_NS + int(rng.uniform(0.0, YEARS * 365.25 * 86400.0)) * NS
    times = start + STEP_S * NS * np.arange(DAYS * 86400 // STEP_S, dtype=np.int64)
    sky = SkyTable(x, y, int(times[0]), int(times[-1]), TABLE_NS).many(times)
    azimuth, elevation = sky.sun_azimuth_rad, sky.sun_elevation_rad
    waves = rng.normal(size=(2, 4)) * np.radians(1.2) / np.arange(1, 5)
    horizon = np.radians(rng.uniform(-1.0, 2.5)) + sum(
        waves[0, k] * np.sin((k + 1) * azimuth) + waves[1, k] * np.cos((k + 1) * azimuth)
        for k in range(4)
    )
    share = disc_fraction(elevation, horizon, sky.sun_radius_rad)
    return _first(latitude, times, azimuth, elevation, share, low_h, high_h)


def _first(
    latitude: float, times: Any, azimuth: Any, elevation: Any, share: Any, low_h: float,
    high_h: float,
) -> Place | None:  # fmt: skip
    edges = np.flatnonzero(np.diff((share <= DARK).astype(np.int8))) + 1
    before, after = BEFORE_H * 3600 // STEP_S, AFTER_H * 3600 // STEP_S
    for dusk, dawn in zip(edges[:-1].tolist(), edges[1:].tolist()):
        if share[dusk] > DARK or not low_h <= (dawn - dusk) * STEP_S / 3600.0 <= high_h:
            continue
        a, b = dusk - before, dawn + after
        # Light before the night, and a day after it: a glint between two nights is no dawn.
        if a < 0 or b > share.size or np.mean(share[a:dusk] > 0.3) < 0.5:
            continue
        if np.mean(share[dawn : dawn + 60 * 3600 // STEP_S] > 0.3) < 0.8:
            continue
        return Place(latitude, int(times[a]), azimuth[a:b], elevation[a:b], share[a:b],
                     before, dawn - a)  # fmt: skip
    return None
