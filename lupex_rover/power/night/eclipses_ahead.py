"""Eclipses as the night's forecast counts them: hours from now, and what is left of the Sun."""

from __future__ import annotations

from collections.abc import Sequence

from lupex_rover.core.time import seconds
from lupex_rover.ephemeris.eclipses import Passage
from lupex_rover.power.night.night_types import Dimming


def ahead(seen: Sequence[Passage], t_ns: int) -> tuple[Dimming, ...]:
    """Those of `seen` that are not over at `t_ns`."""
    hours = [(seconds(p.begin_ns, t_ns) / 3600.0, seconds(p.end_ns, t_ns) / 3600.0) for p in seen]
    return tuple(Dimming(*h, p.mean) for h, p in zip(hours, seen) if h[1] > 0.0)
