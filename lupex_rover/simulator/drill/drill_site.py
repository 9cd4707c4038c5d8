"""The drill where the rover stands: a new hole in new ground whenever the rover has moved."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from lupex_rover.core.saved import SavedFields, entry, unplain
from lupex_rover.simulator.drill.physics import DrillPhysics

NEW_HOLE_M = 0.3  # a rover that moved this far stands over fresh ground


class DrillSite(SavedFields):
    """Delegates to the `DrillPhysics` of the present place; satisfies `plants.DrillPlant`."""

    SAVED = ("_at",)
    PARTS = ("drill",)
    FIXED = ("_make", "_place", "auger_share", "feed_share")

    def __init__(
        self,
        make_drill: Callable[[float, float], DrillPhysics],
        place: Callable[[], np.ndarray],
    ) -> None:
        self._make = make_drill
        self._place = place
        self.auger_share = self.feed_share = 1.0  # of what is commanded; a fault sets them
        self._at = place()[:2].copy()
        self.drill = make_drill(*self._at)

    def settle(self) -> None:
        """Take a fresh hole if the rover stands somewhere else than before."""
        here = self._place()[:2]
        if np.hypot(*(here - self._at)) > NEW_HOLE_M:
            self._at = here.copy()
            self.drill = self._make(*self._at)

    def restore(self, state: Mapping[str, Any]) -> None:
        """See `Saved`; the hole is that of the saved place."""
        self._at = unplain(entry(self, state, "_at"))
        self.drill = self._make(*self._at)
        super().restore(state)

    def command(self, auger_rpm: float, feed_mps: float, wob_n: float, percussion: bool) -> None:
        auger_rpm, feed_mps = auger_rpm * self.auger_share, feed_mps * self.feed_share
        self.drill.command(auger_rpm, feed_mps, wob_n, percussion)

    def stop(self) -> None:
        self.drill.stop()

    def gate(self, opened: bool) -> None:
        self.drill.gate(opened)

    def deliver(self, cup: int) -> bool:
        return self.drill.deliver(cup)

    def drill_state(
        self,
    ) -> tuple[float, float, float, float, float, float, float, float, int, int]:
        return self.drill.drill_state()
