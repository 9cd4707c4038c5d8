"""Which cups were heated, kept over a restart: a sample's water is there once.

A cup is written down before the heater is told to warm it. One that was measured is answered with
its result; one that was heated and not measured is not heated again unless somebody asks.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from lupex_rover.core import params
from lupex_rover.core.errors import UserError
from lupex_rover.core.types import WaterMeasurement


@dataclass(frozen=True)
class HeatedCup:
    """`stamp_ns`: when its water was measured; 0: it was heated and no more."""

    cup: int
    stamp_ns: int = 0
    depth_m: float = 0.0
    mass_g: float = 0.0
    water_wt_pct: float = 0.0
    sigma_wt_pct: float = 0.0

    @property
    def water(self) -> WaterMeasurement | None:
        """What was measured."""
        if not self.stamp_ns:
            return None
        return WaterMeasurement(
            self.stamp_ns, self.cup, self.depth_m, self.mass_g, self.water_wt_pct,
            self.sigma_wt_pct,
        )  # fmt: skip


class KeptCups:
    """Heated cups, and whether an analysis is under way.

    Attributes
    ----------
    cups : dict[int, HeatedCup]
        By cup.
    under_way : bool
        The analyser may have power and its heater may be on.
    changed : bool
        Something is to be kept; who keeps it says False.
    """

    def __init__(self) -> None:
        self.cups: dict[int, HeatedCup] = {}
        self.under_way = self.changed = False

    def state(self) -> dict[str, Any]:
        """As plain data."""
        return {"under_way": self.under_way, "cups": [asdict(c) for c in self.cups.values()]}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take `state` back.

        Raises
        ------
        UserError
            It is none, or a number of it cannot be.
        """
        cups, under_way = state.get("cups"), state.get("under_way")
        if not isinstance(cups, list) or not isinstance(under_way, bool) or len(state) != 2:
            raise UserError("heated cups: expected `cups`, a list, and `under_way`, true or false")
        known = [params.load(HeatedCup, cup, "cups") for cup in cups]
        self.cups, self.under_way = {c.cup: c for c in known}, under_way

    def begin(self) -> None:
        """An analysis begins."""
        self.under_way = self.changed = True

    def end(self) -> None:
        """It has ended, and the analyser is without power."""
        self.changed |= self.under_way
        self.under_way = False

    def heat(self, cup: int, on: bool) -> None:
        """`cup` is about to be heated; or the analyser refused to."""
        if on and cup not in self.cups:
            self.cups[cup] = HeatedCup(cup)
            self.changed = True
        elif not on and cup in self.cups and not self.cups[cup].stamp_ns:
            del self.cups[cup]
            self.changed = True

    def measured(self, water: WaterMeasurement) -> None:
        """Its water is known."""
        w = water
        if all(map(math.isfinite, (w.depth_m, w.sample_mass_g, w.water_wt_pct, w.sigma_wt_pct))):
            self.cups[w.cup] = HeatedCup(
                w.cup, w.stamp_ns, w.depth_m, w.sample_mass_g, w.water_wt_pct, w.sigma_wt_pct
            )
            self.changed = True
