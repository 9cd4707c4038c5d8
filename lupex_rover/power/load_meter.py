"""What each load draws while it is on, and what it has used: figures for the next budget."""

from __future__ import annotations

import math

import numpy as np

from lupex_rover.core.types import LOADS, PowerTelemetry

MEMORY_S = 1800.0
_LONGEST_S = 60.0  # of a gap in telemetry counts


class LoadMeter:
    """Load by load.

    Attributes
    ----------
    mean_w : ndarray, shape (16,)
        Running mean while the load is on; NaN for one that never was.
    used_wh : ndarray, shape (16,)
        Energy since the start.
    """

    def __init__(self) -> None:
        self.mean_w = np.full(16, np.nan)
        self.used_wh = np.zeros(16)
        self._last_ns: int | None = None

    def update(self, m: PowerTelemetry) -> None:
        """Take in one reading; one with a NaN is left out."""
        last, self._last_ns = self._last_ns, m.stamp_ns
        dt_s = 0.0 if last is None else (m.stamp_ns - last) / 1e9
        if not 0.0 <= dt_s <= _LONGEST_S or not np.all(np.isfinite(m.load_w)):
            return
        self.used_wh += m.load_w * dt_s / 3600.0
        weight = 1.0 - math.exp(-dt_s / MEMORY_S)
        on = (m.loads_on >> np.arange(16)) & 1 > 0
        fresh = on & np.isnan(self.mean_w)
        self.mean_w[fresh] = m.load_w[fresh]
        self.mean_w[on] += weight * (m.load_w[on] - self.mean_w[on])

    def watts(self, load: str) -> float:
        """Mean draw of `load` while it is on, W; NaN if it never was."""
        return float(self.mean_w[LOADS.index(load)])
